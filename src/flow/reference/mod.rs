//! The reference of the language, made of what the code says of itself: the doc comments of actions and types, their
//! schema, the catalogue of issues, the limits, the words of expressions. Nothing of it is written down twice.
//!
//! [`reference`] gives it as blocks; [`markdown`] and [`html`] write them. `openapi/flow-language.md` is the first,
//! committed; the server shows the second.

mod expressions;
mod fields;
mod html;
mod limits;
mod markdown;

use serde_json::Value;

pub use expressions::{ITEMS, Word, examples};
pub use html::html;
pub use markdown::markdown;

use super::action::Action;
use super::issue::{Code, Severity};
use super::schema::schema;
use super::text::TextKey;
use fields::Types;

/// A piece of the reference, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    Heading {
        level: u8,
        text: String,
        anchor: String,
    },
    /// A paragraph, or a list: Markdown.
    Text(String),
    Code {
        text: String,
        /// What of the schema it is an example of: a name under `$defs`, `""` for a whole document; `None`: not JSON.
        of: Option<String>,
    },
    Table {
        head: Vec<String>,
        /// Markdown.
        rows: Vec<Vec<String>>,
    },
}

const INTRO: &str = "\
A chatflow is a JSON document, or the same in YAML. `causerie check FLOW` says everything that is wrong with it, `causerie simulate \
FLOW` chats with it, `causerie diagram FLOW` draws it; its JSON Schema is `causerie openapi --flow-schema`.

A flow is made of **nodes**, each a list of **actions** that run one after the other. A question waits for the visitor; `goto`, the \
options of a question and the arms of a `branch` lead to other nodes. After a node's last action the flow is over, or goes back to \
the `call` that it came from. Between two turns everything that a flow knows is in its session: variables, where it stands, what it \
waits for.";

const EXAMPLE: &str = r#"{
  "spec_version": "1.0",
  "languages": ["en", "fr"],
  "variables": { "name": { "type": "text" } },
  "start": "welcome",
  "nodes": {
    "welcome": [
      { "type": "ask", "save": "name",
        "text": { "en": "What is your name?", "fr": "Comment vous appelez-vous ?" } },
      { "type": "send_text",
        "text": { "en": "Hello {{ name }}!", "fr": "Bonjour {{ name }} !" } }
    ]
  }
}"#;

/// All of it.
pub fn reference() -> Vec<Block> {
    let schema = schema();
    let mut book = Book { types: Types::new(&schema), blocks: Vec::new() };
    book.heading(1, "The chatflow language");
    book.prose(INTRO, None);
    book.blocks.push(Block::Code { text: EXAMPLE.to_owned(), of: Some(String::new()) });
    book.heading(2, "The document");
    book.object(&schema);
    book.parts_of(&schema, 3);
    book.heading(2, "Actions");
    book.text("Each is an object with a `type`. Fields that are not marked as required may be left out.");
    book.actions(&schema);
    book.heading(2, "Types");
    book.rest();
    book.heading(2, "Expressions");
    expressions::write(&mut book);
    book.heading(2, "Texts of the server");
    book.text("What the server says on its own, unless the flow has its own words under `texts`.");
    book.own_texts();
    book.heading(2, "Issues");
    book.text("What a check reports, by code. An error stops a publish; a warning does not.");
    book.issues();
    book.heading(2, "Limits");
    book.text("Nothing in the language is without bound.");
    book.table(&["Limit", "Most"], limits::rows());
    book.blocks
}

struct Book<'a> {
    types: Types<'a>,
    blocks: Vec<Block>,
}

impl Book<'_> {
    fn heading(&mut self, level: u8, text: &str) {
        self.blocks.push(Block::Heading { level, text: text.to_owned(), anchor: anchor(text) });
    }

    fn text(&mut self, text: &str) {
        self.blocks.push(Block::Text(text.to_owned()));
    }

    fn table(&mut self, head: &[&str], rows: Vec<Vec<String>>) {
        self.blocks.push(Block::Table { head: head.iter().map(|&cell| cell.to_owned()).collect(), rows });
    }

    /// A doc comment: paragraphs and fenced examples.
    fn prose(&mut self, doc: &str, of: Option<&str>) {
        for (index, part) in doc.split("```").enumerate() {
            if index % 2 == 1 {
                let (language, code) = part.split_once('\n').unwrap_or(("", part));
                let of = of.filter(|_| language.trim() == "json").map(str::to_owned);
                self.blocks.push(Block::Code { text: code.trim_end().to_owned(), of });
                continue;
            }
            for paragraph in part.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
                self.text(paragraph);
            }
        }
    }

    /// The fields of an object.
    fn object(&mut self, schema: &Value) {
        let rows = self.types.rows(schema);
        if !rows.is_empty() {
            self.table(&["Field", "Type", "Default", ""], rows);
        }
    }

    /// The types that only these fields need, right after them.
    fn parts_of(&mut self, schema: &Value, level: u8) {
        for name in self.types.parts_of(schema) {
            self.part(&name, level);
        }
    }

    fn part(&mut self, name: &str, level: u8) {
        let schema = self.types.get(name).clone();
        self.heading(level, name);
        self.prose(schema["description"].as_str().unwrap_or_default(), Some(name));
        let words = fields::words(&schema);
        if words.is_empty() {
            self.object(&schema);
        } else {
            self.table(&["Word", ""], words);
        }
        if schema.get("properties").is_none() && fields::words(&schema).is_empty() {
            let written = self.types.shown(&schema);
            self.text(&format!("Written as: {written}."));
        }
    }

    fn actions(&mut self, schema: &Value) {
        let all = schema["$defs"]["Action"]["oneOf"].as_array().cloned().unwrap_or_default();
        for ((word, _), reference) in Action::DOCS.iter().zip(&all) {
            let name = fields::referred(reference).unwrap_or_default();
            let action = self.types.get(name).clone();
            self.blocks.push(Block::Heading { level: 3, text: format!("`{word}`"), anchor: anchor(word) });
            self.prose(action["description"].as_str().unwrap_or_default(), Some(name));
            self.object(&action);
            self.parts_of(&action, 4);
        }
    }

    fn rest(&mut self) {
        for name in self.types.rest() {
            self.part(&name, 3);
        }
    }

    fn own_texts(&mut self) {
        let row = |key: &TextKey| {
            let (english, french) = (key.built_in("en").to_owned(), key.built_in("fr").to_owned());
            vec![format!("`{}`", key.word()), key.about().to_owned(), english, french]
        };
        let rows = TextKey::ALL.iter().map(row).collect();
        self.table(&["Text", "When", "English", "French"], rows);
    }

    fn issues(&mut self) {
        let row = |code: &Code| {
            let severity = if code.severity() == Severity::Error { "error" } else { "warning" };
            vec![format!("`{}`", code.word()), severity.to_owned(), code.about().to_owned()]
        };
        let rows = Code::ALL.iter().map(row).collect();
        self.table(&["Code", "Severity", ""], rows);
    }
}

/// As GitHub makes them.
fn anchor(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests;
