//! Texts with `{{ expressions }}`. A text without one is a constant and costs a copy.

#![allow(clippy::string_slice, reason = "places come from the same text's characters")]

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::expression::{Capped, Expression, Scope};
use super::issue::Code;
use super::limits;
use super::read::{Read, Reader};
use super::variable::Pattern;

#[derive(Debug)]
pub enum Template {
    Constant(Box<str>),
    Parts(Box<[Part]>),
}

#[derive(Debug)]
pub enum Part {
    Text(Box<str>),
    Expression(Expression),
}

/// What a rendering met: it went on, and an operator should know.
#[derive(Debug, Default, PartialEq)]
pub struct Holes(pub Vec<String>);

impl Template {
    /// # Errors
    /// A message for the author.
    pub fn compile(text: &str) -> Result<Self, String> {
        Self::compile_with(text, &mut Pattern::compile)
    }

    fn compile_with(text: &str, pattern: &mut dyn FnMut(&str) -> Result<Pattern, String>) -> Result<Self, String> {
        for statement in ["{%", "{#"] {
            if text.contains(statement) {
                let instead = "use `branch`, or `{{ 'a' if condition else 'b' }}`";
                return Err(format!("`{statement}` is not part of the language: {instead}"));
            }
        }
        if !text.contains("{{") {
            return Ok(Self::Constant(text.into()));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            if !before.is_empty() {
                parts.push(Part::Text(before.into()));
            }
            let end = closing(after).ok_or("`{{` is not closed by `}}`")?;
            // `{{- x -}}` takes the spaces around in other dialects; here it is read and does nothing.
            let inner = after[..end].trim();
            let inner = inner.strip_prefix("- ").unwrap_or(inner).trim_end_matches(" -");
            parts.push(Part::Expression(Expression::compile_with(inner, pattern)?));
            rest = &after[end + 2..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.into()));
        }
        Ok(Self::Parts(parts.into()))
    }

    pub fn constant(&self) -> Option<&str> {
        match self {
            Self::Constant(text) => Some(text),
            Self::Parts(_) => None,
        }
    }

    /// The only expression, where the text is nothing else: such a field keeps its value's type.
    pub fn single(&self) -> Option<&Expression> {
        match self {
            Self::Parts(parts) => match &**parts {
                [Part::Expression(expression)] => Some(expression),
                _ => None,
            },
            Self::Constant(_) => None,
        }
    }

    /// The text before the first expression.
    pub fn prefix(&self) -> &str {
        match self {
            Self::Constant(text) => text,
            Self::Parts(parts) => match parts.first() {
                Some(Part::Text(text)) => text,
                _ => "",
            },
        }
    }

    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let parts: &[Part] = match self {
            Self::Parts(parts) => parts,
            Self::Constant(_) => &[],
        };
        parts.iter().filter_map(|part| match part {
            Part::Expression(expression) => Some(expression),
            Part::Text(_) => None,
        })
    }

    /// Something unset is written as nothing, and noted in `holes`.
    ///
    /// # Errors
    /// What could not be computed, or that the text became too long, for the author.
    pub fn render(&self, scope: &Scope<'_>, holes: &mut Holes) -> Result<String, String> {
        let parts = match self {
            Self::Constant(text) => return Ok(text.to_string()),
            Self::Parts(parts) => parts,
        };
        let mut text = String::new();
        let mut out = Capped::new(&mut text, limits::RENDERED_BYTES);
        let mut nothing = false;
        for part in parts {
            match part {
                Part::Text(constant) => {
                    // "Hello {{ name }}!" without a name is "Hello!".
                    let gap = std::mem::take(&mut nothing) && (constant.starts_with([' ', '!', ',', '.']));
                    if gap { out.push_after_gap(constant)? } else { out.push(constant)? }
                }
                Part::Expression(expression) => {
                    let before = out.len();
                    if !expression.write(scope, &mut out)? {
                        holes.0.push(expression.source().to_owned());
                    }
                    nothing = out.len() == before;
                }
            }
        }
        Ok(text)
    }
}

/// Where `}}` closes, outside of texts and inner braces.
pub(super) fn closing(text: &str) -> Option<usize> {
    let (mut quote, mut escaped, mut depth) = (None, false, 0_usize);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth > 0 => depth -= 1,
            (None, '}') if text[at..].starts_with("}}") => return Some(at),
            _ => {}
        }
    }
    None
}

impl Template {
    /// Notes what the template uses, and reports what is wrong with it.
    pub fn read_text(r: &mut Reader<'_>, text: &str) -> Option<Self> {
        if text.chars().count() > limits::AUTHORED_CHARS {
            r.issue(Code::TextTooLong, format!("the text has more than {} characters", limits::AUTHORED_CHARS), "");
            return None;
        }
        if !affordable(r, text.matches("{{").count()) {
            return None;
        }
        match Self::compile_with(text, &mut |source| Pattern::shared(r, source)) {
            Ok(template) => {
                for expression in template.expressions() {
                    note_uses(r, expression);
                }
                Some(template)
            }
            Err(message) => {
                r.issue(Code::BadTemplate, message, "");
                None
            }
        }
    }
}

/// Each takes some microseconds to compile: not without end.
fn affordable(r: &mut Reader<'_>, more: usize) -> bool {
    r.found.expressions += more;
    let good = r.found.expressions <= limits::EXPRESSIONS;
    if !good {
        let message = format!("the document has more than {} expressions", limits::EXPRESSIONS);
        r.issue(Code::TooLarge, message, "split it into several chatflows that `call` each other");
    }
    good
}

fn note_uses(r: &mut Reader<'_>, expression: &Expression) {
    for name in expression.variables() {
        if name == "secrets" {
            let hint = "write `{{ secrets.name }}` by itself, in the `url`, `headers`, `body` or `basic_auth` of an `http_request`";
            r.issue(Code::MisplacedSecret, "a secret cannot be used here", hint);
            continue;
        }
        let pointer = r.pointer().to_owned();
        r.found.uses.entry(name.to_owned()).or_insert(pointer);
    }
}

impl Read for Template {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::read_text(r, text),
            // A number where a text is expected says the same.
            Value::Number(number) => Some(Self::Constant(number.to_string().into())),
            other => r.wrong_type("a text", other),
        }
    }
}

impl JsonSchema for Template {
    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number"], "description": "A text in which `{{ expression }}` stands for a value." })
    }
}

impl Read for Expression {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let source = match value {
            Value::String(text) => text.as_str(),
            Value::Bool(true) => "true",
            Value::Bool(false) => "false",
            other => return r.wrong_type("a condition, as text", other),
        };
        // `{{ x }}` around a condition is a common habit and means the same.
        let trimmed = source.trim();
        let source = trimmed.strip_prefix("{{").and_then(|inner| inner.strip_suffix("}}")).unwrap_or(trimmed);
        if !affordable(r, 1) {
            return None;
        }
        match Self::compile_with(source, &mut |source| Pattern::shared(r, source)) {
            Ok(expression) => {
                note_uses(r, &expression);
                Some(expression)
            }
            Err(message) => {
                r.issue(Code::BadExpression, message, "");
                None
            }
        }
    }
}

impl JsonSchema for Expression {
    fn schema_name() -> Cow<'static, str> {
        "Condition".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "boolean"], "description": "An expression, without `{{ }}`: `state == 'lost' and tries < 3`." })
    }
}

/// Any JSON whose texts are templates. A text that is one expression and nothing else becomes that expression's value.
#[derive(Debug)]
pub enum Json {
    Constant(Value),
    Text(Template),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Read for Json {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        Some(match value {
            Value::String(text) => match Template::read_text(r, text)? {
                Template::Constant(text) => Self::Constant(Value::String(text.into())),
                template => Self::Text(template),
            },
            Value::Array(items) => {
                let read: Vec<Option<Self>> =
                    items.iter().enumerate().map(|(i, item)| r.at(&i.to_string(), |r| Self::read(r, item))).collect();
                Self::List(read.into_iter().collect::<Option<_>>()?)
            }
            Value::Object(object) => {
                let read: Vec<Option<(String, Self)>> =
                    object.iter().map(|(key, item)| Some((key.clone(), r.at(key, |r| Self::read(r, item))?))).collect();
                Self::Object(read.into_iter().collect::<Option<_>>()?)
            }
            other => Self::Constant(other.clone()),
        })
    }
}

impl Json {
    /// # Errors
    /// What could not be computed, for the author.
    pub fn value(&self, scope: &Scope<'_>, holes: &mut Holes) -> Result<Value, String> {
        Ok(match self {
            Self::Constant(value) => value.clone(),
            Self::Text(template) => match template.single() {
                Some(expression) => expression.evaluate(scope)?.unwrap_or(Value::Null),
                None => Value::String(template.render(scope, holes)?),
            },
            Self::List(items) => Value::Array(items.iter().map(|item| item.value(scope, holes)).collect::<Result<_, _>>()?),
            Self::Object(items) => {
                let values = items.iter().map(|(key, item)| Ok((key.clone(), item.value(scope, holes)?)));
                Value::Object(values.collect::<Result<_, String>>()?)
            }
        })
    }
}

impl JsonSchema for Json {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Json".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "Any JSON; texts in it are templates, and a text that is one `{{ expression }}` keeps the value's type." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_splits_into_constants_and_expressions() {
        let template = Template::compile("a {{ b | default('}}') }} c {{ {'x': 1}.x }}").unwrap();
        assert_eq!(template.expressions().map(Expression::source).collect::<Vec<_>>(), ["b | default('}}')", "{'x': 1}.x"]);
        assert_eq!(template.prefix(), "a ");
        assert!(Template::compile("$150, 50 % } {").unwrap().constant().is_some());
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for text in ["{{ a", "{{ }}", "{{ a b }}", "{% if a %}x{% endif %}", "{# x #}"] {
            assert!(Template::compile(text).is_err(), "{text}");
        }
    }
}
