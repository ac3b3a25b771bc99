//! Agents and teams, as transfer rules see them.

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::ids::{TeamId, UserId};

#[derive(Debug, Clone, PartialEq)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    pub members: Vec<UserId>,
    pub revision: i64,
    pub created_at: Timestamp,
}

/// A user's service seat.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    pub user: UserId,
    pub name: String,
    pub presence: Presence,
    /// The last heartbeat, change of presence, or call to the API.
    pub seen_at: Option<Timestamp>,
    /// How many conversations at once.
    pub capacity: u32,
    pub languages: Vec<String>,
    /// The last time a rule gave them a conversation; round robin goes by it.
    pub last_assigned_at: Option<Timestamp>,
    pub revision: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Online,
    Away,
    Offline,
}

impl Presence {
    pub const ALL: [Presence; 3] = [Presence::Online, Presence::Away, Presence::Offline];

    /// The stable word of the API.
    pub fn word(self) -> &'static str {
        match self {
            Presence::Online => "online",
            Presence::Away => "away",
            Presence::Offline => "offline",
        }
    }
}

/// Everyone who could take a conversation, at one instant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roster {
    pub agents: Vec<OnDuty>,
    pub teams: Vec<Team>,
}

impl Roster {
    /// Who said that they are online and was not seen for longer than this counts as away: whoever closed the laptop gets
    /// nothing more. `None`: nobody ever does.
    pub fn as_of(mut self, now: Timestamp, away_after: Option<jiff::SignedDuration>) -> Self {
        let unseen = |seen: Timestamp| away_after.is_some_and(|after| now.duration_since(seen) > after);
        let gone = |agent: &Agent| agent.presence == Presence::Online && agent.seen_at.is_some_and(unseen);
        for on_duty in self.agents.iter_mut().filter(|on_duty| gone(&on_duty.agent)) {
            on_duty.agent.presence = Presence::Away;
        }
        self
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct OnDuty {
    pub agent: Agent,
    /// Conversations they own now.
    pub load: u32,
}
