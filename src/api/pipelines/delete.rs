use actix_web::delete;
use actix_web::web::Data;

use super::view::saving_failed;
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::Path;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::ids::PipelineId;
use crate::store::StoreError;

/// Remove a pipeline that never had a ticket
#[utoipa::path(tag = "tickets", operation_id = "delete_pipeline", params(PipelineId), responses((status = NO_CONTENT)), security(("bearer" = ["lead_team"])))]
#[delete("/pipelines/{id}")]
pub async fn delete_pipeline(api: Data<Api>, id: Path<PipelineId>, if_match: IfMatch) -> Reply<()> {
    let pipeline = api.store.pipeline(id.0).await?.ok_or_else(|| Problem::not_found("pipeline", id.0))?;
    if_match.guards(pipeline.revision)?;
    api.store.delete_pipeline(pipeline.id, pipeline.revision).await.map_err(|error| match error {
        StoreError::InUse { .. } => Problem::new(Code::InUse, "the pipeline has tickets"),
        other => saving_failed(other),
    })?;
    api.runtime.reload_all().await?;
    Ok(Answer::nothing())
}
