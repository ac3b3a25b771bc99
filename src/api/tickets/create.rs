use std::collections::BTreeMap;

use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;
use serde_json::{Value, json};

use super::TicketView;
use super::body::{check, merge};
use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::extract::Json;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::ids::{ConversationId, PageId, TeamId, UserId};
use crate::domain::ticket::{Pipeline, Priority, Source, Ticket, TicketChange};
use crate::store::tickets::TicketFilter;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTicketBody {
    /// A pipeline's key or id.
    pipeline: String,
    /// The pipeline's first where left out.
    status: Option<String>,
    subject: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    priority: Priority,
    /// The conversation's, where one is named.
    page: Option<PageId>,
    /// What it is about; the ticket then is its contact's, and on its page.
    conversation: Option<ConversationId>,
    /// A user with a service seat.
    assignee: Option<UserId>,
    team: Option<TeamId>,
    #[serde(default)]
    fields: BTreeMap<String, Value>,
    /// Open one even where the conversation has an open ticket.
    #[serde(default)]
    another: bool,
}

/// Open a ticket
#[utoipa::path(tag = "tickets", operation_id = "create_ticket", responses((status = CREATED, body = TicketView)), security(("bearer" = ["serve"])))]
#[post("/tickets")]
pub async fn create_ticket(api: Data<Api>, caller: Caller, body: Json<CreateTicketBody>) -> Reply<TicketView> {
    let another = body.0.another;
    let pipelines = api.store.pipelines().await?;
    let mut ticket = opened(&api, &caller, body.0, &pipelines)?;
    place(&api, &mut ticket).await?;
    check(&api, &ticket, ticket.assignee, ticket.team).await?;
    let change = TicketChange::opened(&ticket);
    let number = api.store.insert_ticket(&ticket, &change, !another).await?;
    let Some(number) = number else { return Err(has_one(&api, &ticket).await?) };
    let ticket = Ticket { number, ..ticket };
    Ok(Answer::created(format!("/v1/tickets/{}", ticket.id), TicketView::new(ticket, &pipelines)).at(1))
}

fn opened(api: &Api, caller: &Caller, body: CreateTicketBody, pipelines: &[Pipeline]) -> Result<Ticket, Problem> {
    let named = |pipeline: &&Pipeline| pipeline.key == body.pipeline || pipeline.id.to_string() == body.pipeline;
    let pipeline = pipelines.iter().find(named);
    let pipeline = pipeline.ok_or_else(|| Problem::invalid("/pipeline", "unknown", format!("there is no pipeline `{}`", body.pipeline)))?;
    let status = match &body.status {
        Some(key) => {
            pipeline.status(key).ok_or_else(|| Problem::invalid("/status", "unknown", format!("the pipeline has no status `{key}`")))?
        }
        None => pipeline.first_status().ok_or_else(|| Problem::invalid("/pipeline", "invalid_value", "the pipeline has no status"))?,
    };
    let mut fields = BTreeMap::new();
    merge(&mut fields, body.fields);
    let now = api.clock.now();
    Ok(Ticket {
        id: api.ids()?.next(),
        number: 0,
        pipeline: pipeline.id,
        status: status.key.clone(),
        subject: body.subject,
        description: body.description,
        priority: body.priority,
        page: body.page,
        contact: None,
        conversation: body.conversation,
        assignee: body.assignee,
        team: body.team,
        fields,
        source: Source::User { user: caller.user.id },
        closed: status.closed,
        revision: 1,
        created_at: now,
        updated_at: now,
    })
}

/// A conversation's ticket is its contact's and its page's.
async fn place(api: &Api, ticket: &mut Ticket) -> Result<(), Problem> {
    if let Some(id) = ticket.conversation {
        let found = api.store.conversation(id).await?;
        let found = found.ok_or_else(|| Problem::invalid("/conversation", "unknown", format!("there is no conversation `{id}`")))?;
        let page = found.conversation.page;
        if ticket.page.as_ref().is_some_and(|named| *named != page) {
            return Err(Problem::invalid("/page", "invalid_value", "the conversation is on another page"));
        }
        (ticket.contact, ticket.page) = (Some(found.conversation.contact), Some(page));
    } else if let Some(page) = &ticket.page
        && api.store.page(page).await?.is_none()
    {
        return Err(Problem::invalid("/page", "unknown", format!("page `{page}` is not connected")));
    }
    Ok(())
}

/// 409 with the ticket that is open.
async fn has_one(api: &Api, ticket: &Ticket) -> Result<Problem, Problem> {
    let filter = TicketFilter { conversation: ticket.conversation, closed: Some(false), ..TicketFilter::default() };
    let open = api.store.tickets(&filter, None, 1).await?.into_iter().next();
    let problem = Problem::new(Code::OpenTicketExists, "the conversation has an open ticket; say `another` to open one more");
    Ok(match open {
        Some(open) => problem.with("ticket", json!({ "id": open.id, "number": open.number })),
        None => problem,
    })
}
