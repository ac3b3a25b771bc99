//! What is written out in an expression is looked at when it is compiled, so that an author hears of it at the check:
//! a pattern, a time zone, a duration, a comparison.

use minijinja::Value;
use minijinja::value::Object;

use super::functions::{Written, unset};
use super::rewrite::{Kind, Token};
use super::{lists, time};
use crate::flow::variable::Pattern;

/// What stands between the quotes, as it is. A backslash is a pattern's own: `'\d+'`.
pub(super) fn raw<'a>(token: &Token<'a>) -> Option<&'a str> {
    (token.kind == Kind::Text).then(|| token.text.get(1..token.text.len() - 1)).flatten()
}

/// The arguments of a filter, where it has some: each only where it is one token.
fn arguments<'a>(rest: &[Token<'a>]) -> Vec<Option<Token<'a>>> {
    let Some((open, inner)) = rest.split_first() else { return Vec::new() };
    if !open.is("(") {
        return Vec::new();
    }
    let (mut depth, mut found, mut one) = (0_usize, Vec::new(), Vec::new());
    let single = |tokens: &mut Vec<Token<'a>>| {
        let single = if let [token] = tokens[..] { Some(token) } else { None };
        tokens.clear();
        single
    };
    for &token in inner {
        let closes = [")", "]", "}"].iter().any(|close| token.is(close));
        if closes && depth == 0 {
            break;
        }
        if depth == 0 && token.is(",") {
            found.push(single(&mut one));
            continue;
        }
        let opens = ["(", "[", "{"].iter().any(|open| token.is(open));
        depth = if opens { depth + 1 } else { depth - usize::from(closes) };
        one.push(token);
    }
    found.push(single(&mut one));
    found
}

/// # Errors
/// A message for the author.
pub(super) fn check(filter: &str, rest: &[Token<'_>]) -> Result<(), String> {
    let written = |place: usize| arguments(rest).get(place).copied().flatten().as_ref().and_then(raw);
    match filter {
        // A text that is a number is hours, as everywhere.
        "date" => written(1).filter(|place| place.trim().parse::<f64>().is_err()).map_or(Ok(()), |name| time::zone(name).map(drop)),
        "plus" => written(0).map_or(Ok(()), |text| time::span(text).map(drop)),
        "selectattr" => match written(1).filter(|by| !lists::COMPARISONS.contains(by)) {
            Some(by) => Err(lists::comparison_unknown(by)),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// A compiled pattern, as a value that only `matching` knows what to do with.
#[derive(Debug)]
struct Compiled(Pattern);

impl Object for Compiled {}

pub(super) fn value(pattern: Pattern) -> Value {
    Value::from_object(Compiled(pattern))
}

/// The name by which a rewritten expression finds one of its patterns.
pub(super) fn name(number: usize) -> String {
    format!("__pattern{number}")
}

/// Some part of the text matches. Nothing matches what is unset.
pub fn matching(value: &Value, pattern: &Value) -> bool {
    let Some(Compiled(pattern)) = pattern.downcast_object_ref::<Compiled>() else { return false };
    match value.as_str() {
        Some(text) => pattern.matches(text),
        None => !unset(value) && pattern.matches(&Written(value).to_string()),
    }
}
