//! One run of a contact through one chatflow version, as it is stored between turns.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::action::FormState;
use super::choosing::{CHOICE, Choosing};
use super::digress::Back;
use super::hooks::{Burst, Idle};
use super::limits;
use super::small::Small;
use super::token::Tap;
use crate::domain::Timestamp;
use crate::domain::event::{CalloutResult, MessageIn};
use crate::domain::ids::{CalloutId, ChatflowId, LinkId, SessionId, TimerId};

/// Variables by name.
pub type Values = Small<Value>;

/// Serialises whole; the shape carries a number so that a later release can read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Shape of this struct.
    pub v: u8,
    pub id: SessionId,
    pub chatflow: ChatflowId,
    pub version: u32,
    pub started_at: Timestamp,
    /// The visitor's last act. The timeout counts from [`Session::idle_since`].
    pub last_at: Timestamp,
    pub entry: Entry,
    pub locale: String,
    /// Where to go on; the last frame runs. Empty once finished.
    pub frames: Vec<Frame>,
    /// Session-scoped variables.
    pub variables: Values,
    pub wait: Option<Wait>,
    /// Rotation of text variations by place, attempts and the like.
    #[serde(default)]
    pub counters: Small<u32>,
    pub finished: bool,
    /// The visitor's last words, shortened: `last_text` in expressions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_text: String,
    /// What the visitor wrote during a pause or a callout, for the next question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queued: Vec<MessageIn>,
    /// Lasting buttons that were shown, the latest last: a tap on them counts as long as the session runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
    /// What it remembers beside its place.
    #[serde(default, skip_serializing_if = "Aside::is_empty")]
    pub aside: Aside,
    /// Forms under way, by place.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub forms: BTreeMap<String, FormState>,
}

/// The buttons and cards of one place, as they were shown last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// See [`Session::place`].
    pub place: String,
    /// Tells one showing from the one before: its list may have been another.
    pub round: u8,
    pub keys: Vec<OfferedKey>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfferedKey {
    pub index: u8,
    /// How the visitor may say it, normalised.
    pub words: Vec<String>,
    /// What is saved when it is tapped.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
}

/// Seldom used, so that the most part of sessions is stored without it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Aside {
    /// Nothing of it has run.
    #[serde(skip_serializing_if = "is_false")]
    pub fresh: bool,
    /// Messages in a row that nothing understood.
    #[serde(skip_serializing_if = "is_zero")]
    pub misses: u32,
    /// HTTP calls since the last pause or word of the visitor's.
    #[serde(skip_serializing_if = "is_zero")]
    pub calls: u32,
    /// The visitor's silence was noticed, and they have not written since.
    #[serde(skip_serializing_if = "is_false")]
    pub reminded: bool,
    /// When the flow last went on by itself, or people gave it back: the visitor is not idle for longer than that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub woke_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<Idle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst: Option<Box<Burst>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choosing: Option<Box<Choosing>>,
    /// A call that was under way when people took the conversation: it is not made again when they give it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<Box<Call>>,
}

/// A call whose place does not wait for it at the moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub callout: CalloutId,
    /// Its answer, where that has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<CalloutResult>,
}

impl Aside {
    /// One call more; false after too many in a row: the flow would go round for ever.
    pub fn may_call(&mut self) -> bool {
        self.calls = self.calls.saturating_add(1);
        self.calls <= limits::CALLS_IN_A_ROW
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

impl Session {
    /// Whether the tapped option belongs to the question that waits now; if not, the tap is stale.
    pub fn awaits(&self, tap: &Tap) -> bool {
        if tap.action == CHOICE {
            return !self.finished && self.aside.choosing.is_some() && self.id == tap.session;
        }
        let waits = !self.finished && matches!(self.wait, Some(Wait::Answer { .. }));
        waits
            && self.id == tap.session
            && self.is_latest(tap)
            && self.frames.last().is_some_and(|frame| {
                frame.chatflow == tap.chatflow
                    && frame.version == tap.version
                    && frame.node == tap.node
                    && frame.action == usize::from(tap.action)
            })
    }
}

impl Session {
    /// A place of a document, for what the session remembers of it. The session's own chatflow is left out: almost always
    /// it is that one.
    pub fn place(&self, chatflow: ChatflowId, node: &str, action: usize) -> String {
        if chatflow == self.chatflow { format!("{node}#{action}") } else { format!("{chatflow}/{node}#{action}") }
    }

    /// Forms and lasting buttons of a chatflow that was called, as if it had not run.
    pub fn forget_places_of(&mut self, called: ChatflowId) {
        let prefix = format!("{called}/");
        self.forms.retain(|place, _| !place.starts_with(&prefix));
        self.offers.retain(|offer| !offer.place.starts_with(&prefix));
    }

    /// The lasting buttons shown at the tap's place, unless they were shown anew since.
    pub fn offered(&self, tap: &Tap) -> Option<&Offer> {
        self.offers_at(tap).filter(|offer| u16::from(offer.round) == tap.option >> 8)
    }

    fn offers_at(&self, tap: &Tap) -> Option<&Offer> {
        let place = self.place(tap.chatflow, &tap.node, usize::from(tap.action));
        self.offers.iter().find(|offer| offer.place == place)
    }

    /// Not one of buttons that were shown anew since.
    fn is_latest(&self, tap: &Tap) -> bool {
        self.offers_at(tap).is_none() || self.offered(tap).is_some()
    }

    /// Since when the visitor could have acted and did not.
    pub fn idle_since(&self) -> Timestamp {
        self.aside.woke_at.map_or(self.last_at, |woke| woke.max(self.last_at))
    }

    /// Whether an answer to this call is still of use: where it waits, or at a place that it will come back to.
    pub fn expects(&self, callout: CalloutId) -> bool {
        self.wait == Some(Wait::Callout { callout }) || self.parked_calls().any(|call| call.callout == callout)
    }

    /// Keeps the answer for the place that asked for it and does not wait for it at the moment. False: there is none.
    pub fn keep_result(&mut self, callout: CalloutId, result: &CalloutResult) -> bool {
        let backs = self.frames.iter_mut().filter_map(|frame| frame.back.as_mut()).filter_map(|back| back.call.as_mut());
        let mut calls = backs.chain(self.aside.call.as_deref_mut());
        let Some(call) = calls.find(|call| call.callout == callout) else { return false };
        call.result = Some(result.clone());
        true
    }

    fn parked_calls(&self) -> impl Iterator<Item = &Call> {
        let backs = self.frames.iter().filter_map(|frame| frame.back.as_ref()).filter_map(|back| back.call.as_ref());
        backs.chain(self.aside.call.as_deref())
    }

    /// People have the conversation: it waits for them, and its timers (which the caller takes back) are over.
    pub fn hand_to_people(&mut self) {
        if let Some(Wait::Callout { callout }) = self.wait {
            self.aside.call = Some(Box::new(Call { callout, result: None }));
        }
        (self.aside.idle, self.aside.burst) = (None, None);
        self.wait = Some(Wait::People);
    }

    /// Whether this timer is one of its own: of a pause, of the visitor's silence, of a burst.
    pub fn waits_for(&self, timer: TimerId) -> bool {
        self.timers().any(|own| own == timer)
    }

    /// Its timers under way.
    pub fn timers(&self) -> impl Iterator<Item = TimerId> {
        let pause = match self.wait {
            Some(Wait::Timer { timer, .. }) => Some(timer),
            _ => None,
        };
        let aside = [self.aside.idle.map(|idle| idle.timer), self.aside.burst.as_ref().map(|burst| burst.timer)];
        pause.into_iter().chain(aside.into_iter().flatten())
    }

    /// The flow does something by itself before long: the session does not lapse meanwhile.
    pub fn is_busy(&self) -> bool {
        matches!(self.wait, Some(Wait::Timer { .. } | Wait::Callout { .. })) || self.aside.burst.is_some()
    }
}

/// How the session began.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub link: Option<LinkId>,
    pub r#ref: Option<String>,
    pub label: Option<String>,
    pub source: Option<String>,
    pub ad_id: Option<String>,
    /// Start here instead of the flow's start.
    pub node: Option<String>,
    /// From the link; set over the declared defaults.
    pub variables: BTreeMap<String, Value>,
    pub locale: Option<String>,
}

/// A place in a document: `call` pushes one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub chatflow: ChatflowId,
    pub version: u32,
    pub node: String,
    /// The action to run next, or the one that waits.
    pub action: usize,
    /// It was interrupted, and the frames above come back to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<Box<Back>>,
}

/// What would let the session go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Wait {
    /// An answer to the `ask` at the running frame.
    Answer {
        attempt: u32,
    },
    Timer {
        timer: TimerId,
        /// When the pause shall be over: with this timer, or with another after it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    Callout {
        callout: CalloutId,
    },
    /// A person has the conversation.
    People,
}
