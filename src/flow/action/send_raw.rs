//! The action `send_raw`.

use serde_json::Value;

use crate::domain::message::Content;
use crate::domain::message::raw::{Strings, problems};
use crate::flow::issue::Code;
use crate::flow::limits;
use crate::flow::read::{Read, Reader, document};
use crate::flow::run::{Next, Run};
use crate::flow::template::Json;

use super::{Behaviour, Shape};

document! {
    /// Sends a `message` object of Meta's Send API as it is written, for what the other actions have no words for.
    ///
    /// Each text in it is a template, so that the result is always valid JSON; a text that is one expression keeps its
    /// value's type. What Meta would refuse is told by the check, and again once it is rendered: then the error text is said
    /// instead. A payload in it reaches the flow through an interrupt with that `postback`. Its texts are the same in every language,
    /// and translators do not see them: `{{ 'Oui' if locale == 'fr_FR' else 'Yes' }}` says it in two.
    ///
    /// ```json
    /// { "type": "send_raw", "message": { "attachment": { "type": "template", "payload": {
    ///   "template_type": "product", "elements": [ { "id": "4100000000000001" } ] } } } }
    /// ```
    pub struct SendRaw {
        /// Text, attachment, attachments or sticker, with quick replies; `metadata` is the server's own.
        pub message: RawMessage,
    }
}

/// A `message` object, compiled.
#[derive(Debug)]
pub struct RawMessage {
    json: Json,
    offers: bool,
}

impl Read for RawMessage {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        r.object(value)?;
        for problem in problems(value, Strings::Templates) {
            let pointer = format!("{}{}", r.pointer(), problem.at);
            r.issue_at(Code::BadMessage, pointer, format!("Messenger would refuse it: {}", problem.text), "see Meta's Send API reference");
        }
        if value.to_string().len() > limits::VALUE_BYTES {
            r.issue(Code::TooLarge, format!("the message has more than {} bytes", limits::VALUE_BYTES), "");
        }
        Some(Self { json: Json::read(r, value)?, offers: value.get("quick_replies").is_some() })
    }
}

impl schemars::JsonSchema for RawMessage {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RawMessage".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object", "description": "A `message` of the Send API; texts in it are templates." })
    }
}

impl Behaviour for SendRaw {
    fn shape(&self) -> Shape {
        Shape { speaks: true, offers: self.message.offers, ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        match run.json(&self.message.json) {
            Some(message) => {
                run.say_within_limits(Content::Raw { message }, Vec::new());
            }
            None => run.say_error(),
        }
        Next::On
    }
}
