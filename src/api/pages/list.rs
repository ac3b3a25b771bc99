use actix_web::get;
use actix_web::web::Data;

use super::PageView;
use crate::api::answer::{Answer, Reply};
use crate::api::paging::{List, Paging};
use crate::api::state::Api;
use crate::domain::ids::PageId;

/// The pages, disconnected ones too
#[utoipa::path(tag = "pages", operation_id = "list_pages", params(Paging), responses((status = OK, body = List<PageView>)), security(("bearer" = ["read"])))]
#[get("/pages")]
pub async fn list_pages(api: Data<Api>, paging: Paging) -> Reply<List<PageView>> {
    let after: Option<PageId> = paging.after()?;
    let found = api.store.pages(after.as_ref(), paging.fetch()).await?;
    Ok(Answer::ok(paging.list(found, |page| page.id.clone(), PageView::from)))
}
