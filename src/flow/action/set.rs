//! The action `set`.

use serde_json::{Map, Value};

use crate::flow::read::{Read, Reader, document};
use crate::flow::read_types::{Name, Ordered, Save};
use crate::flow::run::{Next, Run};
use crate::flow::template::Json;

use super::Behaviour;

document! {
    /// Sets variables, in order: each value sees those before it. Null unsets.
    ///
    /// ```json
    /// { "type": "set", "values": { "tries": "{{ (tries | default(0)) + 1 }}", "greeting": "Hello {{ contact.first_name }}" } }
    /// ```
    ///
    /// ```json
    /// { "type": "set", "merge": true, "values": { "order": { "state": "paid", "coupon": null, "ship": { "city": "Lyon" } } } }
    /// ```
    pub struct Set {
        /// Variable → value. A text that is one `{{ expression }}` keeps that value's type.
        pub values: Assignments,
        /// Objects go into what the variable holds, instead of replacing it: their names are set there, those with null are
        /// removed, all others stay (RFC 7396). What is no object replaces the value in any case.
        pub merge: bool = false,
    }
}

/// In the author's order.
#[derive(Debug)]
pub struct Assignments(pub Vec<(String, Json)>);

impl Read for Assignments {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let values = Ordered::<Json>::read(r, value)?;
        for (name, _) in &values.0 {
            r.at(name, |r| {
                if Name::read(r, &name.as_str().into()).is_some() {
                    Save::note(r, name);
                }
            });
        }
        Some(Self(values.0))
    }
}

impl schemars::JsonSchema for Assignments {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Assignments".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Ordered::<Json>::json_schema(generator)
    }
}

impl Behaviour for Set {
    fn run(&self, run: &mut Run<'_>) -> Next {
        for (name, value) in &self.values.0 {
            if let Some(value) = run.json(value) {
                let value = if self.merge { merged(run.variable(name).cloned().unwrap_or_default(), value) } else { value };
                run.set(name, value);
            }
        }
        Next::On
    }
}

/// RFC 7396, JSON Merge Patch.
fn merged(before: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else { return patch };
    let mut whole = match before {
        Value::Object(before) => before,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            whole.remove(&name);
        } else {
            let before = whole.get_mut(&name).map(Value::take).unwrap_or_default();
            whole.insert(name, merged(before, value));
        }
    }
    whole.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_merged_as_rfc_7396_says() {
        // Its appendix A.
        for (before, patch, after) in [
            (json!({ "a": "b" }), json!({ "a": "c" }), json!({ "a": "c" })),
            (json!({ "a": "b" }), json!({ "b": "c" }), json!({ "a": "b", "b": "c" })),
            (json!({ "a": "b" }), json!({ "a": null }), json!({})),
            (json!({ "a": ["b"] }), json!({ "a": "c" }), json!({ "a": "c" })),
            (json!({ "a": { "b": "c" } }), json!({ "a": { "b": "d", "c": null } }), json!({ "a": { "b": "d" } })),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({ "a": "foo" }), json!(null), json!(null)),
            (json!({ "e": null }), json!({ "a": 1 }), json!({ "e": null, "a": 1 })),
            (json!([1, 2]), json!({ "a": "b", "c": null }), json!({ "a": "b" })),
            (json!({}), json!({ "a": { "bb": { "ccc": null } } }), json!({ "a": { "bb": {} } })),
        ] {
            assert_eq!(merged(before, patch), after);
        }
    }
}
