use actix_web::get;
use actix_web::web::Data;
use serde::Deserialize;

use super::RuleSetView;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Query;
use crate::api::paging::{List, Paging};
use crate::api::state::Api;
use crate::domain::ids::PageId;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RuleSetsQuery {
    /// Only those that this page's flows may name: its own and the shared ones.
    page: Option<PageId>,
}

/// The lists of transfer rules, in order of creation
#[utoipa::path(tag = "people", operation_id = "list_rule_sets", params(RuleSetsQuery, Paging), responses((status = OK, body = List<RuleSetView>)), security(("bearer" = ["read"])))]
#[get("/transfer-rules")]
pub async fn list_rule_sets(api: Data<Api>, query: Query<RuleSetsQuery>, paging: Paging) -> Reply<List<RuleSetView>> {
    let found = match &query.0.page {
        Some(page) => api.store.rule_sets_for(page).await?,
        None => api.store.rule_sets().await?,
    };
    let found = paging.cut(found, |set| set.id)?;
    Ok(Answer::ok(paging.list(found, |set| set.id, RuleSetView::from)))
}
