//! A chatflow as it is kept: one draft, immutable numbered versions, bound to one page.
//!
//! The document's language is `flow/`'s business; here it is a JSON value.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Timestamp;
use super::ids::{ChatflowId, PageId, UserId};
use super::page::Page;
use super::rollout::{Rollout, RolloutRefused, SessionPolicy};

#[derive(Debug, Clone, PartialEq)]
pub struct Chatflow {
    pub id: ChatflowId,
    pub page: PageId,
    /// Unique on its page: other chatflows `call` it by this name. 1 to 100 characters.
    pub name: String,
    pub kind: ChatflowKind,
    /// An inactive chatflow starts no session; running ones go on.
    pub active: bool,
    pub draft: Value,
    /// The version new sessions start on; `None` until the first publish.
    pub published: Option<u32>,
    /// A later version that only a part of the contacts gets.
    pub rollout: Option<Rollout>,
    pub revision: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The most characters a chatflow's name may have.
pub const MAX_NAME_CHARS: usize = 100;

/// Only a published chatflow has something to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("chatflow `{0}` was never published: publish it first")]
pub struct NeverPublished(pub ChatflowId);

/// The page would be left without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("chatflow `{0}` is the page's primary chatflow: make another one primary first")]
pub struct IsPrimary(pub ChatflowId);

impl Chatflow {
    /// Lets sessions start. Activating twice is once.
    pub fn activate(&mut self) -> Result<(), NeverPublished> {
        self.published.ok_or(NeverPublished(self.id))?;
        self.active = true;
        Ok(())
    }

    /// Starts no session any more; running ones go on. Refused for the page's primary chatflow.
    pub fn deactivate(&mut self, page: &Page) -> Result<(), IsPrimary> {
        self.may_be_deleted(page)?;
        self.active = false;
        Ok(())
    }

    /// Another version can be published only when the one before is everybody's, or nobody's.
    pub fn may_publish(&self, to_some: bool) -> Result<(), RolloutRefused> {
        match self.rollout {
            Some(Rollout { version, .. }) => Err(RolloutRefused::UnderWay { chatflow: self.id, version }),
            None if to_some && self.published.is_none() => Err(RolloutRefused::FirstVersion(self.id)),
            None => Ok(()),
        }
    }

    /// The rollout that is under way.
    pub fn under_way(&self) -> Result<Rollout, RolloutRefused> {
        self.rollout.ok_or(RolloutRefused::None(self.id))
    }

    /// A primary chatflow cannot be deleted.
    pub fn may_be_deleted(&self, page: &Page) -> Result<(), IsPrimary> {
        if page.is_primary(self.id) { Err(IsPrimary(self.id)) } else { Ok(()) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChatflowKind {
    /// Instant reply, then the transfer rules.
    LiveChat,
    Bot,
}

impl ChatflowKind {
    /// The stable word of the API and the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::LiveChat => "live_chat",
            Self::Bot => "bot",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Self::LiveChat, Self::Bot].into_iter().find(|kind| kind.word() == word)
    }
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
    /// What it does to sessions that run on an earlier version.
    pub policy: SessionPolicy,
    /// Its rollout was aborted: what becomes of the sessions on it.
    pub withdrawn: Option<SessionPolicy>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::page;

    /// Published, active, of page `100`.
    pub(crate) fn chatflow(number: u128) -> Chatflow {
        Chatflow {
            id: uuid::Uuid::from_u128(number).into(),
            page: "100".into(),
            name: format!("flow {number}"),
            kind: ChatflowKind::Bot,
            active: true,
            draft: serde_json::json!({}),
            published: Some(1),
            rollout: None,
            revision: 1,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn page(primary: Option<ChatflowId>) -> Page {
        Page { primary, ..page::tests::page() }
    }

    #[test]
    fn a_primary_chatflow_is_neither_deactivated_nor_deleted() {
        let mut chatflow = chatflow(1);
        let refused = Err(IsPrimary(chatflow.id));
        assert_eq!(chatflow.deactivate(&page(Some(chatflow.id))), refused);
        assert_eq!(chatflow.may_be_deleted(&page(Some(chatflow.id))), refused);
        assert!(chatflow.active);
        assert_eq!(chatflow.deactivate(&page(None)), Ok(()));
        assert!(!chatflow.active);
    }

    #[test]
    fn only_a_published_chatflow_is_activated() {
        let mut draft = Chatflow { published: None, active: false, ..chatflow(1) };
        assert_eq!(draft.activate(), Err(NeverPublished(draft.id)));
        assert!(!draft.active);
        let mut published = Chatflow { active: false, ..chatflow(1) };
        assert_eq!(published.activate(), Ok(()));
        assert!(published.active);
    }

    #[test]
    fn a_kind_reads_back_from_its_word() {
        for kind in [ChatflowKind::LiveChat, ChatflowKind::Bot] {
            assert_eq!(ChatflowKind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(ChatflowKind::from_word("Bot"), None);
    }
}
