//! What flows tell the outside world: events that authors name, kept in the order in which they happened.

use serde_json::Value;

use super::Timestamp;
use super::ids::{ChatflowId, ContactId, ConversationId, EmittedId, PageId, SessionId};

/// One run of an `emit_event` action, committed with its turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Emitted {
    pub id: EmittedId,
    pub at: Timestamp,
    /// The author's word for it: `lead_qualified`.
    pub name: String,
    /// An object.
    pub data: Value,
    pub page: PageId,
    pub contact: ContactId,
    pub conversation: ConversationId,
    pub session: SessionId,
    pub chatflow: ChatflowId,
    pub version: u32,
    pub node: String,
}
