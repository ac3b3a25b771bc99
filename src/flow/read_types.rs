//! [`Read`] for the plain types: texts, numbers, lists, maps, names, durations, nodes to go to.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::issue::Code;
use super::limits;
use super::read::{Edge, Read, Reader, shorten};
use super::run::{ITEM, NUMBER};

impl<T: Read> Read for Option<T> {
    const OPTIONAL: bool = true;
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        T::read(r, value).map(Some)
    }
    fn absent(_: &mut Reader<'_>, _: &str) -> Option<Self> {
        Some(None)
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let Value::Array(items) = value else { return r.wrong_type("a list", value) };
        // Every item is read, so that every issue is found; one bad item makes the list bad.
        let read: Vec<Option<T>> = items.iter().enumerate().map(|(i, item)| r.at(&i.to_string(), |r| T::read(r, item))).collect();
        read.into_iter().collect()
    }
}

/// An object with keys of the author's choice, in the author's order.
#[derive(Debug, Clone)]
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<T: Read> Read for Ordered<T> {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let object = r.object(value)?;
        let read: Vec<Option<(String, T)>> =
            object.iter().map(|(key, value)| r.at(key, |r| T::read(r, value)).map(|value| (key.clone(), value))).collect();
        read.into_iter().collect::<Option<Vec<_>>>().map(Self)
    }
}

impl<T: JsonSchema> JsonSchema for Ordered<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("MapOf{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, T>::json_schema(generator)
    }
}

/// Something that is shown for each element of a list: in it, `item` and `number` are known.
#[derive(Debug)]
pub struct OfItem<T>(pub T);

impl<T: Read> Read for OfItem<T> {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let known: Vec<bool> = [ITEM, NUMBER].map(|name| r.found.uses.contains_key(name)).into();
        let read = T::read(r, value);
        for (name, known) in [ITEM, NUMBER].into_iter().zip(known) {
            if !known {
                r.found.uses.remove(name);
            }
        }
        read.map(Self)
    }
}

impl<T: JsonSchema> JsonSchema for OfItem<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl Read for bool {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        value.as_bool().or_else(|| r.wrong_type("true or false", value))
    }
}

impl Read for String {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let Value::String(text) = value else { return r.wrong_type("a text", value) };
        if text.chars().count() > limits::AUTHORED_CHARS {
            r.issue(Code::TextTooLong, format!("the text has more than {} characters", limits::AUTHORED_CHARS), "");
            return None;
        }
        Some(text.clone())
    }
}

impl Read for f64 {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        value.as_f64().or_else(|| r.wrong_type("a number", value))
    }
}

/// `"500ms"`, `"30s"`, `"5m"`, `"24h"`, `"7d"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub SignedDuration);

impl Duration {
    pub fn parse(text: &str) -> Option<Self> {
        let split = text.find(|c: char| !c.is_ascii_digit())?;
        let (digits, unit) = text.split_at(split);
        let number: i64 = digits.parse().ok()?;
        let millis = match unit.trim() {
            "ms" => Some(number),
            "s" => number.checked_mul(1_000),
            "m" | "min" => number.checked_mul(60_000),
            "h" => number.checked_mul(3_600_000),
            "d" => number.checked_mul(86_400_000),
            _ => None,
        }?;
        (millis <= 365 * 86_400_000).then(|| Self(SignedDuration::from_millis(millis)))
    }

    pub fn millis(self) -> u32 {
        u32::try_from(self.0.as_millis()).unwrap_or(u32::MAX)
    }
}

impl Read for Duration {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let Value::String(text) = value else { return r.wrong_type("a duration such as `30s`, `5m` or `24h`", value) };
        Self::parse(text).or_else(|| {
            let hint = "a whole number and `ms`, `s`, `m`, `h` or `d`: `500ms`, `30s`, `5m`, `24h`, `7d`; at most a year";
            r.issue(Code::WrongValue, format!("`{}` is not a duration", shorten(text)), hint);
            None
        })
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+ ?(ms|s|m|min|h|d)$", "examples": ["500ms", "30s", "5m", "24h", "7d"] })
    }
}

/// A duration within limits, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<const MIN: i64, const MAX: i64>(pub SignedDuration);

impl<const MIN: i64, const MAX: i64> Span<MIN, MAX> {
    pub fn millis(self) -> u32 {
        Duration(self.0).millis()
    }
}

impl<const MIN: i64, const MAX: i64> Read for Span<MIN, MAX> {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let duration = Duration::read(r, value)?.0;
        let (shortest, longest) = (SignedDuration::from_millis(MIN), SignedDuration::from_millis(MAX));
        if duration < shortest || duration > longest {
            r.issue(Code::WrongValue, format!("a duration from {shortest:#} to {longest:#} is expected here"), "");
            return None;
        }
        Some(Self(duration))
    }
}

impl<const MIN: i64, const MAX: i64> JsonSchema for Span<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Duration>()
    }
}

/// A whole number within limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole<const MIN: u32, const MAX: u32>(pub u32);

impl<const MIN: u32, const MAX: u32> Read for Whole<MIN, MAX> {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let Some(number) = value.as_i64() else { return r.wrong_type("a whole number", value) };
        let within = u32::try_from(number).ok().filter(|number| (MIN..=MAX).contains(number));
        if within.is_none() {
            r.issue(Code::WrongValue, format!("a whole number from {MIN} to {MAX} is expected here, found {number}"), "");
        }
        within.map(Self)
    }
}

impl<const MIN: u32, const MAX: u32> JsonSchema for Whole<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Whole".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

/// A name of a variable, an attribute, a field: letters, digits and `_`, not beginning with a digit or `__`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(pub String);

/// Roots of the expression context that are no variables.
pub const RESERVED: &[&str] = &["contact", "locale", "chatflow", "link", "page", "now", "last_text", "agents", "secrets"];
const KEYWORDS: &[&str] = &["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"];

impl Name {
    pub fn problem(text: &str) -> Option<&'static str> {
        let mut chars = text.chars();
        let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if !first || text.starts_with("__") || !chars.all(|c| c.is_ascii_alphanumeric() || c == '_') || text.len() > limits::NAME_CHARS {
            Some("a name has letters a-z, digits and `_`, begins with a letter, and is at most 100 long")
        } else if RESERVED.contains(&text) || KEYWORDS.contains(&text) {
            Some("this name means something else in expressions; choose another")
        } else {
            None
        }
    }
}

impl Read for Name {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let text = String::read(r, value)?;
        if let Some(hint) = Self::problem(&text) {
            r.issue(Code::WrongValue, format!("`{}` cannot be a name", shorten(&text)), hint);
            return None;
        }
        Some(Self(text))
    }
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": limits::NAME_CHARS })
    }
}

/// The name of a variable that the action sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Save(pub String);

impl Save {
    pub fn note(r: &mut Reader<'_>, name: &str) {
        let pointer = r.pointer().to_owned();
        r.found.sets.entry(name.to_owned()).or_insert(pointer);
    }
}

impl Read for Save {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let name = Name::read(r, value)?.0;
        Self::note(r, &name);
        Some(Self(name))
    }
}

impl JsonSchema for Save {
    fn schema_name() -> Cow<'static, str> {
        "VariableName".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Name::json_schema(generator)
    }
}

/// Which kind of way a [`Target`] is, for the checks of the graph.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    pub call: bool,
    pub always: bool,
    pub answered: bool,
}

impl Way {
    pub const SOMETIMES: Self = Self { call: false, always: false, answered: false };
    pub const ALWAYS: Self = Self { call: false, always: true, answered: false };
    pub const CALL: Self = Self { call: true, always: true, answered: false };
    pub const ANSWERED: Self = Self { call: false, always: false, answered: true };
}

/// A node of this document to go on at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node<const WAY: u8>(pub u32);

/// Depending on a condition or an outcome.
pub type Target = Node<0>;
/// Whenever the action runs.
pub type SureTarget = Node<1>;
/// As `Target`, and comes back.
pub type CallTarget = Node<2>;
/// After the visitor answered.
pub type AnsweredTarget = Node<3>;

impl<const WAY: u8> Read for Node<WAY> {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let Value::String(name) = value else { return r.wrong_type("the name of a node", value) };
        let to = node_named(r, name)?;
        let way = [Way::SOMETIMES, Way::ALWAYS, Way::CALL, Way::ANSWERED][usize::from(WAY)];
        let (from, pointer) = (r.place(), r.pointer().to_owned());
        r.found.edges.push(Edge { from, to, pointer, call: way.call, always: way.always, answered: way.answered });
        Some(Self(to))
    }
}

impl<const WAY: u8> JsonSchema for Node<WAY> {
    fn schema_name() -> Cow<'static, str> {
        "NodeName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "The name of a node of this document." })
    }
}

/// Nodes of this document that are named without leading there.
#[derive(Debug, Default)]
pub struct Nodelist(pub HashSet<u32>);

impl Read for Nodelist {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let names = Vec::<String>::read(r, value)?;
        let mut nodes = Some(HashSet::new());
        for (i, name) in names.iter().enumerate() {
            match (r.at(&i.to_string(), |r| node_named(r, name)), &mut nodes) {
                (Some(node), Some(nodes)) => {
                    nodes.insert(node);
                }
                _ => nodes = None,
            }
        }
        nodes.map(Self)
    }
}

impl JsonSchema for Nodelist {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Nodelist".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Vec<Target>>()
    }
}

fn node_named(r: &mut Reader<'_>, name: &str) -> Option<u32> {
    let found = r.node(name);
    if found.is_none() {
        let hint = r.nearest_node(name).map_or_else(String::new, |near| format!("did you mean `{near}`?"));
        r.issue(Code::UnknownNode, format!("there is no node `{}`", shorten(name)), hint);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        for (text, millis) in [("500ms", 500), ("1s", 1_000), ("5m", 300_000), ("5min", 300_000), ("24h", 86_400_000), ("7d", 604_800_000)]
        {
            assert_eq!(Duration::parse(text).map(|d| d.0.as_millis()), Some(millis), "{text}");
        }
        for text in ["", "5", "s", "-1s", "1.5s", "1w", "99999999999999999999d", "9999999999999d", "366d", "1s2s"] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }
}
