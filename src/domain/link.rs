//! A direct link: an `m.me` URL whose `ref` opens one chatflow.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Timestamp;
use super::ids::{ChatflowId, LinkId, PageId};

#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub id: LinkId,
    pub page: PageId,
    pub chatflow: ChatflowId,
    /// Opaque, unguessable, of `A-Za-z0-9-_=` (Meta's charset for refs).
    pub r#ref: String,
    pub label: Option<String>,
    /// The link that the chatflow has from birth; it cannot be deleted.
    pub direct: bool,
    pub variables: BTreeMap<String, Value>,
    pub locale: Option<String>,
    /// Start at this node instead of the flow's start.
    pub node: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub revoked: bool,
    pub created_at: Timestamp,
}

impl Link {
    /// The URL to publish. `username` where the page has one, else the page's id.
    pub fn url(page: &PageId, username: Option<&str>, r#ref: &str) -> String {
        format!("https://m.me/{}?ref={}", username.unwrap_or(page.as_str()), r#ref)
    }

    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.revoked && self.expires_at.is_none_or(|at| now < at)
    }
}
