use actix_web::get;
use actix_web::web::Data;

use crate::api::answer::{Answer, Reply};
use crate::api::state::Api;
use crate::runtime::Observation;

/// What the actors do at this instant, and what waits in the store
#[utoipa::path(
    tag = "operation",
    operation_id = "show_runtime",
    responses((status = OK, body = Observation)),
    security(("bearer" = ["administer"]))
)]
#[get("/runtime")]
pub async fn show_runtime(api: Data<Api>) -> Reply<Observation> {
    Ok(Answer::ok(api.runtime.observe().await))
}
