//! What scripts are made of beside plain fields: openings, links, nodes that are looked at, times.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::flow::issue::Code;
use crate::flow::read::{self, Read, Reader, document, shorten};
use crate::flow::read_types::Ordered;
use crate::flow::variable::Plain;

/// `"get_started"`, or a link.
#[derive(Debug)]
pub enum Opening {
    GetStarted,
    Link(Box<Link>),
}

document! {
    /// The link that the visitor comes through.
    pub struct Link {
        /// What the flow sees as `link.label`.
        pub label: Option<String>,
        /// Where Meta says it comes from: `SHORTLINK`, `ADS`, …
        pub source: Option<String>,
        /// The ad that was clicked.
        pub ad_id: Option<String>,
        /// The node to start at.
        pub node: Option<NodeName>,
        /// Variables that it sets.
        pub variables: Ordered<Plain> = Ordered(Vec::new()),
        /// The language that it chooses.
        pub locale: Option<String>,
    }
}

impl Link {
    /// To this node, with nothing else.
    pub fn to(node: &str) -> Self {
        let node = Some(NodeName(node.to_owned()));
        Self { label: None, source: None, ad_id: None, node, variables: Ordered(Vec::new()), locale: None }
    }
}

impl Read for Opening {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        match value {
            Value::String(word) if word == "get_started" => Some(Self::GetStarted),
            Value::Object(_) => Link::read(r, value).map(|link| Self::Link(Box::new(link))),
            other => read::wrong_word(r, other, &["get_started"]),
        }
    }
}

impl JsonSchema for Opening {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Opening".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "const": "get_started" }, generator.subschema_for::<Link>()] })
    }
}

/// A node of the document that is looked at, not gone to.
#[derive(Debug)]
pub struct NodeName(pub String);

impl Read for NodeName {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let Value::String(name) = value else { return r.wrong_type("the name of a node", value) };
        if r.node(name).is_none() {
            let hint = r.nearest_node(name).map_or_else(String::new, |near| format!("did you mean `{near}`?"));
            r.issue(Code::UnknownNode, format!("there is no node `{}`", shorten(name)), hint);
            return None;
        }
        Some(Self(name.clone()))
    }
}

impl JsonSchema for NodeName {
    fn schema_name() -> Cow<'static, str> {
        "NodeName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "The name of a node of this document." })
    }
}

/// A time, as RFC 3339 has it.
#[derive(Debug, Clone, Copy)]
pub struct Instant(pub Timestamp);

impl Read for Instant {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let Some(text) = value.as_str() else { return r.wrong_type("a time such as `2026-03-02T09:00:00Z`", value) };
        let parsed: Option<Timestamp> = text.parse().ok();
        // A script may wait for months from there.
        let within = parsed.filter(|at| at.checked_add(SignedDuration::from_hours(24 * 366 * 100)).is_ok() && *at >= Timestamp::UNIX_EPOCH);
        if within.is_none() {
            r.issue(Code::WrongValue, format!("`{}` is not a time", shorten(text)), "write `2026-03-02T09:00:00Z`");
        }
        within.map(Self)
    }
}

impl JsonSchema for Instant {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}
