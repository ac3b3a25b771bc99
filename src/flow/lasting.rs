//! Lasting buttons: Messenger keeps them tappable for ever. As long as their session runs, a tap on one leads where it says,
//! whatever the flow waits for; after that it is a stale choice.

use super::action::Action;
use super::run::{Arrived, Next, Run};
use super::session::{Session, Wait};
use super::step::Library;
use super::token::Tap;

impl Session {
    /// Whether the tapped button was shown by this session and its place is still part of it.
    pub fn still_offers(&self, tap: &Tap, flows: &dyn Library) -> bool {
        let here = self.id == tap.session && !self.finished && self.wait != Some(Wait::People);
        here && self.offered(tap).is_some()
            && self.frames.iter().any(|frame| frame.chatflow == tap.chatflow && frame.version == tap.version)
            && flows.flow(tap.chatflow, Some(tap.version)).is_some_and(|(_, flow)| {
                let action = flow.node(&tap.node).and_then(|node| flow.action(node, usize::from(tap.action)));
                action.is_some_and(|action: &Action| action.behaviour().lasts())
            })
    }
}

impl Run<'_> {
    /// A button that lasts was tapped while the flow waits elsewhere. One that leads nowhere only saves its value.
    pub(super) fn press(&mut self, tap: &Tap) {
        let Some((_, flow)) = self.world.flows.flow(tap.chatflow, Some(tap.version)) else { return };
        let Some(node) = flow.node(&tap.node) else { return };
        let before = (self.flow.clone(), self.node, self.action, self.moved);
        let frames = self.session.frames.clone();
        let wait = self.session.wait.take();
        let at = frames.iter().position(|frame| frame.chatflow == tap.chatflow && frame.version == tap.version).unwrap_or(0);
        self.session.frames.truncate(at + 1);
        self.enter(flow.clone(), node, usize::from(tap.action));
        self.trace("button", true, "it lasts as long as the session");
        let next = flow
            .action(node, usize::from(tap.action))
            .map(|action| action.behaviour().resume(self, Arrived::Tapped { option: tap.option }));
        match next {
            Some(Next::Goto(to)) => {
                self.session.wait = wait;
                self.break_off();
                self.go_to(to);
                self.walk();
            }
            _ => {
                self.enter(before.0, before.1, before.2);
                (self.moved, self.session.frames, self.session.wait) = (before.3, frames, wait);
                self.again();
            }
        }
    }
}
