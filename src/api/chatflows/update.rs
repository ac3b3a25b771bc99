use actix_web::patch;
use actix_web::web::Data;
use serde::Deserialize;

use super::ChatflowView;
use super::edit::edit;
use super::view::view;
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::{FieldChecks, Json, Path};
use crate::api::state::Api;
use crate::domain::chatflow::MAX_NAME_CHARS;
use crate::domain::ids::ChatflowId;

/// What is left out stays as it is.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpdateChatflowBody {
    /// Unique on its page; other chatflows `call` it by this name.
    name: Option<String>,
}

/// Rename a chatflow
#[utoipa::path(tag = "chatflows", operation_id = "update_chatflow", params(ChatflowId), responses((status = OK, body = ChatflowView)), security(("bearer" = ["edit_flows"])))]
#[patch("/chatflows/{id}")]
pub async fn update_chatflow(
    api: Data<Api>,
    id: Path<ChatflowId>,
    if_match: IfMatch,
    body: Json<UpdateChatflowBody>,
) -> Reply<ChatflowView> {
    let mut checks = FieldChecks::default();
    if let Some(name) = &body.0.name {
        checks.line(name, MAX_NAME_CHARS, "/name");
    }
    checks.done()?;
    let chatflow = edit(&api, id.0, &if_match, |chatflow| {
        if let Some(name) = &body.0.name {
            chatflow.name.clone_from(name);
        }
        Ok(())
    })
    .await?;
    let revision = chatflow.revision;
    Ok(Answer::ok(view(&api, chatflow).await?).at(revision))
}
