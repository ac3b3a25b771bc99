use actix_web::get;
use actix_web::web::Data;

use super::view::view;
use super::{ChatflowView, find};
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::state::Api;
use crate::domain::ids::ChatflowId;

/// One chatflow, without its document
#[utoipa::path(tag = "chatflows", operation_id = "show_chatflow", params(ChatflowId), responses((status = OK, body = ChatflowView)), security(("bearer" = ["read"])))]
#[get("/chatflows/{id}")]
pub async fn show_chatflow(api: Data<Api>, id: Path<ChatflowId>) -> Reply<ChatflowView> {
    let chatflow = find(&api, id.0).await?;
    let revision = chatflow.revision;
    Ok(Answer::ok(view(&api, chatflow).await?).at(revision))
}
