use std::collections::BTreeMap;

use actix_web::patch;
use actix_web::web::Data;
use serde::Deserialize;
use serde_json::Value;

use super::TicketView;
use super::body::{check, merge};
use super::view::{find, saving_failed};
use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::etag::IfMatch;
use crate::api::extract::{Json, Path, present};
use crate::api::state::Api;
use crate::domain::ids::{TeamId, TicketId, UserId};
use crate::domain::ticket::{Priority, Source, Ticket};

/// What is left out stays as it is. The status changes by a transition.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateTicketBody {
    subject: Option<String>,
    description: Option<String>,
    priority: Option<Priority>,
    /// A user with a service seat; null takes it from whoever has it.
    #[serde(default, deserialize_with = "present")]
    assignee: Option<Option<UserId>>,
    #[serde(default, deserialize_with = "present")]
    team: Option<Option<TeamId>>,
    /// Null removes a field, those left out stay.
    #[serde(default)]
    fields: BTreeMap<String, Value>,
}

/// Change a ticket, or give it to somebody
#[utoipa::path(tag = "tickets", operation_id = "update_ticket", params(TicketId), responses((status = OK, body = TicketView)), security(("bearer" = ["serve"])))]
#[patch("/tickets/{id}")]
pub async fn update_ticket(
    api: Data<Api>,
    caller: Caller,
    id: Path<TicketId>,
    if_match: IfMatch,
    body: Json<UpdateTicketBody>,
) -> Reply<TicketView> {
    let before = find(&api, id.0).await?;
    if_match.guards(before.revision)?;
    let mut ticket = changed(before.clone(), body.0);
    let new_assignee = ticket.assignee.filter(|_| ticket.assignee != before.assignee);
    let new_team = ticket.team.filter(|_| ticket.team != before.team);
    check(&api, &ticket, new_assignee, new_team).await?;
    let pipelines = api.store.pipelines().await?;
    let now = api.clock.now();
    let changes = ticket.edits_since(&before, &Source::User { user: caller.user.id }, now);
    if changes.is_empty() {
        let revision = before.revision;
        return Ok(Answer::ok(TicketView::new(before, &pipelines)).at(revision));
    }
    ticket.updated_at = now;
    let revision = api.store.update_ticket(&ticket, &changes, None).await.map_err(saving_failed)?;
    Ok(Answer::ok(TicketView::new(ticket, &pipelines)).at(revision))
}

fn changed(mut ticket: Ticket, body: UpdateTicketBody) -> Ticket {
    let UpdateTicketBody { subject, description, priority, assignee, team, fields } = body;
    ticket.subject = subject.unwrap_or(ticket.subject);
    ticket.description = description.unwrap_or(ticket.description);
    ticket.priority = priority.unwrap_or(ticket.priority);
    ticket.assignee = assignee.unwrap_or(ticket.assignee);
    ticket.team = team.unwrap_or(ticket.team);
    merge(&mut ticket.fields, fields);
    ticket
}
