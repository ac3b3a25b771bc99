use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;

use super::view::find;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::paging::{List, Paging};
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::ids::TicketId;
use crate::domain::ticket::{Source, TicketChange};

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TicketChangeView {
    at: Timestamp,
    by: Source,
    /// `opened`, `moved`, `assigned`, `edited`, `commented`.
    what: String,
    /// Which field, for `assigned` and `edited`.
    field: Option<String>,
    from: Option<String>,
    to: Option<String>,
    /// A move that the matrix does not allow, made by somebody who may.
    overridden: bool,
}

impl From<TicketChange> for TicketChangeView {
    fn from(change: TicketChange) -> Self {
        let TicketChange { ticket: _, at, by, what, field, from, to, overridden } = change;
        Self { at, by, what, field, from, to, overridden }
    }
}

/// What was done to a ticket, oldest first
#[utoipa::path(tag = "tickets", operation_id = "list_ticket_history", params(TicketId, Paging), responses((status = OK, body = List<TicketChangeView>)), security(("bearer" = ["read"])))]
#[get("/tickets/{id}/history")]
pub async fn list_history(api: Data<Api>, id: Path<TicketId>, paging: Paging) -> Reply<List<TicketChangeView>> {
    find(&api, id.0).await?;
    let found = api.store.history(id.0, paging.after()?.unwrap_or(0), paging.fetch()).await?;
    Ok(Answer::ok(paging.list(found, |(seq, _)| *seq, |(_, change)| TicketChangeView::from(change))))
}
