use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;

use super::TeamView;
use super::view::{check, saving_failed};
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Json;
use crate::api::state::Api;
use crate::domain::ids::UserId;
use crate::domain::people::Team;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTeamBody {
    name: String,
    /// Users with a service seat, in the order in which `first_available` asks them.
    #[serde(default)]
    members: Vec<UserId>,
}

/// Make a team
#[utoipa::path(tag = "people", operation_id = "create_team", responses((status = CREATED, body = TeamView)), security(("bearer" = ["lead_team"])))]
#[post("/teams")]
pub async fn create_team(api: Data<Api>, body: Json<CreateTeamBody>) -> Reply<TeamView> {
    let CreateTeamBody { name, members } = body.0;
    let team = Team { id: api.ids()?.next(), name, members, revision: 1, created_at: api.clock.now() };
    check(&api, &team, &team.members).await?;
    api.store.insert_team(&team).await.map_err(saving_failed)?;
    api.runtime.reload_all().await?;
    Ok(Answer::created(format!("/v1/teams/{}", team.id), team.into()).at(1))
}
