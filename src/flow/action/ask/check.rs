//! What may be wrong with a question.

use std::collections::HashMap;

use super::{Ask, Style};
use crate::flow::action::Behaviour;
use crate::flow::answer::AnswerType;
use crate::flow::issue::Code;
use crate::flow::limits;
use crate::flow::read::Reader;
use crate::flow::text::TextKey;
use crate::flow::tries::Tries;

impl Ask {
    pub(super) fn check_options(&self, r: &mut Reader<'_>, kind: AnswerType) {
        let count = self.options.len();
        r.at("options", |r| match (kind, self.style) {
            (AnswerType::Option, _) if count == 0 => {
                r.issue(Code::MissingField, "the question has no options", "or choose another `answer`");
            }
            _ if count > limits::OPTIONS => r.issue(Code::TooLarge, format!("more than {} options", limits::OPTIONS), ""),
            (_, Style::Buttons) if count == 0 => r.issue(Code::MissingField, "`style: buttons` needs options", ""),
            (_, Style::Buttons) if count > limits::BUTTONS => {
                r.issue(Code::TooLarge, format!("Messenger shows at most {} buttons", limits::BUTTONS), "use `style: quick_replies`");
            }
            _ => {}
        });
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (i, option) in self.options.iter().enumerate() {
            let twin = option.words().filter_map(|word| first.get(word).copied()).min();
            for word in option.words() {
                first.entry(word).or_insert(i);
            }
            if let Some(twin) = twin {
                let message = format!("options {} and {} share a title, value or synonym", twin + 1, i + 1);
                r.at("options", |r| {
                    r.at(&i.to_string(), |r| r.issue(Code::SameOption, message, "the visitor could not choose the second"));
                });
            }
        }
    }

    /// What the server may say for it.
    pub(super) fn note_own_texts(&self, r: &mut Reader<'_>, kind: AnswerType) {
        let own = &mut r.found.own_texts;
        if self.invalid.is_none() {
            if self.minds_misses() { own.say(&[kind.invalid()]) } else { own.say_unless_fallback(kind.invalid()) }
        }
        if kind == AnswerType::YesNo && self.options.is_empty() {
            own.say(&[TextKey::Yes, TextKey::No]);
        }
        if self.options.len() > limits::QUICK_REPLIES {
            own.say(&[TextKey::More, TextKey::Back]);
        }
        if self.style == Style::Buttons && self.text.templates().iter().any(|template| template.constant().is_none()) {
            own.say(&[TextKey::Choose]);
        }
    }

    pub(super) fn check_fields(&self, r: &mut Reader<'_>, kind: AnswerType) {
        let over = if self.style == Style::Buttons { limits::BUTTON_TEXT_CHARS } else { limits::BUBBLE_CHARS };
        for (field, longest) in [("text", self.text.longest()), ("invalid", self.invalid.as_ref().map_or(0, Tries::longest))] {
            if longest > over {
                let message = format!("the text has {longest} characters, more than the {over} that fit over the answers");
                r.at(field, |r| r.issue(Code::TextTooLong, message, "say the beginning with `send_text` before it"));
            }
        }
        let ranged = matches!(kind, AnswerType::Number | AnswerType::Rating);
        if !ranged && (self.min.is_some() || self.max.is_some()) {
            r.issue(Code::NoEffect, format!("`min` and `max` mean nothing for an answer of type `{}`", kind.word()), "");
        }
        let empty = self.min.zip(self.max).is_some_and(|(min, max)| min > max);
        if empty {
            r.at("max", |r| r.issue(Code::WrongValue, "`max` is less than `min`", ""));
        }
        if kind == AnswerType::Rating && [self.min, self.max].into_iter().flatten().any(|n| n.fract() != 0.0 || n.abs() > 1e6) {
            r.issue(Code::WrongValue, "a rating goes from one whole number to another", "");
        }
        for (i, one) in self.accept.iter().enumerate() {
            if !["image", "video", "audio", "file"].contains(&one.as_str()) {
                r.at("accept", |r| r.at(&i.to_string(), |r| r.issue(Code::WrongValue, "one of: image, video, audio, file", "")));
            }
        }
        if self.skip_if_known && self.save.is_none() {
            r.at("skip_if_known", |r| r.issue(Code::NoEffect, "without `save` nothing is ever known", ""));
        }
    }
}
