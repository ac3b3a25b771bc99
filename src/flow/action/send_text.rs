//! The action `send_text`.

use crate::flow::issue::Code;
use crate::flow::limits;
use crate::flow::read::{Reader, document, words};
use crate::flow::run::{Next, Run};
use crate::flow::text::Text;

use super::{Behaviour, Shape};

words! {
    /// Which of several variations is said.
    pub enum Mode {
        /// One after the other, from visit to visit; after the last the first.
        Sequential = "sequential",
        /// A different one than the last time, by chance.
        Random = "random",
        /// All, one bubble each.
        All = "all",
    }
}

document! {
    /// Says a text. With `variations`, one of several, or all.
    ///
    /// ```json
    /// { "type": "send_text", "text": { "fr": "Bonjour {{ contact.first_name | default('') }} !", "en": "Hello!" } }
    /// ```
    ///
    /// ```json
    /// { "type": "send_text", "variations": ["Hello!", "Hi!", "Good day!"], "mode": "random" }
    /// ```
    pub struct SendText {
        /// What is said; texts of more than 2,000 characters become several bubbles.
        pub text: Option<Text>,
        /// Instead of `text`.
        pub variations: Vec<Text> = Vec::new(),
        /// Which of the variations.
        pub mode: Mode = Mode::Sequential,
    }
}

impl Behaviour for SendText {
    fn settle(&mut self, r: &mut Reader<'_>) {
        match (&self.text, self.variations.len()) {
            (None, 0) => r.issue(Code::MissingField, "`text` is missing", "or `variations`"),
            (Some(_), 1..) => r.issue(Code::NoEffect, "`text` and `variations` exclude each other", "only the variations are said"),
            (_, count) if count > limits::VARIATIONS => {
                r.at("variations", |r| r.issue(Code::TooLarge, format!("more than {} variations", limits::VARIATIONS), ""));
            }
            _ => {}
        }
        let longest = self.variations.iter().chain(&self.text).map(Text::longest).max().unwrap_or(0);
        if longest > limits::BUBBLE_CHARS {
            let hint = "Messenger takes 2,000 characters in one bubble";
            r.issue(Code::TextSplit, format!("the text has {longest} characters and becomes several bubbles"), hint);
        }
    }

    fn shape(&self) -> Shape {
        Shape { speaks: true, ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        match (self.variations.as_slice(), &self.text, self.mode) {
            ([], Some(text), _) => run.say_text(text),
            ([], None, _) => {}
            (all, _, Mode::All) => all.iter().for_each(|text| run.say_text(text)),
            (all, _, mode) => {
                let index = choose(run, mode, all.len());
                run.say_text(&all[index]);
            }
        }
        Next::On
    }
}

/// `count` is not 0. The counter remembers the last choice, plus one.
fn choose(run: &mut Run<'_>, mode: Mode, count: usize) -> usize {
    let seed = run.random();
    let last = run.counter();
    let index = match (mode, usize::try_from(*last).unwrap_or(0)) {
        (Mode::Random, 0) => seed % count,
        // One of the others: never the same twice running.
        (Mode::Random, before) if count > 1 => (before + seed % (count - 1)) % count,
        (Mode::Random, _) => 0,
        (_, before) => before % count,
    };
    *last = u32::try_from(index + 1).unwrap_or(0);
    index
}
