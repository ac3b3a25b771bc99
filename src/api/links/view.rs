//! How a link looks from outside.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::ids::{ChatflowId, LinkId, PageId};
use crate::domain::link::Link;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LinkView {
    id: LinkId,
    page: PageId,
    chatflow: ChatflowId,
    /// What Messenger gives back when the link is opened.
    r#ref: String,
    /// To publish: in an ad, an email, a page, a QR code.
    url: String,
    label: Option<String>,
    /// The chatflow's own link.
    direct: bool,
    /// Set in the session over the declared defaults.
    variables: BTreeMap<String, Value>,
    /// The language it opens in.
    locale: Option<String>,
    /// The node it opens, where that is not the chatflow's start.
    node: Option<String>,
    expires_at: Option<Timestamp>,
    revoked: bool,
    /// Neither revoked nor expired.
    live: bool,
    created_at: Timestamp,
}

impl LinkView {
    pub fn of(link: Link, username: Option<&str>, now: Timestamp) -> Self {
        Self {
            url: Link::url(&link.page, username, &link.r#ref),
            live: link.is_live(now),
            id: link.id,
            page: link.page,
            chatflow: link.chatflow,
            r#ref: link.r#ref,
            label: link.label,
            direct: link.direct,
            variables: link.variables,
            locale: link.locale,
            node: link.node,
            expires_at: link.expires_at,
            revoked: link.revoked,
            created_at: link.created_at,
        }
    }
}

/// One view each, in the same order.
pub async fn views(api: &Api, links: Vec<Link>) -> Result<Vec<LinkView>, Problem> {
    let mut usernames: BTreeMap<PageId, Option<String>> = BTreeMap::new();
    for link in &links {
        if !usernames.contains_key(&link.page) {
            let page = api.store.page(&link.page).await?;
            usernames.insert(link.page.clone(), page.and_then(|page| page.username));
        }
    }
    let now = api.clock.now();
    let view = |link: Link| {
        let username = usernames.get(&link.page).and_then(Option::as_deref);
        LinkView::of(link, username, now)
    };
    Ok(links.into_iter().map(view).collect())
}

pub async fn view(api: &Api, link: Link) -> Result<LinkView, Problem> {
    let page = api.store.page(&link.page).await?;
    let username = page.as_ref().and_then(|page| page.username.as_deref());
    Ok(LinkView::of(link, username, api.clock.now()))
}
