//! Every change of a conversation: an order to its actor, and what it looks like afterwards.

use super::view::ConversationView;
use crate::api::caller::Caller;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::command::{Command, Order};
use crate::domain::ids::ConversationId;
use crate::runtime::CommandDone;

/// Has the conversation's actor carry out `what` in the caller's name.
pub async fn give(api: &Api, caller: &Caller, id: ConversationId, what: Order) -> Result<CommandDone, Problem> {
    let command = Command { by: caller.user.id, by_name: caller.user.name.clone(), role: caller.role(), what };
    Ok(api.runtime.command(id, command).await?)
}

/// As [`give`], and answers with the conversation.
pub async fn give_and_show(api: &Api, caller: &Caller, id: ConversationId, what: Order) -> Result<ConversationView, Problem> {
    let done = give(api, caller, id, what).await?;
    let loaded = api.store.conversation(id).await?.ok_or_else(|| Problem::not_found("conversation", id))?;
    Ok(ConversationView::new(done.conversation, &loaded.contact))
}

/// Conversations are only given to those with a service seat.
pub fn need_seat(caller: &Caller) -> Result<(), Problem> {
    if caller.user.service_seat {
        return Ok(());
    }
    Err(Problem::new(Code::NoServiceSeat, "you have no service seat: an admin can give you one"))
}
