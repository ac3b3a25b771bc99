use actix_web::get;
use actix_web::web::Data;

use super::AgentView;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::UserId;

/// One agent
#[utoipa::path(tag = "people", operation_id = "show_agent", params(UserId), responses((status = OK, body = AgentView)), security(("bearer" = ["read"])))]
#[get("/agents/{id}")]
pub async fn show_agent(api: Data<Api>, id: Path<UserId>) -> Reply<AgentView> {
    find(&api, id.0).await
}

/// The agent as they are now.
pub(super) async fn find(api: &Api, user: UserId) -> Reply<AgentView> {
    let roster = api.roster().await?;
    let found = roster.agents.into_iter().find(|on_duty| on_duty.agent.user == user);
    let on_duty = found.ok_or_else(|| Problem::not_found("agent", user))?;
    let revision = on_duty.agent.revision;
    Ok(Answer::ok(AgentView::new(on_duty, &roster.teams)).at(revision))
}
