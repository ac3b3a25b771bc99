use actix_web::get;
use actix_web::web::Data;

use super::{PageView, find};
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::state::Api;
use crate::domain::ids::PageId;

/// One page
#[utoipa::path(tag = "pages", operation_id = "show_page", params(PageId), responses((status = OK, body = PageView)), security(("bearer" = ["read"])))]
#[get("/pages/{id}")]
pub async fn show_page(api: Data<Api>, id: Path<PageId>) -> Reply<PageView> {
    let page = find(&api, &id.0).await?;
    let revision = page.revision;
    Ok(Answer::ok(page.into()).at(revision))
}
