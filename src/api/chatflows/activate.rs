use actix_web::post;
use actix_web::web::Data;

use super::ChatflowView;
use super::edit::edit;
use super::view::view;
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::Path;
use crate::api::state::Api;
use crate::domain::ids::ChatflowId;

/// Let sessions start
///
/// A chatflow that was never published is refused. Activating twice is once.
#[utoipa::path(tag = "chatflows", operation_id = "activate_chatflow", params(ChatflowId), responses((status = OK, body = ChatflowView)), security(("bearer" = ["edit_flows"])))]
#[post("/chatflows/{id}/activate")]
pub async fn activate_chatflow(api: Data<Api>, id: Path<ChatflowId>, if_match: IfMatch) -> Reply<ChatflowView> {
    let chatflow = edit(&api, id.0, &if_match, |chatflow| Ok(chatflow.activate()?)).await?;
    let revision = chatflow.revision;
    Ok(Answer::ok(view(&api, chatflow).await?).at(revision))
}
