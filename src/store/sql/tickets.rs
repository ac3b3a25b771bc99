//! The `tickets` table and its counter; history and comments are in `trail.rs`, the row in `row.rs`.

mod row;
mod trail;

use async_trait::async_trait;
use diesel::prelude::*;

use self::row::TicketRow;
use super::{AnyConn, Named, SqlStore};
use crate::domain::ids::TicketId;
use crate::domain::ticket::{Comment, Ticket, TicketChange};
use crate::store::tickets::{TicketFilter, TicketStore};
use crate::store::{Result, StoreError};

diesel::table! {
    tickets (id) {
        id -> Text,
        number -> BigInt,
        pipeline_id -> Text,
        status -> Text,
        subject -> Text,
        search -> Text,
        description -> Text,
        priority -> Text,
        page_id -> Nullable<Text>,
        contact_id -> Nullable<Text>,
        conversation_id -> Nullable<Text>,
        assignee_id -> Nullable<Text>,
        team_id -> Nullable<Text>,
        fields -> Text,
        source -> Text,
        closed -> Bool,
        changes -> BigInt,
        comments -> BigInt,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    ticket_numbers (id) {
        id -> BigInt,
        last_number -> BigInt,
    }
}

const COUNTER: i64 = 1;

/// Opens a ticket and begins its history. Gives it the next number and returns that; `None` with `unless_open` where
/// its conversation has an open ticket already. Also part of the turn's own commit.
///
/// The counter's row is locked first, and with it every other opening waits until this transaction ends: two at once
/// neither share a number nor both find that no ticket is open.
pub(super) fn insert(conn: &mut AnyConn, ticket: &Ticket, change: &TicketChange, unless_open: bool) -> Result<Option<i64>> {
    let counter = ticket_numbers::table.find(COUNTER);
    let next = ticket_numbers::last_number.eq(ticket_numbers::last_number + 1);
    diesel::update(counter).set(next).execute(conn).of("ticket number")?;
    if unless_open && has_open(conn, ticket)? {
        let back = ticket_numbers::last_number.eq(ticket_numbers::last_number - 1);
        diesel::update(counter).set(back).execute(conn).of("ticket number")?;
        return Ok(None);
    }
    let number: i64 = counter.select(ticket_numbers::last_number).first(conn).of("ticket number")?;
    let row = TicketRow::try_from(&Ticket { number, ..ticket.clone() })?;
    diesel::insert_into(tickets::table).values(&row).execute(conn).of("ticket")?;
    trail::append(conn, ticket.id, std::slice::from_ref(change), None)?;
    Ok(Some(number))
}

fn has_open(conn: &mut AnyConn, ticket: &Ticket) -> Result<bool> {
    let Some(conversation) = ticket.conversation else { return Ok(false) };
    let open = tickets::table.filter(tickets::conversation_id.eq(conversation.to_string())).filter(tickets::closed.eq(false));
    let found: i64 = open.count().get_result(conn).of("ticket")?;
    Ok(found > 0)
}

fn load(conn: &mut AnyConn, id: TicketId) -> Result<Option<Ticket>> {
    let row: Option<TicketRow> = tickets::table.find(id.to_string()).select(TicketRow::as_select()).first(conn).optional().of("ticket")?;
    row.map(Ticket::try_from).transpose()
}

/// `\` marks a character that stands for itself.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

fn list(conn: &mut AnyConn, filter: &TicketFilter, before: Option<i64>, limit: u32) -> Result<Vec<Ticket>> {
    let mut query = tickets::table.select(TicketRow::as_select()).order(tickets::number.desc()).limit(limit.into()).into_boxed();
    if let Some(before) = before {
        query = query.filter(tickets::number.lt(before));
    }
    if let Some(pipeline) = filter.pipeline {
        query = query.filter(tickets::pipeline_id.eq(pipeline.to_string()));
    }
    if let Some(status) = &filter.status {
        query = query.filter(tickets::status.eq(status));
    }
    if let Some(assignee) = filter.assignee {
        query = query.filter(tickets::assignee_id.eq(assignee.to_string()));
    }
    if filter.unassigned {
        query = query.filter(tickets::assignee_id.is_null());
    }
    if let Some(team) = filter.team {
        query = query.filter(tickets::team_id.eq(team.to_string()));
    }
    if let Some(page) = &filter.page {
        query = query.filter(tickets::page_id.eq(page.as_str()));
    }
    if let Some(contact) = filter.contact {
        query = query.filter(tickets::contact_id.eq(contact.to_string()));
    }
    if let Some(conversation) = filter.conversation {
        query = query.filter(tickets::conversation_id.eq(conversation.to_string()));
    }
    if let Some(priority) = filter.priority {
        query = query.filter(tickets::priority.eq(priority.word()));
    }
    if let Some(closed) = filter.closed {
        query = query.filter(tickets::closed.eq(closed));
    }
    if let Some(text) = &filter.text {
        query = query.filter(tickets::search.like(containing(text)).escape('\\'));
    }
    let rows: Vec<TicketRow> = query.load(conn).of("ticket")?;
    rows.into_iter().map(Ticket::try_from).collect()
}

/// Also part of the turn's own commit.
pub(super) fn update(conn: &mut AnyConn, ticket: &Ticket, changes: &[TicketChange], comment: Option<&Comment>) -> Result<i64> {
    let next = ticket.revision + 1;
    let row = TicketRow::try_from(ticket)?;
    let as_read = tickets::table.find(&row.id).filter(tickets::revision.eq(ticket.revision));
    let values = (
        (tickets::status.eq(&row.status), tickets::closed.eq(row.closed)),
        (tickets::subject.eq(&row.subject), tickets::search.eq(&row.search), tickets::description.eq(&row.description)),
        (tickets::priority.eq(&row.priority), tickets::fields.eq(&row.fields)),
        (tickets::assignee_id.eq(&row.assignee_id), tickets::team_id.eq(&row.team_id)),
        (tickets::revision.eq(next), tickets::updated_at.eq(row.updated_at)),
    );
    if diesel::update(as_read).set(values).execute(conn).of("ticket")? == 0 {
        return Err(StoreError::Conflict { what: "ticket" });
    }
    trail::append(conn, ticket.id, changes, comment)?;
    Ok(next)
}

#[async_trait]
impl TicketStore for SqlStore {
    async fn insert_ticket(&self, ticket: &Ticket, change: &TicketChange, unless_open: bool) -> Result<Option<i64>> {
        let (ticket, change) = (ticket.clone(), change.clone());
        self.write(move |conn| insert(conn, &ticket, &change, unless_open)).await
    }

    async fn ticket(&self, id: TicketId) -> Result<Option<Ticket>> {
        self.read(move |conn| load(conn, id)).await
    }

    async fn tickets(&self, filter: &TicketFilter, before: Option<i64>, limit: u32) -> Result<Vec<Ticket>> {
        let filter = filter.clone();
        self.read(move |conn| list(conn, &filter, before, limit)).await
    }

    async fn update_ticket(&self, ticket: &Ticket, changes: &[TicketChange], comment: Option<&Comment>) -> Result<i64> {
        let (ticket, changes, comment) = (ticket.clone(), changes.to_vec(), comment.cloned());
        self.write(move |conn| update(conn, &ticket, &changes, comment.as_ref())).await
    }

    async fn insert_comment(&self, comment: &Comment, change: &TicketChange) -> Result<()> {
        let (comment, change) = (comment.clone(), change.clone());
        self.write(move |conn| trail::append(conn, comment.ticket, std::slice::from_ref(&change), Some(&comment))).await
    }

    async fn comments(&self, ticket: TicketId, after: i64, limit: u32) -> Result<Vec<(i64, Comment)>> {
        self.read(move |conn| trail::comments(conn, ticket, after, limit)).await
    }

    async fn history(&self, ticket: TicketId, after: i64, limit: u32) -> Result<Vec<(i64, TicketChange)>> {
        self.read(move |conn| trail::history(conn, ticket, after, limit)).await
    }
}
