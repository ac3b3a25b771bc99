//! Why a step did what it did: one typed line per thing that was considered, taken or not.
//!
//! Made while the step runs, where [`World::explain`](super::step::World::explain) asks for it; shown by the simulator, by
//! flow tests that fail, and per message of live conversations. A line holds what the author wrote and the values that
//! decided; the value of a variable that is declared `sensitive` never gets into it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::expression::Expression;
use super::run::Run;

/// What stands for a sensitive value: that there is one, and nothing of it.
pub const MASK: &str = "•••";
/// Characters of one value that are shown.
const SHOWN_CHARS: usize = 80;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TraceLine {
    /// The chatflow whose node it is, by its name (its id where it has none), where the session's own one called it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chatflow: String,
    /// Empty where the server's routing looked, before any flow did.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub action: usize,
    #[serde(flatten)]
    pub look: Look,
    pub taken: bool,
    /// Why, for people; empty where the look says it all.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    #[schema(value_type = String)]
    pub because: Cow<'static, str>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Look {
    /// A rule of the server's routing, by a stable word: `owner`, `link`, `tap`, `session`, `version`, `primary`, `inbox`, …
    Routing {
        #[schema(value_type = String)]
        rule: Cow<'static, str>,
    },
    /// An action ran.
    Action {
        #[schema(value_type = String)]
        r#type: Cow<'static, str>,
    },
    /// A condition, with what stood in it.
    Condition {
        /// Which of several, for people: `arm 2`.
        #[schema(value_type = String)]
        what: Cow<'static, str>,
        source: String,
        /// Name → value when it was looked at; null where it was unset.
        #[schema(value_type = Object)]
        values: BTreeMap<String, Value>,
    },
    /// Transfer rules decided; each rule that was looked at has its line.
    Rules { rules: String, lines: Vec<String> },
    /// Something else, by a stable word: `interrupt`, `answer`, `skip`, `timer`, `callout`, …
    Note {
        #[schema(value_type = String)]
        what: Cow<'static, str>,
    },
}

impl Look {
    pub fn note(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Note { what: what.into() }
    }
}

impl TraceLine {
    /// A line of the server's routing.
    pub fn routing(rule: &'static str, taken: bool, because: impl Into<Cow<'static, str>>) -> Self {
        Self {
            chatflow: String::new(),
            node: String::new(),
            action: 0,
            look: Look::Routing { rule: rule.into() },
            taken,
            because: because.into(),
        }
    }

    /// The name of what was looked at, in one word or two.
    pub fn what(&self) -> &str {
        match &self.look {
            Look::Routing { rule } => rule,
            Look::Action { r#type } => r#type,
            Look::Condition { what, .. } | Look::Note { what } => what,
            Look::Rules { .. } => "rules",
        }
    }
}

/// One line: `✗ track/2 arm 1: state == 'lost' (state = "sent")`.
impl fmt::Display for TraceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.taken { "✓ " } else { "✗ " })?;
        if !self.chatflow.is_empty() {
            write!(f, "`{}` ", self.chatflow)?;
        }
        if !self.node.is_empty() {
            write!(f, "{}/{} ", self.node, self.action)?;
        }
        f.write_str(self.what())?;
        match &self.look {
            Look::Condition { source, values, .. } => {
                write!(f, " {source}")?;
                if !values.is_empty() {
                    let shown: Vec<String> = values.iter().map(|(name, value)| format!("{name} = {}", shown(value))).collect();
                    write!(f, " ({})", shown.join(", "))?;
                }
            }
            Look::Rules { rules, lines } => write!(f, " `{rules}`: {}", lines.join("; "))?,
            _ => {}
        }
        if self.because.is_empty() { Ok(()) } else { write!(f, " {}", self.because) }
    }
}

impl Run<'_> {
    /// What was looked at, whether it was taken, and why. Never a variable's value.
    pub fn trace(&mut self, what: impl Into<Cow<'static, str>>, taken: bool, because: &str) {
        if self.world.explain {
            self.look(Look::note(what), taken, because.to_owned());
        }
    }

    /// As [`Run::trace`], for what has a shape of its own.
    pub fn look(&mut self, look: Look, taken: bool, because: impl Into<Cow<'static, str>>) {
        if self.world.explain {
            let (chatflow, node) = (self.called_name(), self.node_name().to_owned());
            self.trace.push(TraceLine { chatflow, node, action: self.action, look, taken, because: because.into() });
        }
    }

    /// The running chatflow, where it is not the session's own.
    fn called_name(&self) -> String {
        let called = self.session.frames.last().map(|frame| frame.chatflow).filter(|running| *running != self.session.chatflow);
        called.map_or_else(String::new, |id| self.world.flows.name(id).map_or_else(|| id.to_string(), str::to_owned))
    }

    /// A condition that was looked at, with the values that decided it.
    pub fn looked_at(&mut self, what: impl Into<Cow<'static, str>>, condition: &Expression, holds: bool) {
        if self.world.explain {
            let values = condition.looked_at(&self.scope());
            self.look(Look::Condition { what: what.into(), source: condition.source().to_owned(), values }, holds, "");
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "unset".to_owned(),
        other => other.to_string(),
    }
}

/// A value as a line holds it: long ones are cut.
pub(super) fn kept(value: Value) -> Value {
    let long = |text: &str| text.chars().nth(SHOWN_CHARS).is_some();
    let cut = |text: &str| text.chars().take(SHOWN_CHARS).chain(['…']).collect::<String>();
    match value {
        Value::String(text) if long(&text) => cut(&text).into(),
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            if long(&text) { cut(&text).into() } else { value }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_reads_as_a_sentence_and_comes_back_from_json() {
        let condition = Look::Condition {
            what: "arm 1".into(),
            source: "state == 'lost'".into(),
            values: [("state".into(), json!("sent")), ("vip".into(), Value::Null)].into(),
        };
        let cases = [
            (
                TraceLine { chatflow: String::new(), node: "track".into(), action: 2, look: condition, taken: false, because: "".into() },
                "✗ track/2 arm 1 state == 'lost' (state = \"sent\", vip = unset)",
            ),
            (TraceLine::routing("owner", true, "with `agent`"), "✓ owner with `agent`"),
            (
                TraceLine {
                    chatflow: "Hours".into(),
                    node: "handoff".into(),
                    action: 1,
                    look: Look::Rules { rules: "default".into(), lines: vec!["rule 1 `ana`: Ana (0 of 3)".into()] },
                    taken: true,
                    because: "".into(),
                },
                "✓ `Hours` handoff/1 rules `default`: rule 1 `ana`: Ana (0 of 3)",
            ),
        ];
        for (line, text) in cases {
            assert_eq!(line.to_string(), text);
            let stored = serde_json::to_string(&line).unwrap();
            assert_eq!(serde_json::from_str::<TraceLine>(&stored).unwrap(), line, "{stored}");
        }
    }

    #[test]
    fn long_values_are_cut() {
        assert_eq!(kept(json!("short")), json!("short"));
        assert_eq!(kept(json!("é".repeat(200))).as_str().unwrap().chars().count(), SHOWN_CHARS + 1);
        assert!(kept(json!(vec![1; 200])).is_string());
    }
}
