//! Texts that may name secrets, as `{{ secrets.shop_key }}`. The engine never holds one: it writes a mark in its place, which
//! the layer that makes the call replaces. So no secret is in a session, a trace or a stored effect.
//!
//! Invariant: a mark stands only where the author wrote one. What is computed loses the two characters that make marks, so
//! that nothing a visitor says becomes one.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::issue::Code;
use super::read::{Read, Reader, shorten};
use super::run::Run;
use super::template::{Json, Template, closing};
use super::web_url;
use crate::domain::secret::is_name;

/// Of the private use area: they mean nothing to anybody else.
const OPEN: char = '\u{f8f0}';
const CLOSE: char = '\u{f8f1}';

/// A part of a text with marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Words(&'a str),
    /// The name of a secret.
    Secret(&'a str),
}

/// The parts of a text that [`SecretText::render`] gave.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((name, behind)) = after.split_once(CLOSE) else { break };
        parts.push(Part::Words(before));
        parts.push(Part::Secret(name));
        rest = behind;
    }
    parts.push(Part::Words(rest));
    parts
}

/// With each secret written as its author wrote it: for people.
pub fn shown(text: &str) -> String {
    let written = parts(text).into_iter().map(|part| match part {
        Part::Words(words) => Cow::Borrowed(words),
        Part::Secret(name) => Cow::Owned(format!("{{{{ secrets.{name} }}}}")),
    });
    written.collect()
}

/// Changes all but the marks.
pub fn map_words(text: &str, change: impl Fn(&str) -> String) -> String {
    let written = parts(text).into_iter().map(|part| match part {
        Part::Words(words) => change(words),
        Part::Secret(name) => mark(name),
    });
    written.collect()
}

fn mark(name: &str) -> String {
    format!("{OPEN}{name}{CLOSE}")
}

/// The names of the secrets that a text needs.
pub fn names(text: &str) -> impl Iterator<Item = String> {
    parts(text).into_iter().filter_map(|part| match part {
        Part::Secret(name) => Some(name.to_owned()),
        Part::Words(_) => None,
    })
}

fn unmarked(text: String) -> String {
    if text.contains([OPEN, CLOSE]) { text.replace([OPEN, CLOSE], "") } else { text }
}

#[derive(Debug)]
enum Piece {
    Words(Template),
    Secret(String),
}

/// A text whose `{{ }}` may be secrets.
#[derive(Debug)]
pub struct SecretText(Vec<Piece>);

impl SecretText {
    fn read_text(r: &mut Reader<'_>, text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let (mut words, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("{{") {
            words.push_str(before);
            let Some((inner, behind)) = closing(after).and_then(|end| after.split_at_checked(end)) else {
                words.push_str("{{");
                rest = after;
                continue;
            };
            let behind = behind.strip_prefix("}}").unwrap_or(behind);
            match inner.trim().strip_prefix("secrets.").map(str::trim).filter(|name| is_name(name)) {
                Some(name) => {
                    known(r, name);
                    pieces.push(Piece::Words(Template::read_text(r, &std::mem::take(&mut words))?));
                    pieces.push(Piece::Secret(name.to_owned()));
                }
                None => {
                    words.push_str("{{");
                    words.push_str(inner);
                    words.push_str("}}");
                }
            }
            rest = behind;
        }
        words.push_str(rest);
        pieces.push(Piece::Words(Template::read_text(r, &words)?));
        Some(Self(pieces))
    }

    /// Names of the secrets in it.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Secret(name) => Some(name.as_str()),
            Piece::Words(_) => None,
        })
    }

    /// With marks; `None`: it could not be computed, and that is reported.
    pub fn render(&self, run: &mut Run<'_>) -> Option<String> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Words(words) => text.push_str(&unmarked(run.plain(words)?)),
                Piece::Secret(name) => text.push_str(&mark(name)),
            }
        }
        Some(text)
    }

    fn constant(&self) -> bool {
        matches!(self.0.as_slice(), [Piece::Words(words)] if words.constant().is_some())
    }

    fn prefix(&self) -> &str {
        match self.0.first() {
            Some(Piece::Words(words)) => words.prefix(),
            _ => "",
        }
    }
}

/// A secret that the surroundings do not have.
pub fn known(r: &mut Reader<'_>, name: &str) {
    let Some(secrets) = r.env.secrets.as_ref().filter(|secrets| !secrets.contains(name)) else { return };
    let hint = match super::words::nearest(name, secrets.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "an administrator sets it with `PUT /v1/secrets/{name}`".to_owned(),
    };
    r.issue(Code::UnknownSecret, format!("there is no secret `{}`", shorten(name)), hint);
}

impl Read for SecretText {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::read_text(r, text),
            other => Template::read(r, other).map(|words| Self(vec![Piece::Words(words)])),
        }
    }
}

impl JsonSchema for SecretText {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "SecretText".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Template>()
    }
}

/// The name of a secret.
#[derive(Debug)]
pub struct SecretName(pub String);

impl Read for SecretName {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let name = String::read(r, value)?;
        if !is_name(&name) {
            let hint = "lower-case letters, digits and `_`, a letter first; without `secrets.`";
            r.issue(Code::WrongValue, format!("`{}` is not a secret's name", shorten(&name)), hint);
            return None;
        }
        known(r, &name);
        Some(Self(name))
    }
}

impl JsonSchema for SecretName {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "SecretName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$" })
    }
}

/// A URL that may hold secrets behind its host.
#[derive(Debug)]
pub struct SecretUrl(pub SecretText);

impl Read for SecretUrl {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let Value::String(text) = value else { return r.wrong_type("a URL, as text", value) };
        let url = SecretText::read_text(r, text)?;
        web_url::check(r, url.prefix(), url.constant(), false).then_some(Self(url))
    }
}

impl JsonSchema for SecretUrl {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "SecretUrl".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        web_url::WebUrl::<false>::json_schema(generator)
    }
}

/// Any JSON whose texts are templates that may name secrets.
#[derive(Debug)]
pub enum SecretJson {
    Plain(Json),
    Text(SecretText),
    List(Vec<SecretJson>),
    Object(Vec<(String, SecretJson)>),
}

impl SecretJson {
    /// With marks; `None`: it could not be computed, and that is reported.
    pub fn value(&self, run: &mut Run<'_>) -> Option<Value> {
        Some(match self {
            Self::Plain(json) => scrubbed(run.json(json)?),
            Self::Text(text) => Value::String(text.render(run)?),
            Self::List(items) => Value::Array(items.iter().map(|item| item.value(run)).collect::<Option<_>>()?),
            Self::Object(items) => {
                Value::Object(items.iter().map(|(key, item)| Some((key.clone(), item.value(run)?))).collect::<Option<_>>()?)
            }
        })
    }

    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }
}

fn scrubbed(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(unmarked(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(scrubbed).collect()),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(key, value)| (unmarked(key), scrubbed(value))).collect()),
        other => other,
    }
}

impl Read for SecretJson {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        match value {
            Value::String(text) if text.contains("secrets.") => {
                let text = SecretText::read_text(r, text)?;
                // Without a secret, a text that is one expression keeps the value's type.
                if text.secrets().next().is_some() { Some(Self::Text(text)) } else { Json::read(r, value).map(Self::Plain) }
            }
            Value::Array(items) => {
                let read: Vec<Option<Self>> =
                    items.iter().enumerate().map(|(i, item)| r.at(&i.to_string(), |r| Self::read(r, item))).collect();
                read.into_iter().collect::<Option<_>>().map(Self::List)
            }
            Value::Object(object) => {
                let read: Vec<Option<(String, Self)>> =
                    object.iter().map(|(key, item)| Some((key.clone(), r.at(key, |r| Self::read(r, item))?))).collect();
                read.into_iter().collect::<Option<_>>().map(Self::Object)
            }
            other => Json::read(r, other).map(Self::Plain),
        }
    }
}

impl JsonSchema for SecretJson {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "SecretJson".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Json::json_schema(generator)
    }
}
