//! The action `form`: several fields, filled in order, in any order, or several from one message.
//!
//! What comes in and what it means is in `hear.rs`; one field is in `field.rs`, where the form stands in `state.rs`. Here:
//! the document's side, and the way from field to field.

mod commands;
mod field;
mod hear;
pub mod state;

use serde_json::Value;

use crate::domain::event::MessageIn;
use crate::domain::message::{Content, QuickReply};
use crate::flow::answer;
use crate::flow::issue::Code;
use crate::flow::limits;
use crate::flow::read::{Reader, document};
use crate::flow::read_types::{AnsweredTarget, Whole};
use crate::flow::run::{Arrived, Heard, Next, Run};
use crate::flow::session::Wait;
use crate::flow::text::{Text, TextKey};

use super::{Behaviour, Shape};
use commands::{Command, Control};
use field::FormField;
use state::{Asking, FormState, How};

document! {
    /// Collects several answers: asks for one field after the other, takes several from one message, lets the visitor go back,
    /// skip, cancel, and change what was wrong.
    ///
    /// When it begins, every field's variable is emptied, except those with `skip_if_known` and those kept with the contact.
    /// Then, and after each answer, the first field in the document's order that is not filled and whose `when` holds is asked.
    ///
    /// What the visitor says is looked at in this order:
    ///
    /// 1. interrupts of the flow;
    /// 2. a tap: the option, page, field or control that was tapped, also of a field that was asked earlier;
    /// 3. the exact words of an option of the field that is asked;
    /// 4. the words for back, cancel and skip, in French and English, where the visitor said nothing else;
    /// 5. free text: the field that is asked takes the whole message, and nothing else is looked for in it;
    /// 6. values within the message, of the field that is asked and of all others that are not filled and whose `when` holds:
    ///    the longest first, then the field that is asked, then the more special type, then the document's order;
    /// 7. the whole message as an answer to the field that is asked: by number, with small mistakes;
    /// 8. values of other fields alone: they are kept, and the field is asked again without counting an attempt;
    /// 9. else it does not fit: `invalid` is said, until `attempts` are used up. Then the flow goes on at `exhausted`; without
    ///    it, the field is left empty.
    ///
    /// At the end `confirm` is asked. Its answer is looked at in this order: the words for back, cancel and skip; a message that
    /// says yes or no and nothing else; values within the message, which change their fields at once, and it is asked anew;
    /// yes or no with a few words around it ("yes please"). Words for yes and no are never a field's value here. "No" asks what
    /// to change. What is none of these is asked again until `attempts` are used up; then the flow goes on at `exhausted`, or
    /// the form ends as if it had been cancelled: what nobody confirmed is not used.
    ///
    /// ```json
    /// { "type": "form", "confirm": "{{ size }}, {{ way }} {{ street | default('') }}: is that right?", "cancelled": "menu",
    ///   "controls": [ "back", "cancel" ], "fields": [
    ///   { "save": "size", "text": "Which size?", "label": "Size", "options": [ { "title": "Small" }, { "title": "Large" } ] },
    ///   { "save": "way", "text": "Shall we deliver it?", "options": [ { "title": "Deliver" }, { "title": "Pick up" } ] },
    ///   { "save": "street", "text": "Where to?", "when": "way == 'Deliver'" },
    ///   { "save": "mail", "text": "Your e-mail address?", "answer": "email", "optional": true } ] }
    /// ```
    pub struct Form {
        /// In the order in which they are asked.
        pub fields: Vec<FormField>,
        /// Said before the first question.
        pub intro: Option<Text>,
        /// Values are looked for in what the visitor said before the form, too.
        pub prefill: bool = false,
        /// Asked at the end, with yes and no.
        pub confirm: Option<Text>,
        /// What is offered as quick replies under each question; the words for all of them count anyway.
        pub controls: Vec<Control> = Vec::new(),
        /// Where to go on when the visitor cancels; the chatflow ends unless said otherwise.
        pub cancelled: Option<AnsweredTarget>,
        /// How often the confirmation, and what to change, is asked; 3 where `exhausted` says what follows, else until the
        /// answer fits. Fields have their own.
        pub attempts: Option<Whole<1, 20>>,
        /// Where to go on when a field's attempts are used up and it says nothing itself, or those of the confirmation.
        pub exhausted: Option<AnsweredTarget>,
    }
}

impl Behaviour for Form {
    fn settle(&mut self, r: &mut Reader<'_>) {
        if self.attempts.is_some() && self.confirm.is_none() {
            r.at("attempts", |r| r.issue(Code::NoEffect, "`attempts` means nothing without `confirm`", "each field has its own"));
        }
        self.note_own_texts(r);
        r.at("fields", |r| {
            match self.fields.len() {
                0 => r.issue(Code::MissingField, "the form has no fields", ""),
                count if count > limits::FIELDS => r.issue(Code::TooLarge, format!("more than {} fields", limits::FIELDS), ""),
                _ if self.fields.iter().all(|field| !field.rules.asked) => r.issue(Code::NoEffect, "no field is ever asked", ""),
                _ => {}
            }
            for (i, field) in self.fields.iter().enumerate().take(limits::FIELDS) {
                if self.confirm.is_some() && field.rules.label.is_none() && field.variable().chars().count() > limits::TITLE_CHARS {
                    let message = format!("`{}` has more than {} characters", field.variable(), limits::TITLE_CHARS);
                    let hint = "give the field a `label`: it is shown where the visitor chooses what to change";
                    r.at(&i.to_string(), |r| r.issue(Code::TitleTooLong, message, hint));
                }
                let twin = self.fields[..i].iter().position(|other| other.variable() == field.variable());
                if let Some(twin) = twin.filter(|_| !field.variable().is_empty()) {
                    let message = format!("fields {} and {} fill the same variable", twin + 1, i + 1);
                    r.at(&i.to_string(), |r| r.at("save", |r| r.issue(Code::WrongValue, message, "give each its own")));
                }
            }
        });
    }

    fn shape(&self) -> Shape {
        Shape { waits: true, speaks: true, ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        let mut state = FormState::default();
        self.begin(run, &mut state);
        let said = run.last_text().to_owned();
        if self.prefill && !said.is_empty() {
            let message = MessageIn { text: Some(said), ..MessageIn::default() };
            let parts = self.parts(run, &state, &message, None, false);
            self.fill(run, &mut state, parts);
        }
        self.settle_conditions(run, &mut state);
        if let Some(intro) = self.intro.as_ref().filter(|_| self.is_anything_open(run, &state)) {
            run.say_text(intro);
        }
        self.go_on(run, state)
    }

    fn resume(&self, run: &mut Run<'_>, arrived: Arrived<'_>) -> Next {
        let Some(state) = run.form().cloned() else { return self.run(run) };
        match arrived {
            Arrived::Tapped { option } => self.tapped(run, state, option),
            Arrived::Said(message) => self.said(run, state, message),
            _ => self.ask_again(run, state),
        }
    }

    fn hears(&self, run: &Run<'_>, message: &MessageIn, normalised: &str) -> Heard {
        let Some(state) = run.form() else { return Heard::Unsure };
        if self.command(run, normalised).is_some() {
            return Heard::Sure;
        }
        match state.field().and_then(|field| self.fields.get(field)) {
            Some(field) => field.ask.hears(run, message, normalised),
            None if Self::agreed(run, normalised).or_else(|| answer::yes_no(normalised)).is_some() => Heard::Sure,
            None => Heard::Unsure,
        }
    }

    fn fits(&self, run: &mut Run<'_>, message: &MessageIn) -> bool {
        let field = run.form().and_then(FormState::field).and_then(|field| self.fields.get(field));
        field.is_some_and(|field| field.ask.fits(run, message))
    }
}

impl Form {
    /// Variables of a form before are emptied, so that conditions do not see them.
    fn begin(&self, run: &mut Run<'_>, state: &mut FormState) {
        for (i, field) in self.fields.iter().enumerate() {
            let known = run.variable(field.variable()).is_some();
            if known && field.ask.skip_if_known {
                run.trace(format!("field {}", field.variable()), true, "the variable has a value already");
                state.done(i, How::Known);
            } else if known && !run.is_of_contact(field.variable()) {
                run.set(field.variable(), Value::Null);
            }
        }
    }

    /// In the document's order, so that one field's value decides about those after it.
    fn settle_conditions(&self, run: &mut Run<'_>, state: &mut FormState) {
        for (i, field) in self.fields.iter().enumerate() {
            if state.is_done(i) && !self.applies(run, i) {
                if let Some(when) = &field.rules.when {
                    run.looked_at(format!("field {} when", field.variable()), when, false);
                }
                run.trace(format!("field {}", field.variable()), false, "its condition does not hold any more");
                if state.is_filled(i) {
                    run.set(field.variable(), Value::Null);
                }
                state.undone(i);
            }
        }
    }

    fn applies(&self, run: &mut Run<'_>, field: usize) -> bool {
        self.fields.get(field).is_some_and(|field| field.rules.when.as_ref().is_none_or(|when| run.holds(when)))
    }

    /// The field to ask for; each condition that was looked at on the way is told.
    fn next_field(&self, run: &mut Run<'_>, state: &FormState) -> Option<usize> {
        let open = self.fields.iter().enumerate().filter(|(i, field)| field.rules.asked && !state.is_done(*i));
        for (i, field) in open {
            let Some(when) = &field.rules.when else { return Some(i) };
            let holds = run.holds(when);
            run.looked_at(format!("field {} when", field.variable()), when, holds);
            if holds {
                return Some(i);
            }
        }
        None
    }

    fn is_anything_open(&self, run: &mut Run<'_>, state: &FormState) -> bool {
        (0..self.fields.len()).any(|i| self.fields[i].rules.asked && !state.is_done(i) && self.applies(run, i))
    }

    /// The next question, the confirmation, or the end.
    fn go_on(&self, run: &mut Run<'_>, state: FormState) -> Next {
        self.go_on_at(run, state, 0)
    }

    /// As `go_on`, where so many attempts at the confirmation have failed.
    fn go_on_at(&self, run: &mut Run<'_>, mut state: FormState, attempt: u32) -> Next {
        self.settle_conditions(run, &mut state);
        if let Some(field) = self.next_field(run, &state) {
            return self.ask_field(run, state, field);
        }
        if let Some(confirm) = &self.confirm {
            let words = run.text(confirm).unwrap_or_else(|| run.own_text(TextKey::Error));
            return self.ask_confirm(run, state, words, attempt);
        }
        self.finished(run)
    }

    fn finished(&self, run: &mut Run<'_>) -> Next {
        run.trace("form", true, "every field is done");
        run.forget_form();
        Next::On
    }

    fn wait(run: &mut Run<'_>, state: FormState, attempt: u32) -> Next {
        run.keep_form(state);
        Next::Wait(Wait::Answer { attempt })
    }

    fn ask_field(&self, run: &mut Run<'_>, mut state: FormState, field: usize) -> Next {
        state.asking = Asking::Field(u8::try_from(field).unwrap_or(u8::MAX));
        self.say_field(run, field, None, 0);
        Self::wait(run, state, 0)
    }

    /// The field's question, or `instead`, with its options and the controls under it.
    fn say_field(&self, run: &mut Run<'_>, field: usize, instead: Option<String>, page: usize) {
        let Some(one) = self.fields.get(field) else { return };
        let controls = self.chips(run, one.rules.optional);
        run.with_options(commands::field_base(field), controls, |run| match instead {
            Some(words) => one.ask.ask(run, words, page),
            None => one.ask.prompt(run, &one.ask.text, page),
        });
    }

    fn ask_confirm(&self, run: &mut Run<'_>, mut state: FormState, words: String, attempt: u32) -> Next {
        state.asking = Asking::Confirm;
        let mut chips: Vec<QuickReply> = Vec::new();
        for (i, key) in [TextKey::Yes, TextKey::No].into_iter().enumerate() {
            chips.push(commands::chip(run, key, commands::CONFIRM | u16::try_from(i).unwrap_or(0)));
        }
        chips.extend(self.chips(run, false));
        run.say(Content::Text { text: words }, chips);
        Self::wait(run, state, attempt)
    }

    fn ask_change(&self, run: &mut Run<'_>, mut state: FormState, words: String, attempt: u32) -> Next {
        state.asking = Asking::Change;
        let (mut words, mut chips) = (words, Vec::new());
        let labels = self.labels(run, &state);
        if labels.len() > limits::QUICK_REPLIES {
            // They do not all fit under it: their numbers can be said.
            words.extend(labels.iter().enumerate().map(|(i, (_, label))| format!("\n{}. {label}", i + 1)));
        }
        for (i, title) in labels {
            let option = commands::CHANGE | u16::try_from(i).unwrap_or(0);
            chips.push(QuickReply::Text { title, payload: run.token(option) });
        }
        let room = limits::QUICK_REPLIES.saturating_sub(chips.len());
        chips.extend(self.chips(run, false).into_iter().take(room));
        chips.truncate(limits::QUICK_REPLIES);
        run.say(Content::Text { text: words }, chips);
        Self::wait(run, state, attempt)
    }

    /// What can be changed, by the names that the visitor is shown.
    fn labels(&self, run: &mut Run<'_>, state: &FormState) -> Vec<(usize, String)> {
        let mut labels = Vec::new();
        for (i, field) in self.fields.iter().enumerate() {
            if !state.is_done(i) && !self.applies(run, i) {
                continue;
            }
            let label = field.rules.label.as_ref().and_then(|label| run.text(&label.text));
            let label = label.filter(|label| label.chars().count() <= limits::TITLE_CHARS);
            labels.push((i, label.unwrap_or_else(|| field.variable().replace('_', " "))));
        }
        labels
    }

    fn chips(&self, run: &mut Run<'_>, optional: bool) -> Vec<QuickReply> {
        let mut chips = Vec::new();
        for control in &self.controls {
            let command = control.command();
            if command != Command::Skip || optional {
                chips.push(commands::chip(run, command.key(), command.option()));
            }
        }
        chips
    }
}
