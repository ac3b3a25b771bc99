//! How a document is read: value by value, each with its place, so that one mistake never hides the next.
//!
//! A type of the language implements [`Read`]; [`document!`] and [`words!`] do it for objects and enumerations, and
//! give the JSON Schema with it. Reading compiles: what comes out is what the interpreter runs. While it reads, the
//! [`Reader`] notes what leads where and what uses what ([`Found`]), for the checks that look at the whole.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::action::{Shape, TicketDefaults};
use super::check::Env;
use super::issue::{Code, Issue, Severity};
use super::limits;
use super::own_texts::OwnTexts;
pub use super::read_schema::{ObjectSchema, unindent};
use super::variable::{Pattern, Variable};

pub struct Reader<'a> {
    pub env: &'a Env,
    /// The first is the default.
    pub languages: Vec<String>,
    pub variables: BTreeMap<String, Variable>,
    /// What tickets have where their action does not say.
    pub ticket_defaults: Option<TicketDefaults>,
    /// Compiled so far, by their source: each takes up to `limits::PATTERN_BYTES`.
    pub patterns: HashMap<String, Pattern>,
    pub found: Found,
    /// The `type` key of the object that is read next is known to its reader already.
    pub tagged: bool,
    nodes: HashMap<String, u32>,
    issues: Vec<Issue>,
    pointer: String,
    place: Option<Place>,
}

/// Where in the graph something was read: a node, and an action in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub node: u32,
    pub action: u32,
}

/// What was met while reading.
#[derive(Debug, Default)]
pub struct Found {
    /// From where to which node; `None`: from outside of the nodes (start, interrupts, …).
    pub edges: Vec<Edge>,
    /// Names that expressions use, each with its first pointer.
    pub uses: BTreeMap<String, String>,
    /// Names that actions set.
    pub sets: BTreeMap<String, String>,
    /// How many expressions were compiled.
    pub expressions: usize,
    /// All texts, for translators.
    pub texts: Vec<TextPlace>,
    /// Of the server's own texts, those that may be said.
    pub own_texts: OwnTexts,
    /// Each node's name, and the type and shape of its actions; `None` where an action could not be read.
    pub nodes: Vec<(String, Vec<Option<ReadAction>>)>,
    /// Something could not even be told what it is: what it may have set or led to is unknown.
    pub gap: bool,
}

/// An action's type and shape.
pub type ReadAction = (&'static str, Shape);

/// Where a text stands, and how long it may be.
#[derive(Debug, Clone, PartialEq)]
pub struct TextPlace {
    /// JSON pointer into the document.
    pub pointer: String,
    /// Characters, in any language.
    pub most: usize,
}

#[derive(Debug, Clone)]
pub struct Edge {
    pub from: Option<Place>,
    pub to: u32,
    /// Where the node is named.
    pub pointer: String,
    /// A `call`: the way comes back.
    pub call: bool,
    /// Taken whenever the action runs.
    pub always: bool,
    /// Taken only after the visitor answered.
    pub answered: bool,
}

/// A type of the language.
pub trait Read: Sized {
    /// May be left out.
    const OPTIONAL: bool = false;
    /// `None` where an issue was reported.
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self>;
    /// The field is not there; `key` is its name.
    fn absent(r: &mut Reader<'_>, key: &str) -> Option<Self> {
        r.issue(Code::MissingField, format!("`{key}` is missing"), "");
        None
    }
}

impl<'a> Reader<'a> {
    pub fn new(env: &'a Env, nodes: HashMap<String, u32>) -> Self {
        Self {
            env,
            languages: vec!["en".into()],
            variables: BTreeMap::new(),
            ticket_defaults: None,
            patterns: HashMap::new(),
            found: Found::default(),
            tagged: false,
            nodes,
            issues: Vec::new(),
            pointer: String::new(),
            place: None,
        }
    }

    pub fn issue(&mut self, code: Code, message: impl Into<String>, hint: impl Into<String>) {
        self.issue_at(code, self.pointer.clone(), message, hint);
    }

    pub fn issue_at(&mut self, code: Code, pointer: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        match self.issues.len() {
            count if count < limits::ISSUES => self.issues.push(Issue::new(code, pointer, message, hint)),
            limits::ISSUES => {
                let message = format!("more than {} issues were found; the rest is not listed", limits::ISSUES);
                self.issues.push(Issue::new(Code::TooManyIssues, "", message, "mend these first"));
            }
            _ => {}
        }
    }

    pub fn has_errors(&self) -> bool {
        self.issues.iter().any(|issue| issue.severity == Severity::Error)
    }

    pub fn into_issues(self) -> Vec<Issue> {
        self.issues
    }

    /// Reads one level deeper, under `key`.
    pub fn at<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.pointer.len();
        self.pointer.push('/');
        if key.contains(['~', '/']) {
            self.pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        } else {
            self.pointer.push_str(key);
        }
        let result = read(self);
        self.pointer.truncate(length);
        result
    }

    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The text that was read here last may have at most this many characters: for translators. To check it is the
    /// caller's.
    pub fn limit_text(&mut self, most: usize) {
        let here = self.found.texts.iter_mut().rev().take_while(|text| text.pointer.starts_with(&self.pointer));
        for text in here.filter(|text| text.pointer == self.pointer) {
            text.most = text.most.min(most);
        }
    }

    pub fn inside<T>(&mut self, place: Place, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.place.replace(place);
        let result = read(self);
        self.place = before;
        result
    }

    pub fn place(&self) -> Option<Place> {
        self.place
    }

    pub fn node(&self, name: &str) -> Option<u32> {
        self.nodes.get(name).copied()
    }

    /// What is found from here on is not listed any more.
    pub fn full(&self) -> bool {
        self.issues.len() > limits::ISSUES
    }

    /// For hints; `None` in documents so large that looking would take long.
    pub fn nearest_node(&self, name: &str) -> Option<String> {
        if self.nodes.len() > limits::NAMES_COMPARED || self.full() {
            return None;
        }
        super::words::nearest(name, self.nodes.keys().map(String::as_str)).map(str::to_owned)
    }

    pub fn wrong_type<T>(&mut self, expected: &str, value: &Value) -> Option<T> {
        self.issue(Code::WrongType, format!("expected {expected}, found {}", describe(value)), "");
        None
    }

    pub fn object<'v>(&mut self, value: &'v Value) -> Option<&'v Map<String, Value>> {
        match value {
            Value::Object(object) => Some(object),
            other => self.wrong_type("an object", other),
        }
    }

    /// Every key that is not in `known` is an issue.
    pub fn no_others(&mut self, object: &Map<String, Value>, known: &[&str]) {
        let tagged = std::mem::take(&mut self.tagged);
        for key in object.keys() {
            if self.full() {
                return;
            }
            let allowed = known.iter().any(|name| plain(name) == key) || (tagged && key == "type");
            if !allowed {
                let names: Vec<&str> = known.iter().map(|name| plain(name)).collect();
                let hint = match super::words::nearest(key, names.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known here: {}", names.join(", ")),
                };
                let message = format!("`{}` is not a field of the language here", shorten(key));
                self.at(key, |r| r.issue(Code::UnknownField, message, hint));
            }
        }
    }

    pub fn field<T: Read>(&mut self, object: &Map<String, Value>, key: &str) -> Option<T> {
        let key = plain(key);
        match object.get(key) {
            Some(value) => self.at(key, |r| T::read(r, value)),
            None => T::absent(self, key),
        }
    }

    pub fn field_or<T: Read>(&mut self, object: &Map<String, Value>, key: &str, default: impl FnOnce() -> T) -> Option<T> {
        let key = plain(key);
        match object.get(key) {
            Some(value) => self.at(key, |r| T::read(r, value)),
            None => Some(default()),
        }
    }
}

/// `r#if` is the field `if`.
pub fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// For messages: never a whole document.
pub fn shorten(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((at, _)) => Cow::Owned(format!("{}…", text.split_at(at).0)),
        None => Cow::Borrowed(text),
    }
}

pub fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text `{}`", shorten(text)),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}

/// An object of the language: a struct whose fields are read one by one. `name: Type = default` may be left out, as
/// may `Option`s. Gives [`Read`], [`JsonSchema`] and the doc comment as `DOC`.
macro_rules! document {
    ($(#[doc = $doc:literal])* pub struct $name:ident { $($(#[doc = $fdoc:literal])* pub $field:ident: $ty:ty $(= $default:expr)?),* $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub struct $name { $($(#[doc = $fdoc])* pub $field: $ty),* }

        impl $name {
            #[allow(dead_code, reason = "read for the actions, not for what they are made of")]
            pub const DOC: &'static str = concat!($($doc, "\n"),*);
        }

        impl $crate::flow::read::Read for $name {
            fn read(r: &mut $crate::flow::read::Reader<'_>, value: &serde_json::Value) -> Option<Self> {
                let object = r.object(value)?;
                r.no_others(object, &[$(stringify!($field)),*]);
                $(let $field = document!(@field r object $field $ty $(= $default)?);)*
                Some(Self { $($field: $field?),* })
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
            #[allow(unused_variables, unused_mut, reason = "an object without fields")]
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut object = $crate::flow::read::ObjectSchema::new(concat!($($doc, "\n"),*));
                $(object.field::<$ty>(generator, stringify!($field), concat!($($fdoc, "\n"),*), document!(@default $($default)?));)*
                object.finish()
            }
        }
    };
    (@field $r:ident $object:ident $field:ident $ty:ty) => { $r.field::<$ty>($object, stringify!($field)) };
    (@field $r:ident $object:ident $field:ident $ty:ty = $default:expr) => { $r.field_or::<$ty>($object, stringify!($field), || $default) };
    (@default) => { None };
    (@default $default:expr) => { Some(stringify!($default)) };
}
pub(crate) use document;

/// An enumeration of the language: one of a few words.
macro_rules! words {
    ($(#[doc = $doc:literal])* pub enum $name:ident { $($(#[doc = $vdoc:literal])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $vdoc])* $variant),* }

        impl $name {
            pub const WORDS: &'static [&'static str] = &[$($word),*];
            pub fn word(self) -> &'static str { match self { $(Self::$variant => $word),* } }
        }

        impl $crate::flow::read::Read for $name {
            fn read(r: &mut $crate::flow::read::Reader<'_>, value: &serde_json::Value) -> Option<Self> {
                match value.as_str() {
                    $(Some($word) => Some(Self::$variant),)*
                    _ => $crate::flow::read::wrong_word(r, value, Self::WORDS),
                }
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "description": concat!($($doc, "\n"),*).trim(), "oneOf": [
                    $({ "const": $word, "description": concat!($($vdoc, "\n"),*).trim() }),*
                ] })
            }
        }
    };
}
pub(crate) use words;

pub fn wrong_word<T>(r: &mut Reader<'_>, value: &Value, words: &[&str]) -> Option<T> {
    let Value::String(word) = value else { return r.wrong_type("a text", value) };
    if r.full() {
        return None;
    }
    let hint = match super::words::nearest(word, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("one of: {}", words.join(", ")),
    };
    r.issue(Code::WrongValue, format!("`{}` is not known here", shorten(word)), hint);
    None
}
