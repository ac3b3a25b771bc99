//! Interrupts that the visitor chooses from: "which one do you mean?", and what the fallback offers. More than fit under
//! one bubble come in pages.

use serde::{Deserialize, Serialize};

use super::action::pages;
use super::answer::options;
use super::digress::Named;
use super::limits;
use super::run::Run;
use super::text::TextKey;
use super::token::Tap;
use super::words::{contains_words, normalise};
use crate::domain::event::MessageIn;
use crate::domain::message::{Content, QuickReply};

/// Stands for an action in the payloads of what can be chosen: no node has so many.
pub(super) const CHOICE: u16 = u16::MAX;
/// Options from here on are pages.
const TURNS: u16 = 0x8000;

/// The visitor was asked which interrupt was meant, or was offered some.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choosing {
    pub options: Vec<Named>,
    /// What was ambiguous; `None` where the fallback offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageIn>,
    /// What is said over each page, and which one is shown; empty where there is only one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
    #[serde(default, skip_serializing_if = "is_first")]
    pub page: u16,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_first(page: &u16) -> bool {
    *page == 0
}

impl Run<'_> {
    pub(super) fn ask_which(&mut self, options: Vec<Named>, message: Option<&MessageIn>) {
        self.trace("interrupt", false, &format!("{} are meant equally: the visitor is asked", options.len()));
        let words = self.own_text(TextKey::WhichOne);
        let message = Some(message.cloned().unwrap_or_default());
        self.let_choose(Choosing { options, message, words, page: 0 });
    }

    /// Offers the interrupts that have a title and hold now.
    pub(super) fn offer_interrupts(&mut self, words: String) {
        let mut options: Vec<Named> = Vec::new();
        for (own, flow) in self.interruptible().unwrap_or_default() {
            for (index, interrupt) in (0..).zip(&flow.interrupts).filter(|(_, interrupt)| interrupt.title.is_some()) {
                if let Some(condition) = &interrupt.when {
                    let holds = self.holds(condition);
                    self.looked_at(format!("offer {} when", index + 1), condition, holds);
                    if !holds {
                        continue;
                    }
                }
                options.push(Named { own, index });
            }
        }
        self.let_choose(Choosing { options, message: None, words, page: 0 });
    }

    /// Says a page of what can be chosen.
    fn let_choose(&mut self, mut choosing: Choosing) {
        if choosing.options.len() > limits::OPTIONS {
            let count = choosing.options.len();
            self.report("too_many_choices", format!("{count} interrupts could be chosen from: the first {} are shown", limits::OPTIONS));
            choosing.options.truncate(limits::OPTIONS);
        }
        let titles = self.choices(&choosing);
        let pages = pages(titles.len());
        let page = usize::from(choosing.page).min(pages.len() - 1);
        let shown = (0..).zip(titles).skip(pages[page].start).take(pages[page].len());
        let mut chips: Vec<QuickReply> =
            shown.map(|(option, title)| QuickReply::Text { title, payload: self.choice_token(option) }).collect();
        let turns = [(TextKey::Back, page.checked_sub(1)), (TextKey::More, Some(page + 1).filter(|next| *next < pages.len()))];
        for (key, to) in turns {
            let Some(to) = to else { continue };
            let payload = self.choice_token(TURNS + u16::try_from(to).unwrap_or(0));
            chips.push(QuickReply::Text { title: self.own_text(key), payload });
        }
        let text = if pages.len() > 1 { choosing.words.clone() } else { std::mem::take(&mut choosing.words) };
        choosing.page = u16::try_from(page).unwrap_or(0);
        self.session.aside.choosing = Some(Box::new(choosing));
        self.say(Content::Text { text }, chips);
    }

    fn choice_token(&self, option: u16) -> String {
        let (session, chatflow, version) = (self.session.id, self.session.chatflow, self.session.version);
        Tap { session, chatflow, version, node: String::new(), action: CHOICE, option }.sign(self.world.token_key)
    }

    /// All titles in order, "none of these" among them where something was ambiguous.
    fn choices(&mut self, choosing: &Choosing) -> Vec<String> {
        let mut titles = self.titles(&choosing.options);
        if choosing.message.is_some() {
            titles.push(self.own_text(TextKey::NoneOfThese));
        }
        titles
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

    /// What the visitor said is one of the titles that were offered, or words of only one of them; or another page.
    pub(super) fn chose(&mut self, plain: &str) -> bool {
        let Some(choosing) = self.session.aside.choosing.take() else { return false };
        if plain.is_empty() {
            return false;
        }
        let titles = self.choices(&choosing);
        if let Some(page) = self.turned_to(&choosing, titles.len(), plain) {
            self.let_choose(Choosing { page, ..*choosing });
            return true;
        }
        let words: Vec<options::Words<'_>> = titles.iter().map(|title| vec![normalise(title).into()]).collect();
        let part_of = |words: &options::Words<'_>| words.iter().any(|title| contains_words(title, plain));
        let mut parts = words.iter().enumerate().filter(|(_, title)| part_of(title)).map(|(index, _)| index);
        let part = parts.next().filter(|_| parts.next().is_none());
        let Some(index) = options::find(plain, &words).or(part) else { return false };
        self.choose(*choosing, index);
        true
    }

    /// "More choices" and "Earlier choices" in words.
    fn turned_to(&self, choosing: &Choosing, choices: usize, plain: &str) -> Option<u16> {
        let last = u16::try_from(pages(choices).len() - 1).ok().filter(|last| *last > 0)?;
        let says = |key| normalise(&self.quiet_own_text(key)) == plain;
        if says(TextKey::More) {
            return Some((choosing.page + 1).min(last));
        }
        says(TextKey::Back).then(|| choosing.page.saturating_sub(1))
    }

    pub(super) fn tapped_choice(&mut self, option: u16) {
        match self.session.aside.choosing.take() {
            Some(choosing) if option >= TURNS => self.let_choose(Choosing { page: option - TURNS, ..*choosing }),
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
}
