//! How a ticket looks from outside.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::ids::{ContactId, ConversationId, PageId, PipelineId, TeamId, TicketId, UserId};
use crate::domain::ticket::{Pipeline, Priority, Source, Ticket};
use crate::store::StoreError;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TicketView {
    id: TicketId,
    /// Counts from 1; what people say to each other.
    number: i64,
    pipeline: PipelineId,
    pipeline_key: String,
    status: String,
    /// Where it may move from here without an override.
    next: Vec<String>,
    closed: bool,
    subject: String,
    description: String,
    priority: Priority,
    page: Option<PageId>,
    contact: Option<ContactId>,
    conversation: Option<ConversationId>,
    assignee: Option<UserId>,
    team: Option<TeamId>,
    fields: BTreeMap<String, Value>,
    source: Source,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TicketView {
    pub fn new(ticket: Ticket, pipelines: &[Pipeline]) -> Self {
        let pipeline = pipelines.iter().find(|pipeline| pipeline.id == ticket.pipeline);
        Self {
            pipeline_key: pipeline.map(|pipeline| pipeline.key.clone()).unwrap_or_default(),
            next: pipeline.map(|pipeline| pipeline.allowed_from(&ticket.status).to_vec()).unwrap_or_default(),
            id: ticket.id,
            number: ticket.number,
            pipeline: ticket.pipeline,
            status: ticket.status,
            closed: ticket.closed,
            subject: ticket.subject,
            description: ticket.description,
            priority: ticket.priority,
            page: ticket.page,
            contact: ticket.contact,
            conversation: ticket.conversation,
            assignee: ticket.assignee,
            team: ticket.team,
            fields: ticket.fields,
            source: ticket.source,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
        }
    }
}

/// The ticket, or 404.
pub(super) async fn find(api: &Api, id: TicketId) -> Result<Ticket, Problem> {
    api.store.ticket(id).await?.ok_or_else(|| Problem::not_found("ticket", id))
}

pub(super) fn saving_failed(error: StoreError) -> Problem {
    match error {
        StoreError::Conflict { .. } => Problem::stale(),
        other => other.into(),
    }
}
