//! What a step is given and what it gives: one input, taken by one session, becomes the next session and effects.

use std::sync::Arc;

use super::Flow;
use super::effect::{Effect, Report};
use super::run::Run;
use super::session::{Aside, Entry, Frame, Session};
use super::small::Small;
use super::text::{TextKey, normalise_locale};
use super::token::{Tap, TokenKey};
use super::trace::TraceLine;
use crate::domain::Timestamp;
use crate::domain::contact::Contact;
use crate::domain::event::{CalloutResult, MessageIn};
use crate::domain::ids::{CalloutId, ChatflowId, SessionId, TimerId, UserId};
use crate::domain::message::MessageOut;
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
    /// The visitor's last act that lets the bot speak for 24 hours.
    pub window_opened_at: Option<Timestamp>,
    /// The sets this page may name; `"default"` is the page's own choice.
    pub rules: &'a dyn Rules,
    pub pipelines: &'a [Pipeline],
    /// Signs the payloads of options.
    pub token_key: &'a TokenKey,
    /// Whether [`Outcome::trace`] is wanted; without it a step is quicker.
    pub explain: bool,
}

pub trait Library: Send + Sync {
    /// The compiled version; `None` for the number means the published one.
    fn flow(&self, chatflow: ChatflowId, version: Option<u32>) -> Option<(u32, Arc<Flow>)>;
    /// A chatflow of the page by its name, for `call`.
    fn by_name(&self, name: &str) -> Option<ChatflowId>;
    /// `chatflow.name` in expressions, where it is known.
    fn name(&self, _chatflow: ChatflowId) -> Option<&str> {
        None
    }
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
    /// The visitor reacted to a message: Meta's word for it, and the emoji.
    Reacted {
        reaction: Option<&'a str>,
        emoji: Option<&'a str>,
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
    /// The step met a transfer, or an expression with `agents`, and had no roster: load one and step again; nothing else of the outcome counts.
    pub needs_roster: bool,
    /// What was considered, and why it was or was not taken; empty unless [`World::explain`] asked for it.
    pub trace: Vec<TraceLine>,
}

/// A new session of `flow`, which is `version` of `chatflow`; nothing of it has run yet: `step` it with
/// [`Input::Started`]. An entry's node that the flow does not have counts as none.
pub fn open(id: SessionId, chatflow: ChatflowId, version: u32, flow: &Flow, entry: Entry, contact: &Contact, at: Timestamp) -> Session {
    let chosen = entry.locale.as_deref().or(contact.locale.as_deref()).or(contact.profile.locale.as_deref());
    let locale = chosen.map_or_else(|| flow.languages.first().cloned().unwrap_or_default(), normalise_locale);
    let start = entry.node.as_deref().and_then(|name| flow.node(name)).unwrap_or(flow.start);
    // The hook's frame lies on the start's: it ends, and the start is what is left.
    let frames = std::iter::once(start).chain(flow.on_session_start).map(|node| {
        let name = flow.nodes.get(node as usize).map_or_else(String::new, |node| node.name.clone());
        Frame { chatflow, version, node: name, action: 0, back: None }
    });
    let variables = flow.defaults().map(|(name, value)| (name.clone(), value.clone())).collect();
    Session {
        v: 1,
        id,
        chatflow,
        version,
        started_at: at,
        last_at: at,
        entry,
        locale,
        frames: frames.collect(),
        variables,
        wait: None,
        counters: Small::new(),
        finished: false,
        last_text: String::new(),
        queued: Vec::new(),
        offers: Vec::new(),
        aside: Aside { fresh: true, ..Aside::default() },
        forms: std::collections::BTreeMap::new(),
    }
}

/// Takes one input. Pure, and cannot fail: an author's mistake is an [`Effect::Report`] and the flow's error text.
pub fn step(world: &World<'_>, session: Session, input: &Input<'_>) -> Outcome {
    if session.finished {
        return Outcome { session, contact: None, effects: Vec::new(), needs_roster: false, trace: Vec::new() };
    }
    let place = session.frames.last().and_then(|frame| {
        let (_, flow) = world.flows.flow(frame.chatflow, Some(frame.version))?;
        Some((flow.node(&frame.node)?, frame.action, flow))
    });
    let Some((node, action, flow)) = place else { return lost(session) };
    let mut run = Run::new(world, session, flow, node, action);
    run.take(input);
    run.into_outcome()
}

/// The document that the session stands in is gone: it ends, and says so.
fn lost(mut session: Session) -> Outcome {
    let node = session.frames.last().map_or_else(String::new, |frame| frame.node.clone());
    let text = format!("version {} of the chatflow, or its node, does not exist any more: the session ended", session.version);
    let report = Report { code: "unknown_node".into(), node, action: 0, text };
    let sorry = MessageOut::text(TextKey::Error.built_in(&session.locale));
    session.finished = true;
    session.wait = None;
    session.frames.clear();
    let effects = vec![Effect::Report(report), Effect::Send { message: sorry, pause_ms: 0 }, Effect::Finished];
    Outcome { session, contact: None, effects, needs_roster: false, trace: Vec::new() }
}
