//! How an agent looks from outside.

use serde::Serialize;

use crate::domain::Timestamp;
use crate::domain::ids::{TeamId, UserId};
use crate::domain::people::{OnDuty, Presence, Team};

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AgentView {
    id: UserId,
    name: String,
    /// What they said; `away` where they said `online` and were not seen for the setting `people.away_minutes`.
    presence: Presence,
    /// The last heartbeat, change of presence or call to the API; null before the first.
    seen_at: Option<Timestamp>,
    /// How many conversations at once a rule may give them.
    capacity: u32,
    /// Open conversations that they own now.
    load: u32,
    languages: Vec<String>,
    teams: Vec<TeamId>,
    /// When a rule last gave them a conversation; round robin goes by it.
    last_assigned_at: Option<Timestamp>,
}

impl AgentView {
    pub fn new(on_duty: OnDuty, teams: &[Team]) -> Self {
        let OnDuty { agent, load } = on_duty;
        let theirs = teams.iter().filter(|team| team.members.contains(&agent.user));
        Self {
            id: agent.user,
            teams: theirs.map(|team| team.id).collect(),
            name: agent.name,
            presence: agent.presence,
            seen_at: agent.seen_at,
            capacity: agent.capacity,
            load,
            languages: agent.languages,
            last_assigned_at: agent.last_assigned_at,
        }
    }
}
