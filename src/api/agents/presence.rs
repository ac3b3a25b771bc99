use actix_web::put;
use actix_web::web::Data;
use serde::Deserialize;

use super::AgentView;
use super::show::find;
use crate::api::answer::Reply;
use crate::api::caller::Caller;
use crate::api::extract::{Json, Path};
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::access::Need;
use crate::domain::ids::UserId;
use crate::domain::people::Presence;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPresenceBody {
    presence: Presence,
}

/// Say that you are here, away or gone; a lead may say it for others
///
/// The same value again is a heartbeat: it only moves `seen_at`. Every other call of theirs to the API is one too. An agent who
/// is online and was not seen for the setting `people.away_minutes` counts as away until they are seen again.
#[utoipa::path(tag = "people", operation_id = "set_presence", params(UserId), responses((status = OK, body = AgentView)), security(("bearer" = ["serve"])))]
#[put("/agents/{id}/presence")]
pub async fn set_presence(api: Data<Api>, caller: Caller, id: Path<UserId>, body: Json<SetPresenceBody>) -> Reply<AgentView> {
    if caller.user.id != id.0 {
        caller.need(Need::LeadTeam)?;
    }
    api.store.agent(id.0).await?.ok_or_else(|| Problem::not_found("agent", id.0))?;
    api.store.set_presence(id.0, body.0.presence, api.clock.now()).await?;
    find(&api, id.0).await
}
