//! How a chatflow and its versions look from outside.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::chatflow::{Chatflow, ChatflowKind, ChatflowVersion};
use crate::domain::ids::{ChatflowId, PageId, UserId};
use crate::domain::link::Link;
use crate::domain::page::Page;
use crate::domain::rollout::{Rollout, SessionPolicy};

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChatflowView {
    id: ChatflowId,
    page: PageId,
    name: String,
    kind: ChatflowKind,
    /// Only an active chatflow starts sessions; running ones go on.
    active: bool,
    /// Answers on its page when no other chatflow does.
    primary: bool,
    /// The version that new sessions start on; null until the first publish.
    published: Option<u32>,
    /// A later version that only a part of the contacts gets.
    rollout: Option<RolloutView>,
    /// Opens this chatflow in Messenger.
    direct_link: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A version on its way to everyone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RolloutView {
    version: u32,
    /// Of a hundred contacts; always the same ones.
    percent: u8,
}

/// One view each, in the same order.
pub async fn views(api: &Api, chatflows: Vec<Chatflow>) -> Result<Vec<ChatflowView>, Problem> {
    let ids: Vec<ChatflowId> = chatflows.iter().map(|chatflow| chatflow.id).collect();
    let links: BTreeMap<ChatflowId, Link> = api.store.direct_links(&ids).await?.into_iter().map(|link| (link.chatflow, link)).collect();
    let mut pages: BTreeMap<PageId, Option<Page>> = BTreeMap::new();
    for chatflow in &chatflows {
        if !pages.contains_key(&chatflow.page) {
            pages.insert(chatflow.page.clone(), api.store.page(&chatflow.page).await?);
        }
    }
    let view = |chatflow: Chatflow| {
        let page = pages.get(&chatflow.page).and_then(Option::as_ref);
        let username = page.and_then(|page| page.username.as_deref());
        ChatflowView {
            primary: page.is_some_and(|page| page.is_primary(chatflow.id)),
            direct_link: links.get(&chatflow.id).map(|link| Link::url(&chatflow.page, username, &link.r#ref)),
            id: chatflow.id,
            page: chatflow.page,
            name: chatflow.name,
            kind: chatflow.kind,
            active: chatflow.active,
            published: chatflow.published,
            rollout: chatflow.rollout.map(|Rollout { version, percent }| RolloutView { version, percent }),
            created_at: chatflow.created_at,
            updated_at: chatflow.updated_at,
        }
    };
    Ok(chatflows.into_iter().map(view).collect())
}

pub async fn view(api: &Api, chatflow: Chatflow) -> Result<ChatflowView, Problem> {
    let mut views = views(api, vec![chatflow]).await?;
    views.pop().ok_or_else(|| Problem::new(crate::api::problem::Code::Internal, "a chatflow has no view"))
}

/// A version without its document.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct VersionView {
    chatflow: ChatflowId,
    /// Counts from 1.
    number: u32,
    note: Option<String>,
    published_by: Option<UserId>,
    published_at: Timestamp,
    /// What it does to sessions that run on an earlier version.
    sessions: SessionPolicy,
    /// Its rollout was aborted: what becomes of the sessions on it.
    withdrawn: Option<SessionPolicy>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct VersionDocumentView {
    #[serde(flatten)]
    version: VersionView,
    /// As it was published; never changed.
    #[schema(value_type = Object)]
    document: Value,
}

impl From<ChatflowVersion> for VersionView {
    fn from(version: ChatflowVersion) -> Self {
        let ChatflowVersion { chatflow, number, document: _, note, published_by, published_at, policy, withdrawn } = version;
        Self { chatflow, number, note, published_by, published_at, sessions: policy, withdrawn }
    }
}

impl From<ChatflowVersion> for VersionDocumentView {
    fn from(mut version: ChatflowVersion) -> Self {
        let document = version.document.take();
        Self { version: version.into(), document }
    }
}
