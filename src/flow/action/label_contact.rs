//! The action `label_contact`.

use crate::flow::issue::Code;
use crate::flow::limits;
use crate::flow::read::{Reader, document};
use crate::flow::run::{Next, Run};
use crate::flow::template::Template;

use super::Behaviour;

document! {
    /// Puts labels on the contact, or takes them off.
    ///
    /// ```json
    /// { "type": "label_contact", "add": ["customer", "lang_{{ locale }}"], "remove": ["prospect"] }
    /// ```
    pub struct LabelContact {
        /// Labels to put on; they must not be empty.
        pub add: Vec<Template> = Vec::new(),
        /// Labels to take off.
        pub remove: Vec<Template> = Vec::new(),
    }
}

impl Behaviour for LabelContact {
    fn settle(&mut self, r: &mut Reader<'_>) {
        if self.add.is_empty() && self.remove.is_empty() {
            r.issue(Code::MissingField, "`add` is missing", "or `remove`");
        }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        for label in &self.remove {
            if let Some(label) = run.plain(label).filter(|label| run.contact().labels.contains(label.trim())) {
                run.contact_mut().labels.remove(label.trim());
            }
        }
        for label in &self.add {
            let Some(label) = run.plain(label) else { continue };
            let label = label.trim();
            if label.is_empty() || label.chars().count() > limits::NAME_CHARS {
                run.report("bad_label", format!("a label has 1 to {} characters", limits::NAME_CHARS));
            } else if !run.contact().labels.contains(label) {
                run.contact_mut().labels.insert(label.to_owned());
            }
        }
        Next::On
    }
}
