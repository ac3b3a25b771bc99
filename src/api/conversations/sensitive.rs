//! Which variables are sensitive: those that the flows declare so. Their values are masked in every answer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::store::turns::Loaded;

/// What stands for a sensitive value: that there is one, and nothing of it.
pub const MASK: &str = "•••";

/// Names of sensitive variables and attributes.
#[derive(Debug, Default)]
pub struct Sensitive(BTreeSet<String>);

impl Sensitive {
    /// For a conversation: what the versions that its session stands in declare, and, for attributes that outlive
    /// sessions, what any published chatflow of the page declares.
    pub async fn of(api: &Api, loaded: &Loaded) -> Result<Self, Problem> {
        let mut names = Self::default();
        for (_, version) in api.store.published(&loaded.conversation.page).await? {
            names.declared_in(&version.document);
        }
        let Some(session) = &loaded.session else { return Ok(names) };
        let stands_in = session.frames.iter().map(|frame| (frame.chatflow, frame.version));
        let versions: BTreeSet<_> = stands_in.chain([(session.chatflow, session.version)]).collect();
        for (chatflow, number) in versions {
            if let Some(version) = api.store.version(chatflow, number).await? {
                names.declared_in(&version.document);
            }
        }
        Ok(names)
    }

    fn declared_in(&mut self, document: &Value) {
        let variables = document["variables"].as_object().into_iter().flatten();
        self.0.extend(variables.filter(|(_, declared)| declared["sensitive"] == true).map(|(name, _)| name.clone()));
    }

    /// The values with every sensitive one masked; one that is not set stays null.
    pub fn mask(&self, mut values: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        for (name, value) in &mut values {
            if self.0.contains(name) && !value.is_null() {
                *value = Value::from(MASK);
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_declared_and_set_values_are_masked() {
        let mut names = Sensitive::default();
        names.declared_in(&json!({ "variables": { "email": { "type": "email", "sensitive": true }, "topic": { "type": "text" } } }));
        names.declared_in(&json!({}));
        let values = |email: Value| BTreeMap::from([("email".to_owned(), email), ("topic".to_owned(), json!("returns"))]);
        assert_eq!(names.mask(values(json!("ana@example.org"))), values(json!(MASK)));
        assert_eq!(names.mask(values(Value::Null)), values(Value::Null));
    }
}
