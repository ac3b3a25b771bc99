//! What flows told the outside world. Written by the turn's own commit ([`super::turns`]); here it is read.

use async_trait::async_trait;

use super::Result;
use crate::domain::emitted::Emitted;
use crate::domain::ids::{ChatflowId, ContactId, ConversationId, PageId};

/// Which events; an absent part means any.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EmittedFilter {
    pub name: Option<String>,
    pub page: Option<PageId>,
    pub chatflow: Option<ChatflowId>,
    pub contact: Option<ContactId>,
    pub conversation: Option<ConversationId>,
}

#[async_trait]
pub trait EmittedStore: Send + Sync {
    /// Newest first, those before this position; each with its position.
    async fn emitted(&self, filter: &EmittedFilter, before: Option<i64>, limit: u32) -> Result<Vec<(i64, Emitted)>>;
}
