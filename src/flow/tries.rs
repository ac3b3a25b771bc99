//! What is said after an answer that does not fit: the same each time, or other words from try to try.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::issue::Code;
use super::read::{Read, Reader};
use super::text::Text;

/// As many as an `ask` has attempts.
const MOST: usize = 20;

/// In order; the last is said again.
#[derive(Debug)]
pub struct Tries(Vec<Text>);

impl Tries {
    /// What is said after the first answer that does not fit (1), the second, and so on.
    pub fn after(&self, misses: u32) -> Option<&Text> {
        let index = usize::try_from(misses.saturating_sub(1)).unwrap_or(usize::MAX);
        self.0.get(index).or(self.0.last())
    }

    /// The longest of all its constant texts, in characters.
    pub fn longest(&self) -> usize {
        self.0.iter().map(Text::longest).max().unwrap_or(0)
    }
}

impl Read for Tries {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let Value::Array(items) = value else { return Text::read(r, value).map(|text| Self(vec![text])) };
        if items.is_empty() || items.len() > MOST {
            r.issue(Code::WrongValue, format!("one text, or a list of 1 to {MOST} is expected here"), "");
            return None;
        }
        let read: Vec<Option<Text>> = items.iter().enumerate().map(|(i, item)| r.at(&i.to_string(), |r| Text::read(r, item))).collect();
        read.into_iter().collect::<Option<_>>().map(Self)
    }
}

impl JsonSchema for Tries {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Tries".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = generator.subschema_for::<Text>();
        json_schema!({ "anyOf": [text, { "type": "array", "items": text, "minItems": 1, "maxItems": MOST }] })
    }
}
