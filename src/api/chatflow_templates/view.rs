//! How a document to start from looks from outside.

use serde::Serialize;
use serde_json::Value;

use crate::flow::gallery::{Said, Starter};

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChatflowTemplateView {
    name: &'static str,
    title: Said,
    about: Said,
    languages: Vec<String>,
    /// How many nodes it has.
    nodes: usize,
    /// How many tests it brings.
    tests: usize,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChatflowTemplateDocumentView {
    #[serde(flatten)]
    template: ChatflowTemplateView,
    #[schema(value_type = Object)]
    document: Value,
}

impl ChatflowTemplateView {
    fn of(starter: &Starter, document: &Value) -> Self {
        let languages = document["languages"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        let nodes = document["nodes"].as_object().map_or(0, serde_json::Map::len);
        let tests = document["tests"].as_array().map_or(0, Vec::len);
        Self { name: starter.name, title: starter.title, about: starter.about, languages, nodes, tests }
    }
}

impl From<&'static Starter> for ChatflowTemplateView {
    fn from(starter: &'static Starter) -> Self {
        Self::of(starter, &starter.document())
    }
}

impl From<&'static Starter> for ChatflowTemplateDocumentView {
    fn from(starter: &'static Starter) -> Self {
        let document = starter.document();
        Self { template: ChatflowTemplateView::of(starter, &document), document }
    }
}
