use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;

use crate::api::answer::{Answer, Reply};
use crate::api::paging::{List, Paging};
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::ids::{EventId, PageId, Psid};
use crate::store::inbox::ParkedEvent;

/// An event that no turn could take.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ParkedEventView {
    id: EventId,
    page: PageId,
    /// Whose event it is; null where it is about the page itself.
    psid: Option<Psid>,
    /// `message`, `postback`, …
    kind: &'static str,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// Turns that were tried.
    attempts: u32,
    /// How the last one failed.
    error: String,
}

impl From<ParkedEvent> for ParkedEventView {
    fn from(parked: ParkedEvent) -> Self {
        let ParkedEvent { event, error } = parked;
        Self {
            id: event.id,
            kind: event.event.what.kind(),
            page: event.event.page,
            psid: event.event.psid,
            received_at: event.received_at,
            attempts: event.attempts,
            error,
        }
    }
}

/// Events whose turns all failed, oldest first
#[utoipa::path(
    tag = "operation",
    operation_id = "list_parked_events",
    params(Paging),
    responses((status = OK, body = List<ParkedEventView>)),
    security(("bearer" = ["administer"]))
)]
#[get("/parked-events")]
pub async fn list_parked_events(api: Data<Api>, paging: Paging) -> Reply<List<ParkedEventView>> {
    let found = api.store.parked_events(paging.after()?, paging.fetch()).await?;
    Ok(Answer::ok(paging.list(found, |parked| parked.event.seq, ParkedEventView::from)))
}
