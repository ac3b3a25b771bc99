//! How a page looks from outside. Its token never does.

use serde::Serialize;

use crate::domain::Timestamp;
use crate::domain::ids::{ChatflowId, PageId, RuleSetId};
use crate::domain::page::{Page, PageSettings, PageState};

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PageView {
    id: PageId,
    name: String,
    /// For `m.me/{username}`.
    username: Option<String>,
    /// `active`; `paused` by an operator; `blocked` by Meta; `disconnected`.
    #[schema(value_type = PageStateWord)]
    state: &'static str,
    /// Why it is blocked, and what to do.
    reason: Option<String>,
    /// Since when it is blocked or disconnected.
    since: Option<Timestamp>,
    /// Answers when no other chatflow does.
    primary_chatflow: Option<ChatflowId>,
    /// The rules that a transfer to `default` follows.
    transfer_rules: Option<RuleSetId>,
    settings: PageSettings,
    created_at: Timestamp,
}

#[derive(utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "only describes the words of `PageState::word`")]
pub enum PageStateWord {
    Active,
    Paused,
    Blocked,
    Disconnected,
}

impl From<Page> for PageView {
    fn from(page: Page) -> Self {
        let state = page.state.word();
        let (reason, since) = match page.state {
            PageState::Active | PageState::Paused => (None, None),
            PageState::Blocked { reason, since } => (Some(reason), Some(since)),
            PageState::Disconnected { since } => (None, Some(since)),
        };
        Self {
            id: page.id,
            name: page.name,
            username: page.username,
            state,
            reason,
            since,
            primary_chatflow: page.primary,
            transfer_rules: page.rules,
            settings: page.settings,
            created_at: page.created_at,
        }
    }
}
