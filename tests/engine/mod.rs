//! The flow language: documents that check or do not, conversations that run. Most of it is data.
//!
//! - `talks/*.json`, `actions/<type>.json`: conversations, see [`talk`]. `UPDATE=1` writes down what the flow says;
//!   read it before you commit it.
//! - `checks/<code>.json`: for each issue code, a document with it.

mod checks;
mod documents;
mod endless;
mod fuzz;
mod gallery;
mod hostile;
mod properties;
mod simulator;
mod stage;
mod talk;

use std::path::PathBuf;

/// A folder or file beside this one.
fn beside(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/engine").join(name)
}

fn updating() -> bool {
    std::env::var_os("UPDATE").is_some()
}
