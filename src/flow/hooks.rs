//! What happens around the talk: the beginning of a session, the visitor's silence, messages in quick succession.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Flow;
use super::digress::By;
use super::effect::Effect;
use super::interrupt::Then;
use super::limits;
use super::run::Run;
use super::session::Wait;
use super::step::Input;
use crate::domain::Timestamp;
use crate::domain::conversation::STANDARD_WINDOW;
use crate::domain::event::MessageIn;
use crate::domain::ids::TimerId;

/// A timer that watches the visitor's silence. It is set once and looks again when it is due, so that not every turn has
/// to move it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Idle {
    pub timer: TimerId,
    pub due: Timestamp,
}

/// Messages in quick succession, until they are taken as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Burst {
    pub timer: TimerId,
    /// When the first of them came.
    pub since: Timestamp,
    pub messages: Vec<MessageIn>,
}

impl Run<'_> {
    /// The first input of a session: the link's variables go over the defaults, and `on_session_start` runs. What a
    /// declaration does not allow is reported, and the default stays. False where the session does not take the input now.
    pub(super) fn begun(&mut self, input: &Input<'_>) -> bool {
        if !std::mem::take(&mut self.session.aside.fresh) {
            return true;
        }
        let values = self.session.entry.variables.clone();
        for (name, value) in values {
            self.set(&name, value);
        }
        if self.flow.on_session_start.is_none() {
            return true;
        }
        self.trace("on_session_start", true, "the session begins");
        if let Input::Said(message) = input {
            self.heard(message.text.as_deref().unwrap_or_default());
        }
        // The hook's frame lies on the start's.
        self.floor = Some(1);
        self.walk();
        if self.session.finished || self.needs_roster.get() {
            return false;
        }
        if self.floor.take().is_none() {
            return true;
        }
        // It waits: the start follows it, and what the visitor said is kept for a question that it fits.
        if let Input::Said(message) = input {
            self.keep(message);
        }
        false
    }

    /// Puts the message to those that come in quick succession with it. False where it is taken by itself.
    pub(super) fn collected(&mut self, message: &MessageIn) -> bool {
        let open = matches!(self.session.wait, None | Some(Wait::Answer { .. }));
        let Some(window) = self.rules(|flow| flow.burst).filter(|_| open && message.quick_reply.is_none()) else { return false };
        self.heard(message.text.as_deref().unwrap_or_default());
        let (since, mut messages) = match self.session.aside.burst.take() {
            Some(burst) => {
                self.effect(Effect::CancelTimer { id: burst.timer });
                (burst.since, burst.messages)
            }
            None => (self.world.at, Vec::new()),
        };
        messages.push(message.clone());
        self.trace("burst", true, &format!("message {} of it", messages.len()));
        let after = |length| self.world.at.checked_add(length).unwrap_or(self.world.at);
        let due = after(window).min(since.checked_add(window * limits::BURST_WINDOWS).unwrap_or(self.world.at));
        let size: usize = messages.iter().filter_map(|message| message.text.as_ref()).map(String::len).sum();
        let full = messages.len() >= limits::BURST_MESSAGES || size >= limits::BURST_BYTES || due <= self.world.at;
        let timer = self.new_timer();
        self.session.aside.burst = Some(Box::new(Burst { timer, since, messages }));
        if full {
            self.flush();
        } else {
            self.effect(Effect::SetTimer { id: timer, at: due });
        }
        true
    }

    /// Takes what was collected as one message.
    pub(super) fn flush(&mut self) {
        if let Some(burst) = self.session.aside.burst.take() {
            self.said(&joined(burst.messages));
        }
    }

    /// Something else came: what was collected goes before it. False where nothing was.
    pub(super) fn flush_early(&mut self) -> bool {
        let Some(burst) = &self.session.aside.burst else { return false };
        let id = burst.timer;
        self.effect(Effect::CancelTimer { id });
        self.flush();
        true
    }

    /// The timer that watches the visitor's silence, set or taken back as the step leaves the session.
    pub(super) fn watch_silence(&mut self) {
        let aside = &self.session.aside;
        let armed = aside.idle.is_some_and(|idle| idle.due >= self.world.at);
        if armed || aside.reminded || self.session.finished || !matches!(self.session.wait, Some(Wait::Answer { .. })) {
            return;
        }
        let Some(silence) = self.rules(|flow| flow.silence) else { return };
        let due = self.session.idle_since().checked_add(silence).unwrap_or(self.world.at).max(self.world.at);
        // One that is overdue was missed while people had the conversation.
        if let Some(missed) = self.session.aside.idle.take() {
            self.effect(Effect::CancelTimer { id: missed.timer });
        }
        let timer = self.new_timer();
        self.effect(Effect::SetTimer { id: timer, at: due });
        self.session.aside.idle = Some(Idle { timer, due });
    }

    /// The timer is due: the visitor is silent for long enough, or wrote meanwhile.
    pub(super) fn silence_noticed(&mut self) {
        self.session.aside.idle = None;
        let Some(own) = self.own_flow() else { return };
        let (Some(hook), Some(silence)) = (&own.on_timeout, own.silence) else { return };
        if !matches!(self.session.wait, Some(Wait::Answer { .. })) {
            return self.trace("on_timeout", false, "no question is open");
        }
        if self.world.at.duration_since(self.session.idle_since()) < silence {
            return self.trace("on_timeout", false, "the visitor wrote meanwhile, or the question is newer");
        }
        let open = self.world.window_opened_at.is_some_and(|opened| self.world.at.duration_since(opened) < STANDARD_WINDOW);
        self.session.aside.reminded = true;
        if !open {
            return self.trace("on_timeout", false, "Messenger's window is closed");
        }
        self.trace("on_timeout", true, "the visitor is silent");
        let node = hook.goto.0;
        match hook.then {
            Then::Return => self.digress(own.clone(), node, By::Timeout),
            Then::Stay => {
                // What it asks may be answered for as long as any other question.
                self.session.aside.woke_at = Some(self.world.at);
                self.leave_for(Some(own.clone()), node);
            }
        }
        self.walk();
    }

    /// The session's own chatflow: its rules hold, whatever it called.
    pub(super) fn own_flow(&self) -> Option<Arc<Flow>> {
        let first = self.session.frames.first()?;
        if self.session.frames.len() == 1 {
            return Some(self.flow.clone());
        }
        self.world.flows.flow(first.chatflow, Some(first.version)).map(|(_, flow)| flow)
    }

    pub(super) fn rules<T>(&self, rule: impl Fn(&Flow) -> Option<T>) -> Option<T> {
        if self.session.frames.len() == 1 {
            return rule(&self.flow);
        }
        let own = self.own_flow()?;
        rule(&own)
    }
}

/// One message of several: their texts a line each, their attachments together.
fn joined(messages: Vec<MessageIn>) -> MessageIn {
    let mut whole = MessageIn::default();
    let mut lines: Vec<String> = Vec::new();
    for message in messages {
        lines.extend(message.text.filter(|text| !text.trim().is_empty()));
        whole.attachments.extend(message.attachments);
        whole.mid = message.mid;
        whole.reply_to = message.reply_to.or(whole.reply_to);
        whole.referral = message.referral.or(whole.referral);
        whole.commands.extend(message.commands);
    }
    whole.text = (!lines.is_empty()).then(|| lines.join("\n"));
    whole
}
