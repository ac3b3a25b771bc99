//! Interrupts as they are taken: which one is meant, leaving a place and coming back to it.
//!
//! Where the visitor is asked which one was meant, or is offered some, `choosing.rs` goes on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Flow;
use super::effect::Effect;
use super::interrupt::{Interrupt, Sign, Then};
use super::limits;
use super::run::{Arrived, Heard, Run};
use super::session::{Call, Frame, Wait};
use super::text::{Text, pick};
use super::trace::Look;
use crate::domain::event::MessageIn;
use crate::domain::message::Content;

/// An interrupt: of the running chatflow, or of the session's own where that one called the running one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub own: bool,
    pub index: u16,
}

/// Why a place was left; says what is said on the way back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Nothing is said.
    #[default]
    Fallback,
    Timeout,
    Interrupt(Named),
}

/// Kept in the frame that was left: what it waited for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Back {
    pub wait: Option<Wait>,
    pub by: By,
    /// The call that it waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
}

/// Interrupts that an explanation lists of those that are meant.
const CANDIDATES_SHOWN: usize = 8;

fn interrupt_name(named: Named) -> String {
    format!("interrupt {}{}", named.index + 1, if named.own { " of the session's own chatflow" } else { "" })
}

impl Run<'_> {
    /// The interrupt that the whole of what came in means, else one that something within it means.
    pub(super) fn interrupted(&mut self, sign: &Sign<'_>, message: Option<&MessageIn>) -> bool {
        let Some(nearest) = self.interruptible() else { return false };
        let wholly = self.meant(&nearest, sign, true, |interrupt| interrupt.wholly(sign));
        if !wholly.is_empty() {
            return self.settle_on(wholly, sign, message);
        }
        let within = |flow: &Flow| flow.interrupts.iter().any(|interrupt| interrupt.is_within(sign));
        let Some(message) = message.filter(|_| nearest.iter().any(|(_, flow)| within(flow))) else {
            self.look(Look::note("interrupt"), false, "none is meant");
            return false;
        };
        // Whether it is an answer is looked at only where something in it could interrupt.
        let heard = self.hears(message, sign.plain);
        if heard == Heard::Sure || !sign.attachments.is_empty() && self.answers(message) {
            self.look(
                Look::note("interrupt"),
                false,
                "something within the message could be meant, but it is the answer that is waited for",
            );
            return false;
        }
        let within = self.meant(&nearest, sign, false, |interrupt| interrupt.within(sign, heard));
        if within.is_empty() {
            self.look(Look::note("interrupt"), false, "none is meant");
            return false;
        }
        self.settle_on(within, sign, Some(message))
    }

    /// The running chatflow, then the session's own; `None` where nothing may interrupt.
    pub(super) fn interruptible(&mut self) -> Option<Vec<(bool, Arc<Flow>)>> {
        if self.session.wait == Some(Wait::People) {
            return None;
        }
        let own = if self.session.frames.len() > 1 { self.own_flow().filter(|own| !Arc::ptr_eq(own, &self.flow)) } else { None };
        if self.flow.interrupts.is_empty() && own.as_ref().is_none_or(|own| own.interrupts.is_empty()) {
            return None;
        }
        let quiet = self.flow.uninterruptible.contains(&self.node)
            || self.session.wait.is_some()
                && self.flow.action(self.node, self.action).is_some_and(|action| !action.behaviour().interruptible());
        if quiet {
            self.trace("interrupt", false, "nothing interrupts here");
            return None;
        }
        Some(std::iter::once((false, self.flow.clone())).chain(own.map(|own| (true, own))).collect())
    }

    /// The strongest of the first flow that has any.
    fn meant(
        &mut self,
        flows: &[(bool, Arc<Flow>)],
        sign: &Sign<'_>,
        whole: bool,
        strength: impl Fn(&Interrupt) -> Option<usize>,
    ) -> Vec<Named> {
        for (own, flow) in flows {
            let (mut best, mut found): (usize, Vec<(usize, Named)>) = (0, Vec::new());
            for (index, interrupt) in (0..).zip(&flow.interrupts) {
                let Some(strength) = strength(interrupt) else { continue };
                if let Some(condition) = &interrupt.when {
                    let holds = self.holds(condition);
                    self.looked_at(format!("interrupt {} when", index + 1), condition, holds);
                    if !holds {
                        continue;
                    }
                }
                best = best.max(strength);
                found.push((strength, Named { own: *own, index }));
            }
            self.tell_candidates(flow, &found, best, sign, whole);
            found.retain(|(strength, _)| *strength == best);
            // Two that lead to the same are one.
            let mut kept: Vec<Named> = Vec::new();
            for (_, named) in found {
                let leads = |named: &Named| {
                    let interrupt = &flow.interrupts[usize::from(named.index)];
                    (interrupt.goto, interrupt.then)
                };
                if !kept.iter().any(|other| leads(other) == leads(&named)) {
                    kept.push(named);
                }
            }
            if !kept.is_empty() {
                return kept;
            }
        }
        Vec::new()
    }

    /// What in the message means each of them, and how strongly.
    fn tell_candidates(&mut self, flow: &Flow, found: &[(usize, Named)], best: usize, sign: &Sign<'_>, whole: bool) {
        if !self.world.explain {
            return;
        }
        for (strength, named) in found.iter().take(CANDIDATES_SHOWN) {
            let sign = flow.interrupts[usize::from(named.index)].because(sign, whole);
            let weaker = if *strength < best { format!(", weaker than {best}") } else { String::new() };
            let because = format!("{sign}: strength {strength}{weaker}");
            self.look(Look::note(interrupt_name(*named)), *strength == best, because);
        }
        if let Some(more) = found.len().checked_sub(CANDIDATES_SHOWN).filter(|more| *more > 0) {
            self.look(Look::note("interrupt"), false, format!("{more} more are meant, and not listed"));
        }
    }

    fn settle_on(&mut self, meant: Vec<Named>, sign: &Sign<'_>, message: Option<&MessageIn>) -> bool {
        match *meant {
            [one] => self.take_interrupt(one, sign.text),
            _ => self.ask_which(meant, message),
        }
        true
    }

    pub(super) fn flow_of(&self, named: Named) -> Option<Arc<Flow>> {
        if named.own { self.own_flow() } else { Some(self.flow.clone()) }
    }

    pub(super) fn take_interrupt(&mut self, named: Named, text: &str) {
        let Some(flow) = self.flow_of(named) else { return };
        let Some(interrupt) = flow.interrupts.get(usize::from(named.index)) else { return self.again() };
        if self.world.explain {
            let to = flow.nodes.get(interrupt.goto.0 as usize).map_or("", |node| &node.name);
            self.look(Look::note(interrupt_name(named)), true, format!("is taken: to `{to}`"));
        }
        self.session.aside.misses = 0;
        for (name, value) in interrupt.captures(text) {
            self.set(&name, value.into());
        }
        let node = interrupt.goto.0;
        match interrupt.then {
            Then::Return => self.digress(flow.clone(), node, By::Interrupt(named)),
            Then::Stay => self.leave_for(named.own.then(|| flow.clone()), node),
        }
        self.walk();
    }

    /// Leaves the place for good. `own`: for a node of the session's own chatflow, not of the running one.
    pub(super) fn leave_for(&mut self, own: Option<Arc<Flow>>, node: u32) {
        self.break_off();
        match own {
            Some(own) => {
                self.session.frames.truncate(1);
                self.enter(own, node, 0);
            }
            None => {
                self.unwind_to_running();
                self.go_to(node);
            }
        }
        if let Some(base) = self.session.frames.last_mut() {
            base.back = None;
        }
    }

    /// Calls within the running chatflow are over, and so are ways back in it; its own caller still waits.
    fn unwind_to_running(&mut self) {
        let frames = &self.session.frames;
        let Some(running) = frames.last().map(|frame| frame.chatflow) else { return };
        let digressed = running == self.session.chatflow && frames.iter().any(|frame| frame.back.is_some());
        let others = frames.iter().rposition(|frame| frame.chatflow != running).map_or(0, |at| at + 1);
        self.session.frames.truncate(if digressed { 1 } else { others + 1 });
        self.moved = true;
    }

    /// Goes to a node and comes back: the place that is left keeps what it waits for.
    pub(super) fn digress(&mut self, flow: Arc<Flow>, node: u32, by: By) {
        let own = matches!(by, By::Timeout | By::Interrupt(Named { own: true, .. }));
        if self.session.frames.len() >= limits::CALL_DEPTH {
            self.report(
                "call_depth",
                format!("more than {} calls and ways back within each other: this place is left for good", limits::CALL_DEPTH),
            );
            return self.leave_for(own.then_some(flow), node);
        }
        self.park();
        let wait = self.leave_wait();
        if let Some(Wait::Timer { timer, .. }) = wait {
            self.effect(Effect::CancelTimer { id: timer });
        }
        let frames = &mut self.session.frames;
        // The same again, or too many within each other: what was left first is what is come back to.
        let same = frames.iter().position(|frame| frame.back.as_ref().is_some_and(|back| back.by == by));
        let deep = frames.iter().filter(|frame| frame.back.is_some()).count() >= limits::INTERRUPT_DEPTH;
        let place = same.or_else(|| if deep { frames.iter().rposition(|frame| frame.back.is_some()) } else { None });
        match place {
            Some(place) => frames.truncate(place + 1),
            None => {
                if let Some(left) = frames.last_mut() {
                    let call = match wait {
                        Some(Wait::Callout { callout }) => Some(Call { callout, result: None }),
                        _ => None,
                    };
                    left.back = Some(Box::new(Back { wait, by, call }));
                }
            }
        }
        let place = if own { self.session.frames.first() } else { self.session.frames.last() };
        let Some((chatflow, version)) = place.map(|frame| (frame.chatflow, frame.version)) else { return };
        let name = flow.nodes.get(node as usize).map_or_else(String::new, |node| node.name.clone());
        self.session.frames.push(Frame { chatflow, version, node: name, action: 0, back: None });
        self.enter(flow, node, 0);
        self.moved = false;
    }

    /// A digression is over: says so, and asks the open question again.
    pub(super) fn come_back(&mut self, back: Back) {
        self.trace("return", true, "back to the place that was left");
        let (flow, running) = match back.by {
            By::Interrupt(Named { own: false, .. }) | By::Fallback => (Some(self.flow.clone()), true),
            By::Timeout | By::Interrupt(_) => (self.own_flow(), false),
        };
        if let Some(flow) = flow {
            let text = match back.by {
                By::Fallback => None,
                By::Timeout => flow.on_timeout.as_ref().and_then(|hook| hook.return_text.as_ref()),
                By::Interrupt(named) => flow.interrupts.get(usize::from(named.index)).and_then(|one| one.return_text.as_ref()),
            };
            if let Some(words) = text.and_then(|text| if running { self.text(text) } else { self.text_in(&flow, text) }) {
                self.say(Content::Text { text: words }, Vec::new());
            }
        }
        if back.wait.is_none() {
            return;
        }
        self.session.wait = back.wait;
        let arrived = match &back.call {
            Some(Call { result: Some(result), .. }) => Arrived::Callout(result),
            // Its call is under way.
            Some(_) => return,
            None => Arrived::Again,
        };
        let flow = self.flow.clone();
        let next = flow.action(self.node, self.action).map(|action| action.behaviour().resume(self, arrived));
        self.leave_wait();
        if let Some(next) = next {
            self.follow(next);
        }
    }

    /// A text of another chatflow than the running one.
    pub(super) fn text_in(&mut self, flow: &Flow, text: &Text) -> Option<String> {
        let language = pick(&flow.languages, &self.session.locale);
        self.text_as(language, text)
    }
}
