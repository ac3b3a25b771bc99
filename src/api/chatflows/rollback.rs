use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;

use super::edit::{find, missing};
use super::publish::{New, PublishedView, check_note, publish};
use crate::api::answer::Reply;
use crate::api::caller::Caller;
use crate::api::etag::IfMatch;
use crate::api::extract::{Json, Path};
use crate::api::state::Api;
use crate::domain::ids::ChatflowId;
use crate::domain::rollout::SessionPolicy;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBackChatflowBody {
    /// The version to go back to.
    version: u32,
    /// Why, for people: at most 500 characters.
    #[serde(default)]
    note: Option<String>,
    /// What becomes of running sessions; left out: `keep`.
    #[serde(default)]
    sessions: SessionPolicy,
}

/// Publish an older version again
///
/// Its document becomes the next version. The draft stays as it is.
#[utoipa::path(tag = "chatflows", operation_id = "roll_back_chatflow", params(ChatflowId), responses((status = CREATED, body = PublishedView)), security(("bearer" = ["edit_flows"])))]
#[post("/chatflows/{id}/rollback")]
pub async fn roll_back_chatflow(
    api: Data<Api>,
    caller: Caller,
    id: Path<ChatflowId>,
    if_match: IfMatch,
    body: Json<RollBackChatflowBody>,
) -> Reply<PublishedView> {
    let RollBackChatflowBody { version: number, note, sessions } = body.0;
    check_note(note.as_deref())?;
    let chatflow = find(&api, id.0).await?;
    if_match.guards(chatflow.revision)?;
    let version = api.store.version(chatflow.id, number).await?;
    let version = version.ok_or_else(|| missing("/version", format!("chatflow `{}` has no version {number}", chatflow.id)))?;
    let note = note.unwrap_or_else(|| format!("back to version {number}"));
    publish(&api, &caller, chatflow, New { document: version.document, note: Some(note), sessions, rollout: None }).await
}
