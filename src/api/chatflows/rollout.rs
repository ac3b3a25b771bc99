//! A version that a part of the contacts gets first: `publish` with `rollout` begins it; here it goes on and ends.

use actix_web::web::Data;
use actix_web::{post, put};
use serde::Deserialize;

use super::ChatflowView;
use super::document::Optional;
use super::edit::{find, refused};
use super::publish::check_percent;
use super::view::view;
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::{Json, Path};
use crate::api::pages;
use crate::api::state::Api;
use crate::domain::ids::ChatflowId;
use crate::domain::rollout::SessionPolicy;
use crate::store::chatflows::RolloutChange;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RolloutBody {
    /// Of a hundred contacts, 1 to 99.
    #[schema(minimum = 1, maximum = 99)]
    percent: u8,
}

/// Let more contacts, or fewer, have the new version
///
/// Whoever is in at 10 % is in at 20 %. Sessions stay where they are.
#[utoipa::path(tag = "chatflows", operation_id = "change_rollout", params(ChatflowId), responses((status = OK, body = ChatflowView)), security(("bearer" = ["edit_flows"])))]
#[put("/chatflows/{id}/rollout")]
pub async fn change_rollout(api: Data<Api>, id: Path<ChatflowId>, if_match: IfMatch, body: Json<RolloutBody>) -> Reply<ChatflowView> {
    check_percent(Some(body.0.percent), "/percent")?;
    change(&api, id.0, &if_match, RolloutChange::Percent(body.0.percent)).await
}

/// Give the new version to everyone
///
/// What it was published to do with running sessions now holds for all of them.
#[utoipa::path(tag = "chatflows", operation_id = "finish_rollout", params(ChatflowId), responses((status = OK, body = ChatflowView)), security(("bearer" = ["edit_flows"])))]
#[post("/chatflows/{id}/rollout/finish")]
pub async fn finish_rollout(api: Data<Api>, id: Path<ChatflowId>, if_match: IfMatch) -> Reply<ChatflowView> {
    change(&api, id.0, &if_match, RolloutChange::Finish).await
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AbortRolloutBody {
    /// What becomes of the sessions on it; left out: `keep`, they finish on it.
    sessions: SessionPolicy,
}

/// Take the new version back
///
/// No session starts on it any more. Its number stays taken.
#[utoipa::path(tag = "chatflows", operation_id = "abort_rollout", params(ChatflowId), request_body = Option<AbortRolloutBody>, responses((status = OK, body = ChatflowView)), security(("bearer" = ["edit_flows"])))]
#[post("/chatflows/{id}/rollout/abort")]
pub async fn abort_rollout(
    api: Data<Api>,
    id: Path<ChatflowId>,
    if_match: IfMatch,
    body: Optional<AbortRolloutBody>,
) -> Reply<ChatflowView> {
    change(&api, id.0, &if_match, RolloutChange::Abort(body.0.unwrap_or_default().sessions)).await
}

async fn change(api: &Api, id: ChatflowId, if_match: &IfMatch, change: RolloutChange) -> Reply<ChatflowView> {
    let chatflow = find(api, id).await?;
    if_match.guards(chatflow.revision)?;
    chatflow.under_way()?;
    let changed = api.store.change_rollout(id, chatflow.revision, change, api.clock.now()).await;
    let revision = changed.map_err(|error| refused(error, &chatflow))?;
    pages::reload(api, &chatflow.page).await;
    Ok(Answer::ok(view(api, find(api, id).await?).await?).at(revision))
}
