//! What the visitor says or taps while a form runs; the order is the one that the action's documentation promises.

use serde_json::Value;

use crate::domain::event::MessageIn;
use crate::domain::message::Content;
use crate::flow::action::ask::{PAGES, Understood};
use crate::flow::answer::parts::{self, Part, Wanted};
use crate::flow::answer::{self, AnswerType, options};
use crate::flow::run::{Next, Run};
use crate::flow::text::TextKey;
use crate::flow::words::normalise;

use super::Form;
use super::commands::{CHANGE, CONFIRM, Command};
use super::field::FormField;
use super::state::{Asking, FormState, How};

impl Form {
    pub(super) fn tapped(&self, run: &mut Run<'_>, state: FormState, option: u16) -> Next {
        let (above, below) = (option & 0xFF00, usize::from(option & 0xFF));
        if let Some(command) = Command::of_option(option) {
            return self.commanded(run, state, command);
        }
        match above {
            CONFIRM if state.asking == Asking::Confirm => self.confirmed(run, state, below == 0),
            CHANGE if below < self.fields.len() => self.change(run, state, below),
            _ => {
                let field = usize::from(option >> 8);
                let Some(one) = self.fields.get(field) else { return self.ask_again(run, state) };
                if below >= usize::from(PAGES) {
                    self.say_field(run, field, None, below - usize::from(PAGES));
                    let attempt = run.attempt();
                    return Self::wait(run, state, attempt);
                }
                match one.ask.tapped(run, below) {
                    Some((value, option)) => self.answered(run, state, field, value, option, "tapped"),
                    None => self.ask_again(run, state),
                }
            }
        }
    }

    pub(super) fn said(&self, run: &mut Run<'_>, state: FormState, message: &MessageIn) -> Next {
        match state.asking {
            Asking::Field(field) => self.said_to_field(run, state, usize::from(field), message),
            Asking::Confirm => self.said_to_confirm(run, state, message),
            Asking::Change => self.said_to_change(run, state, message),
            Asking::Nothing => self.go_on(run, state),
        }
    }

    fn said_to_field(&self, run: &mut Run<'_>, state: FormState, field: usize, message: &MessageIn) -> Next {
        let Some(one) = self.fields.get(field) else { return self.go_on(run, state) };
        let said = message.text.as_deref().map(normalise).unwrap_or_default();
        let listed = !said.is_empty() && options::exact(&said, &one.ask.words(run)).is_some();
        if !listed && let Some(command) = self.command(run, &said) {
            return self.commanded(run, state, command);
        }
        // An option or free text: the whole message is the answer, and nothing else is looked for in it.
        let parts = if listed || one.ask.is_free() { Vec::new() } else { self.parts(run, &state, message, Some(field), false) };
        if parts.iter().any(|part| part.wanted == field) {
            return self.take_parts(run, state, parts);
        }
        match one.ask.understand(run, message) {
            Some(Understood::Answer(value, option)) => {
                one.ask.note_left_out(run, message);
                self.answered(run, state, field, value, option, "the whole message")
            }
            Some(Understood::Page(page)) => {
                self.say_field(run, field, None, page);
                let attempt = run.attempt();
                Self::wait(run, state, attempt)
            }
            None if !parts.is_empty() => self.take_parts(run, state, parts),
            None => self.invalid(run, state, field),
        }
    }

    /// A value in the answer changes its field; then it is confirmed anew. Words for yes and no are no values here: they
    /// answer what is asked, also where a field has options that are called so.
    fn said_to_confirm(&self, run: &mut Run<'_>, state: FormState, message: &MessageIn) -> Next {
        let text = message.text.as_deref().unwrap_or_default();
        let said = normalise(text);
        if let Some(command) = self.command(run, &said) {
            return self.commanded(run, state, command);
        }
        if let Some(yes) = Self::agreed(run, &said) {
            return self.confirmed(run, state, yes);
        }
        let parts = self.parts(run, &state, message, None, true);
        if !parts.is_empty() {
            return self.take_parts(run, state, parts);
        }
        if let Some(yes) = answer::yes_no(text) {
            return self.confirmed(run, state, yes);
        }
        let attempt = run.attempt().saturating_add(1);
        run.trace("confirm", false, &format!("neither yes nor no, attempt {attempt}"));
        if self.is_last(attempt) {
            return self.give_up(run, &state);
        }
        let words = run.own_text(TextKey::InvalidYesNo);
        self.ask_confirm(run, state, words, attempt)
    }

    /// The whole message is a word for yes or for no: one of the languages', or what stands on the quick reply.
    pub(super) fn agreed(run: &Run<'_>, said: &str) -> Option<bool> {
        let own = |key| !said.is_empty() && normalise(&run.quiet_own_text(key)) == said;
        answer::yes_or_no(said).or_else(|| own(TextKey::Yes).then_some(true)).or_else(|| own(TextKey::No).then_some(false))
    }

    fn said_to_change(&self, run: &mut Run<'_>, state: FormState, message: &MessageIn) -> Next {
        let said = normalise(message.text.as_deref().unwrap_or_default());
        if let Some(command) = self.command(run, &said) {
            return self.commanded(run, state, command);
        }
        let labels = self.labels(run, &state);
        let words: Vec<options::Words<'_>> = labels.iter().map(|(_, label)| vec![normalise(label).into()]).collect();
        if let Some((field, _)) = options::find(&said, &words).and_then(|found| labels.get(found)) {
            return self.change(run, state, *field);
        }
        let parts = self.parts(run, &state, message, None, true);
        if !parts.is_empty() {
            return self.take_parts(run, state, parts);
        }
        let attempt = run.attempt().saturating_add(1);
        run.trace("change", false, &format!("no field was named, attempt {attempt}"));
        if self.is_last(attempt) {
            return self.give_up(run, &state);
        }
        let words = run.own_text(TextKey::InvalidOption);
        self.ask_change(run, state, words, attempt)
    }

    fn confirmed(&self, run: &mut Run<'_>, state: FormState, yes: bool) -> Next {
        run.trace("confirm", yes, if yes { "the visitor agrees" } else { "something is to be changed" });
        if yes {
            return self.finished(run);
        }
        let words = run.own_text(TextKey::FormChange);
        self.ask_change(run, state, words, 0)
    }

    fn change(&self, run: &mut Run<'_>, mut state: FormState, field: usize) -> Next {
        state.undone(field);
        self.ask_field(run, state, field)
    }

    fn commanded(&self, run: &mut Run<'_>, mut state: FormState, command: Command) -> Next {
        run.trace(format!("{command:?}").to_lowercase(), true, "the visitor's word or tap");
        match command {
            Command::Cancel => self.cancel(run, &state),
            Command::Back => match state.back() {
                Some(field) => {
                    run.set(self.fields.get(field).map_or("", FormField::variable), Value::Null);
                    self.ask_field(run, state, field)
                }
                None => self.ask_again(run, state),
            },
            Command::Skip => match state.field().filter(|&field| self.fields.get(field).is_some_and(|field| field.rules.optional)) {
                Some(field) => {
                    state.done(field, How::Skipped);
                    self.go_on(run, state)
                }
                None => match state.field() {
                    Some(field) => self.invalid(run, state, field),
                    None => self.ask_again(run, state),
                },
            },
        }
    }

    fn cancel(&self, run: &mut Run<'_>, state: &FormState) -> Next {
        self.empty(run, state);
        let text = run.own_text(TextKey::FormCancelled);
        run.say(Content::Text { text }, Vec::new());
        self.cancelled.map_or(Next::End, |target| Next::Goto(target.0))
    }

    /// What nobody confirmed is not used: it is emptied, unless the form says where to go on with it.
    fn give_up(&self, run: &mut Run<'_>, state: &FormState) -> Next {
        match self.exhausted {
            Some(target) => {
                run.forget_form();
                Next::Goto(target.0)
            }
            None => self.cancel(run, state),
        }
    }

    /// No attempt is left for the confirmation, or for what to change.
    fn is_last(&self, attempt: u32) -> bool {
        let most = self.attempts.map(|most| most.0).or(self.exhausted.map(|_| 3));
        most.is_some_and(|most| attempt >= most)
    }

    fn empty(&self, run: &mut Run<'_>, state: &FormState) {
        for step in state.steps.iter().filter(|step| step.how == How::Filled) {
            if let Some(field) = self.fields.get(usize::from(step.field)) {
                run.set(field.variable(), Value::Null);
            }
        }
        run.forget_form();
    }

    // --- filling

    fn answered(&self, run: &mut Run<'_>, state: FormState, field: usize, value: Value, option: Option<usize>, because: &str) -> Next {
        run.trace("answer", true, because);
        self.take_parts(run, state, vec![Part { wanted: field, value, option }])
    }

    /// Fills the fields and goes on; an option with a `goto` leads out of the form.
    pub(super) fn take_parts(&self, run: &mut Run<'_>, mut state: FormState, parts: Vec<Part>) -> Next {
        let way_out = self.fill(run, &mut state, parts);
        if let Some(node) = way_out {
            run.forget_form();
            return Next::Goto(node);
        }
        let attempt = run.attempt();
        let before = state.field().filter(|&field| !state.is_done(field) && self.applies(run, field));
        match before {
            // Another field was filled: the question stands, without counting an attempt.
            Some(field) => {
                self.say_field(run, field, None, run.page());
                Self::wait(run, state, attempt)
            }
            None => self.go_on(run, state),
        }
    }

    pub(super) fn fill(&self, run: &mut Run<'_>, state: &mut FormState, parts: Vec<Part>) -> Option<u32> {
        let mut way_out = None;
        for Part { wanted, value, option } in parts {
            let Some(field) = self.fields.get(wanted) else { continue };
            run.trace(format!("field {}", field.variable()), true, "filled");
            run.set(field.variable(), value);
            state.done(wanted, How::Filled);
            if let Some(found) = &field.rules.found {
                run.say_text(found);
            }
            let goto = option.and_then(|option| field.ask.options.get(option)).and_then(|option| option.goto);
            way_out = way_out.or(goto.map(|target| target.0));
        }
        way_out
    }

    /// Values within the message of the fields that may be filled; with `again`, also of those that are.
    pub(super) fn parts(&self, run: &mut Run<'_>, state: &FormState, message: &MessageIn, asked: Option<usize>, again: bool) -> Vec<Part> {
        let open: Vec<usize> = (0..self.fields.len()).filter(|&i| (again || !state.is_done(i)) && self.applies(run, i)).collect();
        let Some(text) = message.text.as_deref() else {
            let parts = self.attached(run, &open, message);
            if let Some(field) = parts.first().and_then(|part| self.fields.get(part.wanted)) {
                field.ask.note_left_out(run, message);
            }
            return parts;
        };
        let (locale, today) = (run.locale(), run.today());
        let wanted: Vec<Wanted<'_>> = open
            .iter()
            .filter_map(|&i| Some((i, self.fields.get(i)?)))
            .map(|(i, field)| field.ask.wanted(run, locale, today, asked == Some(i)))
            .map(|wanted| if state.asking == Asking::Confirm { wanted.without(|word| Self::agreed(run, word).is_some()) } else { wanted })
            .collect();
        let field = |wanted: usize| open.get(wanted).and_then(|&i| self.fields.get(i));
        let found =
            parts::find(text, &wanted, |index, value| value.is_null() || field(index).is_some_and(|field| field.ask.allows(run, value)));
        drop(wanted);
        let mut parts = Vec::new();
        for part in found {
            let Some((&index, one)) = open.get(part.wanted).zip(field(part.wanted)) else { continue };
            let value = part.option.map_or(part.value, |option| one.ask.value(run, option));
            parts.push(Part { wanted: index, value, option: part.option });
        }
        parts
    }

    /// A place or a file goes to the first field that takes one.
    fn attached(&self, run: &Run<'_>, open: &[usize], message: &MessageIn) -> Vec<Part> {
        let takes = |i: &usize| {
            let field = self.fields.get(*i)?;
            let kind = matches!(field.ask.kind(), AnswerType::Attachment | AnswerType::Location);
            let value = kind.then(|| field.ask.typed(run, message)).flatten()?;
            Some(Part { wanted: *i, value, option: None })
        };
        open.iter().find_map(takes).into_iter().collect()
    }

    // --- again

    fn invalid(&self, run: &mut Run<'_>, mut state: FormState, field: usize) -> Next {
        let Some(one) = self.fields.get(field) else { return self.go_on(run, state) };
        let attempt = run.attempt().saturating_add(1);
        run.trace("answer", false, &format!("not understood as `{}`, attempt {attempt}", one.ask.kind().word()));
        let exhausted = one.ask.exhausted.or(self.exhausted);
        let most = one.ask.attempts.map(|most| most.0).or(exhausted.map(|_| 3));
        if most.is_some_and(|most| attempt >= most) {
            if let Some(target) = exhausted {
                run.forget_form();
                return Next::Goto(target.0);
            }
            state.done(field, How::Skipped);
            return self.go_on(run, state);
        }
        let words = match one.ask.invalid.as_ref().and_then(|tries| tries.after(attempt)).and_then(|text| run.text(text)) {
            Some(words) => words,
            None => run.own_text(one.ask.kind().invalid()),
        };
        self.say_field(run, field, Some(words), run.page());
        Self::wait(run, state, attempt)
    }

    pub(super) fn ask_again(&self, run: &mut Run<'_>, state: FormState) -> Next {
        let attempt = run.attempt();
        match state.asking {
            Asking::Field(field) => {
                self.say_field(run, usize::from(field), None, run.page());
                Self::wait(run, state, attempt)
            }
            Asking::Change => {
                let words = run.own_text(TextKey::FormChange);
                self.ask_change(run, state, words, attempt)
            }
            Asking::Confirm | Asking::Nothing => self.go_on_at(run, state, attempt),
        }
    }
}
