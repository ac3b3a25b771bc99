//! The action `emit_event`.

use serde_json::{Map, Value};

use crate::flow::effect::Effect;
use crate::flow::issue::Code;
use crate::flow::limits;
use crate::flow::read::{Reader, document, shorten};
use crate::flow::read_types::Ordered;
use crate::flow::run::{Next, Run};
use crate::flow::template::Json;

use super::Behaviour;

document! {
    /// Tells the outside world that something happened. The event is kept with the turn, in order, and read at
    /// `GET /v1/events`.
    ///
    /// ```json
    /// { "type": "emit_event", "name": "lead_qualified", "data": { "topic": "{{ last_text }}", "language": "{{ locale }}" } }
    /// ```
    pub struct EmitEvent {
        /// What happened, in the past tense: lower-case letters, digits, `_` and `.`; at most 100.
        pub name: String,
        /// What is told of it, by name.
        pub data: Ordered<Json> = Ordered(Vec::new()),
    }
}

impl Behaviour for EmitEvent {
    fn settle(&mut self, r: &mut Reader<'_>) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.');
        let good = self.name.starts_with(|c: char| c.is_ascii_lowercase()) && self.name.chars().all(plain);
        if !good || self.name.len() > limits::NAME_CHARS {
            let message = format!("`{}` is not an event's name", shorten(&self.name));
            r.at("name", |r| r.issue(Code::WrongValue, message, "lower-case letters, digits, `_` and `.`: `lead_qualified`"));
        }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        let data: Map<String, Value> = self.data.0.iter().filter_map(|(name, value)| Some((name.clone(), run.json(value)?))).collect();
        let data = Value::Object(data);
        if data.to_string().len() > limits::VALUE_BYTES {
            run.report(
                "value_too_large",
                format!("the event `{}` would have more than {} bytes: it was not told", self.name, limits::VALUE_BYTES),
            );
            return Next::On;
        }
        let node = run.node_name().to_owned();
        run.effect(Effect::Emit { name: self.name.clone(), data, node });
        Next::On
    }
}
