//! What is said and done about a ticket: the `ticket_changes` and `ticket_comments` tables.

use diesel::prelude::*;

use super::tickets;
use crate::domain::ids::TicketId;
use crate::domain::ticket::{Comment, TicketChange};
use crate::store::sql::column::{RowOf, json, ms};
use crate::store::sql::{AnyConn, Named};
use crate::store::{Result, StoreError};

diesel::table! {
    ticket_changes (ticket_id, seq) {
        ticket_id -> Text,
        seq -> BigInt,
        at -> BigInt,
        source -> Text,
        what -> Text,
        field -> Nullable<Text>,
        old_value -> Nullable<Text>,
        new_value -> Nullable<Text>,
        overridden -> Bool,
    }
}

diesel::table! {
    ticket_comments (id) {
        id -> Text,
        ticket_id -> Text,
        seq -> BigInt,
        user_id -> Text,
        at -> BigInt,
        text -> Text,
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = ticket_changes, treat_none_as_default_value = false)]
struct ChangeRow {
    ticket_id: String,
    seq: i64,
    at: i64,
    source: String,
    what: String,
    field: Option<String>,
    old_value: Option<String>,
    new_value: Option<String>,
    overridden: bool,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = ticket_comments)]
struct CommentRow {
    id: String,
    ticket_id: String,
    seq: i64,
    user_id: String,
    at: i64,
    text: String,
}

impl TryFrom<ChangeRow> for TicketChange {
    type Error = StoreError;

    fn try_from(row: ChangeRow) -> Result<Self> {
        let of = RowOf::new("ticket_changes", &row.ticket_id);
        Ok(Self {
            ticket: of.id("ticket_id", &row.ticket_id)?,
            at: of.time("at", row.at)?,
            by: of.json("source", &row.source)?,
            what: row.what,
            field: row.field,
            from: row.old_value,
            to: row.new_value,
            overridden: row.overridden,
        })
    }
}

impl TryFrom<CommentRow> for Comment {
    type Error = StoreError;

    fn try_from(row: CommentRow) -> Result<Self> {
        let of = RowOf::new("ticket_comments", &row.id);
        Ok(Self {
            id: of.id("id", &row.id)?,
            ticket: of.id("ticket_id", &row.ticket_id)?,
            by: of.id("user_id", &row.user_id)?,
            at: of.time("at", row.at)?,
            text: row.text,
        })
    }
}

/// Appends to the ticket's history and comments. The counts on the ticket's row are raised first: its lock keeps two
/// at once from taking the same place. `Missing` without the ticket.
pub(super) fn append(conn: &mut AnyConn, ticket: TicketId, changes: &[TicketChange], comment: Option<&Comment>) -> Result<()> {
    let row = tickets::table.find(ticket.to_string());
    let more_changes = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    let more =
        (tickets::changes.eq(tickets::changes + more_changes), tickets::comments.eq(tickets::comments + i64::from(comment.is_some())));
    if diesel::update(row).set(more).execute(conn).of("ticket")? == 0 {
        return Err(StoreError::Missing { what: "ticket" });
    }
    let row = tickets::table.find(ticket.to_string());
    let (last_change, last_comment): (i64, i64) = row.select((tickets::changes, tickets::comments)).first(conn).of("ticket")?;
    for (change, seq) in changes.iter().zip(last_change - more_changes + 1..) {
        diesel::insert_into(ticket_changes::table).values(&change_row(change, seq)?).execute(conn).of("ticket change")?;
    }
    if let Some(comment) = comment {
        let row = CommentRow {
            id: comment.id.to_string(),
            ticket_id: comment.ticket.to_string(),
            seq: last_comment,
            user_id: comment.by.to_string(),
            at: ms(comment.at),
            text: comment.text.clone(),
        };
        diesel::insert_into(ticket_comments::table).values(&row).execute(conn).of("ticket comment")?;
    }
    Ok(())
}

fn change_row(change: &TicketChange, seq: i64) -> Result<ChangeRow> {
    Ok(ChangeRow {
        ticket_id: change.ticket.to_string(),
        seq,
        at: ms(change.at),
        source: json(&change.by)?,
        what: change.what.clone(),
        field: change.field.clone(),
        old_value: change.from.clone(),
        new_value: change.to.clone(),
        overridden: change.overridden,
    })
}

pub(super) fn history(conn: &mut AnyConn, ticket: TicketId, after: i64, limit: u32) -> Result<Vec<(i64, TicketChange)>> {
    let mine = ticket_changes::table.filter(ticket_changes::ticket_id.eq(ticket.to_string())).filter(ticket_changes::seq.gt(after));
    let in_order = mine.order(ticket_changes::seq).limit(limit.into()).select(ChangeRow::as_select());
    let rows: Vec<ChangeRow> = in_order.load(conn).of("ticket change")?;
    rows.into_iter().map(|row| Ok((row.seq, row.try_into()?))).collect()
}

pub(super) fn comments(conn: &mut AnyConn, ticket: TicketId, after: i64, limit: u32) -> Result<Vec<(i64, Comment)>> {
    let mine = ticket_comments::table.filter(ticket_comments::ticket_id.eq(ticket.to_string())).filter(ticket_comments::seq.gt(after));
    let in_order = mine.order(ticket_comments::seq).limit(limit.into()).select(CommentRow::as_select());
    let rows: Vec<CommentRow> = in_order.load(conn).of("ticket comment")?;
    rows.into_iter().map(|row| Ok((row.seq, row.try_into()?))).collect()
}
