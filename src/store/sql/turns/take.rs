//! The event that a turn takes: ended with the turn's commit, and only when it is its turn.

use diesel::dsl::{auto_type, exists};
use diesel::prelude::*;

use super::conversation::IdentityRow;
use super::event::{self, NewEventRow};
use super::tables::events;
use crate::store::Result;
use crate::store::sql::{AnyConn, Named};
use crate::store::turns::Take;

pub struct TakenEvent {
    row: TakenRow,
    /// The visitor's events that were accepted before this come first.
    seq: i64,
}

enum TakenRow {
    Stored { event: String, word: &'static str, reason: Option<String> },
    Fresh(NewEventRow),
    Nothing,
}

impl TakenEvent {
    pub fn of(take: &Take) -> Result<Self> {
        Ok(match take {
            Take::Stored { event, seq, ending } => {
                let (word, reason) = event::ending_columns(ending);
                Self { row: TakenRow::Stored { event: event.to_string(), word, reason }, seq: *seq }
            }
            // It comes after all that was accepted so far.
            Take::Fresh { event, ending } => Self { row: TakenRow::Fresh(NewEventRow::ended(event, ending)?), seq: i64::MAX },
            // A person's order has no place among the events.
            Take::Nothing => Self { row: TakenRow::Nothing, seq: i64::MIN },
        })
    }

    /// False where it was taken before.
    pub fn end(&self, conn: &mut AnyConn) -> Result<bool> {
        match &self.row {
            TakenRow::Stored { event, word, reason } => event::end(conn, event, word, reason.as_deref()),
            TakenRow::Fresh(row) => event::insert_ended(conn, row),
            TakenRow::Nothing => Ok(true),
        }
    }

    /// Events of the visitor that wait and come first.
    pub fn earlier<'a>(&self, of: &'a IdentityRow) -> earlier<'a> {
        earlier(&of.page_id, &of.psid, self.seq)
    }

    pub fn is_behind(&self, conn: &mut AnyConn, of: &IdentityRow) -> Result<bool> {
        on_each!(conn, conn => diesel::select(exists(self.earlier(of))).get_result(conn)).of("event")
    }
}

#[auto_type]
fn earlier<'a>(page: &'a str, psid: &'a str, before: i64) -> _ {
    events::table
        .filter(events::page_id.eq(page))
        .filter(events::psid.eq(psid))
        .filter(events::ending.is_null())
        .filter(events::seq.lt(before))
}
