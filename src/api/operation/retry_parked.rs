use actix_web::post;
use actix_web::web::Data;

use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::EventId;

/// Give a parked event to its conversation again
#[utoipa::path(
    tag = "operation",
    operation_id = "retry_parked_event",
    params(EventId),
    responses((status = NO_CONTENT)),
    security(("bearer" = ["administer"]))
)]
#[post("/parked-events/{id}/retry")]
pub async fn retry_parked_event(api: Data<Api>, id: Path<EventId>) -> Reply<()> {
    let event = api.store.retry_parked(id.0).await?.ok_or_else(|| Problem::not_found("parked event", id.0))?;
    api.runtime.nudge(vec![event]);
    Ok(Answer::nothing())
}
