//! The JSON Schema of the objects of the language, as [`document!`](super::read) gives it.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use super::read::{Read, plain};

/// Builds the JSON Schema of an object of the language.
pub struct ObjectSchema {
    description: &'static str,
    properties: Map<String, Value>,
    required: Vec<Value>,
}

impl ObjectSchema {
    pub fn new(description: &'static str) -> Self {
        Self { description, properties: Map::new(), required: Vec::new() }
    }

    /// `default`: the source of the expression that stands for the absent field.
    pub fn field<T: Read + JsonSchema>(&mut self, generator: &mut SchemaGenerator, name: &str, about: &str, default: Option<&str>) {
        let name = plain(name);
        let mut schema = generator.subschema_for::<T>();
        if !about.trim().is_empty() {
            schema.insert("description".into(), unindent(about).into());
        }
        if let Some(value) = default.and_then(|source| default_value(source, &schema, generator)) {
            schema.insert("default".into(), value);
        }
        self.properties.insert(name.into(), schema.to_value());
        if default.is_none() && !T::OPTIONAL {
            self.required.push(name.into());
        }
    }

    pub fn finish(self) -> Schema {
        let mut schema = json_schema!({ "type": "object" });
        if !self.description.is_empty() {
            schema.insert("description".into(), unindent(self.description).into());
        }
        schema.insert("properties".into(), self.properties.into());
        schema.insert("required".into(), self.required.into());
        schema.insert("additionalProperties".into(), false.into());
        schema
    }
}

/// What an expression such as `false`, `3.0` or `Mode::Sequential` stands for in a document; `None` where it is no such.
fn default_value(source: &str, schema: &Schema, generator: &mut SchemaGenerator) -> Option<Value> {
    let inner = source.strip_suffix(')').and_then(|source| source.strip_prefix("Whole ("));
    let inner = inner.or_else(|| source.strip_suffix(')')?.strip_prefix("Whole("));
    if let Ok(plain) = serde_json::from_str::<Value>(inner.unwrap_or(source).trim()) {
        return Some(plain);
    }
    let variant = source.rsplit("::").next()?.trim();
    let mut word = String::new();
    for c in variant.chars() {
        if c.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(c.to_lowercase());
    }
    let name = schema.get("$ref").and_then(|name| name.as_str()?.strip_prefix("#/$defs/"));
    let schema = name.map_or(Some(schema.as_value()), |name| generator.definitions().get(name))?;
    let known = schema["oneOf"].as_array()?.iter().any(|one| one["const"] == *word);
    known.then(|| word.into())
}

/// A doc comment as written: without the space after `///`.
pub fn unindent(doc: &str) -> String {
    let lines: Vec<&str> = doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n").trim().to_owned()
}
