//! The inbox's queries, over the tables of the turn (`turns/tables.rs`).

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::column::{ms, word};
use super::turns::conversation::{ContactRow, ConversationRow, LoadedRow, hour_of, into_loaded};
use super::turns::event::{EventRow, is_parked};
use super::turns::message::MessageRow;
use super::turns::tables::{contacts, conversations, events, messages};
use super::{AnyConn, Named, SqlStore};
use crate::domain::ids::{ConversationId, EventId};
use crate::domain::message::Message;
use crate::store::Result;
use crate::store::inbox::{ConversationFilter, InboxStore, ListPlace, ListedConversation, OwnerKind, ParkedEvent, Reading};
use crate::store::turns::{Loaded, StoredEvent};

fn list(conn: &mut AnyConn, filter: &ConversationFilter, after: Option<ListPlace>, limit: u32) -> Result<Vec<ListedConversation>> {
    let joined = conversations::table.inner_join(contacts::table.on(contacts::id.eq(conversations::contact_id)));
    let mut query = joined
        .select((ConversationRow::as_select(), ContactRow::as_select()))
        // The index finds the hours in order; only the rows of one hour are sorted.
        .order((conversations::active_hour.desc(), conversations::last_activity_at.desc(), conversations::id.desc()))
        .limit(limit.into())
        .into_boxed();
    if let Some(place) = after {
        let at = ms(place.last_activity_at);
        let same_time = conversations::last_activity_at.eq(at).and(conversations::id.lt(place.id.to_string()));
        query = query.filter(conversations::active_hour.le(hour_of(place.last_activity_at)));
        query = query.filter(conversations::last_activity_at.lt(at).or(same_time));
    }
    if let Some(page) = &filter.page {
        query = query.filter(conversations::page_id.eq(page.as_str()));
    }
    if let Some(owner) = filter.owner {
        query = query.filter(conversations::owner.eq(owner.word()));
        if owner != OwnerKind::Bot {
            // Said as the index `conversations_in_queue` says it, so that it is used.
            query = query.filter(sql::<Bool>("conversations.owner <> 'bot'"));
        }
    }
    if let Some(agent) = filter.agent {
        query = query.filter(conversations::owner_user.eq(agent.to_string()));
    }
    if let Some(team) = filter.team {
        query = query.filter(conversations::owner_team.eq(team.to_string()));
    }
    if let Some(status) = filter.status {
        query = query.filter(conversations::status.eq(word(&status)?));
    }
    let rows: Vec<(ConversationRow, ContactRow)> = query.load(conn).of("conversation")?;
    rows.into_iter()
        .map(|(conversation, contact)| {
            Ok(ListedConversation { conversation: conversation.into_conversation()?, contact: contact.into_contact()? })
        })
        .collect()
}

fn load(conn: &mut AnyConn, id: ConversationId) -> Result<Option<Loaded>> {
    let row: Option<LoadedRow> = conversations::table
        .left_join(contacts::table.on(contacts::id.eq(conversations::contact_id)))
        .filter(conversations::id.eq(id.to_string()))
        .select((ConversationRow::as_select(), conversations::session, Option::<ContactRow>::as_select()))
        .first(conn)
        .optional()
        .of("conversation")?;
    row.map(into_loaded).transpose()
}

fn transcript(conn: &mut AnyConn, id: ConversationId, reading: Reading, limit: u32) -> Result<Vec<(i64, Message)>> {
    let receipts = conversations::table
        .filter(conversations::id.eq(id.to_string()))
        .select((conversations::delivered_until, conversations::read_until));
    let receipts: Option<(Option<i64>, Option<i64>)> = receipts.first(conn).optional().of("conversation")?;
    let (delivered, read) = receipts.unwrap_or_default();
    let mut query = messages::table
        .filter(messages::conversation_id.eq(id.to_string()))
        .select(MessageRow::as_select())
        .limit(limit.into())
        .into_boxed();
    query = match reading {
        Reading::Backwards { before } => query.filter(messages::seq.lt(before.unwrap_or(i64::MAX))).order(messages::seq.desc()),
        Reading::Forwards { after } => query.filter(messages::seq.gt(after.unwrap_or(-1))).order(messages::seq.asc()),
    };
    let rows: Vec<MessageRow> = query.load(conn).of("message")?;
    rows.into_iter().map(|row| row.into_message(delivered, read)).collect()
}

fn parked(conn: &mut AnyConn, after: Option<i64>, limit: u32) -> Result<Vec<ParkedEvent>> {
    let rows: Vec<(EventRow, Option<String>)> = events::table
        .filter(is_parked())
        .filter(events::seq.gt(after.unwrap_or(-1)))
        .order(events::seq)
        .limit(limit.into())
        .select((EventRow::as_select(), events::reason))
        .load(conn)
        .of("event")?;
    rows.into_iter().map(|(row, reason)| Ok(ParkedEvent { event: row.try_into()?, error: reason.unwrap_or_default() })).collect()
}

fn retry(conn: &mut AnyConn, id: EventId) -> Result<Option<StoredEvent>> {
    let parked = events::table.filter(events::id.eq(id.to_string())).filter(is_parked());
    let Some(row) = parked.select(EventRow::as_select()).first(conn).optional().of("event")? else { return Ok(None) };
    let pending = (events::ending.eq(None::<String>), events::reason.eq(None::<String>), events::attempts.eq(0));
    if diesel::update(events::table.filter(events::seq.eq(row.seq)).filter(is_parked())).set(pending).execute(conn).of("event")? == 0 {
        return Ok(None);
    }
    let row = EventRow { attempts: 0, ..row };
    StoredEvent::try_from(row).map(Some)
}

#[async_trait]
impl InboxStore for SqlStore {
    async fn conversations(&self, filter: &ConversationFilter, after: Option<ListPlace>, limit: u32) -> Result<Vec<ListedConversation>> {
        let filter = filter.clone();
        self.read(move |conn| list(conn, &filter, after, limit)).await
    }

    async fn conversation(&self, conversation: ConversationId) -> Result<Option<Loaded>> {
        self.read(move |conn| load(conn, conversation)).await
    }

    async fn transcript(&self, conversation: ConversationId, reading: Reading, limit: u32) -> Result<Vec<(i64, Message)>> {
        self.read(move |conn| transcript(conn, conversation, reading, limit)).await
    }

    async fn parked_events(&self, after: Option<i64>, limit: u32) -> Result<Vec<ParkedEvent>> {
        self.read(move |conn| parked(conn, after, limit)).await
    }

    async fn retry_parked(&self, event: EventId) -> Result<Option<StoredEvent>> {
        self.write(move |conn| retry(conn, event)).await
    }
}
