//! What the answer of an HTTP call may bring about by itself: texts, values, where to go on. Only what the document lists,
//! so that the check knows every way and every variable.

use serde_json::Value;

use crate::domain::message::Content;
use crate::flow::limits;
use crate::flow::read::{document, shorten};
use crate::flow::read_types::{Save, Target};
use crate::flow::run::{Next, Run};

document! {
    /// The answer says how the flow goes on. It is an object with any of `messages` (texts, said in this order), `set`
    /// (variable → value) and `goto` (a node): `{ "messages": ["It is on its way."], "set": { "state": "sent" }, "goto": "menu" }`.
    /// An empty answer changes nothing; without `goto` the next action runs.
    ///
    /// An answer with anything else, with a node or variable that is not listed here, with a value of the wrong type, or with
    /// an empty text or one of more than 2,000 characters is not taken at all: it is reported, and the flow goes on at `failed`.
    pub struct Reply {
        /// The nodes that the answer may lead to.
        pub goto: Vec<Target> = Vec::new(),
        /// The variables that the answer may set.
        pub set: Vec<Save> = Vec::new(),
    }
}

/// An answer that holds nothing that it must not.
struct Taken<'a> {
    messages: Vec<&'a str>,
    values: Vec<(&'a str, &'a Value)>,
    goto: Option<u32>,
}

impl Reply {
    /// All of the answer, or nothing of it.
    ///
    /// # Errors
    /// What is wrong with it, without its words: they may be anybody's.
    pub fn follow(&self, run: &mut Run<'_>, answer: &Value) -> Result<Next, String> {
        let taken = self.read(run, answer)?;
        for (name, value) in taken.values {
            run.set(name, value.clone());
        }
        for text in taken.messages {
            run.say(Content::Text { text: text.to_owned() }, Vec::new());
        }
        Ok(taken.goto.map_or(Next::On, Next::Goto))
    }

    fn read<'a>(&self, run: &Run<'_>, answer: &'a Value) -> Result<Taken<'a>, String> {
        let mut taken = Taken { messages: Vec::new(), values: Vec::new(), goto: None };
        let fields = match answer {
            Value::Null => return Ok(taken),
            Value::Object(fields) => fields,
            _ => return Err("the answer is not an object".into()),
        };
        for (key, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            match (key.as_str(), value) {
                ("messages", Value::Array(items)) => taken.messages = messages(items)?,
                ("set", Value::Object(values)) => taken.values = self.values(run, values)?,
                ("goto", Value::String(node)) => taken.goto = Some(self.node(run, node)?),
                ("messages" | "set" | "goto", _) => return Err(format!("`{key}` is not of the type that is expected there")),
                (other, _) => return Err(format!("the answer has a field `{}`", shorten(other))),
            }
        }
        Ok(taken)
    }

    fn values<'a>(&self, run: &Run<'_>, values: &'a serde_json::Map<String, Value>) -> Result<Vec<(&'a str, &'a Value)>, String> {
        for (name, value) in values {
            if !self.set.iter().any(|save| save.0 == *name) {
                return Err(format!("the action does not let `{}` be set", shorten(name)));
            }
            if !run.accepts(name, value) {
                return Err(format!("`{name}` does not take the value that is given"));
            }
        }
        Ok(values.iter().map(|(name, value)| (name.as_str(), value)).collect())
    }

    fn node(&self, run: &Run<'_>, name: &str) -> Result<u32, String> {
        let node = run.flow.node(name).filter(|node| self.goto.iter().any(|target| target.0 == *node));
        node.ok_or_else(|| format!("the action does not lead to `{}`", shorten(name)))
    }
}

fn messages(items: &[Value]) -> Result<Vec<&str>, String> {
    if items.len() > limits::REPLY_MESSAGES {
        return Err(format!("the answer has more than {} messages", limits::REPLY_MESSAGES));
    }
    let texts = items.iter().enumerate().map(|(i, item)| {
        let text = item.as_str().ok_or_else(|| format!("message {} is not a text", i + 1))?;
        match text.chars().count() {
            count if count > limits::BUBBLE_CHARS => {
                Err(format!("message {} has {count} characters, more than {}", i + 1, limits::BUBBLE_CHARS))
            }
            _ if text.trim().is_empty() => Err(format!("message {} is empty", i + 1)),
            _ => Ok(text),
        }
    });
    texts.collect()
}
