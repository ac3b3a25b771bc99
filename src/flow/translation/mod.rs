//! The texts of a document as one table, for translators: read as rows, written back with everything that is wrong told
//! at once. Which texts there are is what the reading layer says ([`survey`]), whatever action they belong to.
//!
//! Start with [`table`] and [`apply`]; [`csv`] and [`xliff`] are the same rows as files; [`holes`] is what must survive
//! a translation.

mod apply;
pub mod csv;
mod holes;
pub mod xliff;

use serde::Serialize;
use serde_json::Value;

pub use apply::{Change, Refusal, apply};

use super::limits;
use super::own_texts::speaks;
use super::survey::{Survey, survey};
use super::text::{normalise_locale, pick, primary};

/// All texts of a document, from its first language to one locale.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The flow's first language.
    pub source_locale: String,
    pub locale: String,
    /// In the document's order.
    pub texts: Vec<TextRow>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TextRow {
    /// JSON pointer into the document.
    pub pointer: String,
    pub source: String,
    /// What the document has for exactly this locale.
    pub target: Option<String>,
    /// Characters.
    pub max_length: usize,
    pub state: State,
}

/// What a visitor of the locale is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The target.
    Translated,
    /// The same language's text of another region, e.g. `fr` for `fr_CA`.
    Fallback,
    /// The source: the text is the same in every language.
    Shared,
    /// The source, for want of a translation.
    Missing,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::Translated => "translated",
            Self::Fallback => "fallback",
            Self::Shared => "shared",
            Self::Missing => "missing",
        }
    }
}

/// The locale as documents write it, e.g. `fr_CA`; `None` where it is none.
pub fn locale(text: &str) -> Option<String> {
    let locale = normalise_locale(text);
    let (first, region) = locale.split_once('_').unwrap_or((&locale, "XX"));
    let good = (2..=3).contains(&first.len()) && (2..=4).contains(&region.len());
    let plain = locale.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (good && plain && first.chars().all(|c| c.is_ascii_alphabetic())).then_some(locale)
}

/// Where a flow has its own words for what the server says.
const OWN_TEXTS: &str = "/texts/";

/// What cannot be read of the document is left out. After its texts come those of the server's own that the flow may say
/// and the locale has no words for.
pub fn table(document: &Value, locale: &str) -> Table {
    let Survey { languages, texts, own_texts, .. } = survey(document);
    let source_locale = languages.first().cloned().unwrap_or_default();
    let rows = texts.into_iter().filter_map(|place| {
        let shown = Shown::of(document.pointer(&place.pointer)?, &source_locale, locale)?;
        let Shown { source, target, state } = shown;
        Some(TextRow { pointer: place.pointer, source, target, max_length: place.most, state })
    });
    // The server has no words in this language: until the flow has, they are English.
    let own = own_texts.into_iter().filter(|_| !speaks(locale)).map(|key| TextRow {
        pointer: format!("{OWN_TEXTS}{}", key.word()),
        source: key.built_in(&source_locale).to_owned(),
        target: None,
        max_length: if key.on_button() { limits::TITLE_CHARS } else { limits::AUTHORED_CHARS },
        state: State::Missing,
    });
    let texts = rows.chain(own).collect();
    Table { source_locale, locale: locale.to_owned(), texts }
}

struct Shown {
    source: String,
    target: Option<String>,
    state: State,
}

impl Shown {
    fn of(value: &Value, source_locale: &str, locale: &str) -> Option<Self> {
        let by_locale = match value {
            Value::Object(by_locale) => by_locale,
            shared => {
                let source = plain(shared)?;
                let own = locale == source_locale;
                let (target, state) = if own { (Some(source.clone()), State::Translated) } else { (None, State::Shared) };
                return Some(Self { source, target, state });
            }
        };
        let keys: Vec<String> = by_locale.keys().map(|key| normalise_locale(key)).collect();
        let at = |index: usize| by_locale.values().nth(index).and_then(plain);
        let source = at(pick(&keys, source_locale))?;
        let target = keys.iter().position(|key| key == locale).and_then(at);
        let related = keys.iter().any(|key| primary(key) == primary(locale));
        let state = match &target {
            Some(_) => State::Translated,
            None if related => State::Fallback,
            None => State::Missing,
        };
        Some(Self { source, target, state })
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
