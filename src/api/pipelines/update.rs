use actix_web::patch;
use actix_web::web::Data;
use serde::Deserialize;

use super::PipelineView;
use super::view::{check, saving_failed};
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::{Json, Path};
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::ids::PipelineId;
use crate::domain::ticket::{Pipeline, Status};
use crate::store::StoreError;

/// What is left out stays as it is. The key never changes: flows name it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdatePipelineBody {
    name: Option<String>,
    /// All statuses, in order. One that tickets are in may not vanish.
    statuses: Option<Vec<Status>>,
}

/// Change a pipeline's statuses and moves
#[utoipa::path(tag = "tickets", operation_id = "update_pipeline", params(PipelineId), responses((status = OK, body = PipelineView)), security(("bearer" = ["lead_team"])))]
#[patch("/pipelines/{id}")]
pub async fn update_pipeline(
    api: Data<Api>,
    id: Path<PipelineId>,
    if_match: IfMatch,
    body: Json<UpdatePipelineBody>,
) -> Reply<PipelineView> {
    let before = api.store.pipeline(id.0).await?.ok_or_else(|| Problem::not_found("pipeline", id.0))?;
    if_match.guards(before.revision)?;
    let UpdatePipelineBody { name, statuses } = body.0;
    let pipeline = Pipeline { name: name.unwrap_or(before.name), statuses: statuses.unwrap_or(before.statuses), ..before };
    check(&pipeline)?;
    let revision = match api.store.update_pipeline(&pipeline).await {
        Ok(revision) => revision,
        Err(StoreError::InUse { .. }) => return Err(still_used(&api, &pipeline).await?),
        Err(error) => return Err(saving_failed(error)),
    };
    api.runtime.reload_all().await?;
    Ok(Answer::ok(pipeline.into()).at(revision))
}

/// Names each status that would vanish with tickets in it.
async fn still_used(api: &Api, pipeline: &Pipeline) -> Result<Problem, Problem> {
    let counts = api.store.status_counts(pipeline.id).await?;
    let lost = counts.into_iter().filter(|(status, _)| pipeline.status(status).is_none());
    let lost: Vec<String> = lost.map(|(status, tickets)| format!("`{status}` ({tickets})")).collect();
    let detail = format!("tickets are in statuses that would vanish: {}; move them first", lost.join(", "));
    Ok(Problem::new(Code::InUse, detail.clone()).field("/statuses", "in_use", detail))
}
