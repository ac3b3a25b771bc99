use actix_web::get;
use actix_web::web::Data;

use super::RuleSetView;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::RuleSetId;

/// One list of transfer rules
#[utoipa::path(tag = "people", operation_id = "show_rule_set", params(RuleSetId), responses((status = OK, body = RuleSetView)), security(("bearer" = ["read"])))]
#[get("/transfer-rules/{id}")]
pub async fn show_rule_set(api: Data<Api>, id: Path<RuleSetId>) -> Reply<RuleSetView> {
    let set = api.store.rule_set(id.0).await?.ok_or_else(|| Problem::not_found("list of transfer rules", id.0))?;
    let revision = set.revision;
    Ok(Answer::ok(set.into()).at(revision))
}
