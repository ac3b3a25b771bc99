use actix_web::get;
use actix_web::web::Data;

use super::TeamView;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::TeamId;

/// One team
#[utoipa::path(tag = "people", operation_id = "show_team", params(TeamId), responses((status = OK, body = TeamView)), security(("bearer" = ["read"])))]
#[get("/teams/{id}")]
pub async fn show_team(api: Data<Api>, id: Path<TeamId>) -> Reply<TeamView> {
    let team = api.store.team(id.0).await?.ok_or_else(|| Problem::not_found("team", id.0))?;
    let revision = team.revision;
    Ok(Answer::ok(team.into()).at(revision))
}
