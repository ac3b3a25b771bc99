//! The action `send_buttons`.

use crate::domain::message::Content;
use crate::flow::issue::Code;
use crate::flow::limits;
use crate::flow::read::{Reader, document};
use crate::flow::read_types::{AnsweredTarget, Save, Whole};
use crate::flow::run::{Arrived, Next, Run};
use crate::flow::session::Wait;
use crate::flow::text::Text;

use super::ask::Choice;
use super::buttons::{self, ButtonSpec, Key, Showing, Waiting};
use super::{Behaviour, Shape};

document! {
    /// Says a text with one to three buttons under it that stay in the conversation: to a node, to a web page, to a phone.
    ///
    /// Where a button leads to the flow, it waits for a tap, or for a message that says one. A button of it that is tapped
    /// later counts too, as long as the session runs; after that it is a stale choice.
    ///
    /// ```json
    /// { "type": "send_buttons", "text": { "fr": "Comment vous aider ?", "en": "How can we help?" }, "buttons": [
    ///   { "title": { "fr": "Parler à quelqu'un", "en": "Talk to someone" }, "goto": "handoff" },
    ///   { "title": { "fr": "Le site", "en": "Website" }, "url": "https://shop.example", "height": "tall" },
    ///   { "title": { "fr": "Appeler", "en": "Call" }, "phone": "+33123456789" } ] }
    /// ```
    pub struct SendButtons {
        /// What is said over them.
        pub text: Text,
        /// One to three.
        pub buttons: Vec<ButtonSpec>,
        /// Quick replies under it.
        pub options: Vec<Choice> = Vec::new(),
        /// The variable that gets the value of what was tapped.
        pub save: Option<Save>,
        /// Wait for a tap before the next action; true where something can be tapped that leads to the flow.
        pub wait: Option<bool>,
        /// How often a message that says none of them is answered with `invalid`; 3 where `exhausted` says what follows.
        pub attempts: Option<Whole<1, 20>>,
        /// Said when a message says none of them.
        pub invalid: Option<Text>,
        /// Where to go on when no attempt is left.
        pub exhausted: Option<AnsweredTarget>,
    }
}

impl Behaviour for SendButtons {
    fn settle(&mut self, r: &mut Reader<'_>) {
        if self.buttons.is_empty() {
            r.at("buttons", |r| r.issue(Code::MissingField, "there are no buttons", "use `send_text`"));
        }
        buttons::check(r, &self.buttons);
        for (field, text) in [("text", Some(&self.text)), ("invalid", self.invalid.as_ref())] {
            if let Some(longest) = text.map(Text::longest).filter(|longest| *longest > limits::BUTTON_TEXT_CHARS) {
                let message = format!("the text has {longest} characters; {} fit over buttons", limits::BUTTON_TEXT_CHARS);
                r.at(field, |r| r.issue(Code::TextSplit, message, "its beginning becomes a bubble of its own"));
            }
        }
        let keys: Vec<Key> = self.buttons.iter().filter_map(ButtonSpec::key).collect();
        self.wait = Some(buttons::settle_wait(r, self.wait, self.save.as_ref(), &self.options, &keys));
        if self.wait == Some(true) && self.invalid.is_none() {
            buttons::note_own_texts(r, self.attempts.is_some() || self.exhausted.is_some());
        }
    }

    fn shape(&self) -> Shape {
        Shape { waits: self.waits(), speaks: true, ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        let words = run.text(&self.text);
        self.show(run, words);
        if self.waits() { Next::Wait(Wait::Answer { attempt: 0 }) } else { Next::On }
    }

    fn resume(&self, run: &mut Run<'_>, arrived: Arrived<'_>) -> Next {
        let goto = |index: usize| self.buttons.get(index).and_then(|button| button.goto).map(|target| target.0);
        let invalid = matches!(arrived, Arrived::Said(_));
        self.keys().arrived(run, arrived, goto, |run, own| {
            let words = if invalid { Some(buttons::invalid_words(run, own)) } else { run.text(&self.text) };
            self.show(run, words);
        })
    }

    fn waiting(&self) -> Option<Waiting<'_>> {
        Some(self.keys())
    }
}

impl SendButtons {
    fn waits(&self) -> bool {
        self.wait.unwrap_or(false)
    }

    fn keys(&self) -> Waiting<'_> {
        Waiting {
            save: self.save.as_ref(),
            attempts: self.attempts,
            invalid: self.invalid.as_ref(),
            exhausted: self.exhausted,
            options: &self.options,
        }
    }

    fn show(&self, run: &mut Run<'_>, words: Option<String>) {
        let Some(text) = words else { return run.say_error() };
        let mut showing = Showing::new(run);
        let buttons: Vec<_> =
            self.buttons.iter().enumerate().filter_map(|(index, button)| showing.button(run, button, index, None)).collect();
        let chips = showing.chips(run, &self.options);
        showing.keep(run);
        let content = if buttons.is_empty() { Content::Text { text } } else { Content::Buttons { text, buttons } };
        run.say_within_limits(content, chips);
    }
}
