//! What a step is given and what it gives: one input, taken by one session, becomes the next session and effects.

use std::sync::Arc;

use super::Flow;
use super::effect::Effect;
use super::session::Session;
use super::token::{Tap, TokenKey};
use super::trace::TraceLine;
use crate::domain::Timestamp;
use crate::domain::contact::Contact;
use crate::domain::event::{CalloutResult, MessageIn};
use crate::domain::ids::{CalloutId, ChatflowId, TimerId, UserId};
use crate::domain::people::Roster;
use crate::domain::ticket::Pipeline;
use crate::domain::transfer::RuleSet;

/// Everything a step may look at. Time and chance arrive here, so that the same step can be repeated to the bit.
pub struct World<'a> {
    pub at: Timestamp,
    pub seed: u64,
    pub contact: &'a Contact,
    pub page_name: &'a str,
    /// The published current version of every chatflow of the page, and the older ones that this session stands in.
    pub flows: &'a dyn Library,
    /// Loaded on demand: a step that needs it and finds `None` says so in [`Outcome::needs_roster`].
    pub roster: Option<&'a Roster>,
    pub last_agent: Option<UserId>,
    /// The sets this page may name; `"default"` is the page's own choice.
    pub rules: &'a dyn Rules,
    pub pipelines: &'a [Pipeline],
    /// Signs the payloads of options.
    pub token_key: &'a TokenKey,
}

pub trait Library: Send + Sync {
    /// The compiled version; `None` for the number means the published one.
    fn flow(&self, chatflow: ChatflowId, version: Option<u32>) -> Option<(u32, Arc<Flow>)>;
    /// A chatflow of the page by its name, for `call`.
    fn by_name(&self, name: &str) -> Option<ChatflowId>;
}

pub trait Rules: Send + Sync {
    fn rule_set(&self, name: &str) -> Option<&RuleSet>;
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input<'a> {
    /// Begin the session; its `entry` says how.
    Started,
    Said(&'a MessageIn),
    /// A button, quick reply or menu entry without a token of ours: page bindings, hand-made payloads.
    Postback {
        title: Option<&'a str>,
        payload: &'a str,
    },
    /// An option of this very session and of the question it waits for, its token checked.
    Tapped {
        tap: &'a Tap,
        title: Option<&'a str>,
    },
    TimerFired(TimerId),
    CalloutReturned {
        callout: CalloutId,
        result: &'a CalloutResult,
    },
    /// People gave the conversation back to the bot.
    Released,
    /// Say the waiting question again (a stale tap with `stale_choice: resume`).
    Repeat,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub session: Session,
    /// The contact, where the step changed it.
    pub contact: Option<Contact>,
    pub effects: Vec<Effect>,
    /// The step met a transfer and had no roster: load one and step again; nothing else of the outcome counts.
    pub needs_roster: bool,
    /// What was considered, and why it was or was not taken.
    pub trace: Vec<TraceLine>,
}
