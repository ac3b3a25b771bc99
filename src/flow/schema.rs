//! The language's JSON Schema, as committed under `openapi/flow.schema.json`.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::document::Document;

pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Document>();
    schema.insert("$id".into(), "https://causerie.example/flow.schema.json".into());
    schema.insert("title".into(), "Causerie chatflow".into());
    schema.to_value()
}
