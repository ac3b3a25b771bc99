//! From action to action: going on, elsewhere, into a call and back, waiting, ending; within the step's budget.

use std::sync::Arc;

use super::Flow;
use super::effect::Effect;
use super::limits;
use super::run::{Next, Run};
use super::session::{Frame, Wait};
use super::trace::Look;
use crate::domain::ids::ChatflowId;

impl Run<'_> {
    /// Runs actions until one waits, the session ends, or the budget is spent.
    pub(super) fn walk(&mut self) {
        let mut flow: Arc<Flow> = self.flow.clone();
        loop {
            if self.take_overflow() {
                return self.cut();
            }
            if self.session.finished || self.session.wait.is_some() || self.needs_roster.get() {
                return;
            }
            if self.floor.is_some_and(|floor| self.session.frames.len() <= floor) {
                self.floor = None;
                return;
            }
            if !Arc::ptr_eq(&flow, &self.flow) {
                flow = self.flow.clone();
            }
            let Some(action) = flow.action(self.node, self.action) else {
                self.return_to_caller();
                continue;
            };
            if self.budget == 0 {
                return self.cut();
            }
            self.budget -= 1;
            self.look(Look::Action { r#type: action.word().into() }, true, "");
            let next = action.behaviour().run(self);
            self.follow(next);
        }
    }

    pub(super) fn follow(&mut self, next: Next) {
        match next {
            Next::On => {
                self.action += 1;
                self.moved = true;
            }
            Next::Goto(node) => self.go_to(node),
            Next::Call { chatflow, node } => self.call(chatflow, node),
            Next::Wait(wait) => self.session.wait = Some(wait),
            Next::End => self.end_chatflow(),
            Next::Finish => self.finish(),
            Next::NeedsRoster => self.needs_roster.set(true),
        }
    }

    pub(super) fn go_to(&mut self, node: u32) {
        (self.node, self.action, self.moved) = (node, 0, true);
    }

    fn call(&mut self, chatflow: Option<ChatflowId>, node: Option<u32>) {
        if self.session.frames.len() >= limits::CALL_DEPTH {
            self.report("call_depth", format!("more than {} calls within each other: the call was left out", limits::CALL_DEPTH));
            self.say_error();
            return self.follow(Next::On);
        }
        let called = match chatflow {
            Some(id) => self.world.flows.flow(id, None).map(|(version, flow)| (id, version, flow)),
            None => self.session.frames.last().map(|frame| (frame.chatflow, frame.version, self.flow.clone())),
        };
        let Some((id, version, flow)) = called else {
            self.report("unknown_chatflow", "the called chatflow has no published version: the call was left out");
            return self.follow(Next::On);
        };
        // The caller goes on after the call.
        self.action += 1;
        self.moved = true;
        self.park();
        if chatflow.is_some() {
            for (name, value) in flow.defaults() {
                self.session.variables.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let node = node.unwrap_or(flow.start);
        let name = flow.nodes.get(node as usize).map_or_else(String::new, |node| node.name.clone());
        self.session.frames.push(Frame { chatflow: id, version, node: name, action: 0, back: None });
        self.enter(flow, node, 0);
    }

    /// The node has no more actions.
    fn return_to_caller(&mut self) {
        self.session.frames.pop();
        self.resume_frame();
    }

    /// All frames of the running chatflow are done, up to a place that a digression comes back to.
    fn end_chatflow(&mut self) {
        let frames = &mut self.session.frames;
        let running = frames.pop().map(|frame| (frame.chatflow, frame.version));
        let done = |frame: &Frame| Some((frame.chatflow, frame.version)) == running && frame.back.is_none();
        while frames.last().is_some_and(done) {
            frames.pop();
        }
        self.resume_frame();
    }

    /// Goes on at the last frame; without one the session is over.
    fn resume_frame(&mut self) {
        self.moved = false;
        while let Some(frame) = self.session.frames.last() {
            let place = self.world.flows.flow(frame.chatflow, Some(frame.version));
            let place = place.and_then(|(_, flow)| Some((flow.node(&frame.node)?, frame.action, flow)));
            if let Some((node, action, flow)) = place {
                self.enter(flow, node, action);
                self.moved = false;
                let back = self.session.frames.last_mut().and_then(|frame| frame.back.take());
                if let Some(back) = back {
                    self.come_back(*back);
                }
                return;
            }
            let text = format!("the place `{}` to go back to does not exist any more", frame.node);
            self.session.frames.pop();
            self.report("unknown_node", text);
        }
        self.finish();
    }

    pub(super) fn finish(&mut self) {
        if self.session.finished {
            return;
        }
        // What still runs for it has nobody to come to.
        let timers: Vec<_> = self.session.timers().collect();
        for id in timers {
            self.effect(Effect::CancelTimer { id });
        }
        (self.session.aside.idle, self.session.aside.burst, self.session.aside.choosing) = (None, None, None);
        self.session.finished = true;
        self.session.wait = None;
        self.session.frames.clear();
        self.moved = false;
        if !self.session.queued.is_empty() {
            self.session.queued.clear();
            self.report("unanswered_input", "the session ended before it took what the visitor wrote meanwhile");
        }
        self.effect(Effect::Finished);
    }

    /// A flow that runs on and on is stopped, and says its error text.
    fn cut(&mut self) {
        let text = format!(
            "the step ran {} actions or said {} bubbles without waiting, and was cut",
            limits::STEP_BUDGET,
            limits::BUBBLES_PER_STEP
        );
        self.report("step_budget", text);
        self.say_error();
        self.finish();
    }

    pub(super) fn leave_wait(&mut self) -> Option<Wait> {
        self.session.wait.take()
    }
}
