//! The action `ask`: a question, its answer by type, its options.
//!
//! What it means is here; how the question looks is in `prompt.rs`, what may be wrong with it in `check.rs`.

mod check;
mod prompt;

use std::borrow::Cow;

use serde_json::Value;

use crate::domain::event::MessageIn;
use crate::flow::answer::options::{self, Words};
use crate::flow::answer::parts::Wanted;
use crate::flow::answer::{self, AnswerType};
use crate::flow::interrupt::Keyword;
use crate::flow::limits;
use crate::flow::read::{Read, Reader, document, words};
use crate::flow::read_types::{AnsweredTarget, Save, Whole};
use crate::flow::run::{Arrived, Heard, Next, Run};
use crate::flow::session::Wait;
use crate::flow::text::{Text, TextKey, Title};
use crate::flow::tries::Tries;
use crate::flow::variable::{Pattern, Plain};
use crate::flow::words::normalise;

use super::{Behaviour, Shape};
pub use prompt::{PAGES, pages};

words! {
    /// What the options look like.
    pub enum Style {
        /// Chips under the question that vanish once the visitor has answered; more than 13 come in pages.
        QuickReplies = "quick_replies",
        /// One to three buttons that stay in the conversation.
        Buttons = "buttons",
    }
}

document! {
    /// Asks, and waits for the answer. What does not fit is asked again: up to `attempts`, or until it fits.
    ///
    /// ```json
    /// { "type": "ask", "text": { "fr": "Votre adresse e-mail ?", "en": "Your e-mail address?" }, "answer": "email", "save": "email" }
    /// ```
    ///
    /// ```json
    /// { "type": "ask", "text": "Your postcode?", "save": "postcode", "pattern": "^[0-9]{5}$", "attempts": 3,
    ///   "invalid": ["Five digits, please.", "For example 75011."] }
    /// ```
    ///
    /// ```json
    /// { "type": "ask", "text": "Which size?", "save": "size", "attempts": 2,
    ///   "options": [ { "value": "s", "title": "Small", "synonyms": ["S"] }, { "value": "l", "title": "Large" } ] }
    /// ```
    pub struct Ask {
        /// The question.
        pub text: Text,
        /// The variable that gets the answer.
        pub save: Option<Save>,
        /// The kind of answer. Unless said otherwise: `option` where there are options, else what `save` is declared as, else `text`.
        pub answer: Option<AnswerType>,
        /// What can be tapped. With another `answer` than `option` they are suggestions.
        pub options: Vec<Choice> = Vec::new(),
        /// What the options look like.
        pub style: Style = Style::QuickReplies,
        /// A regular expression that the answer's text must match; the variable's own unless said otherwise.
        pub pattern: Option<Pattern>,
        /// The least number or rating.
        pub min: Option<f64>,
        /// The greatest number or rating.
        pub max: Option<f64>,
        /// Kinds of attachment that are taken: `image`, `video`, `audio`, `file`.
        pub accept: Vec<String> = Vec::new(),
        /// How often it is asked, 1 to 20; 3 where `exhausted` says what follows, else until the answer fits.
        pub attempts: Option<Whole<1, 20>>,
        /// Said when the answer does not fit: a text, or a list of texts, one for each try; the last is said again.
        pub invalid: Option<Tries>,
        /// Where to go on when no attempt is left; with the next action unless said otherwise.
        pub exhausted: Option<AnsweredTarget>,
        /// Not asked where the variable has a value already.
        pub skip_if_known: bool = false,
        /// Interrupts are taken while it waits; `false`: never here.
        pub interruptible: bool = true,
    }
}

document! {
    /// Something to tap. Recognised too: its value, its title in any language, synonyms, its number, small mistakes.
    pub struct Choice {
        /// What is saved; the title in the first language unless said otherwise.
        pub value: Option<Said>,
        /// What the visitor sees: at most 20 characters.
        pub title: Title,
        /// Other words for it.
        pub synonyms: Vec<Keyword> = Vec::new(),
        /// Where to go on when it is chosen.
        pub goto: Option<AnsweredTarget>,
    }
}

impl Behaviour for Ask {
    fn settle(&mut self, r: &mut Reader<'_>) {
        let declared = self.save.as_ref().and_then(|save| r.variables.get(&save.0));
        if self.pattern.is_none() {
            self.pattern = declared.and_then(|variable| variable.pattern.clone());
        }
        let kind = match (self.answer, declared) {
            (Some(kind), _) => kind,
            _ if !self.options.is_empty() => AnswerType::Option,
            (None, Some(variable)) => AnswerType::for_variable(variable.r#type),
            (None, None) => AnswerType::Text,
        };
        self.answer = Some(kind);
        if kind == AnswerType::Rating {
            (self.min, self.max) = (self.min.or(Some(1.0)), self.max.or(Some(5.0)));
        }
        self.check_options(r, kind);
        self.check_fields(r, kind);
        self.note_own_texts(r, kind);
    }

    fn shape(&self) -> Shape {
        Shape { waits: true, speaks: true, ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        let known = self.save.as_ref().filter(|_| self.skip_if_known).and_then(|save| run.variable(&save.0).cloned());
        if let Some(known) = known {
            run.trace("skip", true, "the variable has a value already");
            return self.go_on(self.options.iter().position(|option| option.value.as_ref().is_some_and(|said| said.value == known)));
        }
        self.prompt(run, &self.text, 0);
        Next::Wait(Wait::Answer { attempt: 0 })
    }

    fn resume(&self, run: &mut Run<'_>, arrived: Arrived<'_>) -> Next {
        let attempt = run.attempt();
        match arrived {
            Arrived::Tapped { option } if option >= PAGES => {
                self.prompt(run, &self.text, usize::from(option - PAGES));
                Next::Wait(Wait::Answer { attempt })
            }
            Arrived::Tapped { option } => match self.tapped(run, usize::from(option)) {
                Some((value, option)) => self.answered(run, value, option),
                None => self.invalid(run, attempt),
            },
            Arrived::Said(message) => match self.understand(run, message) {
                Some(Understood::Answer(value, option)) => {
                    self.note_left_out(run, message);
                    self.answered(run, value, option)
                }
                Some(Understood::Page(page)) => {
                    self.prompt(run, &self.text, page);
                    Next::Wait(Wait::Answer { attempt })
                }
                None => self.invalid(run, attempt),
            },
            _ => {
                self.prompt(run, &self.text, run.page());
                Next::Wait(Wait::Answer { attempt })
            }
        }
    }

    fn takes(&self, run: &mut Run<'_>, message: &MessageIn) -> bool {
        self.understand(run, message).is_some()
    }

    fn minds_misses(&self) -> bool {
        self.invalid.is_some() || self.attempts.is_some() || self.exhausted.is_some()
    }

    fn interruptible(&self) -> bool {
        self.interruptible
    }

    fn option_value(&self, index: usize) -> Option<&Value> {
        self.options.get(index)?.value.as_ref().map(|said| &said.value)
    }

    fn fits(&self, run: &mut Run<'_>, message: &MessageIn) -> bool {
        matches!(self.understand(run, message), Some(Understood::Answer(..)))
    }

    fn hears(&self, run: &Run<'_>, message: &MessageIn, normalised: &str) -> Heard {
        let kind = self.kind();
        if !self.options.is_empty() && options::exact(normalised, &self.words(run)).is_some() {
            return Heard::Sure;
        }
        match kind {
            AnswerType::Option => Heard::Unsure,
            _ if self.is_free() => Heard::Free,
            _ if self.typed(run, message).is_some() => Heard::Sure,
            _ => Heard::Unsure,
        }
    }
}

pub enum Understood {
    Answer(Value, Option<usize>),
    /// Another page of the options.
    Page(usize),
}

impl Ask {
    pub fn kind(&self) -> AnswerType {
        self.answer.unwrap_or(AnswerType::Text)
    }

    /// What each option may be called; a title with an expression is known only now.
    pub fn words(&self, run: &Run<'_>) -> Vec<Words<'_>> {
        let dynamic = |option: &Choice| option.title.words.len() < option.title.text.templates().len();
        let now = |option: &Choice| run.quiet_text(&option.title.text).map(|title| Cow::Owned(normalise(&title)));
        let words = |option| Choice::words(option).map(Cow::Borrowed).chain(if dynamic(option) { now(option) } else { None });
        self.options.iter().map(|option| words(option).collect()).collect()
    }

    pub fn understand(&self, run: &mut Run<'_>, message: &MessageIn) -> Option<Understood> {
        let said = message.text.as_deref().map(normalise).unwrap_or_default();
        if !said.is_empty() && !self.options.is_empty() {
            let words = self.words(run);
            let free = self.kind() != AnswerType::Option;
            let found = if free { options::exact(&said, &words) } else { options::find(&said, &words) };
            if let Some(index) = found {
                return Some(Understood::Answer(self.value(run, index), Some(index)));
            }
            let turn = (self.options.len() > limits::QUICK_REPLIES).then(|| turned(run, &said)).flatten();
            if turn.is_some() {
                return turn.map(Understood::Page);
            }
        }
        self.typed(run, message).map(|value| Understood::Answer(value, None))
    }

    /// The answer by its type and pattern.
    pub fn typed(&self, run: &Run<'_>, message: &MessageIn) -> Option<Value> {
        let (today, locale) = (run.today(), run.locale());
        let reading = answer::Reading { locale, today, min: self.min, max: self.max, accept: &self.accept };
        let value = if self.keeps_all(run) {
            Some(answer::attachments(message, &self.accept)).filter(|files| !files.is_empty())?.into()
        } else {
            answer::read(self.kind(), message, &reading)?
        };
        self.allows(run, &value).then_some(value)
    }

    /// All files of a message are its answer: the variable is a list.
    fn keeps_all(&self, run: &Run<'_>) -> bool {
        self.kind() == AnswerType::Attachment && self.save.as_ref().is_some_and(|save| run.is_list(&save.0))
    }

    /// Files beside the one that is kept are told of.
    pub fn note_left_out(&self, run: &mut Run<'_>, message: &MessageIn) {
        let files = answer::attachments(message, &self.accept).len();
        if self.kind() == AnswerType::Attachment && files > 1 && !self.keeps_all(run) {
            let name = self.save.as_ref().map_or("the variable", |save| save.0.as_str());
            run.report("files_left_out", format!("the first of {files} files is kept: declare `{name}` as a `list` to keep all of them"));
        }
    }

    /// By its pattern, and by the variable's declaration.
    pub fn allows(&self, run: &Run<'_>, value: &Value) -> bool {
        let fits = match (&self.pattern, value.as_str()) {
            (Some(pattern), Some(text)) => pattern.matches(text),
            _ => true,
        };
        fits && self.save.as_ref().is_none_or(|save| run.accepts(&save.0, value))
    }

    /// Anything would be an answer.
    pub fn is_free(&self) -> bool {
        match self.kind() {
            AnswerType::Text => self.pattern.is_none(),
            // Anything of three letters is a place.
            AnswerType::Location => true,
            _ => false,
        }
    }

    /// For a form that looks for the answer within a message.
    pub fn wanted<'a>(&'a self, run: &Run<'_>, locale: &'a str, today: jiff::civil::Date, asked: bool) -> Wanted<'a> {
        let options = self.words(run).into_iter().map(|words| words.into_iter().map(|word| Cow::Owned(word.into_owned())).collect());
        let reading = answer::Reading { locale, today, min: self.min, max: self.max, accept: &self.accept };
        Wanted { kind: self.kind(), options: options.collect(), reading, asked }
    }

    pub fn tapped(&self, run: &mut Run<'_>, index: usize) -> Option<(Value, Option<usize>)> {
        match self.kind() {
            _ if index < self.options.len() => Some((self.value(run, index), Some(index))),
            AnswerType::YesNo if index < 2 => Some(((index == 0).into(), None)),
            AnswerType::Rating => Some(((*self.ratings().get(index)?).into(), None)),
            _ => None,
        }
    }

    pub fn value(&self, run: &mut Run<'_>, index: usize) -> Value {
        match &self.options[index] {
            Choice { value: Some(said), .. } => said.value.clone(),
            Choice { title, .. } => match title.text.template(0).constant() {
                Some(title) => title.into(),
                None => run.text(&title.text).unwrap_or_default().into(),
            },
        }
    }

    fn answered(&self, run: &mut Run<'_>, value: Value, option: Option<usize>) -> Next {
        let because = option.map_or_else(|| "understood".to_owned(), |index| format!("option {}", index + 1));
        run.trace("answer", true, &because);
        if let Some(save) = &self.save {
            run.set(&save.0, value);
        }
        self.go_on(option)
    }

    fn go_on(&self, option: Option<usize>) -> Next {
        let target = option.and_then(|index| self.options.get(index)).and_then(|option| option.goto);
        target.map_or(Next::On, |target| Next::Goto(target.0))
    }

    fn invalid(&self, run: &mut Run<'_>, attempt: u32) -> Next {
        let attempt = attempt.saturating_add(1);
        run.trace("answer", false, &format!("not understood as `{}`, attempt {attempt}", self.kind().word()));
        if self.attempts.or(self.exhausted.map(|_| Whole(3))).is_some_and(|most| attempt >= most.0) {
            return self.exhausted.map_or(Next::On, |target| Next::Goto(target.0));
        }
        match self.invalid.as_ref().and_then(|tries| tries.after(attempt)) {
            Some(text) => self.prompt(run, text, run.page()),
            None => {
                let words = run.own_text(self.kind().invalid());
                self.ask(run, words, run.page());
            }
        }
        Next::Wait(Wait::Answer { attempt })
    }
}

/// "More choices" and "Earlier choices" in words.
fn turned(run: &mut Run<'_>, said: &str) -> Option<usize> {
    if said == normalise(&run.own_text(TextKey::More)) {
        return Some(run.page() + 1);
    }
    (said == normalise(&run.own_text(TextKey::Back))).then(|| run.page().saturating_sub(1))
}

impl Choice {
    /// Titles of every language, value and synonyms; normalised.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let value = self.value.iter().map(|said| said.word.as_str());
        let synonyms = self.synonyms.iter().map(|word| word.0.as_str());
        self.title.words.iter().map(String::as_str).chain(value).chain(synonyms).filter(|word| !word.is_empty())
    }
}

/// The value of an option, and how a visitor may say it.
#[derive(Debug)]
pub struct Said {
    pub value: Value,
    word: String,
}

impl Read for Said {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let value = Plain::read(r, value)?.0;
        let word = match &value {
            Value::String(text) => normalise(text),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        Some(Self { value, word })
    }
}

impl schemars::JsonSchema for Said {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        Plain::schema_name()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Plain::json_schema(generator)
    }
}
