use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;

use super::message_view::MessageView;
use super::reply::{check_text, written};
use crate::api::answer::Reply;
use crate::api::caller::Caller;
use crate::api::extract::{Json, Path};
use crate::api::state::Api;
use crate::domain::command::Order;
use crate::domain::ids::ConversationId;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    /// 1 to 8,000 characters.
    text: String,
}

/// Leave a note for colleagues; the visitor never sees it
#[utoipa::path(
    tag = "inbox",
    operation_id = "note_conversation",
    params(ConversationId),
    responses((status = CREATED, body = MessageView)),
    security(("bearer" = ["serve"]))
)]
#[post("/conversations/{id}/notes")]
pub async fn note_conversation(api: Data<Api>, caller: Caller, id: Path<ConversationId>, body: Json<NoteBody>) -> Reply<MessageView> {
    check_text(&body.0.text)?;
    written(&api, &caller, id.0, Order::Note { text: body.0.text }).await
}
