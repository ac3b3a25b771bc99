//! The `pages` table. The token's column is in no row struct: it is read and written by name, sealed.

use async_trait::async_trait;
use diesel::prelude::*;
use secrecy::{ExposeSecret, SecretString};

use super::chatflows::{self, ChatflowRows};
use super::column::{RowOf, json, ms};
use super::{AnyConn, Named, SqlStore};
use crate::domain::ids::PageId;
use crate::domain::page::Page;
use crate::store::pages::{NewPage, PageStore};
use crate::store::{Result, StoreError};

diesel::table! {
    pages (id) {
        id -> Text,
        name -> Text,
        username -> Nullable<Text>,
        state -> Text,
        primary_chatflow -> Nullable<Text>,
        rules -> Nullable<Text>,
        settings -> Text,
        token -> Nullable<Text>,
        revision -> BigInt,
        created_at -> BigInt,
    }
}

const TABLE: &str = "pages";

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = pages, treat_none_as_default_value = false, treat_none_as_null = true)]
struct PageRow {
    id: String,
    name: String,
    username: Option<String>,
    state: String,
    primary_chatflow: Option<String>,
    rules: Option<String>,
    settings: String,
    revision: i64,
    created_at: i64,
}

impl PageRow {
    fn of(page: &Page) -> Result<Self> {
        Ok(Self {
            id: page.id.to_string(),
            name: page.name.clone(),
            username: page.username.clone(),
            state: json(&page.state)?,
            primary_chatflow: page.primary.map(|id| id.to_string()),
            rules: page.rules.map(|id| id.to_string()),
            settings: json(&page.settings)?,
            revision: page.revision,
            created_at: ms(page.created_at),
        })
    }
}

impl TryFrom<PageRow> for Page {
    type Error = StoreError;

    fn try_from(row: PageRow) -> Result<Self> {
        let of = RowOf::new(TABLE, &row.id);
        Ok(Self {
            state: of.json("state", &row.state)?,
            primary: of.optional_id("primary_chatflow", row.primary_chatflow.as_deref())?,
            rules: of.optional_id("rules", row.rules.as_deref())?,
            settings: of.json("settings", &row.settings)?,
            created_at: of.time("created_at", row.created_at)?,
            id: PageId::new(row.id.clone()),
            name: row.name,
            username: row.username,
            revision: row.revision,
        })
    }
}

/// What happens to the stored token.
enum Token {
    Keep,
    /// Sealed; `None` forgets it.
    Set(Option<String>),
}

/// Holds the page's row until the commit, so that its primary chatflow and what depends on it do not move meanwhile;
/// answers the primary. `Missing` without the page.
pub(super) fn hold(conn: &mut AnyConn, page: &str) -> Result<Option<String>> {
    let held = diesel::update(pages::table.find(page)).set(pages::revision.eq(pages::revision)).execute(conn).of("page")?;
    if held == 0 {
        return Err(StoreError::Missing { what: "page" });
    }
    pages::table.find(page).select(pages::primary_chatflow).first(conn).of("page")
}

/// Makes the chatflow primary where the page has none. The page must be held.
pub(super) fn make_first_primary(conn: &mut AnyConn, page: &str, chatflow: &str) -> Result<()> {
    let without = pages::table.find(page).filter(pages::primary_chatflow.is_null());
    let change = (pages::primary_chatflow.eq(chatflow), pages::revision.eq(pages::revision + 1));
    let made = diesel::update(without).set(change).execute(conn).of("page")?;
    if made == 1 { Ok(()) } else { Err(StoreError::InUse { what: "primary chatflow" }) }
}

fn insert(conn: &mut AnyConn, page: &PageRow, token: &str, chatflow: Option<&ChatflowRows>) -> Result<()> {
    diesel::insert_into(pages::table).values(page).execute(conn).of("page")?;
    set_token(conn, &page.id, Some(token))?;
    chatflow.map_or(Ok(()), |chatflow| chatflows::insert(conn, chatflow, true))
}

/// `page.revision` is already the next.
fn update(conn: &mut AnyConn, page: &PageRow, token: &Token) -> Result<i64> {
    let read = pages::table.find(&page.id).filter(pages::revision.eq(page.revision - 1));
    if diesel::update(read).set(page).execute(conn).of("page")? == 0 {
        return Err(StoreError::Conflict { what: "page" });
    }
    if let Some(primary) = &page.primary_chatflow
        && !chatflows::may_answer(conn, &page.id, primary)?
    {
        return Err(StoreError::Conflict { what: "primary chatflow" });
    }
    if let Token::Set(sealed) = token {
        set_token(conn, &page.id, sealed.as_deref())?;
    }
    Ok(page.revision)
}

fn set_token(conn: &mut AnyConn, page: &str, sealed: Option<&str>) -> Result<()> {
    match diesel::update(pages::table.find(page)).set(pages::token.eq(sealed)).execute(conn).of("page")? {
        0 => Err(StoreError::Missing { what: "page" }),
        _ => Ok(()),
    }
}

fn belongs_to(page: &PageId) -> String {
    format!("page:{page}")
}

impl SqlStore {
    fn seal(&self, page: &PageId, token: &SecretString) -> Result<String> {
        self.vault().seal(&belongs_to(page), token.expose_secret()).map_err(|error| StoreError::Unavailable(Box::new(error)))
    }

    async fn write_page(&self, page: &Page, token: Token) -> Result<i64> {
        let row = PageRow { revision: page.revision + 1, ..PageRow::of(page)? };
        self.write(move |conn| update(conn, &row, &token)).await
    }
}

#[async_trait]
impl PageStore for SqlStore {
    async fn connect(&self, new: NewPage) -> Result<()> {
        let sealed = self.seal(&new.page.id, &new.token)?;
        let row = PageRow { primary_chatflow: None, ..PageRow::of(&new.page)? };
        let chatflow = new.chatflow.as_ref().map(ChatflowRows::of).transpose()?;
        self.write(move |conn| insert(conn, &row, &sealed, chatflow.as_ref())).await
    }

    async fn page(&self, page: &PageId) -> Result<Option<Page>> {
        let id = page.to_string();
        let row = self.read(move |conn| pages::table.find(id).select(PageRow::as_select()).first(conn).optional().of("page"));
        row.await?.map(Page::try_from).transpose()
    }

    async fn pages(&self, after: Option<&PageId>, limit: u32) -> Result<Vec<Page>> {
        let after = after.map_or_else(String::new, ToString::to_string);
        let rows = self.read(move |conn| {
            let query = pages::table.filter(pages::id.gt(after)).order(pages::id).limit(i64::from(limit));
            query.select(PageRow::as_select()).load(conn).of("page")
        });
        rows.await?.into_iter().map(Page::try_from).collect()
    }

    async fn update_page(&self, page: &Page) -> Result<i64> {
        self.write_page(page, Token::Keep).await
    }

    async fn update_page_and_token(&self, page: &Page, token: Option<SecretString>) -> Result<i64> {
        let sealed = token.map(|token| self.seal(&page.id, &token)).transpose()?;
        self.write_page(page, Token::Set(sealed)).await
    }

    async fn set_token(&self, page: &PageId, token: SecretString) -> Result<()> {
        let (id, sealed) = (page.to_string(), self.seal(page, &token)?);
        self.write(move |conn| set_token(conn, &id, Some(&sealed))).await
    }

    async fn token(&self, page: &PageId) -> Result<Option<SecretString>> {
        let id = page.to_string();
        let query = self.read(move |conn| pages::table.find(id).select(pages::token).first::<Option<String>>(conn).optional().of("page"));
        let Some(sealed) = query.await?.flatten() else { return Ok(None) };
        let opened = self.vault().open(&belongs_to(page), &sealed);
        opened.map(Some).map_err(|error| RowOf::new(TABLE, page.as_str()).corrupt("token", error))
    }
}
