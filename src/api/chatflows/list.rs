use actix_web::get;
use actix_web::web::Data;
use serde::Deserialize;

use super::ChatflowView;
use super::view::views;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Query;
use crate::api::paging::{List, Paging};
use crate::api::state::Api;
use crate::domain::ids::PageId;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ChatflowsQuery {
    /// Only those of this page.
    page: Option<PageId>,
}

/// The chatflows, oldest first
#[utoipa::path(tag = "chatflows", operation_id = "list_chatflows", params(ChatflowsQuery, Paging), responses((status = OK, body = List<ChatflowView>)), security(("bearer" = ["read"])))]
#[get("/chatflows")]
pub async fn list_chatflows(api: Data<Api>, query: Query<ChatflowsQuery>, paging: Paging) -> Reply<List<ChatflowView>> {
    let found = api.store.chatflows(query.0.page.as_ref(), paging.after()?, paging.fetch()).await?;
    let List { items, next } = paging.list(found, |chatflow| chatflow.id, |chatflow| chatflow);
    Ok(Answer::ok(List { items: views(&api, items).await?, next }))
}
