//! The filters, tests and functions that expressions may use. Each keeps what it makes within [`limits`].

use std::cmp::Ordering;
use std::fmt;

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value, filters, tests};

use super::{lists, literals, time};
use crate::flow::limits;

pub const FILTERS: &[&str] = &[
    "abs",
    "capitalize",
    "count",
    "d",
    "date",
    "default",
    "first",
    "float",
    "int",
    "join",
    "last",
    "length",
    "lower",
    "map",
    "max",
    "min",
    "plus",
    "replace",
    "reverse",
    "round",
    "selectattr",
    "sort",
    "split",
    "string",
    "sum",
    "timestamp",
    "title",
    "trim",
    "unique",
    "upper",
    "urlencode",
];

pub const TESTS: &[&str] = &[
    "defined",
    "undefined",
    "none",
    "number",
    "string",
    "boolean",
    "sequence",
    "mapping",
    "odd",
    "even",
    "startingwith",
    "endingwith",
    "matching",
];

pub fn environment() -> Environment<'static> {
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::Chainable);
    env.set_fuel(Some(limits::EXPRESSION_FUEL));
    env.set_recursion_limit(100);
    add_comparisons(&mut env);
    add_filters(&mut env);
    add_tests(&mut env);
    env
}

fn add_comparisons(env: &mut Environment<'static>) {
    env.add_function("__eq", |a: &Value, b: &Value| equal(a, b) == Some(true));
    env.add_function("__ne", |a: &Value, b: &Value| equal(a, b) == Some(false));
    env.add_function("__lt", |a: &Value, b: &Value| order(a, b).is_some_and(Ordering::is_lt));
    env.add_function("__le", |a: &Value, b: &Value| order(a, b).is_some_and(Ordering::is_le));
    env.add_function("__gt", |a: &Value, b: &Value| order(a, b).is_some_and(Ordering::is_gt));
    env.add_function("__ge", |a: &Value, b: &Value| order(a, b).is_some_and(Ordering::is_ge));
    env.add_function("__in", |a: &Value, b: &Value| contains(a, b) == Some(true));
    env.add_function("__not_in", |a: &Value, b: &Value| contains(a, b) == Some(false));
    env.add_function("__unset", unset);
    env.add_function("__number", number);
}

fn add_filters(env: &mut Environment<'static>) {
    env.add_filter("default", default);
    env.add_filter("d", default);
    env.add_filter("urlencode", urlencode);
    env.add_filter("replace", replace);
    env.add_filter("join", join);
    env.add_filter("date", time::date);
    env.add_filter("plus", time::plus);
    env.add_filter("timestamp", time::timestamp);
    env.add_filter("map", lists::map);
    env.add_filter("selectattr", lists::selectattr);
    env.add_filter("abs", filters::abs);
    env.add_filter("capitalize", filters::capitalize);
    env.add_filter("count", filters::length);
    env.add_filter("first", filters::first);
    env.add_filter("float", filters::float);
    env.add_filter("int", filters::int);
    env.add_filter("last", filters::last);
    env.add_filter("length", filters::length);
    env.add_filter("lower", filters::lower);
    env.add_filter("max", filters::max);
    env.add_filter("min", filters::min);
    env.add_filter("reverse", filters::reverse);
    env.add_filter("round", filters::round);
    env.add_filter("sort", filters::sort);
    env.add_filter("split", filters::split);
    env.add_filter("string", filters::string);
    env.add_filter("sum", filters::sum);
    env.add_filter("title", filters::title);
    env.add_filter("trim", filters::trim);
    env.add_filter("unique", filters::unique);
    env.add_filter("upper", filters::upper);
}

fn add_tests(env: &mut Environment<'static>) {
    env.add_test("defined", |value: &Value| !unset(value));
    env.add_test("undefined", unset);
    env.add_test("none", unset);
    env.add_test("number", tests::is_number);
    env.add_test("string", tests::is_string);
    env.add_test("boolean", tests::is_boolean);
    env.add_test("sequence", tests::is_sequence);
    env.add_test("mapping", tests::is_mapping);
    env.add_test("odd", tests::is_odd);
    env.add_test("even", tests::is_even);
    env.add_test("startingwith", tests::is_startingwith);
    env.add_test("endingwith", tests::is_endingwith);
    env.add_test("matching", literals::matching);
}

pub fn unset(value: &Value) -> bool {
    value.is_undefined() || value.is_none()
}

/// Text that reads as a number counts as one beside a number.
fn numbers(a: &Value, b: &Value) -> Option<(f64, f64)> {
    let read = |value: &Value| match value.as_str() {
        Some(text) => text.trim().parse().ok(),
        None => f64::try_from(value.clone()).ok(),
    };
    (a.is_number() || b.is_number()).then(|| Some((read(a)?, read(b)?))).flatten()
}

pub fn equal(a: &Value, b: &Value) -> Option<bool> {
    if unset(a) || unset(b) {
        return None;
    }
    if a.kind() == b.kind() {
        return Some(a == b);
    }
    Some(numbers(a, b).and_then(|(a, b)| a.partial_cmp(&b)) == Some(Ordering::Equal))
}

pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a.kind(), b.kind()) {
        (ValueKind::Number, ValueKind::Number) | (ValueKind::String, ValueKind::String) => Some(a.cmp(b)),
        _ => numbers(a, b).and_then(|(a, b)| a.partial_cmp(&b)),
    }
}

pub fn contains(item: &Value, whole: &Value) -> Option<bool> {
    if unset(item) || unset(whole) {
        return None;
    }
    if let Some(text) = whole.as_str() {
        return item.as_str().map(|part| text.contains(part));
    }
    let mut items = whole.try_iter().ok()?;
    Some(items.any(|one| equal(&one, item) == Some(true)))
}

fn number(value: &Value) -> Result<Value, Error> {
    match value.as_str().and_then(|text| text.trim().parse::<f64>().ok()) {
        _ if value.is_number() => Ok(value.clone()),
        Some(number) => Ok(Value::from(number)),
        None => Err(Error::new(ErrorKind::InvalidOperation, "`*` takes numbers")),
    }
}

/// Null counts as unset, as everywhere else.
fn default(value: &Value, other: Option<Value>, lax: Option<bool>) -> Value {
    let missing = unset(value) || (lax == Some(true) && !value.is_true());
    if missing { other.unwrap_or_else(|| Value::from("")) } else { value.clone() }
}

/// A value as it is written into a text: `true`, as JSON and the quick forms have it; minijinja would write `True`.
pub struct Written<'a>(pub &'a Value);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            ValueKind::Bool => fmt::Display::fmt(&self.0.is_true(), f),
            _ => fmt::Display::fmt(self.0, f),
        }
    }
}

fn too_long() -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("a text became longer than {} bytes", limits::STRING_BYTES))
}

fn replace(text: String, from: String, to: String) -> Result<String, Error> {
    let hits = if from.is_empty() { text.chars().count() + 1 } else { text.matches(&from).count() };
    if text.len() + hits * to.len() > limits::STRING_BYTES {
        return Err(too_long());
    }
    Ok(text.replace(&from, &to))
}

fn join(list: &Value, between: Option<String>) -> Result<String, Error> {
    if unset(list) {
        return Ok(String::new());
    }
    let between = between.unwrap_or_default();
    let mut text = String::new();
    for (i, item) in list.try_iter()?.enumerate() {
        if i > 0 {
            text.push_str(&between);
        }
        text.push_str(&Written(&item).to_string());
        if text.len() > limits::STRING_BYTES {
            return Err(too_long());
        }
    }
    Ok(text)
}

pub fn encode(plain: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(plain.len());
    for byte in plain.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.extend(['%', char::from(HEX[usize::from(byte >> 4)]), char::from(HEX[usize::from(byte & 15)])]);
        }
    }
    text
}

/// For one part of a path or a query's value: everything but letters, digits and `-._~` is encoded. Unset stays unset.
fn urlencode(value: &Value) -> Result<Value, Error> {
    if unset(value) {
        return Ok(Value::UNDEFINED);
    }
    let text = encode(&Written(value).to_string());
    if text.len() > limits::STRING_BYTES { Err(too_long()) } else { Ok(text.into()) }
}
