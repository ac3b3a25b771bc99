//! Tickets, and the pipelines whose statuses they move through.
//!
//! The nouns are here; which moves are legal is in `moves.rs`, what a pipeline must keep to in `problems.rs`, and what
//! a change leaves behind in `history.rs`.

mod history;
mod moves;
mod problems;

pub use moves::{IllegalMove, Move};
pub use problems::{PipelineProblem, is_key};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Timestamp;
use super::ids::{ChatflowId, CommentId, ContactId, ConversationId, PageId, PipelineId, TeamId, TicketId, UserId};

#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    pub id: PipelineId,
    /// What flows name: `"pipeline": "support"`.
    pub key: String,
    pub name: String,
    /// In order; the first is where tickets start unless the flow says otherwise.
    pub statuses: Vec<Status>,
    pub revision: i64,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// Stable word, unique in its pipeline.
    pub key: String,
    pub name: String,
    /// A ticket here is done.
    #[serde(default)]
    pub closed: bool,
    /// Where a ticket may go from here.
    #[serde(default)]
    pub next: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    Low,
    #[default]
    Normal,
    High,
    Urgent,
}

impl Priority {
    pub const ALL: [Priority; 4] = [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent];

    /// The stable word of the API.
    pub fn word(self) -> &'static str {
        match self {
            Priority::Low => "low",
            Priority::Normal => "normal",
            Priority::High => "high",
            Priority::Urgent => "urgent",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    pub id: TicketId,
    /// Counts from 1; what people say to each other. Given by the store.
    pub number: i64,
    pub pipeline: PipelineId,
    pub status: String,
    pub subject: String,
    pub description: String,
    pub priority: Priority,
    pub page: Option<PageId>,
    pub contact: Option<ContactId>,
    pub conversation: Option<ConversationId>,
    pub assignee: Option<UserId>,
    pub team: Option<TeamId>,
    pub fields: BTreeMap<String, Value>,
    pub source: Source,
    pub closed: bool,
    pub revision: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Source {
    Flow { chatflow: ChatflowId, version: u32, node: String },
    Rule { rules: String },
    User { user: UserId },
}

/// One line of a ticket's history.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketChange {
    pub ticket: TicketId,
    pub at: Timestamp,
    pub by: Source,
    /// `opened`, `moved`, `assigned`, `edited`, `commented`.
    pub what: String,
    /// Which field, for `edited` and `assigned`: `subject`, `priority`, `assignee`, `team`, ….
    pub field: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    /// A move that the matrix does not allow, made by someone who may.
    pub overridden: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    pub id: CommentId,
    pub ticket: TicketId,
    pub by: UserId,
    pub at: Timestamp,
    pub text: String,
}
