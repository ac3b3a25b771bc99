use actix_web::patch;
use actix_web::web::Data;
use serde::Deserialize;

use super::TeamView;
use super::view::{check, saving_failed};
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::{Json, Path};
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::{TeamId, UserId};
use crate::domain::people::Team;

/// What is left out stays as it is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateTeamBody {
    name: Option<String>,
    /// All members, in the order in which `first_available` asks them.
    members: Option<Vec<UserId>>,
}

/// Rename a team or change who is in it
#[utoipa::path(tag = "people", operation_id = "update_team", params(TeamId), responses((status = OK, body = TeamView)), security(("bearer" = ["lead_team"])))]
#[patch("/teams/{id}")]
pub async fn update_team(api: Data<Api>, id: Path<TeamId>, if_match: IfMatch, body: Json<UpdateTeamBody>) -> Reply<TeamView> {
    let before = api.store.team(id.0).await?.ok_or_else(|| Problem::not_found("team", id.0))?;
    if_match.guards(before.revision)?;
    let UpdateTeamBody { name, members } = body.0;
    let team = Team { name: name.unwrap_or(before.name), members: members.unwrap_or_else(|| before.members.clone()), ..before };
    let joining: Vec<UserId> = team.members.iter().copied().filter(|member| !before.members.contains(member)).collect();
    check(&api, &team, &joining).await?;
    let revision = api.store.update_team(&team).await.map_err(saving_failed)?;
    api.runtime.reload_all().await?;
    Ok(Answer::ok(team.into()).at(revision))
}
