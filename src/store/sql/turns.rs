//! The hot path over SQL: `contacts`, `conversations`, `events`, `messages`, `outbox`, `timers`, `callouts`.
//!
//! Reading order: [`tables`] → [`conversation`], [`message`], [`event`] (rows) → [`commit`] (a turn), [`take`] (its event) → [`send`] (the
//! outbox and its one invariant) → [`due`] (timers, callouts). Here is only who runs where: what can be prepared is
//! prepared by the caller's thread; the writer's thread only binds and executes.
#![allow(clippy::result_large_err, reason = "a refusal is an answer of its own, and stays inside the writer")]

mod commit;
pub mod conversation;
mod due;
pub(super) mod event;
pub mod message;
mod send;
pub mod tables;
mod take;

use async_trait::async_trait;
use diesel::dsl::{count_star, min};
use diesel::prelude::*;

use self::commit::Prepared;
use self::conversation::{ContactRow, ConversationRow, LoadedRow, into_loaded};
use self::event::{EventRow, NewEventRow};
use self::message::OutboxRow;
use self::send::Report;
use self::tables::{callouts, contacts, conversations, events, outbox, timers};
use super::column::{RowOf, ms};
use super::writer::lane_of;
use super::{AnyConn, Named, SqlStore};
use crate::domain::Timestamp;
use crate::domain::event::CalloutResult;
use crate::domain::ids::{CalloutId, ConversationId, EventId, PageId, Psid};
use crate::domain::message::OutboxItem;
use crate::store::Result;
use crate::store::turns::{Accepted, Backlog, Callout, Commit, Committed, Ending, Loaded, NewEvent, SendOutcome, StoredEvent, TurnStore};

/// Held messages that are released in one transaction; a page may have very many.
const RELEASE_CHUNK: i64 = 500;

fn load(conn: &mut AnyConn, page: &str, psid: &str) -> Result<Option<Loaded>> {
    let row: Option<LoadedRow> = conversations::table
        .left_join(contacts::table.on(contacts::id.eq(conversations::contact_id)))
        .filter(conversations::page_id.eq(page))
        .filter(conversations::psid.eq(psid))
        .select((ConversationRow::as_select(), conversations::session, Option::<ContactRow>::as_select()))
        .first(conn)
        .optional()
        .of("conversation")?;
    row.map(into_loaded).transpose()
}

fn backlog(conn: &mut AnyConn) -> Result<Backlog> {
    let pending = events::table.filter(events::ending.is_null());
    let parked = events::table.filter(event::is_parked());
    Ok(Backlog {
        pending_events: pending.select(count_star()).first(conn).of("event")?,
        parked_events: parked.select(count_star()).first(conn).of("event")?,
        queued_messages: outbox::table.filter(outbox::held.is_null()).select(count_star()).first(conn).of("message")?,
        held_messages: outbox::table.filter(outbox::held.is_not_null()).select(count_star()).first(conn).of("message")?,
        timers: timers::table.select(count_star()).first(conn).of("timer")?,
        callouts: callouts::table.select(count_star()).first(conn).of("callout")?,
    })
}

fn next_due(conn: &mut AnyConn) -> Result<Option<Timestamp>> {
    let message: Option<i64> =
        outbox::table.filter(outbox::wake_at.is_not_null()).select(min(outbox::wake_at)).first(conn).of("message")?;
    let timer: Option<i64> = timers::table.select(min(timers::due_at)).first(conn).of("timer")?;
    let callout: Option<i64> = callouts::table.select(min(callouts::due_at)).first(conn).of("callout")?;
    let nearest = [message, timer, callout].into_iter().flatten().min();
    RowOf::new("outbox", "").optional_time("wake_at", nearest)
}

impl SqlStore {
    /// A claimed row as its item. One that this version cannot read fails by itself, and those behind it go on.
    async fn item(&self, row: OutboxRow) -> Result<Option<OutboxItem>> {
        match row.clone().into_item() {
            Ok(item) => Ok(Some(item)),
            Err(error) => {
                let lane = lane_of(&row.page_id, &row.psid);
                self.write_in(lane, move |conn| Ok(send::set_aside(conn, &row, &error)?)).await?;
                Ok(None)
            }
        }
    }

    async fn all_stored(&self, rows: Vec<EventRow>) -> Result<Vec<StoredEvent>> {
        let mut stored = Vec::with_capacity(rows.len());
        for row in rows {
            stored.extend(self.stored(row).await?);
        }
        Ok(stored)
    }

    /// An event that this version cannot read is parked, so that the sweep does not find it for ever.
    async fn stored(&self, row: EventRow) -> Result<Option<StoredEvent>> {
        let id = row.id.clone();
        match StoredEvent::try_from(row) {
            Ok(event) => Ok(Some(event)),
            Err(error) => {
                let reason = error.to_string();
                self.write(move |conn| event::end(conn, &id, "parked", Some(&reason))).await?;
                Ok(None)
            }
        }
    }
}

#[async_trait]
impl TurnStore for SqlStore {
    async fn accept(&self, events: Vec<NewEvent>) -> Result<Vec<Accepted>> {
        let Some(first) = events.first() else { return Ok(Vec::new()) };
        let lane = lane_of(first.event.page.as_str(), first.event.psid.as_ref().map_or("", Psid::as_str));
        let rows = events.iter().map(NewEventRow::pending).collect::<Result<Vec<_>>>()?;
        let seqs = self.write_in(lane, move |conn| Ok(event::insert_all(conn, &rows)?)).await?;
        Ok(events.into_iter().zip(seqs).map(|(new, seq)| event::accepted(new, seq)).collect())
    }

    async fn end_event(&self, event: EventId, ending: Ending) -> Result<()> {
        let (word, reason) = event::ending_columns(&ending);
        let id = event.to_string();
        self.write(move |conn| event::end(conn, &id, word, reason.as_deref())).await?;
        Ok(())
    }

    async fn count_attempt(&self, event: EventId) -> Result<u32> {
        self.write(move |conn| event::count_attempt(conn, event)).await
    }

    async fn load(&self, page: &PageId, psid: &Psid) -> Result<Option<Loaded>> {
        let (page, psid) = (page.clone(), psid.clone());
        self.read(move |conn| load(conn, page.as_str(), psid.as_str())).await
    }

    async fn address(&self, conversation: ConversationId) -> Result<Option<(PageId, Psid)>> {
        let id = conversation.to_string();
        let address = self.read(move |conn| {
            let row = conversations::table.filter(conversations::id.eq(&id));
            row.select((conversations::page_id, conversations::psid)).first::<(String, String)>(conn).optional().of("conversation")
        });
        Ok(address.await?.map(|(page, psid)| (PageId::new(page), Psid::new(psid))))
    }

    async fn commit(&self, commit: Commit) -> Result<Committed> {
        // Boxed: it is moved from hand to hand until it is written.
        let prepared = Box::new(Prepared::of(commit)?);
        self.write_in(prepared.lane, move |conn| prepared.apply(conn)).await
    }

    async fn pending_events(&self, before: Timestamp, limit: u32) -> Result<Vec<StoredEvent>> {
        let rows = self.read(move |conn| event::pending(conn, ms(before), limit)).await?;
        self.all_stored(rows).await
    }

    async fn pending_of(&self, page: &PageId, psid: &Psid, before: i64, limit: u32) -> Result<Vec<StoredEvent>> {
        let (page, psid) = (page.clone(), psid.clone());
        let rows = self.read(move |conn| event::pending_of(conn, page.as_str(), psid.as_str(), before, limit)).await?;
        self.all_stored(rows).await
    }

    async fn claim_due(&self, now: Timestamp, claim_until: Timestamp, limit: u32) -> Result<Vec<OutboxItem>> {
        let rows = self.write(move |conn| send::claim_due(conn, ms(now), ms(claim_until), limit)).await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in rows {
            claimed.extend(self.item(row).await?);
        }
        Ok(claimed)
    }

    async fn record_send(
        &self,
        item: &OutboxItem,
        outcome: SendOutcome,
        now: Timestamp,
        claim_until: Timestamp,
    ) -> Result<Option<OutboxItem>> {
        let report = Report::of(item, outcome, ms(now), ms(claim_until));
        let lane = lane_of(item.page.as_str(), item.psid.as_str());
        match self.write_in(lane, move |conn| Ok(report.apply(conn)?)).await? {
            Some(next) => self.item(next).await,
            None => Ok(None),
        }
    }

    async fn release_held(&self, page: &PageId, now: Timestamp) -> Result<u64> {
        let mut released = 0;
        loop {
            let page = page.clone();
            let some = self.write(move |conn| send::release_held(conn, page.as_str(), ms(now), RELEASE_CHUNK)).await?;
            released += some;
            if some < RELEASE_CHUNK as u64 {
                return Ok(released);
            }
        }
    }

    async fn release_one_held(&self, page: &PageId, now: Timestamp) -> Result<bool> {
        let page = page.clone();
        Ok(self.write(move |conn| send::release_held(conn, page.as_str(), ms(now), 1)).await? > 0)
    }

    async fn fire_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<StoredEvent>> {
        self.write(move |conn| due::fire_timers(conn, now, limit)).await
    }

    async fn claim_callouts(&self, now: Timestamp, claim_until: Timestamp, limit: u32) -> Result<Vec<Callout>> {
        self.write(move |conn| due::claim_callouts(conn, ms(now), ms(claim_until), limit)).await
    }

    async fn retry_callout(&self, callout: CalloutId, at: Timestamp) -> Result<()> {
        self.write(move |conn| due::retry_callout(conn, callout, ms(at))).await
    }

    async fn finish_callout(&self, callout: CalloutId, result: CalloutResult, now: Timestamp) -> Result<Option<StoredEvent>> {
        self.write(move |conn| due::finish_callout(conn, callout, &result, now)).await
    }

    async fn backlog(&self) -> Result<Backlog> {
        self.read(backlog).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>> {
        self.read(next_due).await
    }
}
