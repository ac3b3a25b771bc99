//! The inbox: conversations as people see and work them.
//!
//! Reads come from [`crate::store::inbox`]. Every change is an order to the conversation's own actor
//! ([`crate::runtime::Runtime::command`]): a handler never writes a conversation, and an order that may not be carried
//! out is refused with the reason that the turn gave.
//!
//! Start with [`list`] and [`reply`]; [`view`] and [`message_view`] have the answers.

mod assign;
mod claim;
mod close;
mod explanations;
mod list;
mod message_view;
mod messages;
mod note;
mod order;
mod release;
mod reply;
mod sensitive;
mod session;
mod show;
mod view;

use crate::api::routes::Routes;

pub fn routes(config: &mut Routes<'_>) {
    config.service(list::list_conversations).service(show::show_conversation).service(session::show_session);
    config.service(messages::list_messages).service(reply::reply_to_conversation).service(note::note_conversation);
    config.service(explanations::list_explanations).service(explanations::show_explanation);
    config.service(claim::claim_conversation).service(assign::assign_conversation);
    config.service(release::release_conversation).service(close::close_conversation);
}
