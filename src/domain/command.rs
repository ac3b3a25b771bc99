//! What people may do with a conversation. The pure rules are `turn::obey`; its actor is the only one to apply them.

use super::access::Role;
use super::conversation::Refusal;
use super::ids::{TeamId, UserId};
use super::message::MessageOut;

/// A person's order to one conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    pub by: UserId,
    /// For the transcript's system lines.
    pub by_name: String,
    pub role: Role,
    pub what: Order,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// The caller takes it: from the bot, the queue or the Page inbox. Taking it from another agent needs a lead.
    Claim,
    /// To an agent with a seat, or into a team's queue. The caller checked that they exist.
    Assign { to: Assignee },
    /// The caller's own words; only its owner may.
    Reply { body: MessageOut },
    /// For colleagues; never sent.
    Note { text: String },
    /// Back to the bot; a running session goes on where the transfer stood, else the next message starts one.
    Release,
    /// Done: back to the bot, closed until the visitor writes again.
    Close,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Assignee {
    Agent { user: UserId, name: String },
    Queue { team: Option<TeamId> },
}

/// Why an order was not carried out. Nothing was changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CommandRefused {
    #[error("the conversation is {owner}'s, not yours")]
    NotYours { owner: String },
    #[error("the bot already has the conversation")]
    AlreadyReleased,
    #[error("the conversation is already closed")]
    AlreadyClosed,
    #[error(transparent)]
    Window(#[from] Refusal),
    #[error("the agent has no free slot left")]
    NoCapacity,
}
