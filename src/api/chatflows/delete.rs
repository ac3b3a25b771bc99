use actix_web::delete;
use actix_web::web::Data;

use super::edit::{find, refused};
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::Path;
use crate::api::pages;
use crate::api::state::Api;
use crate::domain::ids::ChatflowId;

/// Delete a chatflow and its links
///
/// A page's primary chatflow is refused. Sessions that run on it finish; its links lead to the primary chatflow from now on.
#[utoipa::path(tag = "chatflows", operation_id = "delete_chatflow", params(ChatflowId), responses((status = NO_CONTENT)), security(("bearer" = ["edit_flows"])))]
#[delete("/chatflows/{id}")]
pub async fn delete_chatflow(api: Data<Api>, id: Path<ChatflowId>, if_match: IfMatch) -> Reply<()> {
    let chatflow = find(&api, id.0).await?;
    if_match.guards(chatflow.revision)?;
    chatflow.may_be_deleted(&pages::find(&api, &chatflow.page).await?)?;
    let deleted = api.store.delete_chatflow(chatflow.id, chatflow.revision, api.clock.now()).await;
    deleted.map_err(|error| refused(error, &chatflow))?;
    pages::reload(&api, &chatflow.page).await;
    Ok(Answer::nothing())
}
