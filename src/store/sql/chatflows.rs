//! The `chatflows` and `chatflow_versions` tables.

use async_trait::async_trait;
use diesel::prelude::*;

use super::column::{RowOf, count, json, ms};
use super::links::{self, LinkRow};
use super::pages;
use super::rollouts;
use super::{AnyConn, Named, SqlStore};
use crate::domain::Timestamp;
use crate::domain::chatflow::{Chatflow, ChatflowKind, ChatflowVersion};
use crate::domain::ids::{ChatflowId, PageId};
use crate::domain::rollout::{Rollout, VersionPolicy};
use crate::store::chatflows::{ChatflowStore, NewChatflow, Publication, RolloutChange};
use crate::store::{Result, StoreError};

diesel::table! {
    chatflows (id) {
        id -> Text,
        page -> Text,
        name -> Text,
        kind -> Text,
        active -> Bool,
        draft -> Text,
        published -> Nullable<Integer>,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
        rollout_version -> Nullable<Integer>,
        rollout_percent -> Nullable<Integer>,
    }
}

diesel::table! {
    chatflow_versions (chatflow, number) {
        chatflow -> Text,
        number -> Integer,
        document -> Text,
        note -> Nullable<Text>,
        published_by -> Nullable<Text>,
        published_at -> BigInt,
        policy -> Text,
        withdrawn -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(chatflows, chatflow_versions);

const TABLE: &str = "chatflows";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = chatflows, treat_none_as_default_value = false)]
struct ChatflowRow {
    id: String,
    page: String,
    name: String,
    kind: String,
    active: bool,
    draft: String,
    published: Option<i32>,
    revision: i64,
    created_at: i64,
    updated_at: i64,
    rollout_version: Option<i32>,
    rollout_percent: Option<i32>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = chatflow_versions, treat_none_as_default_value = false)]
struct VersionRow {
    chatflow: String,
    number: i32,
    document: String,
    note: Option<String>,
    published_by: Option<String>,
    published_at: i64,
    policy: String,
    withdrawn: Option<String>,
}

/// What is born together, ready to be inserted.
pub(super) struct ChatflowRows {
    chatflow: ChatflowRow,
    version: Option<VersionRow>,
    link: LinkRow,
}

impl ChatflowRows {
    pub(super) fn of(new: &NewChatflow) -> Result<Self> {
        let version = new.version.as_ref().map(VersionRow::of).transpose()?;
        Ok(Self { chatflow: ChatflowRow::of(&new.chatflow)?, version, link: LinkRow::of(&new.link)? })
    }
}

impl ChatflowRow {
    fn of(chatflow: &Chatflow) -> Result<Self> {
        Ok(Self {
            id: chatflow.id.to_string(),
            page: chatflow.page.to_string(),
            name: chatflow.name.clone(),
            kind: chatflow.kind.word().to_owned(),
            active: chatflow.active,
            draft: json(&chatflow.draft)?,
            published: chatflow.published.map(count),
            revision: chatflow.revision,
            created_at: ms(chatflow.created_at),
            updated_at: ms(chatflow.updated_at),
            rollout_version: chatflow.rollout.map(|rollout| count(rollout.version)),
            rollout_percent: chatflow.rollout.map(|rollout| rollout.percent.into()),
        })
    }
}

impl VersionRow {
    fn of(version: &ChatflowVersion) -> Result<Self> {
        Ok(Self {
            chatflow: version.chatflow.to_string(),
            number: count(version.number),
            document: json(&version.document)?,
            note: version.note.clone(),
            published_by: version.published_by.map(|user| user.to_string()),
            published_at: ms(version.published_at),
            policy: version.policy.word().to_owned(),
            withdrawn: version.withdrawn.map(|policy| policy.word().to_owned()),
        })
    }
}

impl TryFrom<ChatflowRow> for Chatflow {
    type Error = StoreError;

    fn try_from(row: ChatflowRow) -> Result<Self> {
        let of = RowOf::new(TABLE, &row.id);
        Ok(Self {
            id: of.id("id", &row.id)?,
            page: PageId::new(row.page),
            kind: ChatflowKind::from_word(&row.kind).ok_or_else(|| of.corrupt("kind", format!("no kind `{}`", row.kind)))?,
            active: row.active,
            draft: of.json("draft", &row.draft)?,
            published: row.published.map(|number| of.count("published", number)).transpose()?,
            rollout: rollout(of, row.rollout_version.zip(row.rollout_percent))?,
            revision: row.revision,
            created_at: of.time("created_at", row.created_at)?,
            updated_at: of.time("updated_at", row.updated_at)?,
            name: row.name,
        })
    }
}

impl TryFrom<VersionRow> for ChatflowVersion {
    type Error = StoreError;

    fn try_from(row: VersionRow) -> Result<Self> {
        let of = RowOf::new("chatflow_versions", &row.chatflow);
        Ok(Self {
            chatflow: of.id("chatflow", &row.chatflow)?,
            number: of.count("number", row.number)?,
            document: of.json("document", &row.document)?,
            published_by: of.optional_id("published_by", row.published_by.as_deref())?,
            published_at: of.time("published_at", row.published_at)?,
            policy: of.word("policy", &row.policy)?,
            withdrawn: row.withdrawn.as_deref().map(|word| of.word("withdrawn", word)).transpose()?,
            note: row.note,
        })
    }
}

fn rollout(of: RowOf<'_>, columns: Option<(i32, i32)>) -> Result<Option<Rollout>> {
    let Some((version, percent)) = columns else { return Ok(None) };
    let percent = u8::try_from(percent).map_err(|error| of.corrupt("rollout_percent", error))?;
    Ok(Some(Rollout { version: of.count("rollout_version", version)?, percent }))
}

/// Also for a page that is inserted in the same transaction.
pub(super) fn insert(conn: &mut AnyConn, new: &ChatflowRows, primary: bool) -> Result<()> {
    pages::hold(conn, &new.chatflow.page)?;
    diesel::insert_into(chatflows::table).values(&new.chatflow).execute(conn).of("chatflow name")?;
    if let Some(version) = &new.version {
        diesel::insert_into(chatflow_versions::table).values(version).execute(conn).of("chatflow version")?;
    }
    links::insert(conn, &new.link)?;
    if primary {
        pages::make_first_primary(conn, &new.chatflow.page, &new.chatflow.id)?;
    }
    Ok(())
}

/// Of this page, published, active and not deleted.
pub(super) fn may_answer(conn: &mut AnyConn, page: &str, chatflow: &str) -> Result<bool> {
    let fit = chatflows::table
        .find(chatflow)
        .filter(chatflows::page.eq(page))
        .filter(chatflows::active.eq(true))
        .filter(chatflows::published.is_not_null())
        .filter(chatflows::deleted_at.is_null());
    Ok(fit.select(chatflows::id).first::<String>(conn).optional().of("chatflow")?.is_some())
}

/// `InUse` where it is its page's primary one; the page is held, so that it does not become so before the commit.
fn refuse_primary(conn: &mut AnyConn, page: &str, chatflow: &str) -> Result<()> {
    match pages::hold(conn, page)? {
        Some(primary) if primary == chatflow => Err(StoreError::InUse { what: "primary chatflow" }),
        _ => Ok(()),
    }
}

pub(super) fn moved(changed: usize) -> Result<()> {
    if changed == 0 { Err(StoreError::Conflict { what: "chatflow" }) } else { Ok(()) }
}

/// `row.revision` is already the next.
fn update(conn: &mut AnyConn, row: &ChatflowRow) -> Result<i64> {
    if !row.active {
        refuse_primary(conn, &row.page, &row.id)?;
    }
    let read = chatflows::table.find(&row.id).filter(chatflows::revision.eq(row.revision - 1)).filter(chatflows::deleted_at.is_null());
    let change = (
        chatflows::name.eq(&row.name),
        chatflows::active.eq(row.active),
        chatflows::draft.eq(&row.draft),
        chatflows::revision.eq(row.revision),
        chatflows::updated_at.eq(row.updated_at),
    );
    moved(diesel::update(read).set(change).execute(conn).of("chatflow name")?)?;
    Ok(row.revision)
}

/// The row comes without its number; answers it.
fn publish(conn: &mut AnyConn, expected: i64, document: &str, publication: &Publication) -> Result<i32> {
    let id = publication.chatflow.to_string();
    let live = chatflows::table.find(&id).filter(chatflows::deleted_at.is_null());
    let published: Option<Option<i32>> = live.select(chatflows::published).first(conn).optional().of("chatflow")?;
    let published = published.ok_or(StoreError::Missing { what: "chatflow" })?;
    // Not the published one plus one: a version whose rollout was aborted keeps its number.
    let of = chatflow_versions::table.filter(chatflow_versions::chatflow.eq(&id)).order(chatflow_versions::number.desc());
    let last: Option<i32> = of.select(chatflow_versions::number).first(conn).optional().of("chatflow version")?;
    let number = last.unwrap_or(0) + 1;
    let read = chatflows::table.find(&id).filter(chatflows::revision.eq(expected)).filter(chatflows::deleted_at.is_null());
    let percent = publication.percent.map(i32::from);
    let change = (
        chatflows::published.eq(if percent.is_some() { published } else { Some(number) }),
        chatflows::rollout_version.eq(percent.map(|_| number)),
        chatflows::rollout_percent.eq(percent),
        chatflows::revision.eq(expected + 1),
        chatflows::updated_at.eq(ms(publication.at)),
    );
    moved(diesel::update(read).set(change).execute(conn).of("chatflow")?)?;
    let version = VersionRow {
        chatflow: id,
        number,
        document: document.to_owned(),
        note: publication.note.clone(),
        published_by: publication.by.map(|user| user.to_string()),
        published_at: ms(publication.at),
        policy: publication.policy.word().to_owned(),
        withdrawn: None,
    };
    diesel::insert_into(chatflow_versions::table).values(&version).execute(conn).of("chatflow version")?;
    Ok(number)
}

fn delete(conn: &mut AnyConn, id: &str, expected: i64, at: Timestamp) -> Result<()> {
    let live = chatflows::table.find(id).filter(chatflows::deleted_at.is_null());
    let page: Option<String> = live.select(chatflows::page).first(conn).optional().of("chatflow")?;
    refuse_primary(conn, &page.ok_or(StoreError::Missing { what: "chatflow" })?, id)?;
    let read = chatflows::table.find(id).filter(chatflows::revision.eq(expected)).filter(chatflows::deleted_at.is_null());
    let change = (chatflows::deleted_at.eq(ms(at)), chatflows::active.eq(false), chatflows::revision.eq(expected + 1));
    moved(diesel::update(read).set(change).execute(conn).of("chatflow")?)?;
    links::revoke_all(conn, id)
}

#[async_trait]
impl ChatflowStore for SqlStore {
    async fn insert_chatflow(&self, new: NewChatflow, primary: bool) -> Result<()> {
        let rows = ChatflowRows::of(&new)?;
        self.write(move |conn| insert(conn, &rows, primary)).await
    }

    async fn chatflow(&self, chatflow: ChatflowId) -> Result<Option<Chatflow>> {
        let row = self.read(move |conn| {
            let live = chatflows::table.find(chatflow.to_string()).filter(chatflows::deleted_at.is_null());
            live.select(ChatflowRow::as_select()).first(conn).optional().of("chatflow")
        });
        row.await?.map(Chatflow::try_from).transpose()
    }

    async fn chatflows(&self, page: Option<&PageId>, after: Option<ChatflowId>, limit: u32) -> Result<Vec<Chatflow>> {
        let page = page.map(ToString::to_string);
        let after = after.map_or_else(String::new, |id| id.to_string());
        let rows = self.read(move |conn| {
            let live = chatflows::table.filter(chatflows::deleted_at.is_null()).filter(chatflows::id.gt(after));
            let listed = live.order(chatflows::id).limit(i64::from(limit)).select(ChatflowRow::as_select());
            match page {
                Some(page) => listed.filter(chatflows::page.eq(page)).load(conn),
                None => listed.load(conn),
            }
            .of("chatflow")
        });
        rows.await?.into_iter().map(Chatflow::try_from).collect()
    }

    async fn update_chatflow(&self, chatflow: &Chatflow) -> Result<i64> {
        let row = ChatflowRow { revision: chatflow.revision + 1, ..ChatflowRow::of(chatflow)? };
        self.write(move |conn| update(conn, &row)).await
    }

    async fn publish(&self, publication: Publication) -> Result<u32> {
        let document = json(&publication.document)?;
        let id = publication.chatflow.to_string();
        let number = self.write(move |conn| publish(conn, publication.expected, &document, &publication)).await?;
        RowOf::new("chatflow_versions", &id).count("number", number)
    }

    async fn version(&self, chatflow: ChatflowId, number: u32) -> Result<Option<ChatflowVersion>> {
        let row = self.read(move |conn| {
            let query = chatflow_versions::table.find((chatflow.to_string(), count(number)));
            query.select(VersionRow::as_select()).first(conn).optional().of("chatflow version")
        });
        row.await?.map(ChatflowVersion::try_from).transpose()
    }

    async fn versions(&self, chatflow: ChatflowId, before: Option<u32>, limit: u32) -> Result<Vec<ChatflowVersion>> {
        let rows = self.read(move |conn| {
            let of = chatflow_versions::table.filter(chatflow_versions::chatflow.eq(chatflow.to_string()));
            let older = of.filter(chatflow_versions::number.lt(before.map_or(i32::MAX, count)));
            let query = older.order(chatflow_versions::number.desc()).limit(i64::from(limit));
            query.select(VersionRow::as_select()).load(conn).of("chatflow version")
        });
        rows.await?.into_iter().map(ChatflowVersion::try_from).collect()
    }

    async fn published(&self, page: &PageId) -> Result<Vec<(Chatflow, ChatflowVersion)>> {
        let page = page.to_string();
        let rows: Vec<(ChatflowRow, VersionRow)> = self
            .read(move |conn| {
                let current =
                    chatflow_versions::chatflow.eq(chatflows::id).and(chatflow_versions::number.nullable().eq(chatflows::published));
                let joined = chatflows::table.inner_join(chatflow_versions::table.on(current));
                let live = joined.filter(chatflows::page.eq(page)).filter(chatflows::deleted_at.is_null());
                live.order(chatflows::id).select((ChatflowRow::as_select(), VersionRow::as_select())).load(conn).of("chatflow")
            })
            .await?;
        rows.into_iter().map(|(chatflow, version)| Ok((chatflow.try_into()?, version.try_into()?))).collect()
    }

    async fn change_rollout(&self, chatflow: ChatflowId, expected: i64, change: RolloutChange, at: Timestamp) -> Result<i64> {
        self.write(move |conn| rollouts::change(conn, &chatflow.to_string(), expected, change, at)).await
    }

    async fn version_policies(&self, page: &PageId) -> Result<Vec<VersionPolicy>> {
        let page = page.to_string();
        self.read(move |conn| rollouts::policies(conn, page)).await?.into_iter().map(VersionPolicy::try_from).collect()
    }

    async fn delete_chatflow(&self, chatflow: ChatflowId, expected: i64, at: Timestamp) -> Result<()> {
        self.write(move |conn| delete(conn, &chatflow.to_string(), expected, at)).await
    }
}
