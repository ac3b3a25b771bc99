//! The `emitted_events` table.

use async_trait::async_trait;
use diesel::prelude::*;

use super::column::{RowOf, json, ms};
use super::{AnyConn, Named, SqlStore};
use crate::domain::emitted::Emitted;
use crate::domain::ids::PageId;
use crate::store::emitted::{EmittedFilter, EmittedStore};
use crate::store::{Result, StoreError};

diesel::table! {
    emitted_events (seq) {
        seq -> BigInt,
        id -> Text,
        at -> BigInt,
        name -> Text,
        data -> Text,
        page_id -> Text,
        contact_id -> Text,
        conversation_id -> Text,
        session_id -> Text,
        chatflow_id -> Text,
        version -> BigInt,
        node -> Text,
    }
}

/// Everything but the position, which the database gives.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = emitted_events, treat_none_as_default_value = false)]
pub(super) struct EmittedRow {
    id: String,
    at: i64,
    name: String,
    data: String,
    page_id: String,
    contact_id: String,
    conversation_id: String,
    session_id: String,
    chatflow_id: String,
    version: i64,
    node: String,
}

impl EmittedRow {
    pub(super) fn of(event: &Emitted) -> Result<Self> {
        Ok(Self {
            id: event.id.to_string(),
            at: ms(event.at),
            name: event.name.clone(),
            data: json(&event.data)?,
            page_id: event.page.as_str().to_owned(),
            contact_id: event.contact.to_string(),
            conversation_id: event.conversation.to_string(),
            session_id: event.session.to_string(),
            chatflow_id: event.chatflow.to_string(),
            version: event.version.into(),
            node: event.node.clone(),
        })
    }
}

impl TryFrom<EmittedRow> for Emitted {
    type Error = StoreError;

    fn try_from(row: EmittedRow) -> Result<Self> {
        let of = RowOf::new("emitted_events", &row.id);
        Ok(Self {
            id: of.id("id", &row.id)?,
            at: of.time("at", row.at)?,
            data: of.json("data", &row.data)?,
            contact: of.id("contact_id", &row.contact_id)?,
            conversation: of.id("conversation_id", &row.conversation_id)?,
            session: of.id("session_id", &row.session_id)?,
            chatflow: of.id("chatflow_id", &row.chatflow_id)?,
            version: u32::try_from(row.version).map_err(|error| of.corrupt("version", error))?,
            page: PageId::new(row.page_id),
            name: row.name,
            node: row.node,
        })
    }
}

/// Part of the turn's commit.
pub(super) fn insert(conn: &mut AnyConn, row: &EmittedRow) -> Result<()> {
    on_each!(conn, conn => diesel::insert_into(emitted_events::table).values(row).execute(conn)).of("emitted event")?;
    Ok(())
}

fn list(conn: &mut AnyConn, filter: &EmittedFilter, before: Option<i64>, limit: u32) -> Result<Vec<(i64, Emitted)>> {
    let mut query = emitted_events::table
        .select((emitted_events::seq, EmittedRow::as_select()))
        .order(emitted_events::seq.desc())
        .limit(limit.into())
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(emitted_events::seq.lt(before));
    }
    if let Some(name) = &filter.name {
        query = query.filter(emitted_events::name.eq(name));
    }
    if let Some(page) = &filter.page {
        query = query.filter(emitted_events::page_id.eq(page.as_str()));
    }
    if let Some(chatflow) = filter.chatflow {
        query = query.filter(emitted_events::chatflow_id.eq(chatflow.to_string()));
    }
    if let Some(contact) = filter.contact {
        query = query.filter(emitted_events::contact_id.eq(contact.to_string()));
    }
    if let Some(conversation) = filter.conversation {
        query = query.filter(emitted_events::conversation_id.eq(conversation.to_string()));
    }
    let rows: Vec<(i64, EmittedRow)> = query.load(conn).of("emitted event")?;
    rows.into_iter().map(|(seq, row)| Ok((seq, row.try_into()?))).collect()
}

#[async_trait]
impl EmittedStore for SqlStore {
    async fn emitted(&self, filter: &EmittedFilter, before: Option<i64>, limit: u32) -> Result<Vec<(i64, Emitted)>> {
        let filter = filter.clone();
        self.read(move |conn| list(conn, &filter, before, limit)).await
    }
}
