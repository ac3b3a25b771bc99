//! Reads Rust source just well enough to tell which modules and crates a file names: paths, with `use` groups spread out.
//!
//! Comments, strings and everything under `#[cfg(test)]` are left out. Not a parser: a path is an identifier followed by
//! `::`, which also finds what stands inside macros.

use std::path::Path;

/// A path as written and where it leads: `crate::store::Result` → `["store", "Result"]`, `diesel::sql_query` → `["diesel", "sql_query"]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    pub line: usize,
    /// Inside this crate.
    pub inner: bool,
    pub path: Vec<String>,
}

/// Where a file stands in the module tree: `src/store/sql/pool.rs` → `["store", "sql", "pool"]`, `src/lib.rs` → `[]`.
pub fn module_of(file: &Path) -> Vec<String> {
    let mut module: Vec<String> = file.with_extension("").iter().skip(1).map(|part| part.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|last| last == "mod") || module == ["lib"] {
        module.pop();
    }
    module
}

/// All paths that `source`, the text of `module`, names outside its tests.
pub fn named_in(source: &str, module: &[String]) -> Vec<Named> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    // Inline modules that are open, with the depth of braces they opened at.
    let mut inline: Vec<(String, usize)> = Vec::new();
    let (mut at, mut depth) = (0, 0_usize);
    while at < tokens.len() {
        if is_test_only(&tokens, at) {
            at = after_item(&tokens, at);
            continue;
        }
        match tokens[at].text.as_str() {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inline.pop_if(|(_, opened)| *opened == depth);
            }
            "mod" if text(&tokens, at + 2) == "{" => inline.push((tokens[at + 1].text.clone(), depth)),
            _ if begins_path(&tokens, at) => {
                let here: Vec<String> = module.iter().cloned().chain(inline.iter().map(|(name, _)| name.clone())).collect();
                let mut paths = Vec::new();
                at = read_path(&tokens, at, &[], &mut paths);
                found.extend(paths.into_iter().map(|(line, path)| resolve(line, path, &here)));
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn resolve(line: usize, path: Vec<String>, here: &[String]) -> Named {
    match path[0].as_str() {
        "crate" | "causerie" => Named { line, inner: true, path: path[1..].to_vec() },
        "self" | "super" => {
            let mut base = here.to_vec();
            let mut rest = &path[..];
            while let [first, tail @ ..] = rest {
                match first.as_str() {
                    "self" => {}
                    "super" => _ = base.pop(),
                    _ => break,
                }
                rest = tail;
            }
            base.extend_from_slice(rest);
            Named { line, inner: true, path: base }
        }
        _ => Named { line, inner: false, path },
    }
}

struct Token {
    line: usize,
    text: String,
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn begins_path(tokens: &[Token], at: usize) -> bool {
    let before = if at == 0 { "" } else { text(tokens, at - 1) };
    // `::name` at the start of a path is a crate; after a word or `>` it goes on with one that was read.
    let goes_on = before == "." || (before == "::" && at > 1 && (is_word(text(tokens, at - 2)) || text(tokens, at - 2) == ">"));
    is_word(text(tokens, at)) && !goes_on && (text(tokens, at + 1) == "::" || before == "use")
}

/// Reads a path or a tree of paths from `at`, and returns where it ends.
fn read_path(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<(usize, Vec<String>)>) -> usize {
    let (line, mut path) = (tokens[at].line, prefix.to_vec());
    loop {
        match text(tokens, at) {
            "{" => {
                at += 1;
                while !matches!(text(tokens, at), "}" | "") {
                    at = if text(tokens, at) == "," { at + 1 } else { read_path(tokens, at, &path, found) };
                }
                return at + 1;
            }
            word if is_word(word) => path.push(word.to_owned()),
            "*" => path.push("*".to_owned()),
            _ => {}
        }
        at += 1;
        let goes_on = text(tokens, at) == "::" && (is_word(text(tokens, at + 1)) || matches!(text(tokens, at + 1), "{" | "*"));
        if !goes_on {
            break;
        }
        at += 1;
    }
    if text(tokens, at) == "as" {
        at += 2;
    }
    found.push((line, path));
    at
}

fn is_test_only(tokens: &[Token], at: usize) -> bool {
    ["#", "[", "cfg", "(", "test", ")", "]"].iter().enumerate().all(|(i, expected)| text(tokens, at + i) == *expected)
}

/// Where the item that begins at `at` (with its attributes) ends: after its `;`, or after its block.
fn after_item(tokens: &[Token], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < tokens.len() {
        match text(tokens, at) {
            "{" | "(" | "[" => depth += 1,
            closing @ ("}" | ")" | "]") => {
                depth = depth.saturating_sub(1);
                if depth == 0 && closing == "}" && text(tokens, at + 1) != ";" {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Words, `::` and single signs. Comments, strings, characters and lifetimes are dropped.
fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let (mut at, mut line) = (0, 1);
    let mut found = Vec::new();
    while at < chars.len() {
        let start = at;
        at = match (chars[at], chars.get(at + 1).copied().unwrap_or(' ')) {
            ('/', '/') => after_line(&chars, at),
            ('/', '*') => after_comment(&chars, at),
            ('"', _) => after_string(&chars, at),
            ('\'', _) => after_quote(&chars, at),
            ('r' | 'b' | 'c', _) if raw_string(&chars, at).is_some() => raw_string(&chars, at).unwrap(),
            (c, _) if c.is_alphabetic() || c == '_' => {
                let end = (at..chars.len()).find(|&i| !(chars[i].is_alphanumeric() || chars[i] == '_')).unwrap_or(chars.len());
                found.push(Token { line, text: chars[at..end].iter().collect() });
                end
            }
            (':', ':') => {
                found.push(Token { line, text: "::".to_owned() });
                at + 2
            }
            (c, _) => {
                if !c.is_whitespace() {
                    found.push(Token { line, text: c.to_string() });
                }
                at + 1
            }
        };
        line += chars[start..at].iter().filter(|&&c| c == '\n').count();
    }
    found
}

fn after_line(chars: &[char], at: usize) -> usize {
    (at..chars.len()).find(|&i| chars[i] == '\n').unwrap_or(chars.len())
}

fn after_comment(chars: &[char], at: usize) -> usize {
    let (mut i, mut depth) = (at + 2, 1);
    while i < chars.len() && depth > 0 {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 1),
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 1),
            _ => {}
        }
        i += 1;
    }
    i
}

fn after_string(chars: &[char], at: usize) -> usize {
    let mut i = at + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(chars.len())
}

/// A character, or only the quote of a lifetime.
fn after_quote(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => (at + 3..chars.len()).find(|&i| chars[i] == '\'').map_or(chars.len(), |end| end + 1),
        (Some(_), Some('\'')) => at + 3,
        _ => at + 1,
    }
}

/// The end of `r"…"`, `r#"…"#`, `br"…"`; `None` where no raw string begins.
fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let before = at.checked_sub(1).map_or(' ', |i| chars[i]);
    if before.is_alphanumeric() || before == '_' {
        return None;
    }
    let r = (at..at + 2).find(|&i| chars.get(i) == Some(&'r'))?;
    let hashes = chars[r + 1..].iter().take_while(|&&c| c == '#').count();
    if chars.get(r + 1 + hashes) != Some(&'"') {
        return None;
    }
    let body = r + 2 + hashes;
    let closes = |i: usize| chars[i] == '"' && chars[i + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
    Some((body..chars.len()).find(|&i| closes(i)).map_or(chars.len(), |end| end + 1 + hashes))
}

#[test]
fn paths_are_found_where_they_stand_and_nowhere_else() {
    let source = r##"
        //! use crate::comment::X;
        use crate::store::{Result, sql::{pool, self as s}};
        use super::ids;
        /* use crate::blocked::X; */
        use diesel as d;
        #[cfg(test)]
        use proptest::prelude::*;
        fn f<'a>(x: &'a str) -> super::super::Y { let _ = ("crate::text::X", r#"crate::raw::"X""#, 'x', '\''); ::serde_json::json!({}) }
        mod inner { fn g() -> super::Z { self::h(); crate::clock::now() } }
        #[cfg(test)]
        mod tests { use reqwest::Client; }
        fn last() { x.iter().collect::<Vec<_>>(); jiff::Timestamp::now() }
    "##;
    let module: Vec<String> = vec!["turn".into(), "load".into()];
    let found: Vec<String> = named_in(source, &module)
        .iter()
        .map(|named| format!("{} {}{}", named.line, if named.inner { "" } else { "::" }, named.path.join("::")))
        .collect();
    let expected = [
        "3 store::Result",
        "3 store::sql::pool",
        "3 store::sql::self",
        "4 turn::ids",
        "6 ::diesel",
        "9 Y",
        "9 ::serde_json::json",
        "10 turn::load::Z",
        "10 turn::load::inner::h",
        "10 clock::now",
        "13 ::jiff::Timestamp::now",
    ];
    assert_eq!(found, expected);
}
