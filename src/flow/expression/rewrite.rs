//! Comparisons become function calls, so that they follow our rules: `a < b` → `__lt(a, b)`. And `a * b` takes numbers
//! only (`__number(a) * __number(b)`): minijinja would repeat a text up to 100 MB.
//!
//! Works on tokens: below a comparison everything binds tighter, so an operand is all up to the next comparison,
//! `and`, `or`, `not`, `if`, `else`, comma or closing bracket.

#![allow(clippy::string_slice, reason = "lengths come from the same text's characters")]

use super::functions::{FILTERS, TESTS};
use super::literals;
use crate::flow::limits;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Name,
    Text,
    Number,
    Symbol,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
}

impl Token<'_> {
    pub fn is(&self, text: &str) -> bool {
        self.kind != Kind::Text && self.text == text
    }
}

/// An expression in the words of minijinja.
pub(super) struct Rewritten {
    pub text: String,
    /// Sources of the patterns, each named by its number in the text: [`literals::name`].
    pub patterns: Vec<String>,
}

/// # Errors
/// A message for the author.
pub(super) fn rewrite(tokens: &[Token<'_>]) -> Result<Rewritten, String> {
    let mut rewriter = Rewriter { tokens, at: 0, patterns: Vec::new() };
    let mut text = String::new();
    rewriter.sequence(&mut text, 0)?;
    match rewriter.peek() {
        Some(token) => Err(format!("`{}` is not expected here", token.text)),
        None => Ok(Rewritten { text, patterns: rewriter.patterns }),
    }
}

/// # Errors
/// A message for the author.
pub(super) fn tokens(source: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            '"' | '\'' => (Kind::Text, text_length(rest, first).ok_or("a text is not closed")?),
            c if c.is_ascii_digit() => (Kind::Number, number_length(rest)),
            c if c.is_alphabetic() || c == '_' => (Kind::Name, rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())),
            '{' | '}' | '(' | ')' | '[' | ']' => (Kind::Symbol, 1),
            _ if ["==", "!=", "<=", ">=", "**", "//"].iter().any(|two| rest.starts_with(two)) => (Kind::Symbol, 2),
            c if c.is_ascii_punctuation() => (Kind::Symbol, 1),
            c => return Err(format!("`{c}` is not part of the expression language")),
        };
        let text = &rest[..length];
        if kind == Kind::Name && text.starts_with("__") {
            return Err(format!("`{text}`: names beginning with `__` are not for authors"));
        }
        tokens.push(Token { kind, text });
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn text_length(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let dot = bytes[at] == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        let sign = matches!(bytes[at], b'+' | b'-') && matches!(bytes[at - 1], b'e' | b'E') && !rest.starts_with("0x");
        if !(bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_' || dot || sign) {
            break;
        }
        at += 1;
    }
    at
}

/// The operand that is being written.
#[derive(Default)]
struct Operand {
    text: String,
    /// Where its last factor begins.
    factor: usize,
    /// That factor stands right of a `*`.
    multiplied: bool,
}

impl Operand {
    fn push(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    fn end_factor(&mut self, times: bool) {
        if times || self.multiplied {
            let factor = self.text.split_off(self.factor);
            self.text.push_str(&format!(" __number({})", factor.trim()));
        }
        self.multiplied = times;
    }

    fn operator(&mut self, symbol: &str) {
        self.end_factor(symbol == "*");
        self.push(symbol);
        self.factor = self.text.len();
    }

    fn finish(mut self) -> String {
        self.end_factor(false);
        self.text.trim().to_owned()
    }
}

struct Rewriter<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    patterns: Vec<String>,
}

impl<'a> Rewriter<'a> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn next_is(&self, ahead: usize, text: &str) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|token| token.is(text))
    }

    /// The comparison that stands here, as the function it becomes, and its number of tokens.
    fn comparison(&self) -> Option<(&'static str, usize)> {
        let token = self.peek()?;
        let one = match (token.kind, token.text) {
            (Kind::Symbol, "==") => "__eq",
            (Kind::Symbol, "!=") => "__ne",
            (Kind::Symbol, "<") => "__lt",
            (Kind::Symbol, "<=") => "__le",
            (Kind::Symbol, ">") => "__gt",
            (Kind::Symbol, ">=") => "__ge",
            (Kind::Name, "in") => "__in",
            (Kind::Name, "not") if self.next_is(1, "in") => return Some(("__not_in", 2)),
            _ => return None,
        };
        Some((one, 1))
    }

    /// Up to a closing bracket or the end.
    fn sequence(&mut self, out: &mut String, depth: usize) -> Result<(), String> {
        if depth > limits::EXPRESSION_DEPTH {
            return Err(format!("brackets are nested more than {} deep", limits::EXPRESSION_DEPTH));
        }
        let mut compared: Vec<(String, &'static str)> = Vec::new();
        let mut operand = Operand::default();
        while let Some(token) = self.peek() {
            if let Some((function, length)) = self.comparison() {
                self.at += length;
                compared.push((std::mem::take(&mut operand).finish(), function));
                continue;
            }
            match (token.kind, token.text) {
                (Kind::Symbol, ")" | "]" | "}") => break,
                (Kind::Name, "and" | "or" | "not" | "if" | "else") | (Kind::Symbol, "," | ":" | "=") => {
                    flush(out, std::mem::take(&mut compared), std::mem::take(&mut operand).finish());
                    self.at += 1;
                    push(out, token.text);
                }
                (Kind::Symbol, open @ ("(" | "[" | "{")) => {
                    self.at += 1;
                    let mut inner = String::new();
                    self.sequence(&mut inner, depth + 1)?;
                    let close = if open == "(" {
                        ")"
                    } else if open == "[" {
                        "]"
                    } else {
                        "}"
                    };
                    if !self.next_is(0, close) {
                        return Err(format!("`{open}` is not closed"));
                    }
                    self.at += 1;
                    operand.push(&format!("{open}{inner}{close}"));
                }
                (Kind::Name, "is") => self.test(&mut operand)?,
                (Kind::Symbol, "|") => self.filter(&mut operand)?,
                (Kind::Name, name) if self.next_is(1, "(") => {
                    return Err(format!("there is no function `{name}`; filters are written `value | filter`"));
                }
                (Kind::Symbol, "+" | "-" | "*" | "/" | "//" | "%" | "~") => {
                    self.at += 1;
                    operand.operator(token.text);
                }
                _ => {
                    self.at += 1;
                    operand.push(token.text);
                }
            }
        }
        flush(out, compared, operand.finish());
        Ok(())
    }

    /// `is defined`, `is not none`, …: minijinja finds an unknown test only when it runs; an author is told at the check.
    fn test(&mut self, operand: &mut Operand) -> Result<(), String> {
        let words = if self.next_is(1, "not") { 3 } else { 2 };
        let name = self.tokens.get(self.at + words - 1).map_or("", |token| token.text);
        known("test", name, TESTS)?;
        self.take(operand, words);
        if name == "matching" { self.pattern(operand) } else { Ok(()) }
    }

    /// The pattern is compiled once, with the expression; minijinja would also take its backslashes for its own.
    fn pattern(&mut self, operand: &mut Operand) -> Result<(), String> {
        let brackets = self.next_is(0, "(");
        let source = self.tokens.get(self.at + usize::from(brackets)).and_then(literals::raw);
        let Some(source) = source.filter(|_| !brackets || self.next_is(2, ")")) else {
            return Err("`matching` takes a pattern in quotes: `order is matching('^[A-Z]{2}[0-9]{6}$')`".into());
        };
        operand.push(&format!("({})", literals::name(self.patterns.len())));
        self.patterns.push(source.to_owned());
        self.at += if brackets { 3 } else { 1 };
        Ok(())
    }

    fn filter(&mut self, operand: &mut Operand) -> Result<(), String> {
        let name = self.tokens.get(self.at + 1).map_or("", |token| token.text);
        known("filter", name, FILTERS)?;
        literals::check(name, self.tokens.get(self.at + 2..).unwrap_or_default())?;
        self.take(operand, 2);
        Ok(())
    }

    fn take(&mut self, operand: &mut Operand, count: usize) {
        for token in &self.tokens[self.at..self.at + count] {
            operand.push(token.text);
        }
        self.at += count;
    }
}

fn known(kind: &str, name: &str, names: &[&str]) -> Result<(), String> {
    if names.contains(&name) { Ok(()) } else { Err(format!("there is no {kind} `{name}`; known are {}", names.join(", "))) }
}

fn push(out: &mut String, text: &str) {
    if !out.is_empty() {
        out.push(' ');
    }
    out.push_str(text);
}

fn flush(out: &mut String, compared: Vec<(String, &'static str)>, last: String) {
    if compared.is_empty() {
        push(out, &last);
        return;
    }
    let rights: Vec<&str> = compared.iter().skip(1).map(|(text, _)| text.as_str()).chain([last.as_str()]).collect();
    let calls: Vec<String> = compared.iter().zip(&rights).map(|((left, function), right)| call(function, left, right)).collect();
    push(out, &format!("({})", calls.join(" and ")));
}

fn call(function: &str, left: &str, right: &str) -> String {
    // Asking for `none` itself is asking whether it is unset.
    let asked = match (left, right) {
        (other, "none" | "None") | ("none" | "None", other) => Some(other),
        _ => None,
    };
    match (function, asked) {
        ("__eq", Some(other)) => format!("__unset({other})"),
        ("__ne", Some(other)) => format!("not __unset({other})"),
        _ => format!("{function}({left}, {right})"),
    }
}

#[cfg(test)]
mod tests {
    fn rewrite(source: &str) -> Result<String, String> {
        super::rewrite(&super::tokens(source)?).map(|rewritten| rewritten.text)
    }

    #[test]
    fn comparisons_become_calls_and_the_rest_stays() {
        for (source, expected) in [
            ("a", "a"),
            ("a == 'x == y'", "(__eq(a, 'x == y'))"),
            ("a < b <= c", "(__lt(a, b) and __le(b, c))"),
            ("not a.b == 1 and c", "not (__eq(a . b, 1)) and c"),
            ("(a > 1) | round(b, k=c) | d('<')", "((__gt(a, 1))) | round (b , k = c) | d ('<')"),
            ("x if y != none else [1, z in w]", "x if (not __unset(y)) else [1 , (__in(z, w))]"),
            ("a not in b", "(__not_in(a, b))"),
            ("a is not defined or b is none", "a is not defined or b is none"),
            ("a * b + 1 > -c * 2", "(__gt(__number(a) * __number(b) + 1, - __number(c) * __number(2)))"),
            ("1.5e-3 ~ x", "1.5e-3 ~ x"),
            ("a | d('') is not matching('\\d\\'') == b", "(__eq(a | d ('') is not matching (__pattern0), b))"),
            ("a is matching 'x' or b is matching('x')", "a is matching (__pattern0) or b is matching (__pattern1)"),
        ] {
            assert_eq!(rewrite(source).unwrap(), expected, "{source}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for source in [
            "(a",
            "a)",
            "'open",
            "a § b",
            "__eq(a, b)",
            "range(9)",
            "a.upper()",
            "a | nofilter",
            "a is",
            "a is not",
            "a |",
            "a is prime",
            "a is matching",
            "a is matching(b)",
            "a is matching('x', 'y')",
            "a is matching('x' ~ b)",
            "a | date('%H', 'Europe/Paname')",
            "a | plus('3 weeks')",
            "a | selectattr('b', '=~', 1)",
            &"(".repeat(100),
        ] {
            assert!(rewrite(source).is_err(), "{source}");
        }
    }
}
