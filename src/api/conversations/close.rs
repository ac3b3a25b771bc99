use actix_web::post;
use actix_web::web::Data;

use super::order;
use super::view::ConversationView;
use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::extract::Path;
use crate::api::state::Api;
use crate::domain::command::Order;
use crate::domain::ids::ConversationId;

/// Close a conversation until the visitor writes again
#[utoipa::path(
    tag = "inbox",
    operation_id = "close_conversation",
    params(ConversationId),
    responses((status = OK, body = ConversationView)),
    security(("bearer" = ["serve"]))
)]
#[post("/conversations/{id}/close")]
pub async fn close_conversation(api: Data<Api>, caller: Caller, id: Path<ConversationId>) -> Reply<ConversationView> {
    Ok(Answer::ok(order::give_and_show(&api, &caller, id.0, Order::Close).await?))
}
