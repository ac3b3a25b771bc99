//! Direct links. A chatflow's own link is born with the chatflow: see [`super::chatflows`].

use async_trait::async_trait;

use super::Result;
use crate::domain::ids::{ChatflowId, LinkId, PageId};
use crate::domain::link::Link;

/// Which links to list; the default is all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LinkFilter {
    pub page: Option<PageId>,
    pub chatflow: Option<ChatflowId>,
}

#[async_trait]
pub trait LinkStore: Send + Sync {
    /// `Conflict` where the ref is taken, `Missing` without the chatflow.
    async fn insert_link(&self, link: &Link) -> Result<()>;

    async fn link(&self, link: LinkId) -> Result<Option<Link>>;

    /// Live or not: whether it still opens anything is [`Link::is_live`]'s to say.
    async fn link_by_ref(&self, page: &PageId, r#ref: &str) -> Result<Option<Link>>;

    /// The links that these chatflows have from birth, in no order.
    async fn direct_links(&self, chatflows: &[ChatflowId]) -> Result<Vec<Link>>;

    /// By id (oldest first), those behind `after`.
    async fn links(&self, filter: LinkFilter, after: Option<LinkId>, limit: u32) -> Result<Vec<Link>>;

    /// Writes everything but page, chatflow and ref. `link.revision` is the one that was read; the one returned is the
    /// next. `Conflict` where it moved meanwhile.
    async fn update_link(&self, link: &Link) -> Result<i64>;
}
