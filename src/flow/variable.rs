//! A flow's variables: what they may hold, whether they live with the session or the contact, what they start with.

use std::borrow::Cow;
use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::issue::Code;
use super::limits;
use super::read::{Read, Reader, document, words};
use super::session::Values;
use crate::domain::contact::Contact;

pub type Variables = BTreeMap<String, Variable>;

words! {
    /// What a variable may hold.
    pub enum VariableType {
        /// Any text.
        Text = "text",
        /// An e-mail address.
        Email = "email",
        /// A phone number.
        Phone = "phone",
        /// A number.
        Number = "number",
        /// A day, kept as `2026-05-01`.
        Date = "date",
        /// A time of day, kept as `14:30`.
        Time = "time",
        /// Yes or no, kept as `true` or `false`.
        Boolean = "boolean",
        /// An address on the web.
        Url = "url",
        /// A list.
        List = "list",
        /// An object.
        Object = "object",
        /// Anything.
        Any = "any",
    }
}

words! {
    /// How long a variable lives.
    pub enum VariableScope {
        /// As long as the session.
        Session = "session",
        /// With the contact, as an attribute: it survives the session and other chatflows see it.
        Contact = "contact",
    }
}

document! {
    /// A variable of the flow.
    pub struct Variable {
        /// What it may hold.
        pub r#type: VariableType = VariableType::Any,
        /// A regular expression that a text must match.
        pub pattern: Option<Pattern>,
        /// How long it lives.
        pub scope: VariableScope = VariableScope::Session,
        /// Its value is never shown in explanations.
        pub sensitive: bool = false,
        /// What it starts with.
        pub default: Option<Plain>,
        /// For people.
        pub description: Option<String>,
    }
}

impl Variable {
    pub fn of_contact(&self) -> bool {
        self.scope == VariableScope::Contact
    }

    /// The value as this variable keeps it.
    ///
    /// # Errors
    /// Why it may not hold it, for the author.
    pub fn accept(&self, value: Value) -> Result<Value, String> {
        use VariableType as T;
        let kept = match (self.r#type, value) {
            (_, Value::Null) => Value::Null,
            (T::Number, Value::String(text)) => match text.trim().parse::<f64>().ok().and_then(number) {
                Some(number) => number,
                // Never the value itself: it may be sensitive, and reports are kept.
                None => return Err("the text is not a number".into()),
            },
            (T::Boolean, Value::String(text)) if text == "true" || text == "false" => Value::Bool(text == "true"),
            (T::Text | T::Email | T::Phone | T::Date | T::Time | T::Url, value @ (Value::Number(_) | Value::Bool(_))) => {
                Value::String(value.to_string())
            }
            (_, value) => value,
        };
        let fits = match self.r#type {
            T::Any => true,
            T::Number => kept.is_number(),
            T::Boolean => kept.is_boolean(),
            T::List => kept.is_array(),
            T::Object => kept.is_object(),
            _ => kept.is_string(),
        };
        if !fits && !kept.is_null() {
            return Err(format!("it holds values of type `{}`", self.r#type.word()));
        }
        match (&self.pattern, kept.as_str()) {
            (Some(pattern), Some(text)) if !pattern.matches(text) => Err(format!("the value does not match `{}`", pattern.0)),
            _ => Ok(kept),
        }
    }
}

/// A number as JSON, whole where it is whole.
pub fn number(value: f64) -> Option<Value> {
    #[allow(clippy::cast_possible_truncation, reason = "whole and small enough, as tested")]
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Some(Value::from(value as i64));
    }
    serde_json::Number::from_f64(value).map(Value::Number)
}

/// About how many bytes a value takes as JSON.
pub(super) fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(_) | Value::Object(_) => value.to_string().len(),
        _ => 20,
    }
}

/// Whether lists and objects in it are nested more than `levels` deep. Looks no deeper.
pub fn is_deeper(value: &Value, levels: usize) -> bool {
    let mut within: Box<dyn Iterator<Item = &Value>> = match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(fields) => Box::new(fields.values()),
        _ => return false,
    };
    levels == 0 || within.any(|value| is_deeper(value, levels - 1))
}

pub fn lookup<'a>(name: &str, session: &'a Values, declared: Option<&'a Variables>, contact: &'a Contact) -> Option<&'a Value> {
    // A session's defaults are set when it begins; a contact has none to begin with.
    let of_contact = declared.and_then(|variables| variables.get(name)).filter(|variable| variable.of_contact());
    let value = match of_contact {
        Some(variable) => contact.attributes.get(name).or(variable.default.as_ref().map(|default| &default.0)),
        None => session.get(name),
    };
    value.filter(|value| !value.is_null())
}

/// A regular expression of bounded size. Linear in the text: the `regex` crate does not backtrack.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// # Errors
    /// A message for the author.
    pub fn compile(source: &str) -> Result<Self, String> {
        if source.chars().count() > limits::EXPRESSION_CHARS {
            return Err(format!("the pattern has more than {} characters", limits::EXPRESSION_CHARS));
        }
        let regex = RegexBuilder::new(source).size_limit(limits::PATTERN_BYTES).dfa_size_limit(limits::PATTERN_BYTES).build();
        regex.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "the pattern is too large".into(),
            other => other.to_string().lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned(),
        })
    }

    pub fn source(&self) -> &str {
        self.0.as_str()
    }

    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// Whether it matches the whole of a text that says something.
    pub fn covers(&self, text: &str) -> bool {
        let text = text.trim();
        !text.is_empty() && self.0.find(text).is_some_and(|found| found.len() == text.len())
    }

    /// Its named groups.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.capture_names().flatten()
    }

    /// What its named groups found.
    pub fn captures(&self, text: &str) -> Vec<(String, String)> {
        let Some(found) = self.0.captures(text) else { return Vec::new() };
        self.names().filter_map(|name| Some((name.to_owned(), found.name(name)?.as_str().to_owned()))).collect()
    }
}

impl Read for Pattern {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let Value::String(source) = value else { return r.wrong_type("a regular expression, as text", value) };
        let hint = "the syntax is that of Rust's `regex`: no look-around, no back-references";
        if !Self::affordable(r, source) {
            r.issue(Code::TooLarge, Self::too_many(), "use one for several");
            return None;
        }
        Self::shared(r, source).map_err(|message| r.issue(Code::BadPattern, message, hint)).ok()
    }
}

impl Pattern {
    /// Each takes memory: one document has only so many different ones.
    fn affordable(r: &Reader<'_>, source: &str) -> bool {
        r.patterns.contains_key(source) || r.patterns.len() < limits::PATTERNS
    }

    fn too_many() -> String {
        format!("the document has more than {} different patterns", limits::PATTERNS)
    }

    /// As [`Pattern::compile`]; the document's own of this source, where it has one already.
    ///
    /// # Errors
    /// A message for the author, also where the document has too many.
    pub fn shared(r: &mut Reader<'_>, source: &str) -> Result<Self, String> {
        if let Some(known) = r.patterns.get(source) {
            return Ok(known.clone());
        }
        if !Self::affordable(r, source) {
            return Err(Self::too_many());
        }
        let pattern = Self::compile(source)?;
        r.patterns.insert(source.to_owned(), pattern.clone());
        Ok(pattern)
    }
}

impl JsonSchema for Pattern {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": limits::EXPRESSION_CHARS })
    }
}

/// Any JSON, taken as it stands.
#[derive(Debug, Clone)]
pub struct Plain(pub Value);

impl Read for Plain {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        if value.to_string().len() > limits::VALUE_BYTES {
            r.issue(Code::TooLarge, format!("the value has more than {} bytes", limits::VALUE_BYTES), "");
            return None;
        }
        Some(Self(value.clone()))
    }
}

impl JsonSchema for Plain {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Plain".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "Any JSON." })
    }
}
