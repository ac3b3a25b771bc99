//! The flow language and its interpreter. Pure: no clock, no random source, no network, no store.
//!
//! The contract with the layers above:
//! - [`parse`] reads a document's text (JSON or YAML); [`check`](check::check) turns it into a compiled, immutable
//!   [`Flow`], and tells every issue at once;
//! - [`open`] begins a session; [`step`](step::step) takes an [`step::Input`] in a [`step::World`] and gives an
//!   [`step::Outcome`]. It cannot fail: an author's mistake is an [`effect::Effect::Report`] and the flow's error text.
//!
//! Between turns a [`session::Session`] is all that is remembered; [`token`] signs the payloads of options.
//!
//! To read on: [`document`] is the document's shape, `action/` one file per action, [`run`] what an action may do.

pub mod action;
pub mod answer;
pub mod check;
mod choosing;
pub mod diagram;
pub mod diff;
mod digress;
pub mod document;
pub mod effect;
pub mod expression;
mod fallback;
pub mod gallery;
mod graph;
mod hooks;
mod input;
mod interrupt;
pub mod issue;
mod lasting;
pub mod limits;
pub mod live_chat;
mod markup;
mod memory;
pub mod moving;
pub mod own_texts;
mod parse;
pub mod read;
mod read_schema;
pub mod read_types;
pub mod reference;
pub mod run;
mod saying;
pub mod schema;
pub mod script;
pub mod secret;
pub mod session;
mod session_rules;
pub mod small;
pub mod step;
pub mod survey;
pub mod template;
pub mod text;
pub mod token;
pub mod trace;
pub mod translation;
pub mod tries;
pub mod variable;
mod walk;
pub mod web_url;
pub mod words;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

pub use check::check;
pub use parse::parse;
pub use step::{open, step};

use crate::domain::people::Roster;
use action::Action;
use expression::{People, Scope};
use fallback::Fallback;
use interrupt::{Interrupt, Keyword, Sign};
use session_rules::{Keep, OnTimeout};
use template::Holes;
use text::{TextKey, Texts};
use variable::Variables;

/// A checked, compiled document: what `step` runs. Immutable and shared.
#[derive(Debug)]
pub struct Flow {
    /// What happens to a message after the session has finished.
    pub on_complete: OnComplete,
    /// Words that begin it anew once it has finished.
    pub(crate) restart_keywords: Vec<Keyword>,
    /// What a tap on an option of an earlier question does.
    pub stale_choice: StaleChoice,
    /// Idle longer than this, the session has ended; `None`: never.
    pub timeout: Option<jiff::SignedDuration>,
    /// The same of a session that has finished: how long `on_complete` holds.
    pub completed_timeout: Option<jiff::SignedDuration>,
    /// The first is the default.
    pub languages: Vec<String>,
    /// Before each bubble after the first of a turn.
    pub(crate) pause_ms: u32,
    /// Typing before each text, for each of its characters.
    pub(crate) typing_ms: u32,
    /// The visitor is shown at once that their message was seen.
    pub(crate) mark_seen: bool,
    pub(crate) start: u32,
    pub(crate) nodes: Vec<Node>,
    pub(crate) by_name: HashMap<String, u32>,
    pub(crate) variables: Variables,
    pub(crate) texts: Texts,
    pub(crate) interrupts: Vec<Interrupt>,
    /// Nodes in which no interrupt is taken.
    pub(crate) uninterruptible: HashSet<u32>,
    pub(crate) on_session_start: Option<u32>,
    pub(crate) fallback: Fallback,
    pub(crate) keep: Keep,
    pub(crate) on_timeout: Option<OnTimeout>,
    /// The silence that `on_timeout` speaks of.
    pub(crate) silence: Option<jiff::SignedDuration>,
    pub(crate) burst: Option<jiff::SignedDuration>,
}

#[derive(Debug)]
pub(crate) struct Node {
    pub name: String,
    pub actions: Vec<Action>,
}

impl Flow {
    pub fn has_node(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Whether an interrupt takes this payload of a menu entry or button.
    pub fn takes_postback(&self, payload: &str) -> bool {
        self.interrupts.iter().any(|interrupt| interrupt.postback.as_deref() == Some(payload))
    }

    /// Whether these words alone begin it anew once it has finished.
    pub fn restarts_on(&self, text: &str) -> bool {
        !self.restart_keywords.is_empty() && {
            let plain = words::normalise(text);
            self.restart_keywords.iter().any(|word| word.0 == plain)
        }
    }

    /// Whether an interrupt may take a reaction: Meta's word for it, and the emoji.
    pub fn takes_reaction(&self, reaction: &str, emoji: &str) -> bool {
        let sign = Sign { reaction: Some((reaction, emoji)), ..Sign::default() };
        self.interrupts.iter().any(|interrupt| interrupt.wholly(&sign).is_some())
    }

    /// What a new session begins with of what the one before it knew.
    pub fn kept(&self, before: &session::Session) -> Vec<(String, Value)> {
        let declared = |name: &String| self.variables.get(name).is_none_or(|variable| !variable.of_contact());
        let kept = before.variables.iter().filter(|(name, _)| match &self.keep {
            Keep::All => declared(name),
            Keep::Names(names) => names.contains(name) && declared(name),
        });
        let accepted =
            kept.filter(|(name, value)| self.variables.get(*name).is_none_or(|variable| variable.accept((*value).clone()).is_ok()));
        accepted.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// A text of the server's own, in the flow's words where it has some. The scope and the roster serve its `{{ }}`.
    /// `None`: it names `agents`, and there is no roster.
    pub fn text(&self, key: TextKey, scope: &Scope<'_>, roster: Option<&Roster>) -> Option<String> {
        let missed = Cell::new(false);
        let scope = &Scope { people: People { roster, missed: Some(&missed) }, ..*scope };
        let language = text::pick(&self.languages, scope.locale);
        let own = self.texts.get(key).and_then(|text| text.render(language, scope, &mut Holes::default()).ok());
        let own = own.filter(|words| !words.trim().is_empty());
        let built_in = || key.built_in(self.languages.get(language).map_or("en", String::as_str)).to_owned();
        (!missed.get()).then(|| own.unwrap_or_else(built_in))
    }

    /// Pipelines and statuses that its tickets name.
    pub fn ticket_places(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.nodes.iter().flat_map(|node| &node.actions).filter_map(|action| match action {
            Action::CreateTicket(ticket) => Some((ticket.pipeline.as_deref()?, ticket.status.as_deref())),
            Action::UpdateTicket(edit) => Some((edit.pipeline.as_deref()?, edit.status.as_deref())),
            _ => None,
        })
    }

    /// Statuses that it moves tickets to, whatever their pipeline.
    pub fn ticket_moves(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().flat_map(|node| &node.actions).filter_map(|action| match action {
            Action::UpdateTicket(edit) if edit.pipeline.is_none() => edit.status.as_deref(),
            _ => None,
        })
    }

    /// Whether it declares a sensitive variable of this name.
    pub fn hides(&self, name: &str) -> bool {
        self.variables.get(name).is_some_and(|variable| variable.sensitive)
    }

    /// Transfer rules that it names.
    pub fn rules_named(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().flat_map(|node| &node.actions).filter_map(|action| match action {
            Action::Transfer(transfer) => Some(transfer.rules.as_str()),
            _ => None,
        })
    }

    /// The value that a tap on an option stands for; `None` where it has none of its own.
    pub fn option_value(&self, tap: &token::Tap) -> Option<Value> {
        let action = self.action(self.node(&tap.node)?, tap.action.into())?;
        action.behaviour().option_value(tap.option.into()).cloned()
    }

    /// The node that a session begins with.
    pub(crate) fn start_name(&self) -> &str {
        self.nodes.get(self.start as usize).map_or("", |node| &node.name)
    }

    pub(crate) fn node(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn action(&self, node: u32, action: usize) -> Option<&Action> {
        self.nodes.get(node as usize)?.actions.get(action)
    }

    /// What session-scoped variables start with.
    pub(crate) fn defaults(&self) -> impl Iterator<Item = (&String, &Value)> {
        let session = self.variables.iter().filter(|(_, variable)| !variable.of_contact());
        session.filter_map(|(name, variable)| Some((name, &variable.default.as_ref()?.0)))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnComplete {
    /// The message lands with the people, the bot stays silent.
    Inbox,
    /// A new session from the start.
    Restart,
    /// A new session at this node.
    Goto(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StaleChoice {
    /// The waiting question is said again; where no session runs any more, a new one from the start.
    Resume,
    /// A new session from the start.
    Restart,
    /// The visitor is told that the choice is past, then the waiting question is said again; where no session runs any
    /// more, a new one from the start.
    Explain,
}
