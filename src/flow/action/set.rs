//! The action `set`.

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
    pub struct Set {
        /// Variable → value. A text that is one `{{ expression }}` keeps that value's type.
        pub values: Assignments,
    }
}

/// In the author's order.
#[derive(Debug)]
pub struct Assignments(pub Vec<(String, Json)>);

impl Read for Assignments {
    fn read(r: &mut Reader<'_>, value: &serde_json::Value) -> Option<Self> {
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
                run.set(name, value);
            }
        }
        Next::On
    }
}
