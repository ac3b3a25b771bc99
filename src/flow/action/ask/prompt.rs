//! How a question looks: chips, buttons, pages of chips; and what a title does that does not fit on one.

use std::ops::Range;

use super::{Ask, Style};
use crate::domain::message::{Button, Content, QuickReply};
use crate::flow::answer::AnswerType;
use crate::flow::limits;
use crate::flow::run::Run;
use crate::flow::text::{Text, TextKey};

/// Options from here on are pages: page `option - PAGES`. Above [`limits::OPTIONS`], and within a byte: a form has its
/// fields in the byte above.
pub const PAGES: u16 = 128;

/// The options of each page: the first leaves room for "More", the last for "Back", those between for both.
pub fn pages(count: usize) -> Vec<Range<usize>> {
    const ALL: usize = limits::QUICK_REPLIES;
    if count <= ALL {
        return std::iter::once(0..count).collect();
    }
    let mut pages: Vec<_> = std::iter::once(0..ALL - 1).collect();
    let mut next = ALL - 1;
    while next < count {
        let room = if count - next < ALL { ALL - 1 } else { ALL - 2 };
        pages.push(next..(next + room).min(count));
        next += room;
    }
    pages
}

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

    pub fn prompt(&self, run: &mut Run<'_>, text: &Text, page: usize) {
        let words = run.text(text).unwrap_or_else(|| run.own_text(TextKey::Error));
        self.ask(run, words, page);
    }

    pub fn ask(&self, run: &mut Run<'_>, mut words: String, page: usize) {
        let mut titles = self.titles(run);
        if titles.iter().any(|title| title.chars().count() > limits::TITLE_CHARS || title.trim().is_empty()) {
            // Never cut, never lost: the titles go into the text, and their numbers are tapped.
            run.report("title_too_long", "a title has no or more than 20 characters: the options are listed in the text");
            for (i, title) in titles.iter_mut().enumerate() {
                words.push_str(&format!("\n{}. {title}", i + 1));
                *title = (i + 1).to_string();
            }
        }
        let under = run.take_under();
        if self.style == Style::Buttons && (1..=limits::BUTTONS).contains(&titles.len()) {
            self.say_buttons(run, words, &titles, under);
        } else {
            let mut chips = self.chips(run, &titles, page);
            let room = limits::QUICK_REPLIES.saturating_sub(chips.len());
            chips.extend(under.into_iter().take(room));
            run.say(Content::Text { text: words }, chips);
        }
    }

    fn say_buttons(&self, run: &mut Run<'_>, words: String, titles: &[String], under: Vec<QuickReply>) {
        let buttons = (0..).zip(titles).map(|(i, title)| Button::Postback { title: title.clone(), payload: run.token(i) }).collect();
        let text = if words.chars().count() > limits::BUTTON_TEXT_CHARS {
            run.say(Content::Text { text: words }, Vec::new());
            run.own_text(TextKey::Choose)
        } else {
            words
        };
        run.say(Content::Buttons { text, buttons }, under);
    }

    fn chips(&self, run: &mut Run<'_>, titles: &[String], page: usize) -> Vec<QuickReply> {
        let chip = |run: &Run<'_>, title: &str, option: u16| QuickReply::Text { title: title.to_owned(), payload: run.token(option) };
        match self.kind() {
            AnswerType::Email if titles.is_empty() => return vec![QuickReply::Email],
            AnswerType::Phone if titles.is_empty() => return vec![QuickReply::PhoneNumber],
            _ => {}
        }
        let pages = pages(titles.len());
        let page = page.min(pages.len() - 1);
        if pages.len() > 1 {
            run.turn_to(page);
        }
        let shown = (0..).zip(titles).skip(pages[page].start).take(pages[page].len());
        let mut chips: Vec<QuickReply> = shown.map(|(i, title)| chip(run, title, i)).collect();
        let turns = [(TextKey::Back, page.checked_sub(1)), (TextKey::More, Some(page + 1).filter(|next| *next < pages.len()))];
        for (key, to) in turns {
            let Some(to) = to else { continue };
            let title = run.own_text(key);
            chips.push(chip(run, &title, PAGES + u16::try_from(to).unwrap_or(0)));
        }
        chips
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_on_one_page_and_no_page_has_more_than_fit() {
        for count in 0..=limits::OPTIONS {
            let pages = pages(count);
            let all: Vec<usize> = pages.iter().cloned().flatten().collect();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
            let last = pages.len() - 1;
            for (i, page) in pages.iter().enumerate() {
                let turns = usize::from(i > 0) + usize::from(i < last);
                assert!(page.len() + turns <= limits::QUICK_REPLIES, "{count}: {pages:?}");
                assert!(count == 0 || !page.is_empty(), "{count}: {pages:?}");
            }
        }
    }
}
