//! A connected Facebook Page and its settings.

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::ids::{ChatflowId, PageId, RuleSetId};

#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub id: PageId,
    pub name: String,
    /// For `m.me/{username}`; the id serves where it is missing.
    pub username: Option<String>,
    pub state: PageState,
    /// Exactly one, or none where the page was connected without the default chatflow and none was chosen yet.
    pub primary: Option<ChatflowId>,
    /// The rules that a transfer without a name follows.
    pub rules: Option<RuleSetId>,
    pub settings: PageSettings,
    /// For ETag and lost updates.
    pub revision: i64,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PageState {
    Active,
    /// By an operator: nothing is answered or sent, everything is kept.
    Paused,
    /// By Meta: the token is dead or the Page is restricted. `reason` says what to do.
    Blocked {
        reason: String,
        since: Timestamp,
    },
}

/// All have defaults; unknown ones are refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PageSettings {
    /// How long a foreign echo mutes the bot: hours of silence.
    pub external_mute_hours: u32,
    /// A direct link starts a flow even while a person owns the conversation.
    pub link_overrides_agent: bool,
    /// Sent when the page is paused or has no active chatflow.
    pub away_message: Option<String>,
    /// Sends per second to this page's visitors; Meta's own limit is 300.
    pub sends_per_second: u32,
}

impl Default for PageSettings {
    fn default() -> Self {
        Self { external_mute_hours: 24, link_overrides_agent: false, away_message: None, sends_per_second: 250 }
    }
}
