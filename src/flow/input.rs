//! What comes in, and to whom in the flow it is given: interrupts, the waiting action, or the queue for later.

use std::sync::Arc;

use super::Flow;
use super::action::{Action, OnInput};
use super::document::{Interrupt, Match};
use super::effect::Effect;
use super::limits;
use super::run::{Arrived, Heard, Run};
use super::session::Wait;
use super::step::Input;
use super::words::{contains_words, normalise};
use crate::domain::event::MessageIn;

impl Run<'_> {
    pub(super) fn take(&mut self, input: &Input<'_>) {
        match input {
            Input::Started => self.started(),
            Input::Said(message) => self.said(message),
            Input::Postback { title, payload } => self.postback(*title, payload),
            Input::Tapped { tap, title } => {
                self.heard(title.unwrap_or_default());
                if self.session.awaits(tap) {
                    self.resume(Arrived::Tapped { option: tap.option });
                } else if self.session.still_offers(tap, self.world.flows) {
                    self.press(tap);
                } else {
                    self.trace("tap", false, "the option is not one of the waiting question");
                    self.again();
                }
            }
            Input::TimerFired(id) => match self.session.wait {
                Some(Wait::Timer { timer }) if timer == *id => self.resume(Arrived::Timer),
                _ => self.trace("timer", false, "nothing waits for it any more"),
            },
            Input::CalloutReturned { callout: id, result } => match self.session.wait {
                Some(Wait::Callout { callout }) if callout == *id => self.resume(Arrived::Callout(result)),
                _ => self.trace("callout", false, "nothing waits for it any more"),
            },
            Input::Released => match self.session.wait {
                Some(Wait::People) => self.resume(Arrived::Released),
                _ => self.trace("release", false, "the flow does not wait for people"),
            },
            Input::Repeat => self.again(),
        }
        self.take_queued();
    }

    /// A link's variables go over the defaults; what a declaration does not allow is reported, and the default stays.
    fn started(&mut self) {
        let values = self.session.entry.variables.clone();
        for (name, value) in values {
            self.set(&name, value);
        }
        self.walk();
    }

    fn heard(&mut self, text: &str) {
        self.session.last_at = self.world.at;
        if !text.is_empty() {
            self.session.last_text = text.chars().take(limits::LAST_TEXT_CHARS).collect();
        }
    }

    fn waiting(&self) -> Option<(Arc<Flow>, u32, usize)> {
        self.session.wait.is_some().then(|| (self.flow.clone(), self.node, self.action))
    }

    /// Gives what came to the action that waits, and goes on from there.
    fn resume(&mut self, arrived: Arrived<'_>) {
        let Some((flow, node, action)) = self.waiting() else { return self.walk() };
        let Some(action) = flow.action(node, action) else {
            self.leave_wait();
            return self.walk();
        };
        // The action still sees its own wait, for the attempts.
        let next = action.behaviour().resume(self, arrived);
        self.leave_wait();
        self.follow(next);
        self.walk();
    }

    /// Says the waiting question again.
    pub(super) fn again(&mut self) {
        if matches!(self.session.wait, Some(Wait::Answer { .. })) {
            self.resume(Arrived::Again);
        }
    }

    fn said(&mut self, message: &MessageIn) {
        self.heard(message.text.as_deref().unwrap_or_default());
        let plain = message.text.as_deref().map(normalise).unwrap_or_default();
        let payload = message.quick_reply.as_deref();
        if self.interrupted(&plain, payload) {
            return;
        }
        // Whether it is an answer is looked at only where a keyword stands in it.
        if self.has_keyword_within(&plain) {
            let heard = self.hears(message, &plain);
            if heard != Heard::Sure && self.interrupted_within(&plain, heard) {
                return;
            }
        }
        self.answer(message);
    }

    fn hears(&self, message: &MessageIn, plain: &str) -> Heard {
        let Some((flow, node, action)) = self.waiting() else { return Heard::Unsure };
        match (self.session.wait.as_ref(), flow.action(node, action)) {
            (Some(Wait::Answer { .. }), Some(action)) => action.behaviour().hears(self, message, plain),
            _ => Heard::Unsure,
        }
    }

    /// A message that no interrupt took.
    fn answer(&mut self, message: &MessageIn) {
        match self.session.wait {
            Some(Wait::Answer { .. }) => self.resume(Arrived::Said(message)),
            Some(Wait::Timer { timer }) => match self.on_input() {
                OnInput::Interrupt => {
                    self.effect(Effect::CancelTimer { id: timer });
                    self.keep(message);
                    self.resume(Arrived::Interrupted);
                }
                OnInput::Queue => self.keep(message),
                OnInput::Ignore => self.trace("message", false, "the pause ignores messages"),
            },
            Some(Wait::Callout { .. }) => self.keep(message),
            Some(Wait::People) => self.trace("message", false, "people have the conversation"),
            None => self.walk(),
        }
    }

    fn on_input(&self) -> OnInput {
        self.flow.action(self.node, self.action).map_or(OnInput::Queue, |action: &Action| action.behaviour().on_input())
    }

    fn keep(&mut self, message: &MessageIn) {
        if self.session.queued.len() < limits::QUEUED_INPUTS {
            self.trace("message", true, "kept for the next question");
            self.session.queued.push(message.clone());
        } else {
            self.report(
                "queue_full",
                format!("more than {} messages came during a pause: the flow does not take this one", limits::QUEUED_INPUTS),
            );
        }
    }

    /// What was kept during a pause answers the questions that follow it, where it fits. Where it does not, the question
    /// simply stands: it was asked after the message was written.
    fn take_queued(&mut self) {
        while matches!(self.session.wait, Some(Wait::Answer { .. })) && !self.session.queued.is_empty() && !self.needs_roster {
            let message = self.session.queued.remove(0);
            let Some((flow, node, action)) = self.waiting() else { return };
            if flow.action(node, action).is_some_and(|action| action.behaviour().fits(self, &message)) {
                self.answer(&message);
            } else {
                self.report("unanswered_input", "what the visitor wrote meanwhile does not answer the question after it");
            }
        }
    }

    fn postback(&mut self, title: Option<&str>, payload: &str) {
        self.heard(title.unwrap_or_default());
        let plain = title.map(normalise).unwrap_or_default();
        if self.interrupted(&plain, Some(payload)) {
            return;
        }
        // A button that is none of ours is taken by what stands on it.
        let text = title.unwrap_or(payload).to_owned();
        self.answer(&MessageIn { text: Some(text), ..MessageIn::default() });
    }

    fn interrupted(&mut self, plain: &str, payload: Option<&str>) -> bool {
        self.interrupt(|interrupt| {
            let tapped = payload.is_some_and(|payload| interrupt.postback.as_deref() == Some(payload));
            tapped || interrupt.keywords.iter().any(|word| word.0 == plain)
        })
    }

    fn has_keyword_within(&self, plain: &str) -> bool {
        let within = |flow: &Flow| {
            let mut keywords = flow.interrupts.iter().flat_map(|interrupt| &interrupt.keywords);
            keywords.any(|word| contains_words(plain, &word.0))
        };
        within(&self.flow) || self.session.frames.len() > 1 && self.own_flow().is_some_and(|own| within(&own))
    }

    /// The session's own chatflow, where it called another.
    fn own_flow(&self) -> Option<Arc<Flow>> {
        let first = self.session.frames.first()?;
        self.world.flows.flow(first.chatflow, Some(first.version)).map(|(_, flow)| flow)
    }

    fn interrupted_within(&mut self, plain: &str, heard: Heard) -> bool {
        self.interrupt(|interrupt| {
            let looks = match interrupt.r#match {
                Match::Exact => false,
                Match::Contains => true,
                Match::Auto => heard == Heard::Unsure,
            };
            looks && interrupt.keywords.iter().any(|word| contains_words(plain, &word.0))
        })
    }

    /// The first interrupt that is meant: of the running chatflow, then of the session's own.
    fn interrupt(&mut self, meant: impl Fn(&Interrupt) -> bool) -> bool {
        if self.session.wait == Some(Wait::People) {
            return false;
        }
        let running = self.flow.clone();
        if let Some(node) = running.interrupts.iter().find(|interrupt| meant(interrupt)).map(|interrupt| interrupt.goto.0) {
            self.break_off();
            self.unwind_to_running();
            self.trace("interrupt", true, "it was meant by what the visitor said or tapped");
            self.go_to(node);
            self.walk();
            return true;
        }
        let Some(own) = self.own_flow().filter(|_| self.session.frames.len() > 1) else { return false };
        let Some(node) = own.interrupts.iter().find(|interrupt| meant(interrupt)).map(|interrupt| interrupt.goto.0) else { return false };
        self.break_off();
        self.session.frames.truncate(1);
        self.enter(own, node, 0);
        self.trace("interrupt", true, "it was meant by what the visitor said or tapped");
        self.walk();
        true
    }

    /// Calls within the running chatflow are over; its own caller still waits.
    fn unwind_to_running(&mut self) {
        let Some(running) = self.session.frames.last().map(|frame| frame.chatflow) else { return };
        let others = self.session.frames.iter().rposition(|frame| frame.chatflow != running).map_or(0, |at| at + 1);
        self.session.frames.truncate(others + 1);
        self.moved = true;
    }

    pub(super) fn break_off(&mut self) {
        if let Some(Wait::Timer { timer }) = self.leave_wait() {
            self.effect(Effect::CancelTimer { id: timer });
        }
        self.session.queued.clear();
    }
}
