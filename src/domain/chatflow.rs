//! A chatflow as it is kept: one draft, immutable numbered versions, bound to one page.
//!
//! The document's language is `flow/`'s business; here it is a JSON value.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Timestamp;
use super::ids::{ChatflowId, PageId, UserId};

#[derive(Debug, Clone, PartialEq)]
pub struct Chatflow {
    pub id: ChatflowId,
    pub page: PageId,
    pub name: String,
    pub kind: ChatflowKind,
    /// An inactive chatflow starts no session; running ones go on.
    pub active: bool,
    pub draft: Value,
    /// The version new sessions start on; `None` until the first publish.
    pub published: Option<u32>,
    pub revision: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChatflowKind {
    /// Instant reply, then the transfer rules.
    LiveChat,
    Bot,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ChatflowVersion {
    pub chatflow: ChatflowId,
    /// Counts from 1 per chatflow.
    pub number: u32,
    pub document: Value,
    pub note: Option<String>,
    pub published_by: Option<UserId>,
    pub published_at: Timestamp,
}
