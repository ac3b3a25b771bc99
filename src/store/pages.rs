//! Pages and their tokens. A token is sealed before it is stored and comes out only as a [`SecretString`].

use async_trait::async_trait;
use secrecy::SecretString;

use super::Result;
use super::chatflows::NewChatflow;
use crate::domain::ids::PageId;
use crate::domain::page::Page;

/// A page that is connected for the first time.
#[derive(Debug)]
pub struct NewPage {
    /// Its `primary` is ignored: it becomes `chatflow`, where there is one.
    pub page: Page,
    pub token: SecretString,
    /// Created with the page, and its primary.
    pub chatflow: Option<NewChatflow>,
}

#[async_trait]
pub trait PageStore: Send + Sync {
    /// Page, token, chatflow, version and direct link in one transaction. `Conflict` where the page is known.
    async fn connect(&self, new: NewPage) -> Result<()>;

    async fn page(&self, page: &PageId) -> Result<Option<Page>>;

    /// By id, those behind `after`.
    async fn pages(&self, after: Option<&PageId>, limit: u32) -> Result<Vec<Page>>;

    /// Writes everything but the token. `page.revision` is the one that was read; the one returned is the next.
    /// `Conflict` where the page moved meanwhile, or where its primary chatflow is no longer published and active.
    async fn update_page(&self, page: &Page) -> Result<i64>;

    /// As `update_page`, with a new token in the same transaction; `None` forgets it.
    async fn update_page_and_token(&self, page: &Page, token: Option<SecretString>) -> Result<i64>;

    /// `Missing` where there is no such page.
    async fn set_token(&self, page: &PageId, token: SecretString) -> Result<()>;

    /// `None` where the page is unknown or disconnected.
    async fn token(&self, page: &PageId) -> Result<Option<SecretString>>;
}
