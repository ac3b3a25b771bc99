//! The document as authors write it, below the level of actions.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::action::{Action, ForTickets};
use super::fallback::Fallback;
use super::interrupt::Interrupts;
use super::issue::Code;
use super::limits;
use super::read::{Place, Read, Reader, document, shorten};
use super::read_types::{Name, Nodelist, Ordered, Span, SureTarget, Target};
use super::script::Tests;
use super::session_rules::Session;
use super::text::{Texts, normalise_locale};
use super::variable::{Variable, Variables};

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
        pub session: Session = Session::default(),
        /// The pause before each bubble after the first of a turn, with typing shown. At most 20 seconds.
        pub delay_between_messages: Option<Span<0, { limits::LONGEST_PAUSE_MS }>>,
        /// Natural typing: for so long typing is shown before a text, for each of its characters (`1ms` to `200ms`; people
        /// type one in about 60). Also before the first text of a turn; at most 20 seconds. Where `delay_between_messages` or
        /// a `delay` is longer, that counts.
        pub typing_per_character: Option<Span<1, 200>>,
        /// Show the visitor at once that their message was seen, before the answer. Unless said otherwise Messenger shows it
        /// with the answer.
        pub mark_seen: bool = false,
        /// The pipeline, status and priority of tickets whose action does not say them.
        pub ticket_defaults: Option<ForTickets>,
        /// Texts that the server says on its own.
        pub texts: Texts = Texts::default(),
        /// What the visitor may say or do at any time.
        pub interrupts: Interrupts = Interrupts::default(),
        /// Nodes in which no interrupt is taken. (A question's own `interruptible: false` says it for that question.)
        pub uninterruptible: Nodelist = Nodelist::default(),
        /// A node that runs at the very beginning of a session, before the visitor's first input is looked at. Not where
        /// another chatflow calls this one.
        pub on_session_start: Option<Target>,
        /// What follows a message that no question understands and no interrupt takes: the first miss takes the first step,
        /// the second the second, and so on; the last step is taken again. Anything understood begins anew. Questions with
        /// `invalid`, `attempts` or `exhausted` of their own, and forms, look after themselves.
        pub fallback: Fallback = Fallback::default(),
        /// The node that a session begins with.
        pub start: SureTarget,
        /// The nodes by their names.
        pub nodes: Nodes,
        /// Scripted conversations that prove what the flow does; every publish runs them.
        pub tests: Tests = Tests::default(),
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
        let names: &[String] = if names.len() > limits::LANGUAGES { &[] } else { names.as_slice() };
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
