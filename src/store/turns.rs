//! The conversation's door: accept events, load a conversation, commit a turn, record a send.
//!
//! Everything here is on the hot path and goes through the group-commit writer. Promises P1, P2, P4, P5, P6 and P9
//! rest on this file's contract; `tests/store/turns.rs` runs it on both databases.

use std::sync::Arc;

use async_trait::async_trait;

use super::Result;
use super::explanations::NewExplanation;
use crate::domain::Timestamp;
use crate::domain::contact::Contact;
use crate::domain::conversation::Conversation;
use crate::domain::emitted::Emitted;
use crate::domain::event::{CalloutResult, InboundEvent};
use crate::domain::ids::{CalloutId, ConversationId, EventId, MessageId, PageId, Psid, TimerId, UserId};
use crate::domain::message::{Message, OutboxItem};
use crate::domain::ticket::{Ticket, TicketChange};
use crate::flow::effect::CalloutRequest;
use crate::flow::session::Session;

/// An event to accept, with the id it shall have.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    pub id: EventId,
    pub received_at: Timestamp,
    pub event: InboundEvent,
}

/// An event that is durable. `seq` is the order of acceptance.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    pub id: EventId,
    pub seq: i64,
    pub received_at: Timestamp,
    /// Turns that were tried and failed.
    pub attempts: u32,
    pub event: InboundEvent,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Accepted {
    New(StoredEvent),
    /// The same event was accepted before, whatever became of it.
    Duplicate,
}

/// How an event ended. Pending is the absence of an ending.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    Done,
    /// Recorded and not answered; the reason is a stable word (`standby`, `echo`, `unknown_kind`, `unknown_page`, …).
    Ignored {
        reason: String,
    },
    /// Turns failed `attempts` times; an operator sees it and may retry.
    Parked {
        error: String,
    },
}

/// Which event a commit answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Take {
    /// Accepted before, as `seq`; it must still be pending.
    Stored { event: EventId, seq: i64, ending: Ending },
    /// Accepted by this very commit, already ended: later than all that is pending.
    Fresh { event: Arc<NewEvent>, ending: Ending },
    /// A person's command; no event.
    Nothing,
}

/// All that one turn changes, applied whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    pub take: Take,
    /// The row's new state. `version` is already the new one.
    pub conversation: Conversation,
    /// The version the turn was computed on; `None` inserts a new conversation.
    pub expected: Option<i64>,
    /// Inserted or replaced when present.
    pub contact: Option<Contact>,
    pub session: SessionChange,
    /// Appended to the transcript, with their order in the conversation.
    pub messages: Vec<(i64, Message)>,
    /// To be sent. When `claim_until` is set and nothing older of this conversation waits, the first is claimed.
    pub outbox: Vec<OutboxItem>,
    pub claim_until: Option<Timestamp>,
    /// Queued messages of the bot that were not claimed are cancelled first: a person took over.
    pub cancel_queued: bool,
    pub tickets: Vec<NewTicket>,
    /// Of the conversation's open ticket; one that somebody changed meanwhile makes the commit `Stale`.
    pub ticket_update: Option<TicketUpdate>,
    /// Told to the outside world, in this order.
    pub emitted: Vec<Emitted>,
    pub set_timers: Vec<NewTimer>,
    pub cancel_timers: Vec<TimerId>,
    pub callouts: Vec<NewCallout>,
    /// Count a conversation against this agent only if fewer than `capacity` are theirs now.
    pub assign: Option<Assign>,
    pub facts: Facts,
    /// What the turn considered; kept for a while.
    pub explanation: Option<NewExplanation>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SessionChange {
    Keep,
    Put(Box<Session>),
    Clear,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NewTicket {
    /// `number` is given by the store.
    pub ticket: Ticket,
    pub change: TicketChange,
    /// Not opened where the conversation has an open one.
    pub unless_open: bool,
}

/// `ticket.revision` is the one that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketUpdate {
    pub ticket: Ticket,
    pub changes: Vec<TicketChange>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NewTimer {
    pub id: TimerId,
    pub due_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NewCallout {
    pub id: CalloutId,
    pub request: CalloutRequest,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assign {
    pub agent: UserId,
    /// `None`: no limit (a person claims or assigns by hand).
    pub capacity: Option<u32>,
    pub at: Timestamp,
}

/// What receipts and echoes tell about messages already sent. Never fenced: a fact is a fact, however late.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Our own message came back: it was sent, under this mid. Ends its outbox row.
    pub echoed: Option<(MessageId, String)>,
    pub delivered_until: Option<Timestamp>,
    pub read_until: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Committed {
    Done {
        /// The claimed first message, to be sent at once.
        claimed: Option<OutboxItem>,
    },
    /// The conversation (or the ticket that the turn changes) moved since it was loaded: drop the cache, load, step again.
    Stale,
    /// Events of this visitor that were accepted earlier are still pending: they come first (P3). Load anew then.
    Behind,
    /// The event was already taken, or (fresh) already accepted.
    Taken,
    /// The agent has no free slot left: decide again on a new roster.
    NoCapacity,
}

/// A conversation as its actor loads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub conversation: Conversation,
    pub contact: Contact,
    pub session: Option<Session>,
}

/// How an attempt to send ended.
#[derive(Debug, Clone, PartialEq)]
pub enum SendOutcome {
    Sent {
        mid: Option<String>,
    },
    /// Nothing reached Meta, or Meta asked to wait: again at this time, order kept.
    Retry {
        at: Timestamp,
        reason: String,
    },
    /// Not its turn, though it is claimed: put back until `at`. Nothing was tried, or Meta refused the page and not the
    /// message, so that it counts neither as an attempt nor as a doubt. The wait stands for the pause before it.
    Later {
        at: Timestamp,
        /// Where people should know why.
        reason: Option<String>,
    },
    /// Waits until its cause is mended; see [`TurnStore::release_held`].
    Held {
        reason: String,
    },
    Failed {
        reason: String,
    },
    /// The bytes left and no answer came: the claim runs out, then an echo or a repeat ends it.
    Unknown,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Callout {
    pub id: CalloutId,
    pub page: PageId,
    pub psid: Psid,
    pub request: CalloutRequest,
    pub attempts: u32,
}

/// How much waits, for `/metrics` and the admin endpoint.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Backlog {
    pub pending_events: i64,
    pub parked_events: i64,
    pub queued_messages: i64,
    pub held_messages: i64,
    pub timers: i64,
    pub callouts: i64,
}

#[async_trait]
pub trait TurnStore: Send + Sync {
    /// Makes events durable, in order; one answer per event. All or none on an error.
    async fn accept(&self, events: Vec<NewEvent>) -> Result<Vec<Accepted>>;

    /// Ends events that belong to no conversation (no PSID, unknown page).
    async fn end_event(&self, event: EventId, ending: Ending) -> Result<()>;

    /// A turn failed: counts the attempt and returns how many there were.
    async fn count_attempt(&self, event: EventId) -> Result<u32>;

    async fn load(&self, page: &PageId, psid: &Psid) -> Result<Option<Loaded>>;

    /// Whose thread it is; `None` for an unknown conversation.
    async fn address(&self, conversation: ConversationId) -> Result<Option<(PageId, Psid)>>;

    async fn commit(&self, commit: Commit) -> Result<Committed>;

    /// Pending events accepted before `before`, oldest first: what a lost nudge or a crash left.
    async fn pending_events(&self, before: Timestamp, limit: u32) -> Result<Vec<StoredEvent>>;

    /// The visitor's pending events that were accepted before the one of this `seq`, oldest first.
    async fn pending_of(&self, page: &PageId, psid: &Psid, before: i64, limit: u32) -> Result<Vec<StoredEvent>>;

    /// Claims the first waiting message of each conversation that is due and not claimed (or whose claim has run
    /// out) until `claim_until`. Those whose earlier claim ran out come as `doubtful`. Held ones are left alone.
    async fn claim_due(&self, now: Timestamp, claim_until: Timestamp, limit: u32) -> Result<Vec<OutboxItem>>;

    /// Records how the attempt on `item`, as it was claimed, ended; on `Sent` and `Failed`, claims and returns the
    /// conversation's next message that is due. `Sent` is a fact and holds whoever says it; any other outcome of a
    /// claim that ran out and was taken over is dropped.
    async fn record_send(
        &self,
        item: &OutboxItem,
        outcome: SendOutcome,
        now: Timestamp,
        claim_until: Timestamp,
    ) -> Result<Option<OutboxItem>>;

    /// The cause is mended: held messages of the page are due now. Returns how many.
    async fn release_held(&self, page: &PageId, now: Timestamp) -> Result<u64>;

    /// One held message of the page, any, is due now: whether the cause is mended, it finds out. False: none is held.
    async fn release_one_held(&self, page: &PageId, now: Timestamp) -> Result<bool>;

    /// Due timers become events (dedupe key `timer:{id}`) and end, in one transaction.
    async fn fire_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<StoredEvent>>;

    /// Claims callouts that are due until `claim_until`.
    async fn claim_callouts(&self, now: Timestamp, claim_until: Timestamp, limit: u32) -> Result<Vec<Callout>>;

    async fn retry_callout(&self, callout: CalloutId, at: Timestamp) -> Result<()>;

    /// The call's end becomes an event (dedupe key `callout:{id}`) and the callout ends, in one transaction.
    /// `None` where it had ended before.
    async fn finish_callout(&self, callout: CalloutId, result: CalloutResult, now: Timestamp) -> Result<Option<StoredEvent>>;

    async fn backlog(&self) -> Result<Backlog>;

    /// The nearest time at which a timer, a message or a callout becomes due; `None` when nothing waits.
    async fn next_due(&self) -> Result<Option<Timestamp>>;
}
