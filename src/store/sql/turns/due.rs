//! Timers and callouts: rows that become due, and then events.

use diesel::prelude::*;

use super::event::{self, NewEventRow};
use super::tables::{callouts, timers};
use crate::domain::Timestamp;
use crate::domain::event::{CalloutResult, Inbound, InboundEvent};
use crate::domain::ids::{CalloutId, EventId, PageId, Psid, TimerId};
use crate::store::Result;
use crate::store::sql::column::{RowOf, ms};
use crate::store::sql::{AnyConn, Named};
use crate::store::turns::{Accepted, Callout, NewEvent, StoredEvent};

/// Makes `what` an event of the conversation. Its id is the timer's or the callout's: each becomes one event.
fn arise(
    conn: &mut AnyConn,
    id: EventId,
    page: String,
    psid: String,
    dedupe: String,
    what: Inbound,
    now: Timestamp,
) -> Result<Option<StoredEvent>> {
    let event = InboundEvent { page: PageId::new(page), psid: Some(Psid::new(psid)), at: now, dedupe, standby: false, what };
    let new = NewEvent { id, received_at: now, event };
    let seq = event::insert(conn, &NewEventRow::pending(&new)?)?;
    Ok(match event::accepted(new, seq) {
        Accepted::New(stored) => Some(stored),
        Accepted::Duplicate => None,
    })
}

pub fn fire_timers(conn: &mut AnyConn, now: Timestamp, limit: u32) -> Result<Vec<StoredEvent>> {
    let due = timers::table.filter(timers::due_at.le(ms(now))).order(timers::due_at).limit(i64::from(limit));
    let due: Vec<(String, String, String, i64)> = match &mut *conn {
        AnyConn::Pg(conn) => due.for_update().skip_locked().load(conn),
        AnyConn::Sqlite(conn) => due.load(conn),
    }
    .of("timer")?;
    let mut fired = Vec::new();
    for (id, page, psid, _) in due {
        diesel::delete(timers::table.filter(timers::id.eq(&id))).execute(conn).of("timer")?;
        // An id that cannot be read belongs to no session that waits for it.
        let Ok(timer) = id.parse::<TimerId>() else { continue };
        let event = EventId::from_uuid(timer.uuid());
        fired.extend(arise(conn, event, page, psid, format!("timer:{timer}"), Inbound::TimerFired { timer }, now)?);
    }
    Ok(fired)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = callouts)]
struct CalloutRow {
    id: String,
    page_id: String,
    psid: String,
    request: String,
    attempts: i32,
}

impl CalloutRow {
    fn into_callout(self) -> Result<Callout> {
        let of = RowOf::new("callouts", &self.id);
        Ok(Callout {
            id: of.id("id", &self.id)?,
            request: of.json("request", &self.request)?,
            attempts: of.count("attempts", self.attempts)?,
            page: PageId::new(self.page_id),
            psid: Psid::new(self.psid),
        })
    }
}

pub fn claim_callouts(conn: &mut AnyConn, now: i64, claim_until: i64, limit: u32) -> Result<Vec<Callout>> {
    let due = callouts::table.filter(callouts::due_at.le(now)).order(callouts::due_at).limit(i64::from(limit));
    let due: Vec<CalloutRow> = match &mut *conn {
        AnyConn::Pg(conn) => due.select(CalloutRow::as_select()).for_update().skip_locked().load(conn),
        AnyConn::Sqlite(conn) => due.select(CalloutRow::as_select()).load(conn),
    }
    .of("callout")?;
    let mut claimed = Vec::new();
    for row in due {
        diesel::update(callouts::table.filter(callouts::id.eq(&row.id)))
            .set((callouts::due_at.eq(claim_until), callouts::attempts.eq(callouts::attempts + 1)))
            .execute(conn)
            .of("callout")?;
        let id = row.id.clone();
        match (row.into_callout(), id.parse::<CalloutId>()) {
            (Ok(callout), _) => claimed.push(callout),
            // The flow goes on by its failure arm; the event is found by the sweep.
            (Err(error), Ok(id)) => {
                finish_callout(
                    conn,
                    id,
                    &CalloutResult::Refused { reason: error.to_string() },
                    Timestamp::from_millisecond(now).unwrap_or_default(),
                )?;
            }
            (Err(_), Err(_)) => {
                diesel::delete(callouts::table.filter(callouts::id.eq(&id))).execute(conn).of("callout")?;
            }
        }
    }
    Ok(claimed)
}

pub fn retry_callout(conn: &mut AnyConn, callout: CalloutId, at: i64) -> Result<()> {
    let row = callouts::table.filter(callouts::id.eq(callout.to_string()));
    diesel::update(row).set(callouts::due_at.eq(at)).execute(conn).of("callout")?;
    Ok(())
}

pub fn finish_callout(conn: &mut AnyConn, callout: CalloutId, result: &CalloutResult, now: Timestamp) -> Result<Option<StoredEvent>> {
    let row = callouts::table.filter(callouts::id.eq(callout.to_string()));
    let of: Option<(String, String)> = row.clone().select((callouts::page_id, callouts::psid)).first(conn).optional().of("callout")?;
    let Some((page, psid)) = of else { return Ok(None) };
    // Of two at once, one deletes it.
    if diesel::delete(row).execute(conn).of("callout")? == 0 {
        return Ok(None);
    }
    let what = Inbound::CalloutReturned { callout, result: result.clone() };
    arise(conn, EventId::from_uuid(callout.uuid()), page, psid, format!("callout:{callout}"), what, now)
}
