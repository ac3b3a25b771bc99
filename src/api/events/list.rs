use actix_web::get;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::answer::{Answer, Reply};
use crate::api::extract::Query;
use crate::api::paging::{List, Paging};
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::emitted::Emitted;
use crate::domain::ids::{ChatflowId, ContactId, ConversationId, EmittedId, PageId, SessionId};
use crate::store::emitted::EmittedFilter;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// Only those of this name.
    name: Option<String>,
    page: Option<PageId>,
    chatflow: Option<ChatflowId>,
    contact: Option<ContactId>,
    conversation: Option<ConversationId>,
}

/// An event that a flow told.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EventView {
    id: EmittedId,
    /// The author's word for it.
    name: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What the author tells of it, by name.
    data: Value,
    page: PageId,
    contact: ContactId,
    conversation: ConversationId,
    /// The run of the flow that told it.
    session: SessionId,
    chatflow: ChatflowId,
    version: u32,
    node: String,
}

impl From<Emitted> for EventView {
    fn from(event: Emitted) -> Self {
        let Emitted { id, at, name, data, page, contact, conversation, session, chatflow, version, node } = event;
        Self { id, name, at, data, page, contact, conversation, session, chatflow, version, node }
    }
}

/// Events that flows told, newest first
#[utoipa::path(tag = "events", operation_id = "list_events", params(EventsQuery, Paging), responses((status = OK, body = List<EventView>)), security(("bearer" = ["read"])))]
#[get("/events")]
pub async fn list_events(api: Data<Api>, query: Query<EventsQuery>, paging: Paging) -> Reply<List<EventView>> {
    let EventsQuery { name, page, chatflow, contact, conversation } = query.0;
    let filter = EmittedFilter { name, page, chatflow, contact, conversation };
    let found = api.store.emitted(&filter, paging.after()?, paging.fetch()).await?;
    Ok(Answer::ok(paging.list(found, |(seq, _)| *seq, |(_, event)| EventView::from(event))))
}
