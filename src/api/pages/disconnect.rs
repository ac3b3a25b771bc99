use actix_web::delete;
use actix_web::web::Data;

use super::edit::{Token, edit};
use super::find;
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::Path;
use crate::api::state::Api;
use crate::domain::ids::PageId;
use crate::messenger::graph::PageAccess;

/// End the page's events and forget its token
///
/// Chatflows, links, conversations and tickets stay: connecting the page again goes on with them.
#[utoipa::path(tag = "pages", operation_id = "disconnect_page", params(PageId), responses((status = NO_CONTENT)), security(("bearer" = ["administer"])))]
#[delete("/pages/{id}")]
pub async fn disconnect_page(api: Data<Api>, id: Path<PageId>, if_match: IfMatch) -> Reply<()> {
    if_match.guards(find(&api, &id.0).await?.revision)?;
    if let Some(token) = api.store.token(&id.0).await? {
        // A dead token cannot unsubscribe, and must not keep its page from being disconnected.
        let access = PageAccess { page: id.0.clone(), token };
        if let Err(error) = api.graph.unsubscribe(&access).await {
            tracing::warn!(%error, page = %id.0, "page `{}` could not be unsubscribed; its events are ignored from now on", id.0);
        }
    }
    let now = api.clock.now();
    edit(&api, &id.0, &if_match, Token::Forget, |page| {
        page.disconnect(now);
        Ok(())
    })
    .await?;
    Ok(Answer::nothing())
}
