//! Transfer rules: which agent, team or queue gets a conversation. [`decide`] is pure and explains itself.
//!
//! The nouns are here, the decision in `decide.rs`, and what a set of rules must keep to in `problems.rs`.

mod decide;
mod problems;

pub use decide::decide;
pub use problems::{RuleProblem, Wrong};

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::ids::{PageId, RuleSetId, TeamId, UserId};
use super::people::Roster;

/// A named, ordered list of rules. First rule that matches and can be served wins.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSet {
    pub id: RuleSetId,
    /// What flows name: `"rules": "default"`.
    pub name: String,
    /// Only for this page, or shared by all.
    pub page: Option<PageId>,
    pub rules: Vec<Rule>,
    pub revision: i64,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// For people and explanations.
    pub name: String,
    /// An expression over contact, variables, locale, chatflow and link; absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    pub target: Target,
    #[serde(default)]
    pub strategy: Strategy,
    /// Only agents who are online count.
    #[serde(default = "yes")]
    pub only_online: bool,
    /// What happens when nobody can take it.
    #[serde(default)]
    pub otherwise: Otherwise,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "to", rename_all = "snake_case", from = "StrictTarget")]
pub enum Target {
    Agent {
        agent: UserId,
    },
    Team {
        team: TeamId,
    },
    /// The agent who had this conversation last.
    LastAgent,
    Queue {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team: Option<TeamId>,
    },
    /// Meta's Page inbox: the thread is passed to it.
    PageInbox,
    Nobody,
}

/// [`Target`] as it is read: serde refuses unknown fields beside a tag only where the variant has braces.
#[derive(Deserialize)]
#[serde(tag = "to", rename_all = "snake_case", deny_unknown_fields)]
enum StrictTarget {
    Agent {
        agent: UserId,
    },
    Team {
        team: TeamId,
    },
    LastAgent {},
    Queue {
        #[serde(default)]
        team: Option<TeamId>,
    },
    PageInbox {},
    Nobody {},
}

impl From<StrictTarget> for Target {
    fn from(target: StrictTarget) -> Self {
        match target {
            StrictTarget::Agent { agent } => Self::Agent { agent },
            StrictTarget::Team { team } => Self::Team { team },
            StrictTarget::LastAgent {} => Self::LastAgent,
            StrictTarget::Queue { team } => Self::Queue { team },
            StrictTarget::PageInbox {} => Self::PageInbox,
            StrictTarget::Nobody {} => Self::Nobody,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    #[default]
    LeastBusy,
    RoundRobin,
    FirstAvailable,
    Random,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    #[default]
    NextRule,
    Queue,
    /// The flow's `unavailable` text, and the bot keeps the conversation.
    Away,
    /// A ticket is opened and the conversation waits in the queue.
    Ticket,
}

/// What the rules look at.
pub struct Facts<'a> {
    pub roster: &'a Roster,
    pub last_agent: Option<UserId>,
    /// Evaluates a rule's `when`; an error counts as no match and is explained.
    pub holds: &'a dyn Fn(&str) -> Result<bool, String>,
    /// For `random`.
    pub seed: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Destination {
    /// `capacity` is checked again inside the commit: two transfers never both win the last slot.
    Agent {
        agent: UserId,
        capacity: u32,
    },
    Queue {
        team: Option<TeamId>,
    },
    PageInbox,
    /// Nobody can take it, and the bot keeps it.
    Away,
    /// As `Queue`, and a ticket is opened.
    TicketAndQueue {
        team: Option<TeamId>,
    },
}

/// The outcome with its reasons, one line per rule that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub destination: Destination,
    /// Index into the rules; `None` when none matched and the fallback (the open queue) was taken.
    pub rule: Option<usize>,
    /// "rule 2 `returns`: team Returns, least busy of 3 online: Ana (1 of 4)".
    pub because: Vec<String>,
}
