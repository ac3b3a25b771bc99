use actix_web::patch;
use actix_web::web::Data;
use serde::Deserialize;

use super::RuleSetView;
use super::view::{check, saving_failed};
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::{Json, Path};
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::RuleSetId;
use crate::domain::transfer::{Rule, RuleSet};

/// What is left out stays as it is. The page is given once, at the making.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateRuleSetBody {
    name: Option<String>,
    /// All rules, in order.
    rules: Option<Vec<Rule>>,
}

/// Change a list of transfer rules; it holds for the next transfer
#[utoipa::path(tag = "people", operation_id = "update_rule_set", params(RuleSetId), responses((status = OK, body = RuleSetView)), security(("bearer" = ["lead_team"])))]
#[patch("/transfer-rules/{id}")]
pub async fn update_rule_set(api: Data<Api>, id: Path<RuleSetId>, if_match: IfMatch, body: Json<UpdateRuleSetBody>) -> Reply<RuleSetView> {
    let before = api.store.rule_set(id.0).await?.ok_or_else(|| Problem::not_found("list of transfer rules", id.0))?;
    if_match.guards(before.revision)?;
    let UpdateRuleSetBody { name, rules } = body.0;
    let set = RuleSet { name: name.unwrap_or(before.name), rules: rules.unwrap_or(before.rules), ..before };
    check(&api, &set).await?;
    let revision = api.store.update_rule_set(&set).await.map_err(saving_failed)?;
    api.runtime.reload_all().await?;
    Ok(Answer::ok(set.into()).at(revision))
}
