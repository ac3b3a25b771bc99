use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;

use super::PipelineView;
use super::view::{check, saving_failed};
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Json;
use crate::api::state::Api;
use crate::domain::ticket::{Pipeline, Status};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePipelineBody {
    /// What flows name; it never changes.
    #[schema(pattern = "^[a-z0-9_-]{1,40}$")]
    key: String,
    name: String,
    /// In order; the first is where tickets start. From each, a closed one must be reachable.
    statuses: Vec<Status>,
}

/// Make a pipeline
#[utoipa::path(tag = "tickets", operation_id = "create_pipeline", responses((status = CREATED, body = PipelineView)), security(("bearer" = ["lead_team"])))]
#[post("/pipelines")]
pub async fn create_pipeline(api: Data<Api>, body: Json<CreatePipelineBody>) -> Reply<PipelineView> {
    let CreatePipelineBody { key, name, statuses } = body.0;
    let pipeline = Pipeline { id: api.ids()?.next(), key, name, statuses, revision: 1, created_at: api.clock.now() };
    check(&pipeline)?;
    api.store.insert_pipeline(&pipeline).await.map_err(saving_failed)?;
    api.runtime.reload_all().await?;
    Ok(Answer::created(format!("/v1/pipelines/{}", pipeline.id), pipeline.into()).at(1))
}
