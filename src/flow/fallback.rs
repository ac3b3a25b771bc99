//! What follows a message that nothing understands: steps that get bolder, and a count that begins anew with whatever is
//! understood.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::digress::By;
use super::interrupt::Then;
use super::issue::Code;
use super::limits;
use super::read::{Read, Reader, document};
use super::read_types::Target;
use super::run::Run;
use super::session::Wait;
use super::text::Text;
use crate::domain::event::MessageIn;

document! {
    /// One step of the fallback.
    ///
    /// ```json
    /// { "text": "Sorry, I did not get that. Could you say it in other words?" }
    /// ```
    ///
    /// ```json
    /// { "text": "Here is what I can do:", "offer": true }
    /// ```
    ///
    /// ```json
    /// { "text": "I will get somebody.", "goto": "handoff" }
    /// ```
    pub struct Miss {
        /// Said first. Then the question is asked again, unless the step offers something or goes elsewhere.
        pub text: Option<Text>,
        /// Offer the interrupts that have a `title` and whose `when` holds, as quick replies under the text; more than 13 come
        /// in pages.
        pub offer: bool = false,
        /// Where the flow goes on.
        pub goto: Option<Target>,
        /// What becomes of the question, where the flow goes on elsewhere.
        pub then: Then = Then::Stay,
    }
}

/// Its steps in order.
#[derive(Debug, Default)]
pub struct Fallback(pub Vec<Miss>);

impl Read for Fallback {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let steps = Vec::<Miss>::read(r, value)?;
        if steps.len() > limits::FALLBACK_STEPS {
            r.issue(Code::TooLarge, format!("a fallback has at most {} steps", limits::FALLBACK_STEPS), "");
        }
        for (i, step) in steps.iter().enumerate() {
            r.at(&i.to_string(), |r| {
                if step.text.is_none() && (step.goto.is_none() || step.offer) {
                    r.issue(Code::MissingField, "`text` is missing", "or `goto` alone");
                }
                if step.offer && step.goto.is_some() {
                    r.at("offer", |r| r.issue(Code::NoEffect, "`offer` and `goto` exclude each other", "the flow goes on at once"));
                }
            });
        }
        Some(Self(steps))
    }
}

impl JsonSchema for Fallback {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Fallback".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<Miss>::json_schema(generator)
    }
}

impl Run<'_> {
    /// Whether the open question leaves this message to the fallback, which then has answered it.
    pub(super) fn fell_back(&mut self, message: &MessageIn) -> bool {
        if self.flow.fallback.0.is_empty() {
            return false;
        }
        let flow = self.flow.clone();
        let Some(action) = flow.action(self.node, self.action) else { return false };
        if action.behaviour().minds_misses() {
            return false;
        }
        if action.behaviour().takes(self, message) {
            self.session.aside.misses = 0;
            return false;
        }
        let misses = self.session.aside.misses;
        self.session.aside.misses = misses.saturating_add(1);
        let last = flow.fallback.0.len() - 1;
        let level = usize::try_from(misses).map_or(last, |misses| misses.min(last));
        self.trace("fallback", true, &format!("miss {}: step {}", misses + 1, level + 1));
        self.miss(&flow.fallback.0[level]);
        true
    }

    fn miss(&mut self, step: &Miss) {
        if step.offer && step.goto.is_none() {
            let text = step.text.as_ref().and_then(|text| self.text(text));
            if let Some(words) = text {
                return self.offer_interrupts(words);
            }
        } else if let Some(text) = &step.text {
            self.say_text(text);
        }
        let Some(target) = step.goto else { return self.again() };
        let flow = self.flow.clone();
        match step.then {
            Then::Return => self.digress(flow, target.0, By::default()),
            Then::Stay => self.leave_for(None, target.0),
        }
        self.walk();
    }

    /// Says the waiting question again. Where nothing waits, a called chatflow is to begin anew: it does.
    pub(super) fn again(&mut self) {
        match self.session.wait {
            Some(Wait::Answer { .. }) => self.resume(super::run::Arrived::Again),
            None => self.walk(),
            Some(_) => {}
        }
    }
}
