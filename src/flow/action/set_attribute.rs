//! The action `set_attribute`.

use crate::flow::limits;
use crate::flow::read::document;
use crate::flow::read_types::Ordered;
use crate::flow::run::{Next, Run};
use crate::flow::template::Json;

use super::Behaviour;

document! {
    /// Sets attributes of the contact; they survive the session and are seen by agents, rules and other chatflows
    /// (`contact.attributes.plan`, or short `contact.plan`). Null removes.
    ///
    /// ```json
    /// { "type": "set_attribute", "values": { "plan": "pro", "last_topic": "{{ locale }}" } }
    /// ```
    pub struct SetAttribute {
        /// Attribute → value. A text that is one `{{ expression }}` keeps that value's type.
        pub values: Ordered<Json>,
    }
}

impl Behaviour for SetAttribute {
    fn run(&self, run: &mut Run<'_>) -> Next {
        for (name, value) in &self.values.0 {
            let Some(value) = run.json(value) else { continue };
            if value.to_string().len() > limits::VALUE_BYTES {
                run.report("value_too_large", format!("the attribute `{name}` would have more than {} bytes", limits::VALUE_BYTES));
            } else if value.is_null() {
                run.contact_mut().attributes.remove(name);
            } else {
                run.contact_mut().attributes.insert(name.clone(), value);
            }
        }
        Next::On
    }
}
