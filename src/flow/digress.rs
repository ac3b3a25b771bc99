//! Interrupts as they are taken: which one is meant, leaving a place and coming back to it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Flow;
use super::answer::options;
use super::effect::Effect;
use super::interrupt::{Interrupt, Sign, Then};
use super::limits;
use super::run::{Arrived, Heard, Run};
use super::session::{Call, Frame, Wait};
use super::text::{Text, TextKey, pick};
use super::token::Tap;
use super::trace::Look;
use super::words::{contains_words, normalise};
use crate::domain::event::MessageIn;
use crate::domain::message::{Content, QuickReply};

/// Stands for an action in the payloads of "which one do you mean?": no node has so many.
pub(super) const CHOICE: u16 = u16::MAX;

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

/// The visitor was asked which interrupt was meant, or was offered some.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choosing {
    pub options: Vec<Named>,
    /// What was ambiguous; `None` where the fallback offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageIn>,
}

impl Run<'_> {
    /// The interrupt that the whole of what came in means, else one that something within it means.
    pub(super) fn interrupted(&mut self, sign: &Sign<'_>, message: Option<&MessageIn>) -> bool {
        let Some(nearest) = self.interruptible() else { return false };
        let wholly = self.meant(&nearest, |interrupt| interrupt.wholly(sign));
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
        let within = self.meant(&nearest, |interrupt| interrupt.within(sign, heard));
        if within.is_empty() {
            self.look(Look::note("interrupt"), false, "none is meant");
            return false;
        }
        self.settle_on(within, sign, Some(message))
    }

    /// The running chatflow, then the session's own; `None` where nothing may interrupt.
    fn interruptible(&mut self) -> Option<Vec<(bool, Arc<Flow>)>> {
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
    fn meant(&mut self, flows: &[(bool, Arc<Flow>)], strength: impl Fn(&Interrupt) -> Option<usize>) -> Vec<Named> {
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

    fn settle_on(&mut self, meant: Vec<Named>, sign: &Sign<'_>, message: Option<&MessageIn>) -> bool {
        match *meant {
            [one] => self.take_interrupt(one, sign.text),
            _ => self.ask_which(meant, message),
        }
        true
    }

    fn ask_which(&mut self, mut options: Vec<Named>, message: Option<&MessageIn>) {
        options.truncate(limits::QUICK_REPLIES - 1);
        self.trace("interrupt", false, &format!("{} are meant equally: the visitor is asked", options.len()));
        let mut chips = self.chips(&options);
        let none = self.own_text(TextKey::NoneOfThese);
        let payload = self.choice_token(u16::try_from(options.len()).unwrap_or(0));
        chips.push(QuickReply::Text { title: none, payload });
        let text = self.own_text(TextKey::WhichOne);
        self.session.aside.choosing = Some(Box::new(Choosing { options, message: Some(message.cloned().unwrap_or_default()) }));
        self.say(Content::Text { text }, chips);
    }

    /// Quick replies of the interrupts that have a title and hold now.
    pub(super) fn offers(&mut self) -> Vec<QuickReply> {
        let Some(flows) = self.interruptible() else { return Vec::new() };
        let mut options: Vec<Named> = Vec::new();
        for (own, flow) in &flows {
            for (index, interrupt) in (0..).zip(&flow.interrupts) {
                let holds = interrupt.title.is_some() && interrupt.when.as_ref().is_none_or(|condition| self.holds(condition));
                if holds && options.len() < limits::QUICK_REPLIES {
                    options.push(Named { own: *own, index });
                }
            }
        }
        let chips = self.chips(&options);
        self.session.aside.choosing = Some(Box::new(Choosing { options, message: None }));
        chips
    }

    fn chips(&mut self, options: &[Named]) -> Vec<QuickReply> {
        let titles = self.titles(options);
        (0..).zip(titles).map(|(option, title)| QuickReply::Text { title, payload: self.choice_token(option) }).collect()
    }

    fn choice_token(&self, option: u16) -> String {
        let (session, chatflow, version) = (self.session.id, self.session.chatflow, self.session.version);
        Tap { session, chatflow, version, node: String::new(), action: CHOICE, option }.sign(self.world.token_key)
    }

    /// What each is called: its title; else a short keyword, or its node's name; its number where that is said already.
    fn titles(&mut self, options: &[Named]) -> Vec<String> {
        let mut titles: Vec<String> = Vec::new();
        for (place, named) in options.iter().enumerate() {
            let names = self.names_of(*named);
            let fits = |name: &String| !name.trim().is_empty() && name.chars().count() <= limits::TITLE_CHARS && !titles.contains(name);
            titles.push(names.into_iter().find(fits).unwrap_or_else(|| (place + 1).to_string()));
        }
        titles
    }

    fn names_of(&mut self, named: Named) -> Vec<String> {
        let Some(flow) = self.flow_of(named) else { return Vec::new() };
        let Some(interrupt) = flow.interrupts.get(usize::from(named.index)) else { return Vec::new() };
        let title = interrupt.title.as_ref().and_then(|title| self.text_in(&flow, &title.text));
        let keyword = interrupt.short_keyword().map(str::to_owned);
        let node = flow.nodes.get(interrupt.goto.0 as usize).map(|node| node.name.clone());
        title.into_iter().chain(keyword).chain(node).collect()
    }

    /// What the visitor said is one of the titles that were offered, or words of only one of them.
    pub(super) fn chose(&mut self, plain: &str) -> bool {
        let Some(choosing) = self.session.aside.choosing.take() else { return false };
        if plain.is_empty() {
            return false;
        }
        let mut titles = self.titles(&choosing.options);
        if choosing.message.is_some() {
            titles.push(self.own_text(TextKey::NoneOfThese));
        }
        let words: Vec<options::Words<'_>> = titles.iter().map(|title| vec![normalise(title).into()]).collect();
        let part_of = |words: &options::Words<'_>| words.iter().any(|title| contains_words(title, plain));
        let mut parts = words.iter().enumerate().filter(|(_, title)| part_of(title)).map(|(index, _)| index);
        let part = parts.next().filter(|_| parts.next().is_none());
        let Some(index) = options::find(plain, &words).or(part) else { return false };
        self.choose(*choosing, index);
        true
    }

    pub(super) fn tapped_choice(&mut self, option: u16) {
        match self.session.aside.choosing.take() {
            Some(choosing) => self.choose(*choosing, usize::from(option)),
            None => self.again(),
        }
    }

    fn choose(&mut self, choosing: Choosing, index: usize) {
        let message = choosing.message.unwrap_or_default();
        match choosing.options.get(index) {
            Some(named) => self.take_interrupt(*named, message.text.as_deref().unwrap_or_default()),
            None => {
                self.trace("interrupt", false, "none of them was meant");
                self.answer(&message);
            }
        }
    }

    fn flow_of(&self, named: Named) -> Option<Arc<Flow>> {
        if named.own { self.own_flow() } else { Some(self.flow.clone()) }
    }

    fn take_interrupt(&mut self, named: Named, text: &str) {
        let Some(flow) = self.flow_of(named) else { return };
        let Some(interrupt) = flow.interrupts.get(usize::from(named.index)) else { return self.again() };
        let whose = if named.own { " of the session's own chatflow" } else { "" };
        let to = flow.nodes.get(interrupt.goto.0 as usize).map_or("", |node| &node.name);
        let because = format!("number {}{whose} was meant by what the visitor said or did: to `{to}`", named.index + 1);
        self.look(Look::note("interrupt"), true, because);
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
    fn text_in(&mut self, flow: &Flow, text: &Text) -> Option<String> {
        let language = pick(&flow.languages, &self.session.locale);
        self.text_as(language, text)
    }
}
