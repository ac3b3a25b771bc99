//! One step as it runs: the session it changes, the effects it gathers, and what actions may ask of it.
//!
//! [`step`](super::step::step) makes a [`Run`], hands it the input, and takes the outcome. Actions are given `&mut Run`
//! and answer with [`Next`]; moving from action to action is in `walk.rs`, what comes in is in `input.rs`.

use std::cell::Cell;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;

use super::Flow;
use super::effect::{CalloutRequest, Effect, Report};
use super::expression::{Expression, People, Scope};
use super::limits;
use super::session::{Session, Wait};
use super::step::{Outcome, World};
use super::template::{Holes, Json, Template};
use super::text::{Text, TextKey, normalise_locale, pick};
use super::trace::TraceLine;
use super::variable::{Variable, VariableType, is_deeper, lookup, weight};
use crate::domain::Timestamp;
use crate::domain::contact::Contact;
use crate::domain::event::{CalloutResult, MessageIn};
use crate::domain::ids::{ChatflowId, IdMaker, TimerId};
use crate::domain::message::QuickReply;

/// What an element of a list is called while it is looked at, and its number.
pub const ITEM: &str = "item";
pub const NUMBER: &str = "number";

/// Where the run goes after an action.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// The next action.
    On,
    Goto(u32),
    /// As `Goto`, and back: a node of this document, or the start of another chatflow.
    Call {
        chatflow: Option<ChatflowId>,
        node: Option<u32>,
    },
    Wait(Wait),
    /// The end of this chatflow: back to the caller, or the session's end.
    End,
    /// The session's end.
    Finish,
    /// The step must be repeated with a roster.
    NeedsRoster,
}

/// What an action waited for, and has come.
#[derive(Debug, Clone, Copy)]
pub enum Arrived<'a> {
    Said(&'a MessageIn),
    Tapped {
        option: u16,
    },
    Timer,
    /// The visitor wrote, and that ends the pause.
    Interrupted,
    Callout(&'a CalloutResult),
    Released,
    /// Say the question again.
    Again,
}

/// How sure a waiting action is that a message is its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It is an answer; keywords within it do not interrupt.
    Sure,
    /// Anything would be an answer: only a message that is a keyword and nothing else interrupts.
    Free,
    Unsure,
}

/// Everything that one step holds in its hands.
pub struct Run<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) session: Session,
    pub(super) flow: Arc<Flow>,
    pub(super) node: u32,
    pub(super) action: usize,
    /// Actions that may still run in this step.
    pub(super) budget: u32,
    /// The session's frames say something else than `node` and `action`.
    pub(super) moved: bool,
    language: usize,
    contact: Option<Contact>,
    pub(super) effects: Vec<Effect>,
    pub(super) trace: Vec<TraceLine>,
    pub(super) ids: IdMaker,
    pub(super) bubbles: usize,
    pub(super) pause_ms: u32,
    pub(super) failed: bool,
    /// A bubble too many was to be said: the step is cut.
    pub(super) overflowed: bool,
    /// An action or an expression asked who is there, and the step has no roster.
    pub(super) needs_roster: Cell<bool>,
    /// The walk stops when no more frames than these are left: `on_session_start` has come to its end.
    pub(super) floor: Option<usize>,
    /// Where the options of what is said now begin; quick replies that go under it.
    pub(super) option_base: u16,
    pub(super) under: Vec<QuickReply>,
}

impl<'a> Run<'a> {
    pub(super) fn new(world: &'a World<'a>, session: Session, flow: Arc<Flow>, node: u32, action: usize) -> Self {
        let language = pick(&flow.languages, &session.locale);
        Self {
            world,
            session,
            flow,
            node,
            action,
            budget: limits::STEP_BUDGET,
            moved: false,
            language,
            contact: None,
            effects: Vec::new(),
            trace: Vec::new(),
            ids: IdMaker::new(world.at, world.seed),
            bubbles: 0,
            pause_ms: 0,
            failed: false,
            overflowed: false,
            needs_roster: Cell::new(false),
            floor: None,
            option_base: 0,
            under: Vec::new(),
        }
    }

    /// Enters another document, or another place of this one.
    pub(super) fn enter(&mut self, flow: Arc<Flow>, node: u32, action: usize) {
        self.language = pick(&flow.languages, &self.session.locale);
        (self.flow, self.node, self.action, self.moved) = (flow, node, action, true);
    }

    pub(super) fn into_outcome(mut self) -> Outcome {
        self.watch_silence();
        self.park();
        let Self { session, contact, effects, needs_roster, trace, .. } = self;
        Outcome { session, contact, effects, needs_roster: needs_roster.get(), trace }
    }

    /// Writes the running place into the session.
    pub(super) fn park(&mut self) {
        let Some(frame) = self.session.frames.last_mut().filter(|_| self.moved) else { return };
        if let Some(node) = self.flow.nodes.get(self.node as usize)
            && frame.node != node.name
        {
            frame.node.clone_from(&node.name);
        }
        frame.action = self.action;
        self.moved = false;
    }

    pub fn world(&self) -> &'a World<'a> {
        self.world
    }

    pub fn node_name(&self) -> &str {
        self.flow.nodes.get(self.node as usize).map_or("", |node| &node.name)
    }

    /// The next action of this node may say something.
    pub fn next_speaks(&self) -> bool {
        self.flow.action(self.node, self.action + 1).is_some_and(|action| action.behaviour().shape().speaks)
    }

    // --- what is known

    pub fn contact(&self) -> &Contact {
        self.contact.as_ref().unwrap_or(self.world.contact)
    }

    pub fn contact_mut(&mut self) -> &mut Contact {
        self.contact.get_or_insert_with(|| self.world.contact.clone())
    }

    pub fn last_text(&self) -> &str {
        &self.session.last_text
    }

    /// It is kept with the contact, also after the session.
    pub fn is_of_contact(&self, variable: &str) -> bool {
        self.flow.variables.get(variable).is_some_and(Variable::of_contact)
    }

    pub fn locale(&self) -> &str {
        &self.session.locale
    }

    /// The visitor's today.
    pub fn today(&self) -> jiff::civil::Date {
        let hours = self.contact().profile.timezone.unwrap_or(0.0).clamp(-25.0, 25.0);
        let local = self.world.at.checked_add(SignedDuration::from_secs_f64(hours * 3600.0)).unwrap_or(self.world.at);
        local.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    pub fn scope(&self) -> Scope<'_> {
        Scope {
            contact: self.contact(),
            variables: &self.session.variables,
            declared: Some(&self.flow.variables),
            locale: &self.session.locale,
            chatflow: Some(self.session.chatflow),
            chatflow_name: self.world.flows.name(self.session.chatflow),
            entry: &self.session.entry,
            page_name: self.world.page_name,
            last_text: &self.session.last_text,
            at: self.world.at,
            people: People { roster: self.world.roster, missed: Some(&self.needs_roster) },
        }
    }

    pub fn variable(&self, name: &str) -> Option<&Value> {
        lookup(name, &self.session.variables, Some(&self.flow.variables), self.contact())
    }

    /// It is declared as a list.
    pub fn is_list(&self, variable: &str) -> bool {
        self.flow.variables.get(variable).is_some_and(|variable| variable.r#type == VariableType::List)
    }

    /// Whether a variable's declaration allows the value.
    pub fn accepts(&self, name: &str, value: &Value) -> bool {
        self.flow.variables.get(name).is_none_or(|variable| variable.accept(value.clone()).is_ok())
    }

    pub fn set(&mut self, name: &str, value: Value) {
        let flow = self.flow.clone();
        let declared = flow.variables.get(name);
        let kept = match declared.map_or(Ok(value.clone()), |variable| variable.accept(value)) {
            Ok(kept) => kept,
            Err(why) => return self.report("wrong_type", format!("`{name}` was not set: {why}")),
        };
        if is_deeper(&kept, limits::VALUE_DEPTH) {
            return self.report("value_too_deep", format!("`{name}` would be nested more than {} deep", limits::VALUE_DEPTH));
        }
        if weight(&kept) > limits::VALUE_BYTES {
            return self.report("value_too_large", format!("`{name}` would have more than {} bytes", limits::VALUE_BYTES));
        }
        let of_contact = declared.is_some_and(Variable::of_contact);
        match (of_contact, kept) {
            (true, Value::Null) => self.contact_mut().attributes.remove(name),
            (true, kept) => self.contact_mut().attributes.insert(name.to_owned(), kept),
            (false, Value::Null) => self.session.variables.remove(name),
            (false, kept) => self.session.variables.insert(name.to_owned(), kept),
        };
    }

    /// The visitor's own choice of language: from now on, and in later sessions.
    pub fn choose_locale(&mut self, locale: &str) {
        let locale = normalise_locale(locale);
        self.contact_mut().locale = Some(locale.clone());
        self.session.locale = locale;
        self.language = pick(&self.flow.languages, &self.session.locale);
    }

    // --- expressions and texts

    pub fn holds(&mut self, condition: &Expression) -> bool {
        match condition.holds(&self.scope()) {
            Ok(holds) => holds,
            Err(why) => {
                self.report("expression_failed", format!("`{}`: {why}; it counts as false", condition.source()));
                false
            }
        }
    }

    /// `None`: it is unset, or could not be computed, and that is reported.
    pub fn value(&mut self, expression: &Expression) -> Option<Value> {
        self.computed(|scope, _| expression.evaluate(scope)).flatten()
    }

    /// `None`: it could not be computed, or is nested too deep to be stored, and that is reported.
    pub fn json(&mut self, json: &Json) -> Option<Value> {
        let value = self.computed(|scope, holes| json.value(scope, holes))?;
        if is_deeper(&value, limits::VALUE_DEPTH) {
            self.report("value_too_deep", format!("a value would be nested more than {} deep", limits::VALUE_DEPTH));
            return None;
        }
        Some(value)
    }

    /// A text that is not said, such as a URL.
    pub fn plain(&mut self, template: &Template) -> Option<String> {
        self.computed(|scope, holes| template.render(scope, holes))
    }

    /// In the session's language; `None` when it could not be computed or is empty.
    pub fn text(&mut self, text: &Text) -> Option<String> {
        self.text_as(self.language, text)
    }

    /// As `text`, in this language of the text's chatflow.
    pub(super) fn text_as(&mut self, language: usize, text: &Text) -> Option<String> {
        let words = self.computed(|scope, holes| text.render(language, scope, holes))?;
        if words.trim().is_empty() {
            self.report("empty_text", "a text was empty and was not said");
            return None;
        }
        Some(words)
    }

    /// As `text`, where nothing may be reported.
    pub fn quiet_text(&self, text: &Text) -> Option<String> {
        text.render(self.language, &self.scope(), &mut Holes::default()).ok()
    }

    /// A text of the server's own, in the flow's words where it has some.
    pub fn own_text(&mut self, key: TextKey) -> String {
        let flow = self.flow.clone();
        let own = flow.texts.get(key).and_then(|text| self.quiet_text(text)).filter(|words| !words.trim().is_empty());
        own.unwrap_or_else(|| key.built_in(&flow.languages[self.language]).to_owned())
    }

    /// As `own_text`, where nothing may be reported.
    pub fn quiet_own_text(&self, key: TextKey) -> String {
        let own = self.flow.texts.get(key).and_then(|text| self.quiet_text(text)).filter(|words| !words.trim().is_empty());
        own.unwrap_or_else(|| key.built_in(&self.flow.languages[self.language]).to_owned())
    }

    fn computed<T>(&mut self, compute: impl FnOnce(&Scope<'_>, &mut Holes) -> Result<T, String>) -> Option<T> {
        let mut holes = Holes::default();
        let computed = compute(&self.scope(), &mut holes);
        for hole in holes.0 {
            self.report("unset_variable", format!("`{hole}` is unset; nothing stands in its place"));
        }
        match computed {
            Ok(value) => Some(value),
            Err(why) => {
                self.failed = true;
                self.report("template_failed", why);
                None
            }
        }
    }

    /// With `item` and `number` (from 1) as an element of a list stands in.
    pub fn with_item<T>(&mut self, item: Value, number: usize, run: impl FnOnce(&mut Self) -> T) -> T {
        let variables = &mut self.session.variables;
        let before = [(ITEM, variables.insert(ITEM.into(), item)), (NUMBER, variables.insert(NUMBER.into(), number.into()))];
        let result = run(self);
        for (name, value) in before {
            match value {
                Some(value) => self.session.variables.insert(name.into(), value),
                None => self.session.variables.remove(name),
            };
        }
        result
    }

    // --- effects

    pub fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn new_timer(&mut self) -> TimerId {
        self.ids.next()
    }

    pub fn timer(&mut self, after: SignedDuration) -> Wait {
        self.timer_towards(after, self.world.at.checked_add(after).ok())
    }

    /// When the pause that waits shall be over.
    pub fn waited_until(&self) -> Option<Timestamp> {
        match self.session.wait {
            Some(Wait::Timer { until, .. }) => until,
            _ => None,
        }
    }

    /// A timer on the way to a later time.
    pub fn timer_towards(&mut self, after: SignedDuration, until: Option<Timestamp>) -> Wait {
        let timer = self.new_timer();
        let at = self.world.at.checked_add(after).unwrap_or(self.world.at);
        self.effects.push(Effect::SetTimer { id: timer, at });
        Wait::Timer { timer, until }
    }

    pub fn callout(&mut self, request: CalloutRequest) -> Wait {
        let callout = self.ids.next();
        self.effects.push(Effect::Callout { id: callout, request });
        Wait::Callout { callout }
    }

    pub fn report(&mut self, code: &str, text: impl Into<String>) {
        let report = Report { code: code.into(), node: self.node_name().to_owned(), action: self.action, text: text.into() };
        self.effects.push(Effect::Report(report));
    }
}
