use actix_web::delete;
use actix_web::web::Data;

use super::view::saving_failed;
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::Path;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::ids::RuleSetId;
use crate::store::StoreError;

/// Remove a list of transfer rules that no page has as its own
///
/// A flow that still names it transfers into the open queue, and reports it.
#[utoipa::path(tag = "people", operation_id = "delete_rule_set", params(RuleSetId), responses((status = NO_CONTENT)), security(("bearer" = ["lead_team"])))]
#[delete("/transfer-rules/{id}")]
pub async fn delete_rule_set(api: Data<Api>, id: Path<RuleSetId>, if_match: IfMatch) -> Reply<()> {
    let set = api.store.rule_set(id.0).await?.ok_or_else(|| Problem::not_found("list of transfer rules", id.0))?;
    if_match.guards(set.revision)?;
    api.store.delete_rule_set(set.id, set.revision).await.map_err(|error| match error {
        StoreError::InUse { .. } => Problem::new(Code::InUse, "a page has these rules as its own; give it others first"),
        other => saving_failed(other),
    })?;
    api.runtime.reload_all().await?;
    Ok(Answer::nothing())
}
