use actix_web::post;
use actix_web::web::Data;

use super::ChatflowView;
use super::edit::{edit, find};
use super::view::view;
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::Path;
use crate::api::pages;
use crate::api::state::Api;
use crate::domain::ids::ChatflowId;

/// Start no more sessions; running ones go on
///
/// A page's primary chatflow is refused. Deactivating twice is once.
#[utoipa::path(tag = "chatflows", operation_id = "deactivate_chatflow", params(ChatflowId), responses((status = OK, body = ChatflowView)), security(("bearer" = ["edit_flows"])))]
#[post("/chatflows/{id}/deactivate")]
pub async fn deactivate_chatflow(api: Data<Api>, id: Path<ChatflowId>, if_match: IfMatch) -> Reply<ChatflowView> {
    let page = pages::find(&api, &find(&api, id.0).await?.page).await?;
    let chatflow = edit(&api, id.0, &if_match, |chatflow| Ok(chatflow.deactivate(&page)?)).await?;
    let revision = chatflow.revision;
    Ok(Answer::ok(view(&api, chatflow).await?).at(revision))
}
