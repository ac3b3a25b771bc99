//! One field of a form: a question as `ask` has it, and what only a form knows of it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::flow::action::Behaviour;
use crate::flow::action::ask::Ask;
use crate::flow::expression::Expression;
use crate::flow::issue::Code;
use crate::flow::read::{Read, Reader, document};
use crate::flow::text::{Text, Title};

document! {
    /// What only a form knows of a question.
    pub struct FieldRules {
        /// Asked and filled only while this holds. Where it no longer does, the field loses its value.
        pub when: Option<Expression>,
        /// `false`: never asked for by itself; filled where the visitor says it, and asked when they want to change it.
        pub asked: bool = true,
        /// The visitor may skip it.
        pub optional: bool = false,
        /// What it is called where the visitor chooses what to change; the variable's name unless said otherwise.
        pub label: Option<Title>,
        /// Said when it is filled.
        pub found: Option<Text>,
    }
}

const RULES: [&str; 5] = ["when", "asked", "optional", "label", "found"];

/// The fields of an `ask`, `save` among them, and those of [`FieldRules`].
#[derive(Debug)]
pub struct FormField {
    pub ask: Ask,
    pub rules: FieldRules,
}

impl FormField {
    /// Set where the field could be read.
    pub fn variable(&self) -> &str {
        self.ask.save.as_ref().map_or("", |save| save.0.as_str())
    }
}

impl Read for FormField {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let object = r.object(value)?;
        let (mut rules, mut question) = (Map::new(), Map::new());
        for (key, value) in object {
            let part = if RULES.contains(&key.as_str()) { &mut rules } else { &mut question };
            part.insert(key.clone(), value.clone());
        }
        if !object.contains_key("save") {
            r.issue(Code::MissingField, "`save` is missing", "it names the variable that the field fills");
        }
        let rules = FieldRules::read(r, &Value::Object(rules));
        let mut ask = Ask::read(r, &Value::Object(question))?;
        ask.settle(r);
        if ask.invalid.is_none() {
            // The flow's fallback is not for forms.
            r.found.own_texts.say(&[ask.kind().invalid()]);
        }
        Some(Self { ask, rules: rules? })
    }
}

impl JsonSchema for FormField {
    fn schema_name() -> Cow<'static, str> {
        "FormField".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Ask::json_schema(generator).to_value();
        let mut rules = FieldRules::json_schema(generator).to_value();
        schema["description"] = "A field of a form: a question as `ask` has it, with `save`, and when it is asked.".into();
        if let (Some(Value::Object(all)), Some(Value::Object(own))) =
            (schema.get_mut("properties"), rules.get_mut("properties").map(Value::take))
        {
            all.extend(own);
        }
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.push("save".into());
        }
        Schema::try_from(schema).unwrap_or_default()
    }
}
