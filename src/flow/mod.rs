//! The flow language and its interpreter. Pure: no clock, no random source, no network, no store.
//!
//! The contract with the layers above:
//! - `check` turns a document into a compiled, immutable [`Flow`], or tells every issue at once;
//! - `step` takes an [`step::Input`] in a [`step::World`] and gives an [`step::Outcome`]. It cannot fail: an author's
//!   mistake is an [`effect::Effect::Report`] and the flow's error text.
//!
//! Between turns a [`session::Session`] is all that is remembered; [`token`] signs the payloads of options.

pub mod effect;
mod interim;
pub mod live_chat;
pub mod session;
pub mod step;
pub mod token;
pub mod trace;

pub use interim::{check, open, step};

/// A checked, compiled document: what `step` runs. Immutable and shared.
#[derive(Debug)]
pub struct Flow {
    /// What happens to a message after the session has finished.
    pub on_complete: OnComplete,
    /// What a tap on an option of an earlier question does.
    pub stale_choice: StaleChoice,
    /// Idle longer than this, the session has ended; `None`: never.
    pub timeout: Option<jiff::SignedDuration>,
    /// The first is the default.
    pub languages: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnComplete {
    /// The message lands with the people, the bot stays silent.
    Inbox,
    /// A new session from the start.
    Restart,
    /// A new session at this node.
    Goto(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StaleChoice {
    /// The waiting question is said again.
    Resume,
    /// A new session from the start.
    Restart,
    /// The visitor is told that the choice is past, then the waiting question is said again.
    Explain,
}
