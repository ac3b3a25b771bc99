//! What a turn changes, while it is being computed. [`Draft::commit`] makes the store's [`Commit`] of it.

use super::explain;
use crate::domain::Timestamp;
use crate::domain::contact::Contact;
use crate::domain::conversation::{Conversation, ConversationStatus, Owner};
use crate::domain::emitted::Emitted;
use crate::domain::ids::{IdMaker, MessageId, TimerId};
use crate::domain::message::{Author, Message, MessageBody, MessageOut, MessageStatus, OutboxItem};
use crate::flow::session::Session;
use crate::flow::trace::TraceLine;
use crate::store::explanations::NewExplanation;
use crate::store::turns::{Assign, Commit, Ending, Facts, Loaded, NewCallout, NewTicket, NewTimer, SessionChange, Take, TicketUpdate};

/// A turn is ready, or lacks something that only a store can tell.
#[derive(Debug)]
pub enum Turn {
    Ready(Box<Draft>),
    /// The event says nothing about any conversation we have: it ends ignored, and no conversation is made for it.
    Aside {
        reason: &'static str,
    },
    /// A transfer has to be decided, or an expression names `agents`: load the roster, take the turn again.
    NeedsRoster,
    /// The conversation's ticket is to be changed: look for the newest open one, take the turn again.
    NeedsTicket,
}

#[derive(Debug)]
pub struct Draft {
    pub at: Timestamp,
    pub ids: IdMaker,
    pub expected: Option<i64>,
    pub conversation: Conversation,
    pub contact: Contact,
    pub contact_changed: bool,
    /// The session after the turn.
    pub session: Option<Session>,
    pub session_changed: bool,
    pub ending: Ending,
    pub messages: Vec<(i64, Message)>,
    pub outbox: Vec<OutboxItem>,
    pub cancel_queued: bool,
    pub tickets: Vec<NewTicket>,
    pub ticket_update: Option<TicketUpdate>,
    pub emitted: Vec<Emitted>,
    pub set_timers: Vec<NewTimer>,
    pub cancel_timers: Vec<TimerId>,
    pub callouts: Vec<NewCallout>,
    pub assign: Option<Assign>,
    /// Typing is shown once the turn is committed.
    pub typing: bool,
    /// The same of the sign that the visitor's message was seen.
    pub seen: bool,
    pub facts: Facts,
    pub trace: Vec<TraceLine>,
}

/// Longer previews are cut: lists show one line.
const PREVIEW_CHARS: usize = 120;

impl Draft {
    /// The conversation as loaded, its version already the next one.
    pub fn of(loaded: &Loaded, at: Timestamp, seed: u64) -> Self {
        let mut conversation = loaded.conversation.clone();
        let expected = Some(conversation.version);
        conversation.version += 1;
        Self::start(expected, conversation, loaded.contact.clone(), loaded.session.clone(), at, IdMaker::new(at, seed))
    }

    pub(super) fn start(
        expected: Option<i64>,
        conversation: Conversation,
        contact: Contact,
        session: Option<Session>,
        at: Timestamp,
        ids: IdMaker,
    ) -> Self {
        Self {
            at,
            ids,
            expected,
            contact_changed: expected.is_none(),
            conversation,
            contact,
            session,
            session_changed: false,
            ending: Ending::Done,
            messages: Vec::new(),
            outbox: Vec::new(),
            cancel_queued: false,
            tickets: Vec::new(),
            ticket_update: None,
            emitted: Vec::new(),
            set_timers: Vec::new(),
            cancel_timers: Vec::new(),
            callouts: Vec::new(),
            assign: None,
            typing: false,
            seen: false,
            facts: Facts::default(),
            trace: Vec::new(),
        }
    }

    pub fn ignore(&mut self, reason: &str) {
        self.ending = Ending::Ignored { reason: reason.to_owned() };
    }

    pub fn set_session(&mut self, session: Option<Session>) {
        self.session = session;
        self.session_changed = true;
    }

    /// Adds a line to the transcript and returns its id.
    pub fn write(&mut self, at: Timestamp, author: Author, body: MessageBody, status: MessageStatus, mid: Option<String>) -> MessageId {
        let id: MessageId = self.ids.next();
        if let Some(preview) = preview(&body) {
            self.conversation.preview = preview;
            self.conversation.last_activity_at = self.at;
        }
        let seq = self.conversation.next_seq;
        self.conversation.next_seq += 1;
        let conversation = self.conversation.id;
        self.messages.push((seq, Message { id, conversation, at, author, body, status, mid, reason: None }));
        id
    }

    /// A system line: for people who read the transcript, never sent.
    pub fn note_line(&mut self, event: &str, text: impl Into<String>) {
        let body = MessageBody::Line { event: event.to_owned(), text: text.into() };
        self.write(self.at, Author::System, body, MessageStatus::Internal, None);
    }

    /// Queues a bubble for the visitor. The caller has split what is too long for one.
    pub fn send(&mut self, author: Author, body: MessageOut, pause_ms: u32) -> MessageId {
        let message = self.write(self.at, author, MessageBody::Out(body.clone()), MessageStatus::Queued, None);
        self.outbox.push(OutboxItem {
            message,
            conversation: self.conversation.id,
            page: self.conversation.page.clone(),
            psid: self.conversation.psid.clone(),
            seq: self.conversation.next_seq - 1,
            author,
            body,
            pause_ms,
            due_at: self.at,
            attempts: 0,
            claimed_until: None,
            doubtful: false,
            window_opened_at: self.conversation.window_opened_at,
        });
        message
    }

    /// The visitor did something that opens the window (policy page, standard messaging window).
    pub fn open_window(&mut self, at: Timestamp) {
        // A late or wrongly dated event must neither close the window nor open it into the future.
        let at = at.min(self.at);
        if self.conversation.window_opened_at.is_none_or(|opened| opened < at) {
            self.conversation.window_opened_at = Some(at);
        }
        self.conversation.status = ConversationStatus::Open;
    }

    pub fn give_to(&mut self, owner: Owner) {
        if let Owner::Agent { user } = &owner {
            self.conversation.last_agent = Some(*user);
        }
        self.conversation.owner = owner;
    }

    /// `claim_until`: the claim of the first message to send, when it may leave at once.
    pub fn commit(self, take: impl FnOnce(Ending) -> Take, claim_until: Option<Timestamp>) -> (Commit, Loaded) {
        let after = Loaded { conversation: self.conversation.clone(), contact: self.contact.clone(), session: self.session.clone() };
        let session = match (self.session_changed, self.session) {
            (false, _) => SessionChange::Keep,
            (true, Some(session)) => SessionChange::Put(Box::new(session)),
            (true, None) => SessionChange::Clear,
        };
        let explanation = (!self.trace.is_empty()).then(|| {
            let first = self.messages.first().map_or(self.conversation.next_seq, |(seq, _)| *seq);
            let messages = (first, self.conversation.next_seq);
            NewExplanation { at: self.at, messages, lines: explain::bounded(self.trace) }
        });
        let commit = Commit {
            take: take(self.ending),
            conversation: self.conversation,
            expected: self.expected,
            contact: self.contact_changed.then_some(self.contact),
            session,
            messages: self.messages,
            outbox: self.outbox,
            claim_until,
            cancel_queued: self.cancel_queued,
            tickets: self.tickets,
            ticket_update: self.ticket_update,
            emitted: self.emitted,
            set_timers: self.set_timers,
            cancel_timers: self.cancel_timers,
            callouts: self.callouts,
            assign: self.assign,
            facts: self.facts,
            explanation,
        };
        (commit, after)
    }
}

fn preview(body: &MessageBody) -> Option<String> {
    use crate::domain::message::Content;
    let text = match body {
        MessageBody::In(message) => message.text.clone().or_else(|| message.attachments.first().map(|file| format!("[{}]", file.kind))),
        MessageBody::Out(message) => match &message.content {
            Content::Text { text } | Content::Buttons { text, .. } => Some(text.clone()),
            Content::Media { .. } => Some("[media]".to_owned()),
            Content::Cards { cards } => cards.first().map(|card| card.title.clone()),
            Content::Template { template } => Some(template.summary()),
            Content::Raw { .. } => Some("[template]".to_owned()),
            Content::PassThread => None,
        },
        MessageBody::Tap { title, .. } => title.clone(),
        MessageBody::Entry { .. } | MessageBody::Reaction { .. } | MessageBody::Note { .. } | MessageBody::Line { .. } => None,
    }?;
    Some(text.chars().take(PREVIEW_CHARS).collect())
}
