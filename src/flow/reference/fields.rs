//! The schema's types as a reader sees them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub struct Types<'a> {
    all: &'a Value,
    /// Those that have their place in the reference already.
    placed: BTreeSet<String>,
}

impl<'a> Types<'a> {
    pub fn new(schema: &'a Value) -> Self {
        // The actions have chapters of their own.
        let actions = schema["$defs"]["Action"]["oneOf"].as_array().into_iter().flatten().filter_map(referred);
        let placed = actions.chain(["Action"]).map(str::to_owned).collect();
        Self { all: &schema["$defs"], placed }
    }

    pub fn get(&self, name: &str) -> &'a Value {
        &self.all[name]
    }

    /// One row per field: name, type, default, description.
    pub fn rows(&self, schema: &Value) -> Vec<Vec<String>> {
        let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let fields = schema["properties"].as_object().into_iter().flatten().filter(|(name, _)| *name != "type" || !is_tag(schema));
        fields
            .map(|(name, field)| {
                let default = match field.get("default") {
                    _ if required.contains(&name.as_str()) => "required".to_owned(),
                    Some(value) => format!("`{value}`"),
                    None => String::new(),
                };
                let about = field["description"].as_str().unwrap_or_default().replace('\n', " ");
                vec![format!("`{name}`"), self.shown(field), default, about]
            })
            .collect()
    }

    /// Objects and words that these fields name, and theirs, that have no place yet; in the order of the fields.
    pub fn parts_of(&mut self, schema: &Value) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = named(schema);
        open.reverse();
        while let Some(name) = open.pop() {
            let part = self.get(&name);
            let listed = part.get("properties").is_some() || !words(part).is_empty();
            if !listed || !self.placed.insert(name.clone()) {
                continue;
            }
            let mut deeper = named(part);
            deeper.reverse();
            open.extend(deeper);
            found.push(name);
        }
        found
    }

    /// What has no place yet.
    pub fn rest(&mut self) -> Vec<String> {
        let names: Vec<String> = self.all.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        names.into_iter().filter(|name| self.placed.insert(name.clone())).collect()
    }

    /// A type in a few words: Markdown.
    pub fn shown(&self, schema: &Value) -> String {
        if let Some(name) = referred(schema) {
            if name == "Action" {
                return "[action](#actions)".to_owned();
            }
            let words = words(self.get(name));
            return match words.len() {
                1..=4 => words.iter().map(|word| word[0].clone()).collect::<Vec<_>>().join(", "),
                _ => format!("[{name}](#{})", super::anchor(name)),
            };
        }
        if let Some(word) = schema.get("const") {
            return format!("`{word}`");
        }
        for several in ["anyOf", "oneOf"] {
            if let Some(options) = schema.get(several).and_then(Value::as_array) {
                let options = options.iter().filter(|option| option["type"] != "null");
                let mut shown: Vec<String> = options.map(|option| self.shown(option)).collect();
                shown.dedup();
                return shown.join(" or ");
            }
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        }
        match &schema["type"] {
            Value::String(kind) => self.plain(kind, schema),
            Value::Array(kinds) => {
                let kinds: Vec<String> =
                    kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").map(|kind| self.plain(kind, schema)).collect();
                kinds.join(" or ")
            }
            _ => "any JSON".to_owned(),
        }
    }

    fn plain(&self, kind: &str, schema: &Value) -> String {
        let range = match (schema.get("minimum"), schema.get("maximum")) {
            (Some(least), Some(most)) => format!(" from {least} to {most}"),
            (Some(least), None) => format!(" from {least}"),
            (None, Some(most)) => format!(" up to {most}"),
            (None, None) => String::new(),
        };
        match kind {
            "string" => "text".to_owned(),
            "boolean" => "true or false".to_owned(),
            "integer" => format!("whole number{range}"),
            "number" => format!("number{range}"),
            "array" => format!("list of {}", schema.get("items").map_or_else(|| "any JSON".to_owned(), |items| self.shown(items))),
            "object" => match schema.get("additionalProperties") {
                Some(values @ Value::Object(_)) => format!("object of {}", self.shown(values)),
                _ => "object".to_owned(),
            },
            other => other.to_owned(),
        }
    }
}

/// An action's `type` is a constant.
fn is_tag(schema: &Value) -> bool {
    schema["properties"]["type"].get("const").is_some()
}

/// `X` of `{ "$ref": "#/$defs/X" }`.
pub fn referred(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

/// The words of an enumeration, each with what it means.
pub fn words(schema: &Value) -> Vec<Vec<String>> {
    let options = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    options
        .filter_map(|option| Some(vec![format!("`{}`", option.get("const")?.as_str()?), option["description"].as_str()?.to_owned()]))
        .collect()
}

/// Every type that is named within, in order.
fn named(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<&Value> = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(object) => {
                found.extend(referred(value).map(str::to_owned));
                let deeper: Vec<&Value> = own(object).collect();
                open.extend(deeper.into_iter().rev());
            }
            Value::Array(items) => open.extend(items.iter().rev()),
            _ => {}
        }
    }
    found
}

fn own(object: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    object.iter().filter(|(key, _)| *key != "$defs").map(|(_, value)| value)
}
