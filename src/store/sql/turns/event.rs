//! Events: accepting them, ending them, finding those that wait.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use sha2::{Digest, Sha256};

use super::tables::events;
use crate::domain::ids::EventId;
use crate::store::sql::cached::update;
use crate::store::sql::column::{RowOf, count, json, ms};
use crate::store::sql::{AnyConn, Named};
use crate::store::turns::{Accepted, Ending, NewEvent, StoredEvent};
use crate::store::{Result, StoreError};

/// An event to insert; the database gives `seq`.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
pub struct NewEventRow {
    pub id: String,
    pub page_id: String,
    pub psid: Option<String>,
    pub dedupe: [u8; 16],
    pub kind: &'static str,
    pub received_at: i64,
    pub body: String,
    pub ending: Option<&'static str>,
    pub reason: Option<String>,
    pub attempts: i32,
}

/// What tells an event from all others: 16 bytes of SHA-256 over its page and its dedupe key. A column of this table is looked
/// up with every event, and written at a place of its own each time: the smaller it is, the fewer pages that takes.
pub fn key(page: &str, dedupe: &str) -> [u8; 16] {
    let hash = Sha256::new().chain_update(page).chain_update(" ").chain_update(dedupe).finalize();
    std::array::from_fn(|n| hash[n])
}

impl NewEventRow {
    pub fn pending(new: &NewEvent) -> Result<Self> {
        Ok(Self {
            id: new.id.to_string(),
            page_id: new.event.page.as_str().to_owned(),
            psid: new.event.psid.as_ref().map(|psid| psid.as_str().to_owned()),
            dedupe: key(new.event.page.as_str(), &new.event.dedupe),
            kind: new.event.what.kind(),
            received_at: ms(new.received_at),
            body: json(&new.event)?,
            ending: None,
            reason: None,
            attempts: count(0),
        })
    }

    pub fn ended(new: &NewEvent, ending: &Ending) -> Result<Self> {
        let (word, reason) = ending_columns(ending);
        Ok(Self { ending: Some(word), reason, ..Self::pending(new)? })
    }
}

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct EventRow {
    pub seq: i64,
    pub id: String,
    pub received_at: i64,
    pub body: String,
    pub attempts: i32,
}

impl TryFrom<EventRow> for StoredEvent {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self> {
        let of = RowOf::new("events", &row.id);
        Ok(Self {
            id: of.id("id", &row.id)?,
            seq: row.seq,
            received_at: of.time("received_at", row.received_at)?,
            attempts: of.count("attempts", row.attempts)?,
            event: of.json("body", &row.body)?,
        })
    }
}

pub fn ending_columns(ending: &Ending) -> (&'static str, Option<String>) {
    match ending {
        Ending::Done => ("done", None),
        Ending::Ignored { reason } => ("ignored", Some(reason.clone())),
        Ending::Parked { error } => ("parked", Some(error.clone())),
    }
}

/// The order it was given, or `None` where the page already has an event of that key.
pub fn insert(conn: &mut AnyConn, row: &NewEventRow) -> Result<Option<i64>> {
    on_each!(conn, conn => diesel::insert_into(events::table)
        .values(row)
        .on_conflict(events::dedupe)
        .do_nothing()
        .returning(events::seq)
        .get_result(conn)
        .optional())
    .of("event")
}

/// False where the page already has an event of that key. Cheaper than [`insert`] where nobody asks for the order.
pub fn insert_ended(conn: &mut AnyConn, row: &NewEventRow) -> Result<bool> {
    let inserted = on_each!(conn, conn => kept!(diesel::insert_into(events::table)
        .values(row)
        .on_conflict(events::dedupe)
        .do_nothing())
    .execute(conn));
    Ok(inserted.of("event")? == 1)
}

/// Each row's order, or `None` for a duplicate.
pub fn insert_all(conn: &mut AnyConn, rows: &[NewEventRow]) -> Result<Vec<Option<i64>>> {
    rows.iter().map(|row| insert(conn, row)).collect()
}

pub fn accepted(new: NewEvent, seq: Option<i64>) -> Accepted {
    match seq {
        Some(seq) => Accepted::New(StoredEvent { id: new.id, seq, received_at: new.received_at, attempts: 0, event: new.event }),
        None => Accepted::Duplicate,
    }
}

/// False where it had ended before, or never was.
pub fn end(conn: &mut AnyConn, id: &str, word: &'static str, reason: Option<&str>) -> Result<bool> {
    let pending = events::table.filter(events::id.eq(id)).filter(events::ending.is_null());
    let ended = on_each!(conn, conn => kept!(update(pending, (events::ending.eq(word), events::reason.eq(reason)))).execute(conn));
    Ok(ended.of("event")? == 1)
}

/// Zero for an event that does not wait.
pub fn count_attempt(conn: &mut AnyConn, event: EventId) -> Result<u32> {
    let id = event.to_string();
    let attempts: Option<i32> =
        on_each!(conn, conn => diesel::update(events::table.filter(events::id.eq(&id)).filter(events::ending.is_null()))
        .set(events::attempts.eq(events::attempts + 1))
        .returning(events::attempts)
        .get_result(conn)
        .optional())
        .of("event")?;
    RowOf::new("events", &id).count("attempts", attempts.unwrap_or(0))
}

/// Said as the index `events_parked` says it: a bound word would not find it.
pub fn is_parked() -> SqlLiteral<Bool> {
    sql("ending = 'parked'")
}

pub fn pending(conn: &mut AnyConn, before: i64, limit: u32) -> Result<Vec<EventRow>> {
    events::table
        .filter(events::ending.is_null())
        .filter(events::received_at.lt(before))
        .order(events::seq)
        .limit(i64::from(limit))
        .select(EventRow::as_select())
        .load(conn)
        .of("event")
}

/// As [`pending`], of one visitor, accepted before `before`.
pub fn pending_of(conn: &mut AnyConn, page: &str, psid: &str, before: i64, limit: u32) -> Result<Vec<EventRow>> {
    events::table
        .filter(events::page_id.eq(page))
        .filter(events::psid.eq(psid))
        .filter(events::ending.is_null())
        .filter(events::seq.lt(before))
        .order(events::seq)
        .limit(i64::from(limit))
        .select(EventRow::as_select())
        .load(conn)
        .of("event")
}
