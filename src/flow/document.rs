//! The document as authors write it, below the level of actions.

use std::borrow::Cow;
use std::collections::HashSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::action::Action;
use super::issue::Code;
use super::limits;
use super::read::{Place, Read, Reader, document, shorten, words};
use super::read_types::{Duration, Name, Ordered, Span, SureTarget, Target};
use super::text::{Texts, normalise_locale};
use super::variable::{Variable, Variables};
use super::{OnComplete, StaleChoice};

document! {
    /// A chatflow: nodes of actions, and what belongs around them.
    pub struct Document {
        /// The version of the language: `1.0`.
        pub spec_version: SpecVersion,
        /// For people.
        pub name: Option<String>,
        /// For people.
        pub description: Option<String>,
        /// The languages that the flow speaks; the first is the default.
        pub languages: Languages = Languages,
        /// What the flow remembers.
        pub variables: Declared = Declared,
        /// How long a session lives and what follows it.
        pub session: SessionRules = SessionRules::default(),
        /// The pause before each bubble after the first of a turn, with typing shown. At most 20 seconds.
        pub delay_between_messages: Option<Span<0, { limits::LONGEST_PAUSE_MS }>>,
        /// Texts that the server says on its own.
        pub texts: Texts = Texts::default(),
        /// What the visitor may say at any time.
        pub interrupts: Interrupts = Interrupts(Vec::new()),
        /// The node that a session begins with.
        pub start: SureTarget,
        /// The nodes by their names.
        pub nodes: Nodes,
    }
}

/// Which versions of the language this server reads.
#[derive(Debug)]
pub struct SpecVersion;

const SPEC_VERSIONS: &[&str] = &["1.0"];

impl Read for SpecVersion {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        match value {
            Value::String(version) if SPEC_VERSIONS.contains(&version.as_str()) => Some(Self),
            // YAML reads an unquoted 1.0 as a number.
            Value::Number(version) if version.as_f64() == Some(1.0) => Some(Self),
            Value::String(version) => {
                r.issue(Code::UnknownSpecVersion, format!("version `{}` of the language is not known", shorten(version)), "write `1.0`");
                None
            }
            other => r.wrong_type("a text such as `1.0`", other),
        }
    }
}

impl JsonSchema for SpecVersion {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "SpecVersion".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": SPEC_VERSIONS })
    }
}

/// Goes to the reader, which texts need.
#[derive(Debug)]
pub struct Languages;

impl Read for Languages {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let names = Vec::<String>::read(r, value)?;
        let mut languages: Vec<String> = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let language = normalise_locale(name);
            let (first, region) = language.split_once('_').unwrap_or((&language, "XX"));
            let plain = (2..=3).contains(&first.len()) && (2..=4).contains(&region.len());
            let known = plain && language.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !known {
                let message = format!("`{}` is not a locale", shorten(name));
                r.at(&i.to_string(), |r| r.issue(Code::WrongValue, message, "write `fr` or `fr_CA`"));
            } else if languages.contains(&language) {
                r.at(&i.to_string(), |r| r.issue(Code::WrongValue, format!("`{language}` is listed twice"), ""));
            } else {
                languages.push(language);
            }
        }
        if languages.is_empty() || languages.len() > limits::LANGUAGES {
            r.issue(Code::WrongValue, format!("a flow speaks 1 to {} languages", limits::LANGUAGES), "leave it out for English only");
            return None;
        }
        r.languages = languages;
        Some(Self)
    }
}

impl JsonSchema for Languages {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Languages".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": limits::LANGUAGES, "default": ["en"] })
    }
}

/// Goes to the reader, which asks need.
#[derive(Debug)]
pub struct Declared;

impl Read for Declared {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let variables = Ordered::<Variable>::read(r, value)?;
        let mut kept = Variables::new();
        for (name, variable) in variables.0 {
            r.at(&name, |r| {
                if let Some(hint) = Name::problem(&name) {
                    r.issue(Code::WrongValue, format!("`{}` cannot be a variable's name", shorten(&name)), hint);
                }
                if let Some(default) = &variable.default
                    && let Err(message) = variable.accept(default.0.clone())
                {
                    r.at("default", |r| r.issue(Code::WrongValue, message, ""));
                }
            });
            kept.insert(name, variable);
        }
        r.variables = kept;
        Some(Self)
    }
}

impl JsonSchema for Declared {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Variables".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Ordered::<Variable>::json_schema(generator)
    }
}

document! {
    /// How long a session lives and what follows it.
    pub struct SessionRules {
        /// Idle longer than this, the session has ended: `1m` to `30d`, or `never`. 24 hours unless said otherwise.
        pub timeout: Timeout = Timeout::default(),
        /// What happens to a message after the session has finished: `inbox`, `restart`, or `{ "goto": node }`.
        pub on_complete: OnComplete = OnComplete::Inbox,
        /// What a tap on an option of an earlier question does: `resume`, `restart` or `explain`.
        pub stale_choice: StaleChoice = StaleChoice::Explain,
    }
}

impl Default for SessionRules {
    fn default() -> Self {
        Self { timeout: Timeout::default(), on_complete: OnComplete::Inbox, stale_choice: StaleChoice::Explain }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Timeout(pub Option<jiff::SignedDuration>);

impl Default for Timeout {
    fn default() -> Self {
        Self(Some(jiff::SignedDuration::from_hours(24)))
    }
}

impl Read for Timeout {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        if value.as_str() == Some("never") {
            return Some(Self(None));
        }
        let duration = Duration::read(r, value)?;
        if duration.0 < limits::SHORTEST_TIMEOUT || duration.0 > limits::LONGEST_TIMEOUT {
            r.issue(Code::WrongValue, "a session's timeout is 1 minute to 30 days", "or `never`");
            return None;
        }
        Some(Self(Some(duration.0)))
    }
}

impl JsonSchema for Timeout {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Timeout".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<Duration>(), { "const": "never" }] })
    }
}

impl Read for OnComplete {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        match value {
            Value::Object(object) => {
                r.no_others(object, &["goto"]);
                r.field::<Target>(object, "goto")?;
                Some(Self::Goto(object.get("goto")?.as_str()?.to_owned()))
            }
            Value::String(word) if word == "inbox" => Some(Self::Inbox),
            Value::String(word) if word == "restart" => Some(Self::Restart),
            other => super::read::wrong_word(r, other, &["inbox", "restart"]),
        }
    }
}

impl Read for StaleChoice {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        match value.as_str() {
            Some("resume") => Some(Self::Resume),
            Some("restart") => Some(Self::Restart),
            Some("explain") => Some(Self::Explain),
            _ => super::read::wrong_word(r, value, &["resume", "restart", "explain"]),
        }
    }
}

words! {
    /// How a keyword is found in what the visitor said.
    pub enum Match {
        /// Anywhere as whole words; while the flow waits for free text, only where the visitor said nothing else.
        Auto = "auto",
        /// Only where the visitor said nothing else.
        Exact = "exact",
        /// Anywhere as whole words.
        Contains = "contains",
    }
}

document! {
    /// What the visitor may say at any time, whatever the flow waits for.
    pub struct Interrupt {
        /// Words or phrases; case, accents and punctuation do not count.
        pub keywords: Vec<Keyword> = Vec::new(),
        /// How the keywords are found.
        pub r#match: Match = Match::Auto,
        /// The payload of a menu entry or button.
        pub postback: Option<String>,
        /// Where the flow goes on.
        pub goto: Target,
    }
}

/// Normalised, as what the visitor says will be.
#[derive(Debug, PartialEq)]
pub struct Keyword(pub String);

impl Read for Keyword {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let text = String::read(r, value)?;
        if text.trim().is_empty() || text.chars().count() > limits::NAME_CHARS {
            r.issue(Code::WrongValue, format!("a keyword has 1 to {} characters", limits::NAME_CHARS), "");
            return None;
        }
        Some(Self(super::words::normalise(&text)))
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

#[derive(Debug)]
pub struct Interrupts(pub Vec<Interrupt>);

impl Read for Interrupts {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let interrupts = Vec::<Interrupt>::read(r, value)?;
        let (mut words, mut payloads) = (HashSet::new(), HashSet::new());
        for (i, interrupt) in interrupts.iter().enumerate() {
            r.at(&i.to_string(), |r| never_taken(r, interrupt, &mut words, &mut payloads));
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

fn never_taken<'a>(r: &mut Reader<'_>, interrupt: &'a Interrupt, words: &mut HashSet<&'a str>, payloads: &mut HashSet<&'a str>) {
    if interrupt.keywords.is_empty() && interrupt.postback.is_none() {
        r.issue(Code::MissingField, "the interrupt has neither `keywords` nor `postback`", "it could never be taken");
    }
    let again: Vec<&str> = interrupt.keywords.iter().map(|word| word.0.as_str()).filter(|word| !words.insert(word)).collect();
    if !again.is_empty() {
        let message = format!("an interrupt before it has the same keyword: `{}`", again.join("`, `"));
        r.issue(Code::SameInterrupt, message, "only the first is taken");
    }
    if interrupt.postback.as_ref().is_some_and(|payload| !payloads.insert(payload)) {
        r.issue(Code::SameInterrupt, "an interrupt before it has the same postback", "only the first is taken");
    }
}

/// Nodes in the document's order.
#[derive(Debug)]
pub struct Nodes(pub Vec<(String, Vec<Action>)>);

impl Read for Nodes {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let object = r.object(value)?;
        if object.is_empty() || object.len() > limits::NODES {
            let code = if object.is_empty() { Code::MissingField } else { Code::TooLarge };
            r.issue(code, format!("a flow has 1 to {} nodes", limits::NODES), "");
            return None;
        }
        let mut nodes = Some(Vec::with_capacity(object.len()));
        r.found.nodes = object.keys().map(|name| (name.clone(), Vec::new())).collect();
        for (node, (name, value)) in (0..).zip(object) {
            let actions = r.at(name, |r| read_node(r, node, name, value));
            match (&mut nodes, actions) {
                (Some(nodes), Some(actions)) => nodes.push((name.clone(), actions)),
                _ => nodes = None,
            }
        }
        nodes.map(Self)
    }
}

fn read_node(r: &mut Reader<'_>, node: u32, name: &str, value: &Value) -> Option<Vec<Action>> {
    if name.is_empty() || name.chars().count() > limits::NAME_CHARS {
        r.issue(Code::WrongValue, format!("a node's name has 1 to {} characters", limits::NAME_CHARS), "");
    }
    let Value::Array(items) = value else { return r.wrong_type("a list of actions", value) };
    if items.is_empty() {
        r.issue(Code::EmptyNode, "the node has no actions", "");
    }
    if items.len() > limits::ACTIONS_PER_NODE {
        r.issue(Code::TooLarge, format!("a node has at most {} actions", limits::ACTIONS_PER_NODE), "split it with `goto`");
        return None;
    }
    let read: Vec<Option<Action>> = (0..)
        .zip(items)
        .map(|(action, item): (u32, _)| r.at(&action.to_string(), |r| r.inside(Place { node, action }, |r| Action::read(r, item))))
        .collect();
    let known = |action: &Option<Action>| action.as_ref().map(|action| (action.word(), action.behaviour().shape()));
    r.found.nodes[node as usize].1 = read.iter().map(known).collect();
    read.into_iter().collect()
}

impl JsonSchema for Nodes {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Nodes".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let action = generator.subschema_for::<Action>();
        let actions = json!({ "type": "array", "items": action, "maxItems": limits::ACTIONS_PER_NODE });
        json_schema!({ "type": "object", "additionalProperties": actions, "minProperties": 1, "maxProperties": limits::NODES })
    }
}
