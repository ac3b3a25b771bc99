//! The outbox: what waits to be sent, in each conversation's order.
//!
//! Invariant: of a conversation's rows the first, and no other, has `wake_at`, unless it is held. So the first is the
//! only one that is ever found, claimed or woken, and a claim never overtakes. Whoever changes which row is the first
//! holds the conversation's row lock (PostgreSQL) or is the one writer (SQLite).

use diesel::prelude::*;

use super::message::{self, BOT, OutboxRow};
use super::tables::{conversations, messages, outbox};
use crate::domain::message::OutboxItem;
use crate::store::sql::cached::update;
use crate::store::sql::column::ms;
use crate::store::sql::{AnyConn, Named};
use crate::store::turns::SendOutcome;
use crate::store::{Result, StoreError};

pub fn insert(conn: &mut AnyConn, row: &OutboxRow) -> Result<()> {
    on_each!(conn, conn => kept!(diesel::insert_into(outbox::table).values(row)).execute(conn)).of("message")?;
    Ok(())
}

/// Nothing of the conversation waits.
pub fn is_empty(conn: &mut AnyConn, conversation: &str) -> Result<bool> {
    let first = outbox::table.filter(outbox::conversation_id.eq(conversation)).select(outbox::seq).limit(1);
    let first: Option<i64> = on_each!(conn, conn => first.first(conn).optional()).of("message")?;
    Ok(first.is_none())
}

/// Takes back what the bot queued and nobody has claimed.
pub fn cancel_queued(conn: &mut AnyConn, conversation: &str) -> Result<()> {
    let queued = outbox::table
        .filter(outbox::conversation_id.eq(conversation))
        .filter(outbox::author.eq(BOT))
        .filter(outbox::claimed_until.is_null());
    let seqs: Vec<i64> = queued.select(outbox::seq).load(conn).of("message")?;
    for seq in &seqs {
        set_status(conn, conversation, *seq, "cancelled", None)?;
        remove(conn, conversation, *seq)?;
    }
    if seqs.is_empty() { Ok(()) } else { wake_first(conn, conversation) }
}

/// Our own message came back: it was sent, whatever we believed.
pub fn echoed(conn: &mut AnyConn, conversation: &str, message: &str, mid: &str) -> Result<()> {
    // Never one of another conversation: whoever sends the echo's metadata must not move other people's messages.
    let Some(seq) = message::place_of(conn, conversation, message)? else { return Ok(()) };
    let ours = messages::table.filter(messages::conversation_id.eq(conversation)).filter(messages::seq.eq(seq));
    diesel::update(ours)
        .set((messages::status.eq("sent"), messages::mid.eq(mid), messages::reason.eq(None::<String>)))
        .execute(conn)
        .of("message")?;
    if remove(conn, conversation, seq)? { wake_first(conn, conversation) } else { Ok(()) }
}

fn remove(conn: &mut AnyConn, conversation: &str, seq: i64) -> Result<bool> {
    let row = outbox::table.filter(outbox::conversation_id.eq(conversation)).filter(outbox::seq.eq(seq));
    let removed = on_each!(conn, conn => kept!(diesel::delete(row)).execute(conn)).of("message")?;
    Ok(removed == 1)
}

/// Of a message that has not been sent: a fact is not taken back.
fn set_status(conn: &mut AnyConn, conversation: &str, seq: i64, status: &'static str, reason: Option<&str>) -> Result<()> {
    let row = messages::table
        .filter(messages::conversation_id.eq(conversation))
        .filter(messages::seq.eq(seq))
        .filter(messages::status.ne("sent"));
    on_each!(conn, conn => diesel::update(row).set((messages::status.eq(status), messages::reason.eq(reason))).execute(conn))
        .of("message")?;
    Ok(())
}

fn first(conn: &mut AnyConn, conversation: &str) -> Result<Option<OutboxRow>> {
    let rows = outbox::table.filter(outbox::conversation_id.eq(conversation)).order(outbox::seq);
    on_each!(conn, conn => rows.select(OutboxRow::as_select()).first(conn).optional()).of("message")
}

/// Restores the invariant after the first row went.
fn wake_first(conn: &mut AnyConn, conversation: &str) -> Result<()> {
    match first(conn, conversation)? {
        Some(row) if row.held.is_none() && row.wake_at.is_none() => wake(conn, &row),
        _ => Ok(()),
    }
}

fn wake(conn: &mut AnyConn, row: &OutboxRow) -> Result<()> {
    let this = outbox::table.filter(outbox::conversation_id.eq(&row.conversation_id)).filter(outbox::seq.eq(row.seq));
    diesel::update(this).set(outbox::wake_at.eq(row.due_at)).execute(conn).of("message")?;
    Ok(())
}

/// Claims a row as it was read; `None` where somebody else did meanwhile. A claim that ran out leaves a doubt.
pub fn claim(conn: &mut AnyConn, row: OutboxRow, claim_until: i64) -> Result<Option<OutboxRow>> {
    let taken_over = row.claimed_until.is_some();
    let claimed = OutboxRow {
        wake_at: Some(claim_until),
        claimed_until: Some(claim_until),
        attempts: row.attempts + i32::from(taken_over),
        doubtful: row.doubtful || taken_over,
        ..row
    };
    let set = (
        outbox::wake_at.eq(claimed.wake_at),
        outbox::claimed_until.eq(claimed.claimed_until),
        outbox::attempts.eq(claimed.attempts),
        outbox::doubtful.eq(claimed.doubtful),
    );
    let this = outbox::table.filter(outbox::conversation_id.eq(&claimed.conversation_id)).filter(outbox::seq.eq(claimed.seq));
    let changed = match row.claimed_until {
        None => on_each!(conn, conn => kept!(update(this.filter(outbox::claimed_until.is_null()), set)).execute(conn)),
        Some(seen) => on_each!(conn, conn => kept!(update(this.filter(outbox::claimed_until.eq(seen)), set)).execute(conn)),
    };
    Ok((changed.of("message")? == 1).then_some(claimed))
}

/// Those that are due or whose claim has run out, the longest waiting first. On PostgreSQL, what another node is
/// looking at is left to it.
pub fn claim_due(conn: &mut AnyConn, now: i64, claim_until: i64, limit: u32) -> Result<Vec<OutboxRow>> {
    let due = outbox::table.filter(outbox::wake_at.le(now)).order(outbox::wake_at).limit(i64::from(limit));
    let due: Vec<OutboxRow> = match &mut *conn {
        AnyConn::Pg(conn) => due.select(OutboxRow::as_select()).for_update().skip_locked().load(conn),
        AnyConn::Sqlite(conn) => due.select(OutboxRow::as_select()).load(conn),
    }
    .of("message")?;
    let mut claimed = Vec::new();
    for row in due {
        claimed.extend(claim(conn, row, claim_until)?);
    }
    Ok(claimed)
}

/// A row that this version cannot read ends as failed, so that those behind it go on.
pub fn set_aside(conn: &mut AnyConn, row: &OutboxRow, error: &StoreError) -> Result<()> {
    set_status(conn, &row.conversation_id, row.seq, "failed", Some(&error.to_string()))?;
    remove(conn, &row.conversation_id, row.seq)?;
    wake_first(conn, &row.conversation_id)
}

/// An attempt's end, as it is recorded.
pub struct Report {
    conversation: String,
    seq: i64,
    claimed_until: Option<i64>,
    outcome: SendOutcome,
    now: i64,
    claim_until: i64,
}

impl Report {
    pub fn of(item: &OutboxItem, outcome: SendOutcome, now: i64, claim_until: i64) -> Self {
        let claimed_until = item.claimed_until.map(ms);
        Self { conversation: item.conversation.to_string(), seq: item.seq, claimed_until, outcome, now, claim_until }
    }

    /// The next of the conversation, claimed.
    pub fn apply(&self, conn: &mut AnyConn) -> Result<Option<OutboxRow>> {
        self.lock(conn)?;
        match &self.outcome {
            SendOutcome::Sent { mid } => {
                self.sent(conn, mid.as_deref())?;
                self.next(conn)
            }
            SendOutcome::Failed { reason } => {
                if self.is_taken_over(conn)? {
                    return Ok(None);
                }
                set_status(conn, &self.conversation, self.seq, "failed", Some(reason))?;
                remove(conn, &self.conversation, self.seq)?;
                self.next(conn)
            }
            SendOutcome::Retry { at, reason } => self.put_back(conn, Some(ms(*at)), "queued", reason),
            SendOutcome::Later { at, reason } => self.put_off(conn, ms(*at), reason.as_deref()),
            SendOutcome::Held { reason } => self.put_back(conn, None, "held", reason),
            // The claim runs out by itself.
            SendOutcome::Unknown => Ok(None),
        }
    }

    /// SQLite has one writer and needs no lock.
    fn lock(&self, conn: &mut AnyConn) -> Result<()> {
        if let AnyConn::Pg(conn) = conn {
            let row = conversations::table.filter(conversations::id.eq(&self.conversation)).select(conversations::version).for_update();
            row.first::<i64>(conn).optional().of("conversation")?;
        }
        Ok(())
    }

    fn sent(&self, conn: &mut AnyConn, mid: Option<&str>) -> Result<()> {
        let row = messages::table.filter(messages::conversation_id.eq(&self.conversation)).filter(messages::seq.eq(self.seq));
        match mid {
            Some(mid) => on_each!(&mut *conn, conn => kept!(update(row, (messages::status.eq("sent"), messages::mid.eq(mid), messages::reason.eq(None::<String>)))).execute(conn)),
            None => on_each!(&mut *conn, conn => kept!(update(row, (messages::status.eq("sent"), messages::reason.eq(None::<String>)))).execute(conn)),
        }
        .of("message")?;
        remove(conn, &self.conversation, self.seq)?;
        Ok(())
    }

    /// Somebody else has claimed it since: their word counts. A row that is gone was ended by its echo.
    fn is_taken_over(&self, conn: &mut AnyConn) -> Result<bool> {
        let row = outbox::table.filter(outbox::conversation_id.eq(&self.conversation)).filter(outbox::seq.eq(self.seq));
        let claim: Option<Option<i64>> = row.select(outbox::claimed_until).first(conn).optional().of("message")?;
        Ok(claim.is_some_and(|until| until != self.claimed_until))
    }

    /// Until `at`, or held where there is no such time.
    fn put_back(&self, conn: &mut AnyConn, at: Option<i64>, status: &'static str, reason: &str) -> Result<Option<OutboxRow>> {
        if self.is_taken_over(conn)? {
            return Ok(None);
        }
        let row = outbox::table.filter(outbox::conversation_id.eq(&self.conversation)).filter(outbox::seq.eq(self.seq));
        let free = outbox::claimed_until.eq(None::<i64>);
        let changed = match at {
            Some(at) => diesel::update(row)
                .set((free, outbox::wake_at.eq(at), outbox::due_at.eq(at), outbox::attempts.eq(outbox::attempts + 1)))
                .execute(conn),
            None => diesel::update(row).set((free, outbox::wake_at.eq(None::<i64>), outbox::held.eq(reason))).execute(conn),
        };
        if changed.of("message")? == 1 {
            set_status(conn, &self.conversation, self.seq, status, Some(reason))?;
        }
        Ok(None)
    }

    /// Until `at`, as if it had not been claimed.
    fn put_off(&self, conn: &mut AnyConn, at: i64, reason: Option<&str>) -> Result<Option<OutboxRow>> {
        if self.is_taken_over(conn)? {
            return Ok(None);
        }
        let row = outbox::table.filter(outbox::conversation_id.eq(&self.conversation)).filter(outbox::seq.eq(self.seq));
        let until = (outbox::claimed_until.eq(None::<i64>), outbox::wake_at.eq(at), outbox::due_at.eq(at), outbox::pause_ms.eq(0));
        let changed = diesel::update(row).set(until).execute(conn).of("message")?;
        if changed == 1 && reason.is_some() {
            set_status(conn, &self.conversation, self.seq, "queued", reason)?;
        }
        Ok(None)
    }

    /// Claims the conversation's next row if it is due and nobody has it.
    fn next(&self, conn: &mut AnyConn) -> Result<Option<OutboxRow>> {
        let Some(row) = first(conn, &self.conversation)? else { return Ok(None) };
        if row.held.is_some() || row.claimed_until.is_some_and(|until| until > self.now) {
            return Ok(None);
        }
        if row.due_at > self.now {
            wake(conn, &row)?;
            return Ok(None);
        }
        claim(conn, row, self.claim_until)
    }
}

/// Up to `limit` of the page's held messages are due now. Returns how many.
pub fn release_held(conn: &mut AnyConn, page: &str, now: i64, limit: i64) -> Result<u64> {
    let held = outbox::table.filter(outbox::page_id.eq(page)).filter(outbox::held.is_not_null());
    let rows: Vec<(String, i64)> = held.select((outbox::conversation_id, outbox::seq)).limit(limit).load(conn).of("message")?;
    for (conversation, seq) in &rows {
        let row = outbox::table.filter(outbox::conversation_id.eq(conversation)).filter(outbox::seq.eq(seq));
        diesel::update(row)
            .set((outbox::held.eq(None::<String>), outbox::wake_at.eq(now), outbox::due_at.eq(now)))
            .execute(conn)
            .of("message")?;
        set_status(conn, conversation, *seq, "queued", None)?;
    }
    Ok(rows.len() as u64)
}
