use actix_web::get;
use actix_web::web::Data;

use super::TicketView;
use super::view::find;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::state::Api;
use crate::domain::ids::TicketId;

/// One ticket
#[utoipa::path(tag = "tickets", operation_id = "show_ticket", params(TicketId), responses((status = OK, body = TicketView)), security(("bearer" = ["read"])))]
#[get("/tickets/{id}")]
pub async fn show_ticket(api: Data<Api>, id: Path<TicketId>) -> Reply<TicketView> {
    let ticket = find(&api, id.0).await?;
    let revision = ticket.revision;
    Ok(Answer::ok(TicketView::new(ticket, &api.store.pipelines().await?)).at(revision))
}
