use actix_web::get;
use actix_web::web::Data;
use serde::Deserialize;

use super::message_view::MessageView;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::{Path, Query};
use crate::api::paging::{List, Paging};
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::ConversationId;
use crate::store::inbox::Reading;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MessagesQuery {
    /// `desc` (newest first) is the default; with `since` it is `asc`.
    #[param(inline)]
    order: Option<Order>,
    /// Only messages behind this `position`: what is new since it was read.
    #[param(minimum = 0)]
    since: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    Asc,
    Desc,
}

/// The transcript
#[utoipa::path(
    tag = "inbox",
    operation_id = "list_messages",
    params(ConversationId, MessagesQuery, Paging),
    responses((status = OK, body = List<MessageView>)),
    security(("bearer" = ["read"]))
)]
#[get("/conversations/{id}/messages")]
pub async fn list_messages(
    api: Data<Api>,
    id: Path<ConversationId>,
    query: Query<MessagesQuery>,
    paging: Paging,
) -> Reply<List<MessageView>> {
    if api.store.conversation(id.0).await?.is_none() {
        return Err(Problem::not_found("conversation", id.0));
    }
    let reading = match (query.0.order, query.0.since) {
        (Some(Order::Asc), since) | (None, since @ Some(_)) => Reading::Forwards { after: paging.after()?.or(since) },
        (_, None) => Reading::Backwards { before: paging.after()? },
        (Some(Order::Desc), Some(_)) => return Err(Problem::invalid_query("order", "`since` reads forwards: leave `order` out")),
    };
    let found = api.store.transcript(id.0, reading, paging.fetch()).await?;
    let kept_since = api.settings.explanations.kept().map(|kept| api.clock.now() - kept);
    let view = |(position, message)| MessageView::new(position, message).explained(id.0, kept_since);
    Ok(Answer::ok(paging.list(found, |(position, _)| *position, view)))
}
