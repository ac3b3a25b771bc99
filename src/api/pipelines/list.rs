use actix_web::get;
use actix_web::web::Data;

use super::PipelineView;
use crate::api::answer::{Answer, Reply};
use crate::api::paging::{List, Paging};
use crate::api::state::Api;

/// The pipelines, in order of creation
#[utoipa::path(tag = "tickets", operation_id = "list_pipelines", params(Paging), responses((status = OK, body = List<PipelineView>)), security(("bearer" = ["read"])))]
#[get("/pipelines")]
pub async fn list_pipelines(api: Data<Api>, paging: Paging) -> Reply<List<PipelineView>> {
    let found = paging.cut(api.store.pipelines().await?, |pipeline| pipeline.id)?;
    Ok(Answer::ok(paging.list(found, |pipeline| pipeline.id, PipelineView::from)))
}
