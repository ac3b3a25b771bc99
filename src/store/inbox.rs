//! The inbox: conversations as agents see them, transcripts, and events that no turn could take.
//!
//! Reads, and one repair: a parked event is given back to its conversation. A conversation changes only by
//! [`super::turns::TurnStore::commit`].

use async_trait::async_trait;

use super::Result;
use super::turns::{Loaded, StoredEvent};
use crate::domain::Timestamp;
use crate::domain::contact::Contact;
use crate::domain::conversation::{Conversation, ConversationStatus};
use crate::domain::ids::{ConversationId, EventId, PageId, TeamId, UserId};
use crate::domain::message::Message;

/// Who has a conversation, without saying which person or team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    Bot,
    Queue,
    Agent,
    External,
}

impl OwnerKind {
    /// As [`crate::domain::conversation::Owner::word`].
    pub fn word(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Queue => "queue",
            Self::Agent => "agent",
            Self::External => "external",
        }
    }
}

/// Which conversations; an absent part means any.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConversationFilter {
    pub page: Option<PageId>,
    pub owner: Option<OwnerKind>,
    /// Owned by this agent.
    pub agent: Option<UserId>,
    /// Waits in this team's queue.
    pub team: Option<TeamId>,
    pub status: Option<ConversationStatus>,
}

/// A place in the list of conversations: newest activity first, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ListPlace {
    pub last_activity_at: Timestamp,
    pub id: ConversationId,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedConversation {
    pub conversation: Conversation,
    pub contact: Contact,
}

/// Which end of a transcript to read from. Positions count from the conversation's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Newest first, those before this position.
    Backwards { before: Option<i64> },
    /// Oldest first, those after this position.
    Forwards { after: Option<i64> },
}

/// An event whose turns all failed.
#[derive(Debug, Clone, PartialEq)]
pub struct ParkedEvent {
    pub event: StoredEvent,
    pub error: String,
}

#[async_trait]
pub trait InboxStore: Send + Sync {
    /// Newest activity first, those behind `after`.
    async fn conversations(&self, filter: &ConversationFilter, after: Option<ListPlace>, limit: u32) -> Result<Vec<ListedConversation>>;

    /// As its actor would load it.
    async fn conversation(&self, conversation: ConversationId) -> Result<Option<Loaded>>;

    /// Each message with its position.
    async fn transcript(&self, conversation: ConversationId, reading: Reading, limit: u32) -> Result<Vec<(i64, Message)>>;

    /// In order of acceptance, those after this position (`StoredEvent::seq`).
    async fn parked_events(&self, after: Option<i64>, limit: u32) -> Result<Vec<ParkedEvent>>;

    /// The event waits for its turn again, its attempts forgotten. `None` where it is not parked.
    async fn retry_parked(&self, event: EventId) -> Result<Option<StoredEvent>>;
}
