//! What the commands do: [`author`], [`proof`], [`translate`], [`draw`] and [`gallery`] for those who write flows (no server,
//! no settings), [`server`] for those who run it, with [`allocator`]'s memory given back.

pub mod allocator;
pub mod author;
pub mod draw;
pub mod gallery;
pub mod proof;
pub mod server;
pub mod translate;

use std::io::Write;
use std::process::ExitCode;

/// What the command was asked for. A reader who has gone (`| head`) is no failure.
pub fn say(text: &str) -> anyhow::Result<ExitCode> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

pub fn complain(text: &str) {
    // Nobody is left to be told if this fails.
    let _ = writeln!(std::io::stderr(), "causerie: {text}");
}
