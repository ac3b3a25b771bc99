use actix_web::get;
use actix_web::web::Data;

use super::PipelineView;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::PipelineId;

/// One pipeline
#[utoipa::path(tag = "tickets", operation_id = "show_pipeline", params(PipelineId), responses((status = OK, body = PipelineView)), security(("bearer" = ["read"])))]
#[get("/pipelines/{id}")]
pub async fn show_pipeline(api: Data<Api>, id: Path<PipelineId>) -> Reply<PipelineView> {
    let pipeline = api.store.pipeline(id.0).await?.ok_or_else(|| Problem::not_found("pipeline", id.0))?;
    let revision = pipeline.revision;
    Ok(Answer::ok(pipeline.into()).at(revision))
}
