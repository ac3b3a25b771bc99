//! How a question looks: chips, buttons, pages of chips; and what a title does that does not fit on one.

use super::{Ask, Style};
use crate::domain::message::{Button, Content, QuickReply};
use crate::flow::answer::AnswerType;
use crate::flow::limits;
use crate::flow::run::Run;
use crate::flow::text::{Text, TextKey};

/// Options from here on are pages: "More" leads to page `option - MORE`.
pub(super) const MORE: u16 = 0xF000;
/// Options on one page, beside "More".
const PAGE: usize = limits::QUICK_REPLIES - 1;

impl Ask {
    /// Titles of what can be tapped, in order: tokens and answers go by the index.
    fn titles(&self, run: &mut Run<'_>) -> Vec<String> {
        match self.kind() {
            _ if !self.options.is_empty() => self.options.iter().map(|option| run.text(&option.title.text).unwrap_or_default()).collect(),
            AnswerType::YesNo => vec![run.own_text(TextKey::Yes), run.own_text(TextKey::No)],
            AnswerType::Rating => self.ratings().iter().map(i64::to_string).collect(),
            _ => Vec::new(),
        }
    }

    /// All ratings, where they are few enough to be shown.
    #[allow(clippy::cast_possible_truncation, reason = "whole and small, as checked")]
    pub(super) fn ratings(&self) -> Vec<i64> {
        let (min, max) = (self.min.unwrap_or(1.0) as i64, self.max.unwrap_or(5.0) as i64);
        let few = max - min < limits::QUICK_REPLIES as i64;
        if few { (min..=max).collect() } else { Vec::new() }
    }

    pub(super) fn prompt(&self, run: &mut Run<'_>, text: &Text, page: usize) {
        let words = run.text(text).unwrap_or_else(|| run.own_text(TextKey::Error));
        self.ask(run, words, page);
    }

    pub(super) fn ask(&self, run: &mut Run<'_>, mut words: String, page: usize) {
        let mut titles = self.titles(run);
        if titles.iter().any(|title| title.chars().count() > limits::TITLE_CHARS || title.trim().is_empty()) {
            // Never cut, never lost: the titles go into the text, and their numbers are tapped.
            run.report("title_too_long", "a title has no or more than 20 characters: the options are listed in the text");
            for (i, title) in titles.iter_mut().enumerate() {
                words.push_str(&format!("\n{}. {title}", i + 1));
                *title = (i + 1).to_string();
            }
        }
        if self.style == Style::Buttons && (1..=limits::BUTTONS).contains(&titles.len()) {
            self.say_buttons(run, words, &titles);
        } else {
            let chips = self.chips(run, &titles, page);
            run.say(Content::Text { text: words }, chips);
        }
    }

    fn say_buttons(&self, run: &mut Run<'_>, words: String, titles: &[String]) {
        let buttons = (0..).zip(titles).map(|(i, title)| Button::Postback { title: title.clone(), payload: run.token(i) }).collect();
        let text = if words.chars().count() > limits::BUTTON_TEXT_CHARS {
            run.say(Content::Text { text: words }, Vec::new());
            run.own_text(TextKey::Choose)
        } else {
            words
        };
        run.say(Content::Buttons { text, buttons }, Vec::new());
    }

    fn chips(&self, run: &mut Run<'_>, titles: &[String], page: usize) -> Vec<QuickReply> {
        let chip = |run: &Run<'_>, title: &str, option: u16| QuickReply::Text { title: title.to_owned(), payload: run.token(option) };
        match self.kind() {
            AnswerType::Email if titles.is_empty() => return vec![QuickReply::Email],
            AnswerType::Phone if titles.is_empty() => return vec![QuickReply::PhoneNumber],
            _ => {}
        }
        if titles.len() <= limits::QUICK_REPLIES {
            return (0..).zip(titles).map(|(i, title)| chip(run, title, i)).collect();
        }
        let page = page % titles.len().div_ceil(PAGE);
        run.turn_to(page);
        let mut chips: Vec<QuickReply> = (0..).zip(titles).skip(page * PAGE).take(PAGE).map(|(i, title)| chip(run, title, i)).collect();
        let next = MORE + u16::try_from(page + 1).unwrap_or(0);
        let more = run.own_text(TextKey::More);
        chips.push(chip(run, &more, next));
        chips
    }
}
