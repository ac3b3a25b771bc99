//! What may be expected of a step. What is not mentioned is not looked at.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::NodeName;
use crate::flow::issue::Code;
use crate::flow::read::{Read, Reader, document, words};
use crate::flow::read_types::Ordered;
use crate::flow::variable::{Pattern, Plain};

document! {
    /// What must have come of a step. What is not mentioned is not looked at.
    pub struct Expected {
        /// Every message that was said in this step, in order.
        pub messages: Option<Vec<ExpectedMessage>>,
        /// Values of variables, of the session or the contact; `null` is unset.
        pub variables: Ordered<Plain> = Ordered(Vec::new()),
        /// Values of the contact's attributes; `null` is unset.
        pub attributes: Ordered<Plain> = Ordered(Vec::new()),
        /// The contact's labels, all of them.
        pub labels: Option<Vec<String>>,
        /// Every ticket that was opened in this step, in order.
        pub tickets: Option<Vec<ExpectedTicket>>,
        /// The newest ticket, as it stands after this step.
        pub ticket: Option<ExpectedTicket>,
        /// Who got the conversation in this step.
        pub transfer: Option<ExpectedTransfer>,
        /// Every event that was emitted in this step, in order.
        pub events: Option<Vec<ExpectedEvent>>,
        /// Every HTTP call of this step, in order.
        pub callouts: Option<Vec<ExpectedCallout>>,
        /// The codes of what was reported to operators in this step, in order.
        pub reports: Option<Vec<String>>,
        /// The node that the session stands at.
        pub node: Option<NodeName>,
        /// What the session waits for.
        pub waits_for: Option<WaitsFor>,
        /// Whether the session is over.
        pub finished: Option<bool>,
    }
}

/// [`Expected`], or a list, which is short for its `messages`.
#[derive(Debug)]
pub struct Expectation {
    pub expected: Expected,
    pub listed: bool,
}

impl Read for Expectation {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        if value.is_array() {
            let messages = Vec::<ExpectedMessage>::read(r, value)?;
            return Some(Self { expected: Expected { messages: Some(messages), ..Expected::nothing() }, listed: true });
        }
        Expected::read(r, value).map(|expected| Self { expected, listed: false })
    }
}

impl Expected {
    fn nothing() -> Self {
        Self {
            messages: None,
            variables: Ordered(Vec::new()),
            attributes: Ordered(Vec::new()),
            labels: None,
            tickets: None,
            ticket: None,
            transfer: None,
            events: None,
            callouts: None,
            reports: None,
            node: None,
            waits_for: None,
            finished: None,
        }
    }
}

impl JsonSchema for Expectation {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Expectation".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<Expected>(), Vec::<ExpectedMessage>::json_schema(generator)] })
    }
}

document! {
    /// A message as it must be. A text stands for `{ "text": … }`.
    pub struct MessageShape {
        /// Its whole text.
        pub text: Option<String>,
        /// A part of its text.
        pub contains: Option<String>,
        /// A regular expression that its text matches.
        pub pattern: Option<Pattern>,
        /// Titles of its quick replies and buttons, all of them, in order.
        pub options: Option<Vec<String>>,
        /// The URL of its picture, video, audio or file.
        pub media: Option<String>,
        /// Titles of its cards, in order.
        pub cards: Option<Vec<String>>,
    }
}

#[derive(Debug)]
pub struct ExpectedMessage(pub MessageShape);

impl Read for ExpectedMessage {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        if let Value::String(_) = value {
            let text = Some(String::read(r, value)?);
            return Some(Self(MessageShape { text, contains: None, pattern: None, options: None, media: None, cards: None }));
        }
        MessageShape::read(r, value).map(Self)
    }
}

impl JsonSchema for ExpectedMessage {
    fn schema_name() -> Cow<'static, str> {
        "ExpectedMessage".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, generator.subschema_for::<MessageShape>()] })
    }
}

document! {
    /// A ticket as it must be.
    pub struct ExpectedTicket {
        /// The key of its pipeline.
        pub pipeline: Option<String>,
        /// The key of its status.
        pub status: Option<String>,
        /// Its whole subject.
        pub subject: Option<String>,
        /// Its whole description.
        pub description: Option<String>,
        /// `low`, `normal`, `high` or `urgent`.
        pub priority: Option<String>,
        /// Values of its fields; others may be there.
        pub fields: Ordered<Plain> = Ordered(Vec::new()),
    }
}

words! {
    /// Who got the conversation.
    pub enum TransferTo {
        /// An agent.
        Agent = "agent",
        /// A queue.
        Queue = "queue",
        /// Meta's Page inbox.
        PageInbox = "page_inbox",
        /// Nobody could take it, and the bot kept it.
        Nobody = "nobody",
        /// Nothing was transferred.
        None = "none",
    }
}

document! {
    /// Who got the conversation.
    pub struct TransferShape {
        /// The kind of target.
        pub to: TransferTo,
        /// The agent's name.
        pub agent: Option<String>,
    }
}

/// A word, or an object that names the agent.
#[derive(Debug)]
pub struct ExpectedTransfer(pub TransferShape);

impl Read for ExpectedTransfer {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        if value.is_string() {
            return TransferTo::read(r, value).map(|to| Self(TransferShape { to, agent: None }));
        }
        let shape = TransferShape::read(r, value)?;
        if shape.agent.is_some() && shape.to != TransferTo::Agent {
            r.at("agent", |r| r.issue(Code::NoEffect, "only a transfer to an `agent` has one", ""));
        }
        Some(Self(shape))
    }
}

impl JsonSchema for ExpectedTransfer {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ExpectedTransfer".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<TransferTo>(), generator.subschema_for::<TransferShape>()] })
    }
}

document! {
    /// An event as it must be.
    pub struct ExpectedEvent {
        /// Its name.
        pub name: String,
        /// Values in its data; others may be there.
        pub data: Ordered<Plain> = Ordered(Vec::new()),
    }
}

document! {
    /// An HTTP call as it must be.
    pub struct ExpectedCallout {
        /// Its method.
        pub method: Option<String>,
        /// Its whole URL; `*` stands for anything.
        pub url: Option<String>,
        /// Values of its headers, by lowercase name; others may be there.
        pub headers: Ordered<String> = Ordered(Vec::new()),
        /// What it sends: compared as JSON where it is.
        pub body: Option<Plain>,
    }
}

words! {
    /// What would let the session go on.
    pub enum WaitsFor {
        /// An answer of the visitor.
        Answer = "answer",
        /// The end of a pause.
        Timer = "timer",
        /// The answer to an HTTP call.
        Callout = "callout",
        /// People, who have the conversation.
        People = "people",
        /// Nothing: it is over, or has not begun.
        Nothing = "nothing",
    }
}
