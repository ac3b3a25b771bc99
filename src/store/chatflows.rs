//! Chatflows: one draft, immutable numbered versions.
//!
//! A deleted chatflow is gone for everyone but the sessions that run on it: its versions stay readable by number.

use async_trait::async_trait;
use serde_json::Value;

use super::Result;
use crate::domain::Timestamp;
use crate::domain::chatflow::{Chatflow, ChatflowVersion};
use crate::domain::ids::{ChatflowId, PageId, UserId};
use crate::domain::link::Link;
use crate::domain::rollout::{SessionPolicy, VersionPolicy};

/// A chatflow with what is born with it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewChatflow {
    /// `published` must agree with `version`.
    pub chatflow: Chatflow,
    /// Its first version, where it is born published.
    pub version: Option<ChatflowVersion>,
    /// Its direct link.
    pub link: Link,
}

/// What becomes a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    pub chatflow: ChatflowId,
    /// The chatflow's revision that was read.
    pub expected: i64,
    pub document: Value,
    pub note: Option<String>,
    pub by: Option<UserId>,
    pub at: Timestamp,
    /// What it does to sessions that run on an earlier version.
    pub policy: SessionPolicy,
    /// Only for so many of a hundred contacts; `None`: for everyone.
    pub percent: Option<u8>,
}

/// What becomes of a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RolloutChange {
    /// For so many of a hundred contacts.
    Percent(u8),
    /// For everyone.
    Finish,
    /// For nobody any more; and this for the sessions on it.
    Abort(SessionPolicy),
}

#[async_trait]
pub trait ChatflowStore: Send + Sync {
    /// Chatflow, version and direct link in one transaction. With `primary` it becomes the page's primary one:
    /// `InUse` where the page has one. `Conflict` where the page has a chatflow of that name, `Missing` without the page.
    async fn insert_chatflow(&self, new: NewChatflow, primary: bool) -> Result<()>;

    async fn chatflow(&self, chatflow: ChatflowId) -> Result<Option<Chatflow>>;

    /// By id (oldest first), those behind `after`.
    async fn chatflows(&self, page: Option<&PageId>, after: Option<ChatflowId>, limit: u32) -> Result<Vec<Chatflow>>;

    /// Writes name, `active`, draft and time. `chatflow.revision` is the one that was read; the one returned is the next.
    /// `Conflict` where it moved meanwhile or the name is taken; `InUse` where a page's primary one would be inactive.
    async fn update_chatflow(&self, chatflow: &Chatflow) -> Result<i64>;

    /// The document becomes the next version, and the one that new sessions start on; with `percent`, those of so many
    /// contacts. Returns its number.
    /// `Conflict` where the chatflow moved since `expected`.
    async fn publish(&self, publication: Publication) -> Result<u32>;

    async fn version(&self, chatflow: ChatflowId, number: u32) -> Result<Option<ChatflowVersion>>;

    /// Newest first, those older than `before`.
    async fn versions(&self, chatflow: ChatflowId, before: Option<u32>, limit: u32) -> Result<Vec<ChatflowVersion>>;

    /// Every chatflow of the page that was published, active or not, with the version that new sessions start on.
    async fn published(&self, page: &PageId) -> Result<Vec<(Chatflow, ChatflowVersion)>>;

    /// Changes the rollout that is under way; the chatflow's next revision. `Missing` without one, `Conflict` where the
    /// chatflow moved since `expected`.
    async fn change_rollout(&self, chatflow: ChatflowId, expected: i64, change: RolloutChange, at: Timestamp) -> Result<i64>;

    /// The page's versions that ask for anything else than `keep`, and those that were withdrawn.
    async fn version_policies(&self, page: &PageId) -> Result<Vec<VersionPolicy>>;

    /// Takes it and its links out of use. `InUse` for a page's primary one; `Conflict` where it moved since `expected`.
    async fn delete_chatflow(&self, chatflow: ChatflowId, expected: i64, at: Timestamp) -> Result<()>;
}
