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

/// Take a conversation from the bot, the queue or the Page inbox
#[utoipa::path(
    tag = "inbox",
    operation_id = "claim_conversation",
    params(ConversationId),
    responses((status = OK, body = ConversationView)),
    security(("bearer" = ["serve"]))
)]
#[post("/conversations/{id}/claim")]
pub async fn claim_conversation(api: Data<Api>, caller: Caller, id: Path<ConversationId>) -> Reply<ConversationView> {
    order::need_seat(&caller)?;
    Ok(Answer::ok(order::give_and_show(&api, &caller, id.0, Order::Claim).await?))
}
