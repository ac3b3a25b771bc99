//! How a team looks from outside, and what its fields must be.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::api::extract::FieldChecks;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::ids::{TeamId, UserId};
use crate::domain::people::Team;
use crate::store::StoreError;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TeamView {
    id: TeamId,
    name: String,
    /// In the order in which `first_available` asks them.
    members: Vec<UserId>,
    created_at: Timestamp,
}

impl From<Team> for TeamView {
    fn from(team: Team) -> Self {
        let Team { id, name, members, created_at, revision: _ } = team;
        Self { id, name, members, created_at }
    }
}

/// All that is wrong with a team at once. Only `joining` members must have a seat: one who lost it may stay or leave.
pub(super) async fn check(api: &Api, team: &Team, joining: &[UserId]) -> Result<(), Problem> {
    let mut checks = FieldChecks::default();
    checks.line(&team.name, 80, "/name");
    checks.check(team.members.len() <= 500, "/members", "at most 500 members");
    let roster = api.store.roster().await?;
    let mut seen = BTreeSet::new();
    for (index, member) in team.members.iter().enumerate() {
        let pointer = format!("/members/{index}");
        checks.check(seen.insert(member), &pointer, format!("`{member}` is there twice"));
        let seated = roster.agents.iter().any(|on_duty| on_duty.agent.user == *member);
        checks.check_as(seated || !joining.contains(member), &pointer, "no_service_seat", format!("`{member}` has no service seat"));
    }
    checks.done()
}

pub(super) fn saving_failed(error: StoreError) -> Problem {
    match error {
        StoreError::Conflict { what: "team name" } => Problem::taken("/name", "another team has this name"),
        StoreError::Conflict { .. } => Problem::stale(),
        other => other.into(),
    }
}
