use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;

use super::RuleSetView;
use super::view::{check, saving_failed};
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Json;
use crate::api::state::Api;
use crate::domain::ids::PageId;
use crate::domain::transfer::{Rule, RuleSet};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRuleSetBody {
    /// What flows name: `"rules": "default"`.
    name: String,
    /// The only page whose flows may name it; without it, all.
    page: Option<PageId>,
    /// In order: the first that matches and can be served wins.
    #[serde(default)]
    rules: Vec<Rule>,
}

/// Make a list of transfer rules
#[utoipa::path(tag = "people", operation_id = "create_rule_set", responses((status = CREATED, body = RuleSetView)), security(("bearer" = ["lead_team"])))]
#[post("/transfer-rules")]
pub async fn create_rule_set(api: Data<Api>, body: Json<CreateRuleSetBody>) -> Reply<RuleSetView> {
    let CreateRuleSetBody { name, page, rules } = body.0;
    let set = RuleSet { id: api.ids()?.next(), name, page, rules, revision: 1, created_at: api.clock.now() };
    check(&api, &set).await?;
    api.store.insert_rule_set(&set).await.map_err(saving_failed)?;
    api.runtime.reload_all().await?;
    Ok(Answer::created(format!("/v1/transfer-rules/{}", set.id), set.into()).at(1))
}
