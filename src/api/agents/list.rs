use actix_web::get;
use actix_web::web::Data;
use serde::Deserialize;

use super::AgentView;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Query;
use crate::api::paging::{List, Paging};
use crate::api::state::Api;
use crate::domain::ids::TeamId;
use crate::domain::people::{OnDuty, Presence};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AgentsQuery {
    /// Only members of this team.
    team: Option<TeamId>,
    /// Only those who are so now.
    presence: Option<Presence>,
}

/// The users with a service seat, with what they do now
#[utoipa::path(tag = "people", operation_id = "list_agents", params(AgentsQuery, Paging), responses((status = OK, body = List<AgentView>)), security(("bearer" = ["read"])))]
#[get("/agents")]
pub async fn list_agents(api: Data<Api>, query: Query<AgentsQuery>, paging: Paging) -> Reply<List<AgentView>> {
    let AgentsQuery { team, presence } = query.0;
    let roster = api.roster().await?;
    let teams = roster.teams;
    let wanted = |on_duty: &OnDuty| {
        let member = |team| teams.iter().any(|known| known.id == team && known.members.contains(&on_duty.agent.user));
        team.is_none_or(member) && presence.is_none_or(|presence| on_duty.agent.presence == presence)
    };
    let found = roster.agents.into_iter().filter(wanted).collect();
    let found = paging.cut(found, |on_duty| on_duty.agent.user)?;
    Ok(Answer::ok(paging.list(found, |on_duty| on_duty.agent.user, |on_duty| AgentView::new(on_duty, &teams))))
}
