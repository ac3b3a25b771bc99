//! What comes in, and to whom in the flow it is given: interrupts, the waiting action, or the queue for later.

use std::sync::Arc;

use super::Flow;
use super::action::{Action, OnInput};
use super::choosing::CHOICE;
use super::effect::Effect;
use super::interrupt::Sign;
use super::limits;
use super::run::{Arrived, Heard, Run};
use super::session::Wait;
use super::step::Input;
use super::token::Tap;
use super::words::normalise;
use crate::domain::event::{CalloutResult, MessageIn};
use crate::domain::ids::{CalloutId, TimerId};

impl Run<'_> {
    pub(super) fn take(&mut self, input: &Input<'_>) {
        let wrote = matches!(input, Input::Said(_) | Input::Postback { .. } | Input::Tapped { .. });
        if wrote && self.rules(|flow| flow.mark_seen.then_some(())).is_some() {
            self.effect(Effect::Seen);
        }
        if self.begun(input) {
            self.take_input(input);
        }
        self.take_queued();
    }

    fn take_input(&mut self, input: &Input<'_>) {
        match input {
            Input::CalloutReturned { callout, result } if self.kept_for_later(*callout, result) => return,
            Input::Said(message) if self.collected(message) => return,
            Input::TimerFired(timer) => return self.timer_fired(*timer),
            _ if self.flush_early() && (self.session.finished || self.session.wait == Some(Wait::People)) => {
                // What was collected went first, and brought people in or the end: this turn says nothing more.
                return self.trace("input", false, "what the visitor wrote just before ended the flow's part");
            }
            _ => {}
        }
        match input {
            Input::Started => self.walk(),
            Input::Said(message) => self.said(message),
            Input::Postback { title, payload } => self.postback(*title, payload),
            Input::Reacted { reaction, emoji } => self.reacted(reaction.unwrap_or_default(), emoji.unwrap_or_default()),
            Input::Tapped { tap, title } => self.tapped(tap, title.unwrap_or_default()),
            Input::CalloutReturned { callout: id, result } => match self.session.wait {
                Some(Wait::Callout { callout }) if callout == *id => self.resume(Arrived::Callout(result)),
                _ => self.trace("callout", false, "nothing waits for it any more"),
            },
            Input::Released => match self.session.wait {
                Some(Wait::People) => self.released(),
                _ => self.trace("release", false, "the flow does not wait for people"),
            },
            Input::Repeat => self.again(),
            Input::TimerFired(_) => {}
        }
    }

    /// Something was said in between, or people have the conversation: the answer waits until its place is come back to.
    fn kept_for_later(&mut self, callout: CalloutId, result: &CalloutResult) -> bool {
        let kept = self.session.wait != Some(Wait::Callout { callout }) && self.session.keep_result(callout, result);
        if kept {
            self.trace("callout", true, "its answer is kept until the flow is back where it was asked for");
        }
        kept
    }

    /// A call that was under way when people came is not made again.
    fn released(&mut self) {
        let Some(call) = self.session.aside.call.take() else { return self.resume(Arrived::Released) };
        match &call.result {
            Some(result) => self.resume(Arrived::Callout(result)),
            None => self.session.wait = Some(Wait::Callout { callout: call.callout }),
        }
    }

    fn timer_fired(&mut self, id: TimerId) {
        if self.session.aside.burst.as_ref().is_some_and(|burst| burst.timer == id) {
            return self.flush();
        }
        if self.session.aside.idle.is_some_and(|idle| idle.timer == id) {
            return self.silence_noticed();
        }
        match self.session.wait {
            Some(Wait::Timer { timer, .. }) if timer == id => self.resume(Arrived::Timer),
            _ => self.trace("timer", false, "nothing waits for it any more"),
        }
    }

    fn tapped(&mut self, tap: &Tap, title: &str) {
        self.heard(title);
        let awaited = self.session.awaits(tap);
        if awaited && tap.action == CHOICE {
            return self.tapped_choice(tap.option);
        }
        self.session.aside.choosing = None;
        if awaited {
            self.session.aside.misses = 0;
            self.resume(Arrived::Tapped { option: tap.option });
        } else if self.session.still_offers(tap, self.world.flows) {
            self.session.aside.misses = 0;
            self.press(tap);
        } else {
            self.trace("tap", false, "the option is not one of the waiting question");
            self.again();
        }
    }

    fn reacted(&mut self, reaction: &str, emoji: &str) {
        self.heard("");
        let sign = Sign { reaction: Some((reaction, emoji)), ..Sign::default() };
        if !self.interrupted(&sign, None) {
            self.trace("reaction", false, "no interrupt takes it");
        }
    }

    pub(super) fn heard(&mut self, text: &str) {
        self.session.last_at = self.world.at;
        self.session.aside.woke_at = None;
        self.session.aside.reminded = false;
        self.session.aside.calls = 0;
        if !text.is_empty() {
            self.session.last_text = text.chars().take(limits::LAST_TEXT_CHARS).collect();
        }
    }

    fn waiting(&self) -> Option<(Arc<Flow>, u32, usize)> {
        self.session.wait.is_some().then(|| (self.flow.clone(), self.node, self.action))
    }

    /// Gives what came to the action that waits, and goes on from there.
    pub(super) fn resume(&mut self, arrived: Arrived<'_>) {
        if matches!(arrived, Arrived::Timer | Arrived::Callout(_) | Arrived::Released) {
            self.session.aside.woke_at = Some(self.world.at);
        }
        if matches!(arrived, Arrived::Timer) {
            self.session.aside.calls = 0;
        }
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

    pub(super) fn said(&mut self, message: &MessageIn) {
        self.heard(message.text.as_deref().unwrap_or_default());
        let plain = message.text.as_deref().map(normalise).unwrap_or_default();
        if self.chose(&plain) || self.interrupted(&Sign::of(message, &plain), Some(message)) {
            return;
        }
        self.answer(message);
    }

    /// Whether the open question takes it.
    pub(super) fn answers(&mut self, message: &MessageIn) -> bool {
        let Some((flow, node, action)) = self.waiting() else { return false };
        let asks = matches!(self.session.wait, Some(Wait::Answer { .. }));
        asks && flow.action(node, action).is_some_and(|action| action.behaviour().fits(self, message))
    }

    pub(super) fn hears(&self, message: &MessageIn, plain: &str) -> Heard {
        let Some((flow, node, action)) = self.waiting() else { return Heard::Unsure };
        match (self.session.wait.as_ref(), flow.action(node, action)) {
            (Some(Wait::Answer { .. }), Some(action)) => action.behaviour().hears(self, message, plain),
            _ => Heard::Unsure,
        }
    }

    /// A message that no interrupt took.
    pub(super) fn answer(&mut self, message: &MessageIn) {
        match self.session.wait {
            Some(Wait::Answer { .. }) => {
                if !self.fell_back(message) {
                    self.resume(Arrived::Said(message));
                }
            }
            Some(Wait::Timer { timer, .. }) => match self.on_input() {
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

    pub(super) fn keep(&mut self, message: &MessageIn) {
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
        while matches!(self.session.wait, Some(Wait::Answer { .. })) && !self.session.queued.is_empty() && !self.needs_roster.get() {
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
        let sign = Sign { text: title.unwrap_or_default(), plain: &plain, payload: Some(payload), ..Sign::default() };
        if self.interrupted(&sign, None) {
            return;
        }
        // A button that is none of ours is taken by what stands on it.
        let text = title.unwrap_or(payload).to_owned();
        self.answer(&MessageIn { text: Some(text), ..MessageIn::default() });
    }

    pub(super) fn break_off(&mut self) {
        if let Some(Wait::Timer { timer, .. }) = self.leave_wait() {
            self.effect(Effect::CancelTimer { id: timer });
        }
        if !std::mem::take(&mut self.session.queued).is_empty() {
            self.report("unanswered_input", "the flow went elsewhere before it took what the visitor wrote meanwhile");
        }
    }
}
