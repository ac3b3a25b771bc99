//! One turn's commit: prepared by the caller's thread, applied by the writer's.
//!
//! What is refused often, an event that was taken before, is looked at first: it has written nothing and its batch
//! goes on. A stale version, an earlier event that waits, or a full agent is rare, and its batch is taken back for it.
#![allow(clippy::result_large_err, reason = "a refusal is an answer of its own, and stays inside the writer")]

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::conversation::{ContactRow, ConversationRow};
use super::message::{MessageRow, OutboxRow};
use super::send;
use super::tables::{callouts, contacts, conversations, messages, timers};
use super::take::TakenEvent;
use crate::domain::message::OutboxItem;
use crate::store::sql::cached::update;
use crate::store::sql::column::{json, ms};
use crate::store::sql::emitted::{self, EmittedRow};
use crate::store::sql::explanations::{self, NewExplanationRow, Newest};
use crate::store::sql::writer::{Stop, lane_of};
use crate::store::sql::{AnyConn, Named, people, tickets};
use crate::store::turns::{Assign, Commit, Committed, NewTicket, SessionChange, TicketUpdate};
use crate::store::{Result, StoreError};

#[derive(Insertable)]
#[diesel(table_name = timers, treat_none_as_default_value = false)]
struct TimerRow {
    id: String,
    page_id: String,
    psid: String,
    due_at: i64,
}

#[derive(Insertable)]
#[diesel(table_name = callouts, treat_none_as_default_value = false)]
struct CalloutRow {
    id: String,
    page_id: String,
    psid: String,
    request: String,
    due_at: i64,
    attempts: i32,
}

#[derive(Default)]
struct FactColumns {
    /// Message id and mid.
    echoed: Option<(String, String)>,
    delivered_until: Option<i64>,
    read_until: Option<i64>,
}

/// A commit as rows.
pub struct Prepared {
    pub lane: usize,
    event: TakenEvent,
    row: ConversationRow,
    expected: Option<i64>,
    contact: Option<ContactRow>,
    /// Outer `None`: as it is.
    session: Option<Option<String>>,
    messages: Vec<MessageRow>,
    outbox: Vec<OutboxRow>,
    first: Option<OutboxItem>,
    claim_until: Option<i64>,
    cancel_queued: bool,
    tickets: Vec<NewTicket>,
    ticket_update: Option<TicketUpdate>,
    emitted: Vec<EmittedRow>,
    timers: Vec<TimerRow>,
    cancel_timers: Vec<String>,
    callouts: Vec<CalloutRow>,
    assign: Option<Assign>,
    facts: FactColumns,
    explanation: Option<NewExplanationRow>,
}

/// Transfers and tickets lock rows that conversations share: in one lane they never wait for each other crosswise.
const SHARED_LANE: usize = 0;

impl Prepared {
    pub fn of(commit: Commit) -> Result<Self> {
        let row = ConversationRow::of(&commit.conversation)?;
        let (page_id, psid) = (&row.identity.page_id, &row.identity.psid);
        let shares = commit.assign.is_some() || !commit.tickets.is_empty() || commit.ticket_update.is_some();
        let lane = if shares { SHARED_LANE } else { lane_of(page_id, psid) };
        let timer = |new: &crate::store::turns::NewTimer| TimerRow {
            id: new.id.to_string(),
            page_id: page_id.clone(),
            psid: psid.clone(),
            due_at: ms(new.due_at),
        };
        let callout = |new: &crate::store::turns::NewCallout| {
            let request = json(&new.request)?;
            // Due at once: a callout has no time of its own.
            Ok(CalloutRow { id: new.id.to_string(), page_id: page_id.clone(), psid: psid.clone(), request, due_at: 0, attempts: 0 })
        };
        let explanation = commit.explanation.as_ref().map(|new| NewExplanationRow::of(&row.identity.id, new)).transpose()?;
        Ok(Self {
            lane,
            explanation,
            event: TakenEvent::of(&commit.take)?,
            timers: commit.set_timers.iter().map(timer).collect(),
            callouts: commit.callouts.iter().map(callout).collect::<Result<_>>()?,
            row,
            expected: commit.expected,
            contact: commit.contact.as_ref().map(ContactRow::of).transpose()?,
            session: match &commit.session {
                SessionChange::Keep => None,
                SessionChange::Put(session) => Some(Some(json(session)?)),
                SessionChange::Clear => Some(None),
            },
            messages: commit.messages.iter().map(|(seq, message)| MessageRow::of(*seq, message)).collect::<Result<_>>()?,
            outbox: commit.outbox.iter().map(OutboxRow::of).collect::<Result<_>>()?,
            first: commit.outbox.into_iter().next().map(|item| OutboxItem { claimed_until: commit.claim_until, ..item }),
            claim_until: commit.claim_until.map(ms),
            cancel_queued: commit.cancel_queued,
            tickets: commit.tickets,
            ticket_update: commit.ticket_update,
            emitted: commit.emitted.iter().map(EmittedRow::of).collect::<Result<_>>()?,
            cancel_timers: commit.cancel_timers.iter().map(ToString::to_string).collect(),
            assign: commit.assign,
            facts: FactColumns {
                echoed: commit.facts.echoed.map(|(message, mid)| (message.to_string(), mid)),
                delivered_until: commit.facts.delivered_until.map(ms),
                read_until: commit.facts.read_until.map(ms),
            },
        })
    }

    /// Runs in the writer's transaction.
    pub fn apply(&self, conn: &mut AnyConn) -> Result<Committed, Stop<Committed>> {
        if !self.event.end(conn)? {
            return Ok(Committed::Taken);
        }
        if !self.assign(conn)? {
            return Err(Stop::Refused(Committed::NoCapacity));
        }
        if !self.save_conversation(conn)? {
            let refusal = if self.event.is_behind(conn, &self.row.identity)? { Committed::Behind } else { Committed::Stale };
            return Err(Stop::Refused(refusal));
        }
        if !self.update_ticket(conn)? {
            return Err(Stop::Refused(Committed::Stale));
        }
        self.save_contact(conn)?;
        for row in &self.messages {
            on_each!(&mut *conn, conn => kept!(diesel::insert_into(messages::table).values(row)).execute(conn)).of("message")?;
        }
        self.save_facts(conn)?;
        let claimed = self.queue(conn)?;
        self.save_rest(conn)?;
        Ok(Committed::Done { claimed })
    }

    /// False where the agent has no slot left. Writing the agent's row first locks it, so that of two transfers at once
    /// the second counts the first.
    fn assign(&self, conn: &mut AnyConn) -> Result<bool> {
        let Some(Assign { agent, capacity, at }) = self.assign else { return Ok(true) };
        people::note_assigned(conn, agent, at)?;
        let Some(capacity) = capacity else { return Ok(true) };
        let others: i64 = conversations::table
            .filter(conversations::owner_user.eq(agent.to_string()))
            .filter(conversations::status.eq("open"))
            .filter(conversations::id.ne(&self.row.identity.id))
            .count()
            .get_result(conn)
            .of("conversation")?;
        Ok(others < i64::from(capacity))
    }

    /// False where its version has moved, where it is new and somebody else made it, or where earlier events of the
    /// visitor still wait. The order is asked for in the statement that checks the version, as all that an event which
    /// has just come in costs is then a look into an index of what is pending, which is next to nothing.
    fn save_conversation(&self, conn: &mut AnyConn) -> Result<bool> {
        let Some(expected) = self.expected else {
            return Ok(!self.event.is_behind(conn, &self.row.identity)? && self.insert_conversation(conn)?);
        };
        if let Some(explanation) = &self.explanation {
            explanations::insert(conn, explanation)?;
        }
        let row = conversations::table
            .filter(conversations::id.eq(&self.row.identity.id))
            .filter(conversations::version.eq(expected))
            .filter(not(exists(self.event.earlier(&self.row.identity))));
        let state = (&self.row.state, conversations::explained.eq(Newest { inserted: self.explanation.is_some() }));
        let saved = match &self.session {
            None => on_each!(conn, conn => kept!(update(row, state)).execute(conn)),
            Some(session) => {
                on_each!(conn, conn => kept!(update(row, (state, conversations::session.eq(session)))).execute(conn))
            }
        };
        Ok(saved.of("conversation")? == 1)
    }

    fn insert_conversation(&self, conn: &mut AnyConn) -> Result<bool> {
        let session = self.session.clone().flatten();
        let inserted = on_each!(&mut *conn, conn => diesel::insert_into(conversations::table)
            .values((&self.row, conversations::session.eq(session)))
            .on_conflict_do_nothing()
            .execute(conn));
        let inserted = inserted.of("conversation")? == 1;
        if let (true, Some(explanation)) = (inserted, &self.explanation) {
            explanations::insert(conn, explanation)?;
            let row = conversations::table.filter(conversations::id.eq(&self.row.identity.id));
            on_each!(conn, conn => kept!(update(row, conversations::explained.eq(Newest { inserted }))).execute(conn))
                .of("conversation")?;
        }
        Ok(inserted)
    }

    fn save_contact(&self, conn: &mut AnyConn) -> Result<()> {
        let Some(contact) = &self.contact else { return Ok(()) };
        on_each!(conn, conn => diesel::insert_into(contacts::table).values(contact).on_conflict(contacts::id).do_update().set(contact)
            .execute(conn))
        .of("contact")?;
        Ok(())
    }

    fn save_facts(&self, conn: &mut AnyConn) -> Result<()> {
        let (FactColumns { echoed, delivered_until, read_until }, id) = (&self.facts, &self.row.identity.id);
        if let Some((message, mid)) = echoed {
            send::echoed(conn, id, message, mid)?;
        }
        if let Some(until) = delivered_until {
            let older = conversations::delivered_until.is_null().or(conversations::delivered_until.lt(until));
            let row = conversations::table.filter(conversations::id.eq(id)).filter(older);
            let newer = update(row, conversations::delivered_until.eq(until));
            on_each!(&mut *conn, conn => kept!(newer).execute(conn)).of("conversation")?;
        }
        if let Some(until) = read_until {
            let older = conversations::read_until.is_null().or(conversations::read_until.lt(until));
            let row = conversations::table.filter(conversations::id.eq(id)).filter(older);
            let newer = update(row, conversations::read_until.eq(until));
            on_each!(&mut *conn, conn => kept!(newer).execute(conn)).of("conversation")?;
        }
        Ok(())
    }

    /// Cancels what a person's takeover cancels, queues what the turn sends, and claims the first of it where nothing waits before it.
    fn queue(&self, conn: &mut AnyConn) -> Result<Option<OutboxItem>> {
        let id = &self.row.identity.id;
        if self.cancel_queued {
            send::cancel_queued(conn, id)?;
        }
        let Some(first) = &self.first else { return Ok(None) };
        let alone = send::is_empty(conn, id)?;
        let mut claimed = None;
        for (index, row) in self.outbox.iter().enumerate() {
            if index > 0 || !alone {
                send::insert(conn, row)?;
                continue;
            }
            send::insert(
                conn,
                &OutboxRow { wake_at: self.claim_until.or(Some(row.due_at)), claimed_until: self.claim_until, ..row.clone() },
            )?;
            claimed = self.claim_until.map(|_| first.clone());
        }
        Ok(claimed)
    }

    /// False where somebody changed the ticket meanwhile.
    fn update_ticket(&self, conn: &mut AnyConn) -> Result<bool> {
        let Some(TicketUpdate { ticket, changes }) = &self.ticket_update else { return Ok(true) };
        match tickets::update(conn, ticket, changes, None) {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    fn save_rest(&self, conn: &mut AnyConn) -> Result<()> {
        for new in &self.tickets {
            tickets::insert(conn, &new.ticket, &new.change, new.unless_open)?;
        }
        for row in &self.emitted {
            emitted::insert(conn, row)?;
        }
        for row in &self.timers {
            on_each!(&mut *conn, conn => diesel::insert_into(timers::table).values(row).execute(conn)).of("timer")?;
        }
        for id in &self.cancel_timers {
            diesel::delete(timers::table.filter(timers::id.eq(id))).execute(conn).of("timer")?;
        }
        for row in &self.callouts {
            on_each!(&mut *conn, conn => diesel::insert_into(callouts::table).values(row).execute(conn)).of("callout")?;
        }
        Ok(())
    }
}
