//! Text to JSON value: JSON or YAML, with what a plain parser lets pass refused (duplicate keys, size, depth, growth by aliases).

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::issue::{Code, Issue};
use super::limits;

/// Reads a document's text. JSON where it begins with `{`, else YAML.
///
/// # Errors
/// One issue of code `unreadable`, `too_large` or `duplicate_key`, with line and column in its message.
pub fn parse(text: &str) -> Result<Value, Issue> {
    if text.len() > limits::DOCUMENT_BYTES {
        let message = format!("the document has {} bytes, more than {}", text.len(), limits::DOCUMENT_BYTES);
        return Err(Issue::new(Code::TooLarge, "", message, "split it into several chatflows that `call` each other"));
    }
    let text = text.trim_start_matches('\u{feff}');
    let trouble = Trouble::default();
    let json = text.trim_start().starts_with(['{', '[']);
    let read = if json { read_json(text, &trouble) } else { read_yaml(text, &trouble) };
    read.map_err(|message| match trouble.code.get() {
        Some(code) => Issue::new(code, "", message, ""),
        None => {
            Issue::new(Code::Unreadable, "", message, if json { "the document was read as JSON" } else { "the document was read as YAML" })
        }
    })
}

fn read_json(text: &str, trouble: &Trouble) -> Result<Value, String> {
    let mut from = serde_json::Deserializer::from_str(text);
    let value = Strict { trouble, depth: 0 }.deserialize(&mut from).map_err(|error| error.to_string())?;
    from.end().map_err(|error| error.to_string())?;
    Ok(value)
}

fn read_yaml(text: &str, trouble: &Trouble) -> Result<Value, String> {
    if brackets(text) > BRACKETS {
        trouble.code.set(Some(Code::TooLarge));
        return Err(format!("brackets are nested more than {BRACKETS} deep"));
    }
    Strict { trouble, depth: 0 }.deserialize(serde_norway::Deserializer::from_str(text)).map_err(|error| error.to_string())
}

/// YAML's reader takes a time that grows with how deep brackets are nested, for each of them, before anything can be refused.
const BRACKETS: usize = 2 * limits::DOCUMENT_DEPTH;

/// How deep brackets are nested at most. A bracket in a text that begins within a word may count as one: never too few.
fn brackets(text: &str) -> usize {
    let (mut depth, mut deepest, mut before) = (0_usize, 0, '\n');
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let begins = before.is_whitespace() || ['[', '{', ',', ':'].contains(&before);
        before = letter;
        match letter {
            '[' | '{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            ']' | '}' => depth = depth.saturating_sub(1),
            // Only within brackets: elsewhere a wrong guess could hide some.
            '#' if begins && depth > 0 => drop(letters.find(|letter| *letter == '\n')),
            '"' if begins && depth > 0 => {
                while let Some(inner) = letters.next() {
                    match inner {
                        '\\' => drop(letters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '\'' if begins && depth > 0 => drop(letters.find(|letter| *letter == '\'')),
            _ => {}
        }
    }
    deepest
}

/// What a visitor refused, beside the parser's own message; and how many values it has seen.
#[derive(Default)]
struct Trouble {
    code: Cell<Option<Code>>,
    values: Cell<usize>,
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    trouble: &'a Trouble,
    depth: usize,
}

impl Strict<'_> {
    fn refuse<E: serde::de::Error>(&self, code: Code, message: String) -> E {
        self.trouble.code.set(Some(code));
        E::custom(message)
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == limits::DOCUMENT_DEPTH {
            return Err(self.refuse(Code::TooLarge, format!("lists and objects are nested more than {} deep", limits::DOCUMENT_DEPTH)));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        self.trouble.values.set(self.trouble.values.get() + 1);
        if self.trouble.values.get() > limits::DOCUMENT_VALUES {
            return Err(self.refuse(Code::TooLarge, format!("the document has more than {} values", limits::DOCUMENT_VALUES)));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        self.count()?;
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value with text keys")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number must be finite"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: serde::Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        self.deserialize(from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(value) = items.next_element_seed(inner)? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                let message = format!("the key `{}` stands twice in one object", key.chars().take(60).collect::<String>());
                return Err(self.refuse(Code::DuplicateKey, message));
            }
            let value = entries.next_value_seed(inner)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_and_yaml_read_to_the_same_value() {
        let value = json!({ "a": [1, 2.5, true, null, "x"], "b": { "c": "é" } });
        assert_eq!(parse(&value.to_string()).unwrap(), value);
        assert_eq!(parse("a:\n - 1\n - 2.5\n - true\n - null\n - x\nb:\n  c: é\n").unwrap(), value);
    }

    #[test]
    fn what_cannot_be_kept_whole_is_refused_with_its_reason() {
        let deep = "[".repeat(1_000);
        let deep_yaml = format!("a: {}", "[".repeat(1_000));
        let long = format!("\"{}\"", "x".repeat(limits::DOCUMENT_BYTES));
        let many = format!("[{}1]", "1,".repeat(limits::DOCUMENT_VALUES));
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                    d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
        for (text, code) in [
            (r#"{"a":1,"b":{"c":1,"c":2}}"#, Code::DuplicateKey),
            ("a: 1\na: 2\n", Code::DuplicateKey),
            (r#"{"a":"#, Code::Unreadable),
            (r#"{"a":1} x"#, Code::Unreadable),
            ("", Code::WrongType),
            (&deep, Code::TooLarge),
            (&long, Code::TooLarge),
            (&many, Code::TooLarge),
        ] {
            let shown: String = text.chars().take(40).collect();
            match parse(text) {
                Err(issue) => assert_eq!(issue.code, code, "{shown}: {issue}"),
                Ok(value) => assert!(code == Code::WrongType && value.is_null(), "{shown}"),
            }
        }
        assert!(parse(&deep_yaml).is_err());
        assert!(parse(bomb).is_err());
    }

    #[test]
    fn brackets_of_texts_and_comments_nest_nothing() {
        for (text, depth) in
            [("a: [b, {c: [d]}]", 3), ("a: [\"[[[\\\"[[\", '[[''[', # [[[\n [x]]", 2), ("a: it's [x]", 1), ("a: ]]]] [x", 1)]
        {
            assert_eq!(brackets(text), depth, "{text}");
        }
        let hidden = format!("a: {}", "[\"]\",".repeat(200));
        assert!(brackets(&hidden) == 200 && parse(&hidden).is_err_and(|issue| issue.code == Code::TooLarge));
    }
}
