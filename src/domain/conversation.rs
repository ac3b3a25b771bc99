//! The thread of one contact: who may answer in it, and until when something may be sent.
//!
//! Design §5 and §8. The owner decides everything: only `bot` lets a flow answer.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::ids::{ChatflowId, ContactId, ConversationId, LinkId, PageId, Psid, TeamId, UserId};
use super::message::Author;

/// Who answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "owner", rename_all = "snake_case")]
pub enum Owner {
    Bot,
    /// Waits for a person: of a team, or of anyone.
    Queue {
        team: Option<TeamId>,
    },
    Agent {
        user: UserId,
    },
    /// Another app or the Page inbox answers; the bot is mute until then, or until a release.
    External {
        until: Timestamp,
    },
}

impl Owner {
    /// The stable word of the API: `bot`, `queue`, `agent`, `external`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Queue { .. } => "queue",
            Self::Agent { .. } => "agent",
            Self::External { .. } => "external",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationStatus {
    Open,
    Closed,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    pub id: ConversationId,
    pub contact: ContactId,
    pub page: PageId,
    pub psid: Psid,
    /// Compare-and-set guard: starts at random, plus one per commit (a deleted and re-created row never matches an old cache).
    pub version: i64,
    pub owner: Owner,
    pub status: ConversationStatus,
    /// The last agent who had it; transfer rules may prefer them.
    pub last_agent: Option<UserId>,
    /// The visitor's last window-opening act.
    pub window_opened_at: Option<Timestamp>,
    /// Order of messages within the conversation; the next one to give.
    pub next_seq: i64,
    pub last_activity_at: Timestamp,
    /// The first words of the last message, for lists.
    pub preview: String,
    /// The chatflow and link of the current or last session, for lists and rules.
    pub chatflow: Option<ChatflowId>,
    pub link: Option<LinkId>,
    pub created_at: Timestamp,
}

/// A bot's or system's message may be sent this long after the visitor's last opening act (Send API guide, standard window).
pub const STANDARD_WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// A person's own words may be sent this long after it, with the HUMAN_AGENT tag.
pub const HUMAN_AGENT_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What the policy guard allows for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// `messaging_type: RESPONSE`.
    Response,
    /// `messaging_type: MESSAGE_TAG`, `tag: HUMAN_AGENT`.
    HumanAgent,
    Refused(Refusal),
}

/// Why the guard says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("Messenger allows no message until the visitor writes")]
    NeverOpened,
    #[error("the visitor last wrote more than 24 hours ago: only a person may answer now")]
    StandardWindowClosed,
    #[error("the visitor last wrote more than 7 days ago: Messenger allows no message until they write again")]
    HumanAgentWindowClosed,
}

/// The policy guard, v1: which messaging type a message may carry at `now`. Never the author's choice.
pub fn permission(author: Author, window_opened_at: Option<Timestamp>, now: Timestamp) -> Permission {
    let Some(opened) = window_opened_at else { return Permission::Refused(Refusal::NeverOpened) };
    let age = now.duration_since(opened);
    match author {
        _ if age < STANDARD_WINDOW => Permission::Response,
        Author::Agent { .. } if age < HUMAN_AGENT_WINDOW => Permission::HumanAgent,
        Author::Agent { .. } => Permission::Refused(Refusal::HumanAgentWindowClosed),
        _ => Permission::Refused(Refusal::StandardWindowClosed),
    }
}
