use std::collections::BTreeMap;

use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;
use serde_json::Value;

use super::sensitive::Sensitive;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::ids::{ChatflowId, ConversationId, LinkId, SessionId};
use crate::flow::session::{Session, Wait};

/// One run of the visitor through a chatflow.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SessionView {
    id: SessionId,
    chatflow: ChatflowId,
    version: u32,
    locale: String,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_at: Timestamp,
    /// The node it stands at; null once finished.
    node: Option<String>,
    waits_for: Option<WaitsFor>,
    finished: bool,
    /// What was collected. Sensitive values are masked.
    #[schema(value_type = Object)]
    variables: BTreeMap<String, Value>,
    entry: EntryView,
}

/// What would let the session go on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    Answer,
    Timer,
    Callout,
    /// A person has the conversation.
    People,
}

/// How the session began.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EntryView {
    link: Option<LinkId>,
    r#ref: Option<String>,
    label: Option<String>,
    /// Meta's word: `SHORTLINK`, `ADS`, …
    source: Option<String>,
    ad_id: Option<String>,
}

impl SessionView {
    pub(super) fn new(session: Session, sensitive: &Sensitive) -> Self {
        let entry = session.entry;
        Self {
            id: session.id,
            chatflow: session.chatflow,
            version: session.version,
            locale: session.locale,
            started_at: session.started_at,
            last_at: session.last_at,
            node: session.frames.last().map(|frame| frame.node.clone()),
            waits_for: session.wait.as_ref().map(WaitsFor::from),
            finished: session.finished,
            variables: sensitive.mask(session.variables.into_iter().collect()),
            entry: EntryView { link: entry.link, r#ref: entry.r#ref, label: entry.label, source: entry.source, ad_id: entry.ad_id },
        }
    }
}

impl From<&Wait> for WaitsFor {
    fn from(wait: &Wait) -> Self {
        match wait {
            Wait::Answer { .. } => Self::Answer,
            Wait::Timer { .. } => Self::Timer,
            Wait::Callout { .. } => Self::Callout,
            Wait::People => Self::People,
        }
    }
}

/// The conversation's current or last session
#[utoipa::path(
    tag = "inbox",
    operation_id = "show_session",
    params(ConversationId),
    responses((status = OK, body = SessionView)),
    security(("bearer" = ["read"]))
)]
#[get("/conversations/{id}/session")]
pub async fn show_session(api: Data<Api>, id: Path<ConversationId>) -> Reply<SessionView> {
    let mut loaded = api.store.conversation(id.0).await?.ok_or_else(|| Problem::not_found("conversation", id.0))?;
    let sensitive = Sensitive::of(&api, &loaded).await?;
    let session = loaded.session.take().ok_or_else(|| Problem::not_found("session of conversation", id.0))?;
    Ok(Answer::ok(SessionView::new(session, &sensitive)))
}
