use actix_web::get;
use actix_web::web::Data;
use serde::Deserialize;

use super::LinkView;
use super::view::views;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Query;
use crate::api::paging::{List, Paging};
use crate::api::state::Api;
use crate::domain::ids::{ChatflowId, PageId};
use crate::store::links::LinkFilter;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LinksQuery {
    /// Only those of this page.
    page: Option<PageId>,
    /// Only those that open this chatflow.
    chatflow: Option<ChatflowId>,
}

/// The links, oldest first; revoked and expired ones too
#[utoipa::path(tag = "links", operation_id = "list_links", params(LinksQuery, Paging), responses((status = OK, body = List<LinkView>)), security(("bearer" = ["read"])))]
#[get("/links")]
pub async fn list_links(api: Data<Api>, query: Query<LinksQuery>, paging: Paging) -> Reply<List<LinkView>> {
    let LinksQuery { page, chatflow } = query.0;
    let found = api.store.links(LinkFilter { page, chatflow }, paging.after()?, paging.fetch()).await?;
    let List { items, next } = paging.list(found, |link| link.id, |link| link);
    Ok(Answer::ok(List { items: views(&api, items).await?, next }))
}
