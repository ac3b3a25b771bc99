//! What the visitor may say or do at any time: how it is written, and how strongly something is meant by it.
//!
//! Taking one, coming back, and asking which one was meant is in `digress.rs`.

use std::borrow::Cow;
use std::collections::HashSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::expression::Expression;
use super::issue::Code;
use super::limits;
use super::read::{Read, Reader, document, shorten, words};
use super::read_types::{Name, Save, Target};
use super::run::Heard;
use super::text::{Text, TextKey, Title};
use super::variable::Pattern;
use super::words::{contains_words, normalise};
use crate::domain::event::{Attachment, MessageIn};

words! {
    /// How keywords and patterns are found in what the visitor said.
    pub enum Match {
        /// Anywhere, keywords as whole words; while the flow waits for free text, only where the visitor said nothing else.
        Auto = "auto",
        /// Only where the visitor said nothing else.
        Exact = "exact",
        /// Anywhere, keywords as whole words.
        Contains = "contains",
    }
}

words! {
    /// What becomes of the place that was left.
    pub enum Then {
        /// It is left for good.
        Stay = "stay",
        /// Once the node (and what it leads to) has come to its end, the flow comes back and asks the open question again.
        Return = "return",
    }
}

words! {
    /// What a visitor may attach.
    pub enum AttachmentKind {
        /// A picture.
        Image = "image",
        /// A film.
        Video = "video",
        /// A sound, such as a voice message.
        Audio = "audio",
        /// Another file.
        File = "file",
        /// A sticker; the thumb is one.
        Sticker = "sticker",
        /// A place.
        Location = "location",
        /// Whatever it is.
        Any = "any",
    }
}

impl AttachmentKind {
    fn is(self, attachment: &Attachment) -> bool {
        // Until September 2026 stickers came as images with a `sticker_id` (webhook reference, `attachments`).
        let sticker = attachment.kind == "sticker" || attachment.raw.get("sticker_id").is_some();
        match self {
            Self::Any => true,
            Self::Sticker => sticker,
            other => !sticker && other.word() == attachment.kind,
        }
    }
}

document! {
    /// What the visitor may say or do at any time, whatever the flow waits for. Of several that are meant, the strongest is
    /// taken: the whole message before a part of it, a long phrase before a short one. Between equals the visitor chooses, from
    /// quick replies that come in pages where they are more than fit. An explanation names what each was meant by.
    ///
    /// ```json
    /// { "keywords": ["opening hours", "open"], "title": "Opening hours", "goto": "hours", "then": "return",
    ///   "return_text": "Back to where we were." }
    /// ```
    ///
    /// ```json
    /// { "patterns": ["(?i)\\b(?P<order>[A-Z]{2}[0-9]{6})\\b"], "goto": "track" }
    /// ```
    ///
    /// ```json
    /// { "reactions": ["love", "👍"], "attachments": ["sticker"], "when": "last_text != 'stop'", "goto": "thanks", "then": "return" }
    /// ```
    pub struct Interrupt {
        /// Words or phrases; case, accents and punctuation do not count.
        pub keywords: Vec<Keyword> = Vec::new(),
        /// Regular expressions on what the visitor wrote (the syntax of Rust's `regex`). What a named group finds is saved in
        /// the variable of its name.
        pub patterns: Vec<Searched> = Vec::new(),
        /// How keywords and patterns are found.
        pub r#match: Match = Match::Auto,
        /// The payload of a menu entry or button.
        pub postback: Option<String>,
        /// Kinds of attachment, where the open question does not take it.
        pub attachments: Vec<AttachmentKind> = Vec::new(),
        /// Reactions to a message while the session runs: an emoji; or one of `smile`, `angry`, `sad`, `wow`, `love`, `like`,
        /// `dislike`, `other`; or `any`.
        pub reactions: Vec<Reaction> = Vec::new(),
        /// Only where this holds.
        pub when: Option<Expression>,
        /// What it is called where the visitor chooses: at most 20 characters.
        pub title: Option<Title>,
        /// Where the flow goes on.
        pub goto: Target,
        /// What becomes of the place that was left.
        pub then: Then = Then::Stay,
        /// Said on the way back, before the question is asked again.
        pub return_text: Option<Text>,
    }
}

/// What came in, as interrupts look at it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sign<'a> {
    /// As written.
    pub text: &'a str,
    /// The same, normalised.
    pub plain: &'a str,
    pub payload: Option<&'a str>,
    pub attachments: &'a [Attachment],
    /// Meta's word and the emoji.
    pub reaction: Option<(&'a str, &'a str)>,
}

impl<'a> Sign<'a> {
    pub fn of(message: &'a MessageIn, plain: &'a str) -> Self {
        Self {
            text: message.text.as_deref().unwrap_or_default(),
            plain,
            payload: message.quick_reply.as_deref(),
            attachments: &message.attachments,
            reaction: None,
        }
    }
}

impl Interrupt {
    /// How strongly the whole of what came in means it: a payload, words and nothing else, a reaction.
    pub fn wholly(&self, sign: &Sign<'_>) -> Option<usize> {
        let tapped = sign.payload.is_some_and(|payload| self.postback.as_deref() == Some(payload));
        let said = !sign.plain.is_empty() && self.keywords.iter().any(|word| word.0 == sign.plain);
        let reacted = sign.reaction.map(|reaction| self.reactions.iter().filter_map(|known| known.is(reaction)).max());
        if tapped || said {
            return Some(3);
        }
        match reacted.flatten() {
            Some(strength) => Some(strength),
            None => self.patterns.iter().any(|pattern| pattern.0.covers(sign.text)).then_some(2),
        }
    }

    /// Whether something within what came in may mean it, whatever the flow waits for.
    pub fn is_within(&self, sign: &Sign<'_>) -> bool {
        self.r#match != Match::Exact && self.found_within(sign).is_some() || self.attached(sign).is_some()
    }

    /// How strongly something within what came in means it, given how sure the open question is.
    pub fn within(&self, sign: &Sign<'_>, heard: Heard) -> Option<usize> {
        let looks = match self.r#match {
            Match::Exact => false,
            Match::Contains => true,
            Match::Auto => heard == Heard::Unsure,
        };
        let found = if looks { self.found_within(sign) } else { None };
        found.max(self.attached(sign))
    }

    /// The longer the phrase, the surer: its words count.
    fn found_within(&self, sign: &Sign<'_>) -> Option<usize> {
        let phrases = self.keywords.iter().filter(|word| contains_words(sign.plain, &word.0));
        let phrase = phrases.map(|word| 2 + word.0.split(' ').count()).max();
        phrase.or_else(|| self.patterns.iter().any(|pattern| pattern.0.matches(sign.text)).then_some(2))
    }

    fn attached(&self, sign: &Sign<'_>) -> Option<usize> {
        let kinds = self.attachments.iter().filter(|kind| sign.attachments.iter().any(|attachment| kind.is(attachment)));
        kinds.map(|kind| usize::from(*kind != AttachmentKind::Any)).max()
    }

    /// What in it means this interrupt, as the author wrote it; for people.
    pub fn because(&self, sign: &Sign<'_>, whole: bool) -> String {
        if let Some(payload) = self.postback.as_ref().filter(|payload| sign.payload == Some(payload)) {
            return format!("the payload `{}`", shorten(payload));
        }
        let says = |word: &&Keyword| if whole { word.0 == sign.plain } else { contains_words(sign.plain, &word.0) };
        let keyword = self.keywords.iter().filter(says).max_by_key(|word| word.0.split(' ').count());
        if let Some(word) = keyword {
            return format!("the keyword `{}` {}", word.1, if whole { "is the whole message" } else { "is within the message" });
        }
        let found = |one: &&Searched| if whole { one.0.covers(sign.text) } else { one.0.matches(sign.text) };
        if let Some(pattern) = self.patterns.iter().find(found) {
            let how = if whole { "covers the whole message" } else { "is found within the message" };
            return format!("the pattern `{}` {how}", shorten(pattern.0.source()));
        }
        match sign.reaction {
            Some((word, emoji)) => format!("the reaction `{}`", if emoji.is_empty() { word } else { emoji }),
            None => "what is attached".to_owned(),
        }
    }

    /// What the named groups of its patterns find in the text.
    pub fn captures(&self, text: &str) -> Vec<(String, String)> {
        self.patterns.iter().map(|pattern| pattern.0.captures(text)).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// Its name for the visitor where it has no title: its first short keyword.
    pub fn short_keyword(&self) -> Option<&str> {
        self.keywords.iter().map(|word| word.1.as_str()).find(|word| word.chars().count() <= limits::TITLE_CHARS)
    }
}

/// Normalised, as what the visitor says will be; and as written.
#[derive(Debug, PartialEq)]
pub struct Keyword(pub String, String);

impl Read for Keyword {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let text = String::read(r, value)?;
        if text.trim().is_empty() || text.chars().count() > limits::NAME_CHARS {
            r.issue(Code::WrongValue, format!("a keyword has 1 to {} characters", limits::NAME_CHARS), "");
            return None;
        }
        Some(Self(normalise(&text), text.trim().to_owned()))
    }
}

impl JsonSchema for Keyword {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Keyword".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": limits::NAME_CHARS })
    }
}

/// A pattern that is looked for; its named groups are variables.
#[derive(Debug)]
pub struct Searched(Pattern);

impl Read for Searched {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let pattern = Pattern::read(r, value)?;
        let names: Vec<String> = pattern.names().map(str::to_owned).collect();
        for name in names {
            match Name::problem(&name) {
                Some(hint) => r.issue(Code::WrongValue, format!("the group `{name}` cannot be a variable"), hint),
                None => Save::note(r, &name),
            }
        }
        Some(Self(pattern))
    }
}

impl JsonSchema for Searched {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Searched".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Pattern::json_schema(generator)
    }
}

/// An emoji without skin tone and variant, or Meta's word.
#[derive(Debug, PartialEq, Eq)]
pub struct Reaction(String);

const REACTIONS: &[&str] = &["any", "smile", "angry", "sad", "wow", "love", "like", "dislike", "other"];

impl Reaction {
    /// The named emoji or word is surer than `any`.
    fn is(&self, (word, emoji): (&str, &str)) -> Option<usize> {
        match self.0.as_str() {
            "any" => Some(1),
            known => (known == word || known == bare(emoji)).then_some(3),
        }
    }
}

/// `👍🏽` is `👍`, `❤️` is `❤`.
fn bare(emoji: &str) -> String {
    emoji.trim().chars().filter(|c| !matches!(c, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')).collect()
}

impl Read for Reaction {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let text = String::read(r, value)?;
        let emoji = bare(&text);
        let known = REACTIONS.contains(&text.as_str()) || !emoji.is_empty() && !emoji.chars().any(char::is_alphanumeric);
        if !known || text.chars().count() > limits::TITLE_CHARS {
            r.issue(Code::WrongValue, "this is no reaction", format!("an emoji, or one of: {}", REACTIONS.join(", ")));
            return None;
        }
        Some(Self(emoji))
    }
}

impl JsonSchema for Reaction {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Reaction".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": limits::TITLE_CHARS, "examples": ["👍", "love", "any"] })
    }
}

#[derive(Debug, Default)]
pub struct Interrupts(pub Vec<Interrupt>);

impl Read for Interrupts {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let interrupts = Vec::<Interrupt>::read(r, value)?;
        let (mut words, mut payloads) = (HashSet::new(), HashSet::new());
        for (i, interrupt) in interrupts.iter().enumerate() {
            r.at(&i.to_string(), |r| check(r, interrupt, &mut words, &mut payloads));
        }
        if interrupts.len() > 1 {
            r.found.own_texts.say(&[TextKey::WhichOne, TextKey::NoneOfThese]);
        }
        Some(Self(interrupts))
    }
}

impl JsonSchema for Interrupts {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Interrupts".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<Interrupt>::json_schema(generator)
    }
}

fn check<'a>(r: &mut Reader<'_>, interrupt: &'a Interrupt, words: &mut HashSet<&'a str>, payloads: &mut HashSet<&'a str>) {
    let silent = interrupt.keywords.is_empty() && interrupt.patterns.is_empty() && interrupt.postback.is_none();
    if silent && interrupt.attachments.is_empty() && interrupt.reactions.is_empty() {
        let hint = "it could never be taken: give `patterns`, `attachments` or `reactions` else";
        r.issue(Code::MissingField, "the interrupt has neither `keywords` nor `postback`", hint);
    }
    if interrupt.return_text.is_some() && interrupt.then == Then::Stay {
        r.at("return_text", |r| r.issue(Code::NoEffect, "nothing comes back here", "say `then: return`"));
    }
    // With a condition, the same words may well be meant for several.
    if interrupt.when.is_some() {
        return;
    }
    let again: Vec<&str> = interrupt.keywords.iter().map(|word| word.0.as_str()).filter(|word| !words.insert(word)).collect();
    if !again.is_empty() {
        let message = format!("an interrupt before it has the same keyword: `{}`", again.join("`, `"));
        r.issue(Code::SameInterrupt, message, "the visitor is asked which one is meant: give each a `title`");
    }
    if interrupt.postback.as_ref().is_some_and(|payload| !payloads.insert(payload)) {
        r.issue(Code::SameInterrupt, "an interrupt before it has the same postback", "the visitor is asked which one is meant");
    }
}
