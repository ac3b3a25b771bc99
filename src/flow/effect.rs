//! What a step wants to happen, as plain data. The layer above makes it so, inside and after one commit.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::secret::names;
use crate::domain::Timestamp;
use crate::domain::ids::{CalloutId, TimerId};
use crate::domain::message::MessageOut;
use crate::domain::ticket::Priority;
use crate::domain::transfer::Decision;

/// In the order in which they were meant. A message sent after a `Transfer` belongs to the transfer's own text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Typing is shown for `pause_ms` before it.
    Send {
        message: MessageOut,
        pause_ms: u32,
    },
    OpenTicket(TicketDraft),
    /// Changes the conversation's open ticket; without one, operators are told and nothing else happens.
    UpdateTicket(TicketEdit),
    /// Told to the outside world, in this order. `data` is an object.
    Emit {
        name: String,
        data: Value,
        node: String,
    },
    /// The conversation is done: closed until the visitor writes again, which begins a new session.
    Close,
    /// The conversation changes owner as decided (`Away` changes nothing).
    Transfer {
        rules: String,
        decision: Decision,
    },
    Callout {
        id: CalloutId,
        request: CalloutRequest,
    },
    /// The visitor is shown that their message was seen. Not worth failing for, nor repeating.
    Seen,
    /// Typing is shown now. Not worth failing for, nor repeating.
    Typing,
    SetTimer {
        id: TimerId,
        at: Timestamp,
    },
    CancelTimer {
        id: TimerId,
    },
    /// The session has ended: `end`, the last action, or an exhausted path.
    Finished,
    /// An author's mistake or a limit met at run time: shown to operators, never to visitors.
    Report(Report),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TicketDraft {
    pub pipeline: String,
    /// The pipeline's first status where absent.
    pub status: Option<String>,
    pub subject: String,
    pub description: String,
    pub priority: Priority,
    pub fields: BTreeMap<String, Value>,
    /// Open one even where this conversation has an open ticket.
    pub another: bool,
    pub node: String,
}

/// What changes; all else stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TicketEdit {
    /// Only a ticket of this pipeline.
    pub pipeline: Option<String>,
    pub status: Option<String>,
    pub subject: Option<String>,
    pub description: Option<String>,
    pub priority: Option<Priority>,
    /// Set by name; null removes the field.
    pub fields: BTreeMap<String, Value>,
    pub node: String,
}

/// An HTTP call. Secrets are marks in its texts, see [`secret`](super::secret).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CalloutRequest {
    pub method: String,
    pub url: String,
    pub headers: BTreeMap<String, String>,
    pub body: Option<String>,
    /// The body is a form's fields; else JSON.
    #[serde(default)]
    pub form: bool,
    /// User and password.
    #[serde(default)]
    pub basic_auth: Option<(String, String)>,
    /// The name of the secret that signs the call.
    #[serde(default)]
    pub sign: Option<String>,
    pub timeout_ms: u32,
    /// How often more after a failure that may pass.
    pub retries: u8,
}

impl CalloutRequest {
    /// The names of the secrets that it needs.
    pub fn secrets(&self) -> BTreeSet<String> {
        let auth = self.basic_auth.iter().flat_map(|(user, password)| [user, password]);
        let texts = std::iter::once(&self.url).chain(self.headers.values()).chain(&self.body).chain(auth);
        texts.flat_map(|text| names(text)).chain(self.sign.clone()).collect()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Stable, e.g. `step_budget`, `template_failed`, `unknown_node`.
    pub code: String,
    pub node: String,
    pub action: usize,
    pub text: String,
}
