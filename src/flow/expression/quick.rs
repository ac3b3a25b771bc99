//! The expressions that most texts and conditions are made of, computed without minijinja: `a.b`, `a | default('x')`,
//! `a | urlencode`, `a == 'x'`. They mean exactly what they mean there (a property test compares), cost a twentieth, and
//! save the 5 KB that a compiled expression takes. What is not plain in a value is left to minijinja.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::Capped;
use super::functions::encode;
use super::rewrite::{Kind, Token};
use super::scope::Scope;

#[derive(Debug)]
pub(super) enum Quick {
    Value(Path),
    Default(Path, Box<str>),
    Encoded(Path),
    Compared(Path, Operator, Constant),
}

#[derive(Debug)]
pub(super) struct Path {
    root: Box<str>,
    keys: Box<[Box<str>]>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Debug)]
pub(super) enum Constant {
    Text(Box<str>),
    Number(f64),
}

/// What stands at a path. `Json` is neither text nor null.
enum Found<'a> {
    Unset,
    Text(Cow<'a, str>),
    Json(&'a Value),
}

const NO_NAMES: &[&str] = &[
    "and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None", "loop", "self", "super", "now", "page",
    "chatflow", "link", "agents",
];

impl Quick {
    pub fn parse(tokens: &[Token<'_>]) -> Option<Self> {
        let (first, mut rest) = tokens.split_first()?;
        let root = name(first).filter(|name| !NO_NAMES.contains(name))?;
        let mut keys = Vec::new();
        while let [dot, key, more @ ..] = rest
            && dot.is(".")
        {
            keys.push(name(key)?.into());
            rest = more;
        }
        let path = Path { root: root.into(), keys: keys.into() };
        // All of a contact, or of its many things, is for minijinja.
        if root == "contact"
            && matches!(path.keys.first().map(|key| &**key), None | Some("labels" | "attributes" | "name" | "id" | "timezone"))
        {
            return None;
        }
        match rest {
            [] => Some(Self::Value(path)),
            [pipe, filter] if pipe.is("|") && filter.is("urlencode") => Some(Self::Encoded(path)),
            [pipe, filter, open, text, close]
                if pipe.is("|") && (filter.is("default") || filter.is("d")) && open.is("(") && close.is(")") =>
            {
                Some(Self::Default(path, plain_text(text)?))
            }
            [operator, constant] => Some(Self::Compared(path, Operator::parse(operator)?, Constant::parse(constant)?)),
            _ => None,
        }
    }

    pub fn path(&self) -> (&str, Option<&str>) {
        let (Self::Value(path) | Self::Default(path, _) | Self::Encoded(path) | Self::Compared(path, ..)) = self;
        (&path.root, path.keys.first().map(|key| &**key))
    }

    /// `None`: minijinja is asked instead.
    pub fn holds(&self, scope: &Scope<'_>) -> Option<bool> {
        match self {
            Self::Compared(path, operator, constant) => compare(&path.find(scope), *operator, constant),
            Self::Value(path) => Some(match path.find(scope) {
                Found::Unset => false,
                Found::Text(text) => !text.is_empty(),
                Found::Json(Value::Bool(value)) => *value,
                Found::Json(Value::Array(items)) => !items.is_empty(),
                Found::Json(Value::Object(items)) => !items.is_empty(),
                Found::Json(_) => return None,
            }),
            Self::Default(..) | Self::Encoded(_) => None,
        }
    }

    /// `None`: minijinja is asked instead.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Option<Option<Value>> {
        match self {
            Self::Compared(path, operator, constant) => Some(Some(compare(&path.find(scope), *operator, constant)?.into())),
            Self::Value(path) => Some(match path.find(scope) {
                Found::Unset => None,
                Found::Text(text) => Some(Value::String(text.into_owned())),
                Found::Json(value) => Some(value.clone()),
            }),
            Self::Default(..) | Self::Encoded(_) => None,
        }
    }

    /// `None`: minijinja is asked instead.
    pub fn write(&self, scope: &Scope<'_>, out: &mut Capped<'_>) -> Option<Result<bool, String>> {
        let (path, instead) = match self {
            Self::Value(path) | Self::Encoded(path) => (path, None),
            Self::Default(path, instead) => (path, Some(instead)),
            Self::Compared(..) => return None,
        };
        let text = match (path.find(scope), instead) {
            (Found::Unset, None) => return Some(Ok(false)),
            (Found::Unset, Some(instead)) => Cow::Borrowed(&**instead),
            (Found::Text(text), _) => text,
            (Found::Json(Value::Bool(value)), _) => Cow::Borrowed(if *value { "true" } else { "false" }),
            (Found::Json(Value::Number(number)), _) if !number.is_f64() => Cow::Owned(number.to_string()),
            (Found::Json(_), _) => return None,
        };
        let text = if matches!(self, Self::Encoded(_)) { Cow::Owned(encode(&text)) } else { text };
        Some(out.push(&text).map(|()| true))
    }
}

fn name<'a>(token: &Token<'a>) -> Option<&'a str> {
    (token.kind == Kind::Name).then_some(token.text)
}

/// What stands between quotes, where nothing is escaped.
fn plain_text(token: &Token<'_>) -> Option<Box<str>> {
    let inner = (token.kind == Kind::Text).then(|| token.text.get(1..token.text.len() - 1)).flatten()?;
    (!inner.contains('\\')).then(|| inner.into())
}

impl Operator {
    fn parse(token: &Token<'_>) -> Option<Self> {
        Some(match (token.kind, token.text) {
            (Kind::Symbol, "==") => Self::Eq,
            (Kind::Symbol, "!=") => Self::Ne,
            (Kind::Symbol, "<") => Self::Lt,
            (Kind::Symbol, "<=") => Self::Le,
            (Kind::Symbol, ">") => Self::Gt,
            (Kind::Symbol, ">=") => Self::Ge,
            _ => return None,
        })
    }

    /// `None`: the two cannot be ordered; they are not equal, and no other comparison holds.
    fn holds(self, order: Option<Ordering>) -> bool {
        match (self, order) {
            (Self::Ne, None) => true,
            (_, None) => false,
            (Self::Eq, Some(order)) => order.is_eq(),
            (Self::Ne, Some(order)) => order.is_ne(),
            (Self::Lt, Some(order)) => order.is_lt(),
            (Self::Le, Some(order)) => order.is_le(),
            (Self::Gt, Some(order)) => order.is_gt(),
            (Self::Ge, Some(order)) => order.is_ge(),
        }
    }
}

impl Constant {
    fn parse(token: &Token<'_>) -> Option<Self> {
        match token.kind {
            Kind::Text => plain_text(token).map(Self::Text),
            // Small whole numbers are exact as floats.
            Kind::Number if token.text.len() <= 9 => token.text.parse::<u32>().ok().map(|number| Self::Number(number.into())),
            _ => None,
        }
    }
}

fn compare(found: &Found<'_>, operator: Operator, constant: &Constant) -> Option<bool> {
    let read = |text: &str| text.trim().parse::<f64>().ok();
    let order = match (found, constant) {
        (Found::Unset, _) => return Some(false),
        (Found::Text(text), Constant::Text(other)) => Some((**text).cmp(&**other)),
        (Found::Text(text), Constant::Number(other)) => read(text).and_then(|number| number.partial_cmp(other)),
        (Found::Json(Value::Number(number)), constant) => {
            let other = match constant {
                Constant::Text(other) => read(other),
                Constant::Number(other) => Some(*other),
            };
            // Beyond 2^53 a float is not exact.
            let number = number.as_f64().filter(|number| number.abs() < 9e15)?;
            other.and_then(|other| number.partial_cmp(&other))
        }
        _ => return None,
    };
    Some(operator.holds(order))
}

impl Path {
    fn find<'a>(&self, scope: &Scope<'a>) -> Found<'a> {
        let text = |text: Option<&'a str>| text.map_or(Found::Unset, |text| Found::Text(Cow::Borrowed(text)));
        let (value, keys) = match (&*self.root, &*self.keys) {
            ("contact", [key, keys @ ..]) => {
                let profile = &scope.contact.profile;
                match (&**key, keys) {
                    ("first_name", []) => return text(profile.first_name.as_deref()),
                    ("last_name", []) => return text(profile.last_name.as_deref()),
                    ("locale", []) => return text(scope.contact.locale.as_deref().or(profile.locale.as_deref())),
                    ("first_name" | "last_name" | "locale", _) => return Found::Unset,
                    (attribute, keys) => (scope.contact.attributes.get(attribute), keys),
                }
            }
            ("locale", []) => return text(Some(scope.locale)),
            ("last_text", []) => return text(Some(scope.last_text).filter(|text| !text.is_empty())),
            ("locale" | "last_text", _) => return Found::Unset,
            (name, keys) => (scope.variable(name), keys),
        };
        match keys.iter().fold(value, |value, key| value?.as_object()?.get(&**key)) {
            Some(Value::String(text)) => Found::Text(Cow::Borrowed(text)),
            Some(Value::Null) | None => Found::Unset,
            Some(value) => Found::Json(value),
        }
    }
}
