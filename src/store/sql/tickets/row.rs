//! A ticket as a row.

use diesel::prelude::*;

use super::tickets;
use crate::domain::ids::PageId;
use crate::domain::ticket::Ticket;
use crate::store::sql::column::{RowOf, json, ms};
use crate::store::{Result, StoreError};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tickets, treat_none_as_default_value = false)]
pub(super) struct TicketRow {
    pub id: String,
    pub number: i64,
    pub pipeline_id: String,
    pub status: String,
    pub subject: String,
    /// The subject in lower case.
    pub search: String,
    pub description: String,
    pub priority: String,
    pub page_id: Option<String>,
    pub contact_id: Option<String>,
    pub conversation_id: Option<String>,
    pub assignee_id: Option<String>,
    pub team_id: Option<String>,
    pub fields: String,
    pub source: String,
    pub closed: bool,
    /// Rows of the history and of the comments so far.
    pub changes: i64,
    pub comments: i64,
    pub revision: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

impl TryFrom<&Ticket> for TicketRow {
    type Error = StoreError;

    /// As a new row: with no history yet.
    fn try_from(ticket: &Ticket) -> Result<Self> {
        Ok(Self {
            id: ticket.id.to_string(),
            number: ticket.number,
            pipeline_id: ticket.pipeline.to_string(),
            status: ticket.status.clone(),
            subject: ticket.subject.clone(),
            search: ticket.subject.to_lowercase(),
            description: ticket.description.clone(),
            priority: ticket.priority.word().to_owned(),
            page_id: ticket.page.as_ref().map(|page| page.as_str().to_owned()),
            contact_id: ticket.contact.map(|id| id.to_string()),
            conversation_id: ticket.conversation.map(|id| id.to_string()),
            assignee_id: ticket.assignee.map(|id| id.to_string()),
            team_id: ticket.team.map(|id| id.to_string()),
            fields: json(&ticket.fields)?,
            source: json(&ticket.source)?,
            closed: ticket.closed,
            changes: 0,
            comments: 0,
            revision: ticket.revision,
            created_at: ms(ticket.created_at),
            updated_at: ms(ticket.updated_at),
        })
    }
}

impl TryFrom<TicketRow> for Ticket {
    type Error = StoreError;

    fn try_from(row: TicketRow) -> Result<Self> {
        let of = RowOf::new("tickets", &row.id);
        Ok(Self {
            id: of.id("id", &row.id)?,
            number: row.number,
            pipeline: of.id("pipeline_id", &row.pipeline_id)?,
            priority: of.word("priority", &row.priority)?,
            page: row.page_id.as_deref().map(PageId::from),
            contact: of.optional_id("contact_id", row.contact_id.as_deref())?,
            conversation: of.optional_id("conversation_id", row.conversation_id.as_deref())?,
            assignee: of.optional_id("assignee_id", row.assignee_id.as_deref())?,
            team: of.optional_id("team_id", row.team_id.as_deref())?,
            fields: of.json("fields", &row.fields)?,
            source: of.json("source", &row.source)?,
            closed: row.closed,
            revision: row.revision,
            created_at: of.time("created_at", row.created_at)?,
            updated_at: of.time("updated_at", row.updated_at)?,
            status: row.status,
            subject: row.subject,
            description: row.description,
        })
    }
}
