//! The action `set_attribute`.

use crate::flow::issue::Code;
use crate::flow::limits;
use crate::flow::read::{Reader, document};
use crate::flow::read_types::Ordered;
use crate::flow::run::{Next, Run};
use crate::flow::template::Json;

use super::Behaviour;

document! {
    /// Sets attributes of the contact; they survive the session and are seen by agents, rules and other chatflows
    /// (`contact.attributes.plan`, or short `contact.plan`). Null removes. `locale` is the contact's choice of language,
    /// from the next text on.
    ///
    /// ```json
    /// { "type": "set_attribute", "values": { "plan": "pro", "language_before": "{{ locale }}", "locale": "en" } }
    /// ```
    pub struct SetAttribute {
        /// Attribute → value. A text that is one `{{ expression }}` keeps that value's type.
        pub values: Ordered<Json>,
    }
}

/// What `contact.…` means otherwise.
const TAKEN: &[&str] = &["first_name", "last_name", "name", "timezone", "id", "labels", "attributes"];

impl Behaviour for SetAttribute {
    fn settle(&mut self, r: &mut Reader<'_>) {
        for (name, _) in self.values.0.iter().filter(|(name, _)| TAKEN.contains(&name.as_str())) {
            let message = format!("`contact.{name}` is what Messenger tells of the visitor, and cannot be set");
            r.at("values", |r| r.at(name, |r| r.issue(Code::WrongValue, message, "choose another name")));
        }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        for (name, value) in &self.values.0 {
            let Some(value) = run.json(value) else { continue };
            if name == "locale" {
                match value.as_str().filter(|locale| !locale.trim().is_empty()) {
                    Some(locale) => run.choose_locale(locale),
                    None => run.report("wrong_type", "the contact's locale must be a text such as `fr` or `fr_CA`"),
                }
            } else if value.to_string().len() > limits::VALUE_BYTES {
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
