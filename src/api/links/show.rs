use actix_web::get;
use actix_web::web::Data;

use super::LinkView;
use super::view::view;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::LinkId;
use crate::domain::link::Link;

/// One link
#[utoipa::path(tag = "links", operation_id = "show_link", params(LinkId), responses((status = OK, body = LinkView)), security(("bearer" = ["read"])))]
#[get("/links/{id}")]
pub async fn show_link(api: Data<Api>, id: Path<LinkId>) -> Reply<LinkView> {
    let link = find(&api, id.0).await?;
    let revision = link.revision;
    Ok(Answer::ok(view(&api, link).await?).at(revision))
}

pub(super) async fn find(api: &Api, link: LinkId) -> Result<Link, Problem> {
    api.store.link(link).await?.ok_or_else(|| Problem::not_found("link", link))
}
