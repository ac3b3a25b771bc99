//! One visitor on a page, and what the store and the actors would otherwise keep: timers, calls, tickets, the clock.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::offers::{Offer, offers};
use super::world::Surroundings;
use crate::domain::contact::{Contact, Profile};
use crate::domain::conversation::{Conversation, ConversationStatus, Owner, Permission, permission};
use crate::domain::emitted::Emitted;
use crate::domain::event::{Attachment, CalloutResult, Inbound, InboundEvent, MessageIn, Referral};
use crate::domain::ids::{CalloutId, IdMaker, TimerId};
use crate::domain::link::Link;
use crate::domain::message::{Author, Content, MessageBody, MessageOut};
use crate::domain::page::GET_STARTED_PAYLOAD;
use crate::domain::people::Roster;
use crate::domain::ticket::{Pipeline, Ticket};
use crate::flow::effect::CalloutRequest;
use crate::flow::script;
use crate::flow::session::Session;
use crate::flow::token::{Tap, TokenKey};
use crate::flow::trace::TraceLine;
use crate::store::turns::{Ending, Loaded, Take};
use crate::turn::situation::TicketLookup;
use crate::turn::{Draft, LinkLookup, Situation, Turn, take};

/// What one turn did.
#[derive(Debug, Default)]
pub struct Happened {
    pub at: Timestamp,
    /// Messages to the visitor, each with the typing before it, in milliseconds.
    pub said: Vec<(Author, MessageOut, u32)>,
    /// The visitor was shown that their message was seen.
    pub seen: bool,
    /// Messages that Meta's rules forbid at this moment, and why: the server does not send them.
    pub unsent: Vec<(MessageOut, String)>,
    /// System lines of the transcript: a stable word, and a text for people.
    pub lines: Vec<(String, String)>,
    pub opened: Vec<Ticket>,
    /// As they stand now.
    pub updated: Vec<Ticket>,
    pub emitted: Vec<Emitted>,
    pub called: Vec<CalloutRequest>,
    /// The event was recorded and not answered, for this reason.
    pub ignored: Option<String>,
    pub trace: Vec<TraceLine>,
}

/// Something cannot happen as the script has it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error("nothing is offered as `{wanted}`; offered are: {offered}")]
    NotOffered { wanted: String, offered: String },
    #[error("`{0}` is a link: nothing comes back from a tap on it")]
    IsLink(String),
    #[error("no HTTP call is under way")]
    NoCallout,
    #[error("{0}")]
    Agent(String),
    #[error("more than {0} turns")]
    TooMany(usize),
}

pub struct Stage {
    pub(super) set: Surroundings,
    pub at: Timestamp,
    pub(super) loaded: Loaded,
    pub(super) tickets: Vec<Ticket>,
    pub(super) ids: IdMaker,
    timers: Vec<(Timestamp, TimerId)>,
    callouts: VecDeque<(CalloutId, CalloutRequest)>,
    offers: Vec<Offer>,
    key: TokenKey,
    /// Turns that may still happen.
    pub(super) turns_left: usize,
}

impl Stage {
    /// Nothing has happened yet. `turns` bounds all that will.
    pub fn new(set: Surroundings, visitor: &script::Visitor, at: Timestamp, seed: u64, turns: usize) -> Self {
        let mut ids = IdMaker::new(at, seed);
        let page = set.world.page.id.clone();
        let mut contact = Contact::new(ids.next(), page.clone(), "visitor".into(), at);
        contact.profile = Profile {
            first_name: visitor.first_name.clone(),
            last_name: visitor.last_name.clone(),
            locale: visitor.locale.clone(),
            timezone: visitor.timezone,
            picture_url: None,
        };
        contact.attributes = visitor.attributes.0.iter().map(|(name, value)| (name.clone(), value.0.clone())).collect();
        contact.labels = visitor.labels.iter().cloned().collect();
        let conversation = Conversation {
            id: ids.next(),
            contact: contact.id,
            page,
            psid: contact.psid.clone(),
            version: 1,
            owner: Owner::Bot,
            status: ConversationStatus::Open,
            last_agent: None,
            window_opened_at: None,
            next_seq: 1,
            last_activity_at: at,
            preview: String::new(),
            chatflow: None,
            link: None,
            created_at: at,
        };
        Self {
            set,
            at,
            loaded: Loaded { conversation, contact, session: None },
            tickets: Vec::new(),
            ids,
            timers: Vec::new(),
            callouts: VecDeque::new(),
            offers: Vec::new(),
            key: TokenKey::new(&[7; 32]),
            turns_left: turns,
        }
    }

    pub fn session(&self) -> Option<&Session> {
        self.loaded.session.as_ref()
    }

    pub fn contact(&self) -> &Contact {
        &self.loaded.contact
    }

    pub fn owner(&self) -> &Owner {
        &self.loaded.conversation.owner
    }

    pub fn roster(&self) -> &Roster {
        &self.set.roster
    }

    pub fn pipelines(&self) -> &[Pipeline] {
        &self.set.world.pipelines
    }

    /// Titles that were offered last, and before: the newest come last.
    pub fn offered(&self) -> impl Iterator<Item = &str> {
        self.offers.iter().map(|offer| offer.title.as_str())
    }

    /// The call that was made first of those under way.
    pub fn waiting_callout(&self) -> Option<&CalloutRequest> {
        self.callouts.front().map(|(_, request)| request)
    }

    /// When the next pause is over.
    pub fn next_timer(&self) -> Option<Timestamp> {
        self.timers.iter().map(|(at, _)| *at).min()
    }

    pub fn get_started(&mut self) -> Result<Happened, Refused> {
        let (title, payload) = (Some("Get Started".to_owned()), Some(GET_STARTED_PAYLOAD.to_owned()));
        self.event(Inbound::Postback { mid: None, title, payload, referral: None }, LinkLookup::NoRef)
    }

    pub fn follow(&mut self, link: &script::Link) -> Result<Happened, Refused> {
        let opened = Link {
            id: self.ids.next(),
            page: self.set.world.page.id.clone(),
            chatflow: self.set.chatflow,
            r#ref: "script".to_owned(),
            label: link.label.clone(),
            direct: false,
            variables: link.variables.0.iter().map(|(name, value)| (name.clone(), value.0.clone())).collect(),
            locale: link.locale.clone(),
            node: link.node.as_ref().map(|node| node.0.clone()),
            expires_at: None,
            revoked: false,
            revision: 1,
            created_at: self.at,
        };
        let referral =
            Referral { r#ref: Some(opened.r#ref.clone()), source: link.source.clone(), ad_id: link.ad_id.clone(), ..Referral::default() };
        self.event(Inbound::Referral { referral, lead: None }, LinkLookup::Found(Box::new(opened)))
    }

    pub fn say(&mut self, text: &str) -> Result<Happened, Refused> {
        self.message(MessageIn { text: Some(text.to_owned()), ..MessageIn::default() })
    }

    pub fn attach(&mut self, attached: &script::Attached) -> Result<Happened, Refused> {
        let raw = match (attached.latitude, attached.longitude) {
            (Some(lat), Some(long)) => serde_json::json!({ "coordinates": { "lat": lat, "long": long } }),
            _ => attached.url.as_ref().map_or(Value::Null, |url| serde_json::json!({ "url": url })),
        };
        let file = Attachment { kind: attached.kind.clone(), url: attached.url.clone(), title: attached.title.clone(), raw };
        self.message(MessageIn { attachments: vec![file], ..MessageIn::default() })
    }

    pub fn react(&mut self, emoji: &str) -> Result<Happened, Refused> {
        // Meta sends both: a word for those it has one for, else `other`.
        let (reaction, emoji) = if emoji.is_ascii() { (emoji, None) } else { ("other", Some(emoji.to_owned())) };
        let (mid, reaction) = ("last".to_owned(), Some(reaction.to_owned()));
        self.event(Inbound::Reaction { mid, reaction, emoji, added: true }, LinkLookup::NoRef)
    }

    pub fn postback(&mut self, payload: &str) -> Result<Happened, Refused> {
        self.event(Inbound::Postback { mid: None, title: None, payload: Some(payload.to_owned()), referral: None }, LinkLookup::NoRef)
    }

    /// Taps what was offered under this title, or for this value of an option, last.
    pub fn tap(&mut self, wanted: &str) -> Result<Happened, Refused> {
        let by_title = self.offers.iter().rev().find(|offer| offer.is_called(wanted));
        let by_value = || self.offers.iter().rev().find(|offer| self.stands_for(offer, wanted));
        let Some(offer) = by_title.or_else(by_value) else {
            let titles: Vec<String> = self.offered().map(|title| format!("`{title}`")).collect();
            let offered = if titles.is_empty() { "nothing".to_owned() } else { titles.join(", ") };
            return Err(Refused::NotOffered { wanted: wanted.to_owned(), offered });
        };
        let Some(payload) = offer.payload.clone() else { return Err(Refused::IsLink(offer.title.clone())) };
        let title = offer.title.clone();
        if offer.quick {
            return self.message(MessageIn { text: Some(title), quick_reply: Some(payload), ..MessageIn::default() });
        }
        let (title, payload) = (Some(title), Some(payload));
        self.event(Inbound::Postback { mid: None, title, payload, referral: None }, LinkLookup::NoRef)
    }

    fn stands_for(&self, offer: &Offer, wanted: &str) -> bool {
        let value = || {
            let tap = Tap::read(offer.payload.as_deref()?, &self.key)?;
            let lasting = self.session().and_then(|session| session.offered(&tap));
            let key = lasting.and_then(|offer| offer.keys.iter().find(|key| u16::from(key.index) == tap.option & 0xff));
            match key {
                Some(key) => Some(key.value.clone()),
                None => self.set.world.chatflows.get(&tap.chatflow)?.flow.option_value(&tap),
            }
        };
        match value() {
            Some(Value::String(text)) => text == wanted,
            Some(other) => serde_json::from_str::<Value>(wanted).is_ok_and(|value| value == other),
            None => false,
        }
    }

    /// The call that was made first ends so.
    pub fn callout_returns(&mut self, result: CalloutResult) -> Result<Happened, Refused> {
        let (callout, request) = self.callouts.pop_front().ok_or(Refused::NoCallout)?;
        if result == CalloutResult::TimedOut {
            self.advance(SignedDuration::from_millis(request.timeout_ms.into()));
        }
        self.event(Inbound::CalloutReturned { callout, result }, LinkLookup::NoRef)
    }

    /// The next pause that is over by then ends; `None`: none is. The clock stands at its end, or at `until`.
    pub fn wait(&mut self, until: Timestamp) -> Result<Option<Happened>, Refused> {
        let due = self.timers.iter().enumerate().min_by_key(|(_, (at, _))| *at).filter(|(_, (at, _))| *at <= until);
        let Some((place, (at, timer))) = due.map(|(place, timer)| (place, *timer)) else {
            self.at = self.at.max(until);
            return Ok(None);
        };
        self.timers.remove(place);
        self.at = self.at.max(at);
        self.event(Inbound::TimerFired { timer }, LinkLookup::NoRef).map(Some)
    }

    fn advance(&mut self, by: SignedDuration) {
        self.at = self.at.checked_add(by).unwrap_or(self.at);
    }

    fn message(&mut self, message: MessageIn) -> Result<Happened, Refused> {
        let mid = format!("m{}", self.loaded.conversation.next_seq);
        self.event(Inbound::Message(MessageIn { mid, ..message }), LinkLookup::NoRef)
    }

    fn event(&mut self, what: Inbound, link: LinkLookup) -> Result<Happened, Refused> {
        let (page, psid) = (self.loaded.conversation.page.clone(), self.loaded.conversation.psid.clone());
        let event = InboundEvent { page, psid: Some(psid), at: self.at, dedupe: String::new(), standby: false, what };
        let seed = self.ids.next_u64();
        let turn = self.in_situation(link, seed, |cx| take(cx, &event))?;
        Ok(self.settle(turn))
    }

    /// Lets one turn be computed.
    pub(super) fn in_situation<T>(&mut self, link: LinkLookup, seed: u64, turn: impl FnOnce(&Situation<'_>) -> T) -> Result<T, Refused> {
        self.turns_left = self.turns_left.checked_sub(1).ok_or(Refused::TooMany(play_limit()))?;
        let older = HashMap::new();
        let open = self.tickets.iter().rev().find(|ticket| !ticket.closed);
        let situation = Situation {
            loaded: Some(&self.loaded),
            world: &self.set.world,
            older: &older,
            link,
            profile: None,
            roster: Some(&self.set.roster),
            ticket: open.map_or(TicketLookup::None, |ticket| TicketLookup::Open(Box::new(ticket.clone()))),
            at: self.at,
            seed,
            token_key: &self.key,
            explain: true,
            our_app: None,
        };
        Ok(turn(&situation))
    }

    /// What the commit would write is kept here.
    pub(super) fn settle(&mut self, turn: Turn) -> Happened {
        match turn {
            Turn::Ready(draft) => self.keep(*draft),
            Turn::Aside { reason } => Happened { at: self.at, ignored: Some(reason.to_owned()), ..Happened::default() },
            // Both are always there.
            Turn::NeedsRoster | Turn::NeedsTicket => Happened { at: self.at, ..Happened::default() },
        }
    }

    /// As the sender asks before every call; passing the thread is no message.
    fn refusal(&self, author: Author, message: &MessageOut) -> Option<String> {
        if message.content == Content::PassThread {
            return None;
        }
        match permission(author, self.loaded.conversation.window_opened_at, self.at) {
            Permission::Refused(refusal) => Some(refusal.to_string()),
            _ => None,
        }
    }

    fn keep(&mut self, mut draft: Draft) -> Happened {
        let trace = std::mem::take(&mut draft.trace);
        let mut happened = Happened { at: self.at, seen: draft.seen, trace, ..Happened::default() };
        let (commit, after) = draft.commit(
            |ending| {
                happened.ignored = match ending {
                    Ending::Ignored { reason } => Some(reason),
                    _ => None,
                };
                Take::Nothing
            },
            None,
        );
        self.loaded = after;
        // As it would come back from the store.
        let stored = self.loaded.session.as_ref().and_then(|session| serde_json::to_string(session).ok());
        self.loaded.session = stored.and_then(|text| serde_json::from_str(&text).ok());
        for item in commit.outbox {
            match self.refusal(item.author, &item.body) {
                Some(why) => happened.unsent.push((item.body, why)),
                None => happened.said.push((item.author, item.body, item.pause_ms)),
            }
        }
        for (_, message) in commit.messages {
            if let MessageBody::Line { event, text } = message.body {
                happened.lines.push((event, text));
            }
        }
        self.timers.retain(|(_, timer)| !commit.cancel_timers.contains(timer));
        self.timers.extend(commit.set_timers.into_iter().map(|timer| (timer.due_at, timer.id)));
        happened.called = commit.callouts.iter().map(|callout| callout.request.clone()).collect();
        self.callouts.extend(commit.callouts.into_iter().map(|callout| (callout.id, callout.request)));
        for new in commit.tickets {
            if new.unless_open && self.tickets.iter().any(|ticket| !ticket.closed) {
                continue;
            }
            let number = i64::try_from(self.tickets.len()).unwrap_or(0) + 1;
            self.tickets.push(Ticket { number, ..new.ticket });
            happened.opened.extend(self.tickets.last().cloned());
        }
        if let Some(update) = commit.ticket_update
            && let Some(ticket) = self.tickets.iter_mut().find(|ticket| ticket.id == update.ticket.id)
        {
            *ticket = update.ticket;
            happened.updated.push(ticket.clone());
        }
        happened.emitted = commit.emitted;
        for (_, message, _) in &happened.said {
            self.offers.extend(offers(message));
        }
        happened
    }
}

fn play_limit() -> usize {
    super::play::TURNS
}
