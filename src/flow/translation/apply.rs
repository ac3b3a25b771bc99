//! Translations into a document: all of them, or what is wrong with each.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::holes::{Piece, lost, pieces};
use super::{OWN_TEXTS, TextRow, locale as read_locale, table};
use crate::flow::check::{Env, check};
use crate::flow::issue::Severity;
use crate::flow::limits;
use crate::flow::own_texts::speaks;
use crate::flow::read::shorten;
use crate::flow::text::{TextKey, normalise_locale};

/// One row that came back.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where in the file or body it stands, for refusals: `/texts/3`, `#row=5`.
    pub place: String,
    pub pointer: String,
    /// What was translated; where it is given, it must still be the source.
    pub source: Option<String>,
    /// Nothing, or nothing but spaces: the locale has no text of its own there (any more).
    pub target: Option<String>,
}

/// One thing that is wrong with one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub place: String,
    /// Stable: `unknown_key`, `duplicate_key`, `changed_source`, `lost_placeholder`, `too_long`, `source_removed`,
    /// `wrong_locale`, `wrong_column`, `unreadable`, or a code of the check.
    pub code: &'static str,
    pub detail: String,
}

impl Refusal {
    pub fn new(place: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { place: place.into(), code, detail: detail.into() }
    }
}

/// The document with the rows in it. Texts without a row stay as they are; a locale that the flow did not speak is
/// added to its `languages`.
///
/// # Errors
/// Everything that is wrong, in the order of the rows; then nothing is changed.
pub fn apply(document: &Value, locale: &str, env: &Env, changes: &[Change]) -> Result<Value, Vec<Refusal>> {
    let Some(locale) = read_locale(locale) else {
        return Err(vec![Refusal::new("", "wrong_locale", format!("`{}` is not a locale: write `fr` or `fr_CA`", shorten(locale)))]);
    };
    let before = table(document, &locale);
    let rows: HashMap<&str, &TextRow> = before.texts.iter().map(|row| (row.pointer.as_str(), row)).collect();
    let (mut refused, mut seen, mut after) = (Vec::new(), HashSet::new(), document.clone());
    let mut written: HashMap<&str, &str> = HashMap::new();
    for change in changes {
        let Some(row) = rows.get(change.pointer.as_str()) else {
            let detail = format!("the flow has no text `{}`", shorten(&change.pointer));
            refused.push(Refusal::new(&change.place, "unknown_key", detail));
            continue;
        };
        if !seen.insert(change.pointer.as_str()) {
            refused.push(Refusal::new(&change.place, "duplicate_key", format!("`{}` is given twice", change.pointer)));
            continue;
        }
        let target = change.target.as_deref().filter(|target| !target.trim().is_empty()).map(lines);
        let wrong = problems(change, row, target.as_deref(), locale == before.source_locale);
        let (good, same) = (wrong.is_empty(), target == row.target.as_deref().map(lines));
        refused.extend(wrong);
        if good && !same {
            written.insert(&row.pointer, &change.place);
            write(&mut after, row, &locale, &before.source_locale, target);
        }
    }
    if written.is_empty() && refused.is_empty() {
        return Ok(after);
    }
    speak(&mut after, &locale, &before.source_locale, &before.texts);
    refused.extend(new_errors(document, &after, env, &written));
    if refused.is_empty() { Ok(after) } else { Err(refused) }
}

/// Spreadsheets and XML write line ends in their own way.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn problems(change: &Change, row: &TextRow, target: Option<&str>, of_source: bool) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut refuse = |code, detail: String| found.push(Refusal::new(&change.place, code, detail));
    if change.source.as_deref().is_some_and(|source| lines(source) != lines(&row.source)) {
        let detail = format!("the source of `{}` is `{}` now: translate it anew", row.pointer, shorten(&row.source));
        refuse("changed_source", detail);
    }
    let Some(target) = target else {
        if of_source && row.target.is_some() {
            refuse("source_removed", format!("`{}` would have no text in the flow's first language", row.pointer));
        }
        return found;
    };
    if row.target.as_deref().map(lines).as_deref() == Some(target) {
        return found;
    }
    if !of_source {
        for hole in lost(&row.source, target) {
            refuse("lost_placeholder", format!("`{}` must keep `{}`", row.pointer, shorten(hole)));
        }
    }
    let words = |piece| if let Piece::Words(words) = piece { words.chars().count() } else { 0 };
    let length: usize = pieces(target).into_iter().map(words).sum();
    if length > row.max_length {
        refuse("too_long", format!("`{}` may have {} characters, not {length}", row.pointer, row.max_length));
    }
    found
}

fn write(document: &mut Value, row: &TextRow, locale: &str, source_locale: &str, target: Option<String>) {
    let Some(place) = document.pointer_mut(&row.pointer) else { return add_own_text(document, row, locale, target) };
    let by_locale = match place {
        Value::Object(by_locale) => by_locale,
        shared => {
            match target {
                Some(target) if locale == source_locale => *shared = target.into(),
                // What is the same as the source needs no map.
                Some(target) if target != row.source => {
                    let texts = [(source_locale, row.source.clone()), (locale, target)];
                    *shared = texts.into_iter().map(|(locale, text)| (locale.to_owned(), text.into())).collect::<Map<_, _>>().into();
                }
                _ => {}
            }
            return;
        }
    };
    let key = by_locale.keys().find(|key| normalise_locale(key) == locale).cloned();
    match (key, target) {
        (Some(key), Some(target)) => by_locale[&key] = target.into(),
        (None, Some(target)) => drop(by_locale.insert(locale.to_owned(), target.into())),
        (Some(key), None) => drop(by_locale.shift_remove(&key)),
        (None, None) => {}
    }
}

/// The flow had no words of its own for what the server says: what it said so far stays in the other languages.
fn add_own_text(document: &mut Value, row: &TextRow, locale: &str, target: Option<String>) {
    let word = row.pointer.strip_prefix(OWN_TEXTS);
    let Some((key, target)) = TextKey::ALL.iter().find(|key| Some(key.word()) == word).zip(target) else { return };
    let languages = document.get("languages").and_then(Value::as_array).cloned().unwrap_or_else(|| vec!["en".into()]);
    let languages = languages.iter().filter_map(Value::as_str).map(normalise_locale);
    let mut by_locale: Map<String, Value> =
        languages.filter(|language| speaks(language)).map(|language| (language.clone(), key.built_in(&language).into())).collect();
    by_locale.insert(locale.to_owned(), target.into());
    let Some(document) = document.as_object_mut() else { return };
    if let Value::Object(texts) = document.entry("texts").or_insert_with(|| Map::new().into()) {
        texts.insert(key.word().to_owned(), by_locale.into());
    }
}

/// Where anything is said in the locale now, the flow speaks it.
fn speak(document: &mut Value, locale: &str, source_locale: &str, texts: &[TextRow]) {
    let says = |row: &TextRow| {
        let by_locale = document.pointer(&row.pointer).and_then(Value::as_object);
        by_locale.is_some_and(|texts| texts.keys().any(|key| normalise_locale(key) == locale))
    };
    if !texts.iter().any(says) {
        return;
    }
    match document.get_mut("languages").and_then(Value::as_array_mut) {
        Some(languages) if languages.iter().any(|known| known.as_str().is_some_and(|known| normalise_locale(known) == locale)) => {}
        Some(languages) => languages.push(locale.into()),
        None if locale == source_locale => {}
        None => document["languages"] = vec![source_locale, locale].into(),
    }
}

/// What the check says of the new document and did not say of the old one.
fn new_errors(before: &Value, after: &Value, env: &Env, written: &HashMap<&str, &str>) -> Vec<Refusal> {
    let old: HashSet<(&str, String)> = check(before, env).issues.into_iter().map(|issue| (issue.code.word(), issue.pointer)).collect();
    let issues = check(after, env).issues.into_iter();
    let new = issues.filter(|issue| issue.severity == Severity::Error && !old.contains(&(issue.code.word(), issue.pointer.clone())));
    new.take(limits::ISSUES)
        .map(|issue| {
            let place = written.iter().find(|(pointer, _)| issue.pointer.strip_prefix(**pointer).is_some_and(starts_deeper));
            let detail = format!("{}: {}", if issue.pointer.is_empty() { "the document" } else { &issue.pointer }, issue.message);
            Refusal::new(place.map_or("", |(_, place)| place), issue.code.word(), detail)
        })
        .collect()
}

fn starts_deeper(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}
