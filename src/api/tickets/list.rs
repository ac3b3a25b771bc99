use actix_web::get;
use actix_web::web::Data;
use serde::Deserialize;

use super::TicketView;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Query;
use crate::api::paging::{List, Paging};
use crate::api::state::Api;
use crate::domain::ids::{ContactId, ConversationId, PageId, PipelineId, TeamId, UserId};
use crate::domain::ticket::Priority;
use crate::store::tickets::TicketFilter;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TicketsQuery {
    pipeline: Option<PipelineId>,
    /// A status's key.
    status: Option<String>,
    assignee: Option<UserId>,
    /// `true`: only those without an assignee.
    #[serde(default)]
    unassigned: bool,
    team: Option<TeamId>,
    page: Option<PageId>,
    contact: Option<ContactId>,
    conversation: Option<ConversationId>,
    priority: Option<Priority>,
    closed: Option<bool>,
    /// Only those with this in the subject.
    text: Option<String>,
}

/// The tickets, newest first
#[utoipa::path(tag = "tickets", operation_id = "list_tickets", params(TicketsQuery, Paging), responses((status = OK, body = List<TicketView>)), security(("bearer" = ["read"])))]
#[get("/tickets")]
pub async fn list_tickets(api: Data<Api>, query: Query<TicketsQuery>, paging: Paging) -> Reply<List<TicketView>> {
    let TicketsQuery { pipeline, status, assignee, unassigned, team, page, contact, conversation, priority, closed, text } = query.0;
    let filter = TicketFilter { pipeline, status, assignee, unassigned, team, page, contact, conversation, priority, closed, text };
    let found = api.store.tickets(&filter, paging.after()?, paging.fetch()).await?;
    let pipelines = api.store.pipelines().await?;
    Ok(Answer::ok(paging.list(found, |ticket| ticket.number, |ticket| TicketView::new(ticket, &pipelines))))
}
