use actix_web::delete;
use actix_web::web::Data;

use super::view::saving_failed;
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::Path;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::api::transfer_rules::breaking;
use crate::domain::ids::TeamId;
use crate::store::StoreError;

/// Dissolve a team that no rule names and whose queue is empty
#[utoipa::path(tag = "people", operation_id = "delete_team", params(TeamId), responses((status = NO_CONTENT)), security(("bearer" = ["lead_team"])))]
#[delete("/teams/{id}")]
pub async fn delete_team(api: Data<Api>, id: Path<TeamId>, if_match: IfMatch) -> Reply<()> {
    let team = api.store.team(id.0).await?.ok_or_else(|| Problem::not_found("team", id.0))?;
    if_match.guards(team.revision)?;
    let naming = api.store.rule_sets_naming_team(team.id).await?;
    breaking(&naming, |set| set.rules_naming_team(team.id), "transfer rules name this team")?;
    api.store.delete_team(team.id, team.revision).await.map_err(|error| match error {
        StoreError::InUse { .. } => Problem::new(Code::InUse, "open conversations or tickets wait for this team"),
        other => saving_failed(other),
    })?;
    api.runtime.reload_all().await?;
    Ok(Answer::nothing())
}
