//! What the HTTP side may ask of the running actors. The one implementation is `actors/`; tests may observe through it.

use async_trait::async_trait;
use serde::Serialize;

use crate::domain::command::{Command, CommandRefused};
use crate::domain::conversation::Conversation;
use crate::domain::ids::{ConversationId, PageId};
use crate::domain::message::Message;
use crate::store::StoreError;
use crate::store::turns::{Backlog, NewEvent, StoredEvent};

#[async_trait]
pub trait Runtime: Send + Sync {
    /// Events that are durable: their conversations take them soon. A lost nudge is found by the sweep.
    fn nudge(&self, events: Vec<StoredEvent>);

    /// Makes events durable and has them taken; returns once all are durable (P1). The quick way into the server:
    /// where a conversation is free, accept and turn are one commit.
    async fn deliver(&self, events: Vec<NewEvent>) -> Result<(), StoreError>;

    /// A page or what is bound to it (chatflows, links, settings, token) changed: read it anew. Returns once done,
    /// so that an admin's change holds for the next event.
    async fn reload(&self, page: &PageId) -> Result<(), StoreError>;

    /// Rules, teams or pipelines changed.
    async fn reload_all(&self) -> Result<(), StoreError>;

    /// The page may send again (resumed, new token): held messages go out.
    async fn release_held(&self, page: &PageId) -> Result<(), StoreError>;

    /// Carries out a person's order in the conversation's own turn.
    async fn command(&self, conversation: ConversationId, command: Command) -> Result<CommandDone, CommandError>;

    /// The actors' state at this instant.
    async fn observe(&self) -> Observation;

    /// Sweeps once and waits until nothing is due or under way: for tests with a manual clock, and for draining.
    async fn settle(&self);
}

#[derive(Debug, Clone, PartialEq)]
pub struct CommandDone {
    pub conversation: Conversation,
    /// The message or note that it made.
    pub message: Option<Message>,
}

#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("no such conversation")]
    NotFound,
    #[error(transparent)]
    Refused(#[from] CommandRefused),
    /// Too much waits for this conversation, or the server is stopping.
    #[error("the conversation is busy")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// For `/metrics` and `GET /v1/runtime`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Observation {
    /// Conversation actors in memory.
    pub live_conversations: u64,
    /// Events that wait in their queues.
    pub queued_events: u64,
    /// Turns and sends under way.
    pub turns_running: u64,
    pub sends_running: u64,
    /// Since the start.
    pub turns: u64,
    pub turns_failed: u64,
    pub conflicts: u64,
    pub actors_replaced: u64,
    pub sends: u64,
    pub sends_repeated: u64,
    pub pages: Vec<PageObservation>,
    /// Hosts of flows' HTTP calls that failed lately.
    pub callout_hosts: Vec<HostObservation>,
    #[schema(value_type = Object)]
    pub backlog: Backlog,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PageObservation {
    pub page: String,
    pub state: String,
    /// Why its queue stands still, if it does.
    pub blocked: Option<String>,
    pub sends_running: u64,
    pub throttled_until: Option<String>,
}

/// A host that flows call, and its circuit breaker.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct HostObservation {
    /// Host and port.
    pub host: String,
    /// Failures in a row.
    pub failures: u32,
    /// Not asked until then: the breaker is open.
    pub open_until: Option<String>,
}
