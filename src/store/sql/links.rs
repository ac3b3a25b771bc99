//! The `links` table.

use async_trait::async_trait;
use diesel::prelude::*;

use super::column::{RowOf, json, ms};
use super::{AnyConn, Named, SqlStore};
use crate::domain::ids::{ChatflowId, LinkId, PageId};
use crate::domain::link::Link;
use crate::store::links::{LinkFilter, LinkStore};
use crate::store::{Result, StoreError};

diesel::table! {
    links (id) {
        id -> Text,
        page -> Text,
        chatflow -> Text,
        #[sql_name = "ref"]
        code -> Text,
        label -> Nullable<Text>,
        direct -> Bool,
        variables -> Text,
        locale -> Nullable<Text>,
        node -> Nullable<Text>,
        expires_at -> Nullable<BigInt>,
        revoked -> Bool,
        revision -> BigInt,
        created_at -> BigInt,
    }
}

const TABLE: &str = "links";

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = links, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(super) struct LinkRow {
    id: String,
    page: String,
    chatflow: String,
    code: String,
    label: Option<String>,
    direct: bool,
    variables: String,
    locale: Option<String>,
    node: Option<String>,
    expires_at: Option<i64>,
    revoked: bool,
    revision: i64,
    created_at: i64,
}

impl LinkRow {
    pub(super) fn of(link: &Link) -> Result<Self> {
        Ok(Self {
            id: link.id.to_string(),
            page: link.page.to_string(),
            chatflow: link.chatflow.to_string(),
            code: link.r#ref.clone(),
            label: link.label.clone(),
            direct: link.direct,
            variables: json(&link.variables)?,
            locale: link.locale.clone(),
            node: link.node.clone(),
            expires_at: link.expires_at.map(ms),
            revoked: link.revoked,
            revision: link.revision,
            created_at: ms(link.created_at),
        })
    }
}

impl TryFrom<LinkRow> for Link {
    type Error = StoreError;

    fn try_from(row: LinkRow) -> Result<Self> {
        let of = RowOf::new(TABLE, &row.id);
        Ok(Self {
            id: of.id("id", &row.id)?,
            page: PageId::new(row.page),
            chatflow: of.id("chatflow", &row.chatflow)?,
            variables: of.json("variables", &row.variables)?,
            expires_at: of.optional_time("expires_at", row.expires_at)?,
            created_at: of.time("created_at", row.created_at)?,
            r#ref: row.code,
            label: row.label,
            direct: row.direct,
            locale: row.locale,
            node: row.node,
            revoked: row.revoked,
            revision: row.revision,
        })
    }
}

pub(super) fn insert(conn: &mut AnyConn, row: &LinkRow) -> Result<()> {
    diesel::insert_into(links::table).values(row).execute(conn).of("link")?;
    Ok(())
}

/// Every link of a chatflow becomes a miss.
pub(super) fn revoke_all(conn: &mut AnyConn, chatflow: &str) -> Result<()> {
    let live = links::table.filter(links::chatflow.eq(chatflow)).filter(links::revoked.eq(false));
    diesel::update(live).set((links::revoked.eq(true), links::revision.eq(links::revision + 1))).execute(conn).of("link")?;
    Ok(())
}

/// `row.revision` is already the next.
fn update(conn: &mut AnyConn, row: &LinkRow) -> Result<i64> {
    let read = links::table.find(&row.id).filter(links::revision.eq(row.revision - 1));
    match diesel::update(read).set(row).execute(conn).of("link")? {
        0 => Err(StoreError::Conflict { what: "link" }),
        _ => Ok(row.revision),
    }
}

fn list(conn: &mut AnyConn, filter: &LinkFilter, after: &str, limit: u32) -> Result<Vec<LinkRow>> {
    on_each!(conn, conn => {
        let mut query = links::table.filter(links::id.gt(after)).order(links::id).limit(i64::from(limit)).into_boxed();
        if let Some(page) = &filter.page {
            query = query.filter(links::page.eq(page.as_str()));
        }
        if let Some(chatflow) = filter.chatflow {
            query = query.filter(links::chatflow.eq(chatflow.to_string()));
        }
        query.select(LinkRow::as_select()).load(conn).of("link")
    })
}

#[async_trait]
impl LinkStore for SqlStore {
    async fn insert_link(&self, link: &Link) -> Result<()> {
        let row = LinkRow::of(link)?;
        self.write(move |conn| insert(conn, &row)).await
    }

    async fn link(&self, link: LinkId) -> Result<Option<Link>> {
        let row = self.read(move |conn| links::table.find(link.to_string()).select(LinkRow::as_select()).first(conn).optional().of("link"));
        row.await?.map(Link::try_from).transpose()
    }

    async fn link_by_ref(&self, page: &PageId, r#ref: &str) -> Result<Option<Link>> {
        let (page, code) = (page.to_string(), r#ref.to_owned());
        let row = self.read(move |conn| {
            let query = links::table.filter(links::code.eq(code)).filter(links::page.eq(page));
            query.select(LinkRow::as_select()).first(conn).optional().of("link")
        });
        row.await?.map(Link::try_from).transpose()
    }

    async fn direct_links(&self, chatflows: &[ChatflowId]) -> Result<Vec<Link>> {
        let ids: Vec<String> = chatflows.iter().map(ToString::to_string).collect();
        let rows = self.read(move |conn| {
            on_each!(conn, conn => {
                let query = links::table.filter(links::chatflow.eq_any(&ids)).filter(links::direct.eq(true));
                query.select(LinkRow::as_select()).load(conn).of("link")
            })
        });
        rows.await?.into_iter().map(Link::try_from).collect()
    }

    async fn links(&self, filter: LinkFilter, after: Option<LinkId>, limit: u32) -> Result<Vec<Link>> {
        let after = after.map_or_else(String::new, |id| id.to_string());
        let rows = self.read(move |conn| list(conn, &filter, &after, limit)).await?;
        rows.into_iter().map(Link::try_from).collect()
    }

    async fn update_link(&self, link: &Link) -> Result<i64> {
        let row = LinkRow { revision: link.revision + 1, ..LinkRow::of(link)? };
        self.write(move |conn| update(conn, &row)).await
    }
}
