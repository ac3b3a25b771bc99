//! Reading an answer: what the visitor said, as a value of the type that was asked for.
//!
//! Pure functions of the message; [`options`] finds which of several options was meant.

mod date;
pub mod options;
pub mod parts;
mod time;

use serde_json::{Value, json};

use super::read::words;
use super::text::TextKey;
use super::variable::{VariableType, number};
use super::words::normalise;
use crate::domain::event::MessageIn;

words! {
    /// What kind of answer is asked for.
    pub enum AnswerType {
        /// Any text.
        Text = "text",
        /// One of the options.
        Option = "option",
        /// An e-mail address; Messenger offers the visitor's own.
        Email = "email",
        /// A phone number; Messenger offers the visitor's own.
        Phone = "phone",
        /// A number.
        Number = "number",
        /// A day: `24/12/2026`, `2026-12-24`, `24 décembre`, `tomorrow`; kept as `2026-12-24`.
        Date = "date",
        /// A time of day: `14:30`, `14 h 30`, `2:30 pm`; kept as `14:30`.
        Time = "time",
        /// Yes or no, also Messenger's thumb; kept as true or false.
        YesNo = "yes_no",
        /// An address on the web.
        Url = "url",
        /// A shared place, or an address as text; kept as `{ "lat", "long", "title" }`.
        Location = "location",
        /// A picture, film, sound or file; kept as `{ "kind", "url" }`. Where the variable is a list, all that came together.
        Attachment = "attachment",
        /// A whole number from `min` to `max`, 1 to 5 unless said otherwise.
        Rating = "rating",
    }
}

impl AnswerType {
    pub fn for_variable(kind: VariableType) -> Self {
        match kind {
            VariableType::Email => Self::Email,
            VariableType::Phone => Self::Phone,
            VariableType::Number => Self::Number,
            VariableType::Date => Self::Date,
            VariableType::Time => Self::Time,
            VariableType::Boolean => Self::YesNo,
            VariableType::Url => Self::Url,
            VariableType::Text | VariableType::List | VariableType::Object | VariableType::Any => Self::Text,
        }
    }

    /// What is said when the answer does not fit and the flow has no words for it.
    pub fn invalid(self) -> TextKey {
        match self {
            Self::Text => TextKey::InvalidText,
            Self::Option => TextKey::InvalidOption,
            Self::Email => TextKey::InvalidEmail,
            Self::Phone => TextKey::InvalidPhone,
            Self::Number => TextKey::InvalidNumber,
            Self::Date => TextKey::InvalidDate,
            Self::Time => TextKey::InvalidTime,
            Self::YesNo => TextKey::InvalidYesNo,
            Self::Url => TextKey::InvalidUrl,
            Self::Location => TextKey::InvalidLocation,
            Self::Attachment => TextKey::InvalidAttachment,
            Self::Rating => TextKey::InvalidRating,
        }
    }
}

/// What an answer is read against.
pub struct Reading<'a> {
    /// Decides whether `3/4` is in April or in March.
    pub locale: &'a str,
    /// The visitor's today.
    pub today: jiff::civil::Date,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Kinds of attachment that are taken; empty: all.
    pub accept: &'a [String],
}

/// `None`: it is no answer of that type. `Option` is found by [`options`].
pub fn read(kind: AnswerType, message: &MessageIn, reading: &Reading<'_>) -> Option<Value> {
    match kind {
        AnswerType::Attachment => return attachments(message, reading.accept).into_iter().next(),
        AnswerType::Location => return location(message),
        AnswerType::YesNo if thumb(message) => return Some(true.into()),
        _ => {}
    }
    let text = message.text.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
    match kind {
        AnswerType::Text => Some(text.into()),
        AnswerType::Email => email(text).map(Value::from),
        AnswerType::Phone => phone(text).map(Value::from),
        AnswerType::Number => within(decimal(text)?, reading),
        AnswerType::Rating => within(decimal(text)?, reading).filter(Value::is_i64),
        AnswerType::Date => date::read(text, reading.locale, reading.today).map(|day| day.to_string().into()),
        AnswerType::Time => time::read(text).map(Value::from),
        AnswerType::YesNo => yes_no(text).map(Value::from),
        AnswerType::Url => web_address(text).map(Value::from),
        AnswerType::Option | AnswerType::Attachment | AnswerType::Location => None,
    }
}

fn within(value: f64, reading: &Reading<'_>) -> Option<Value> {
    let fits = reading.min.is_none_or(|min| value >= min) && reading.max.is_none_or(|max| value <= max);
    fits.then(|| number(value)).flatten()
}

/// `12`, `-3.5`, `12,5`, `1 000`, `1,000.5`; text around it is not taken.
fn decimal(text: &str) -> Option<f64> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '’' | '\u{202f}')).collect();
    let plain = match (plain.rfind(','), plain.rfind('.')) {
        (Some(comma), Some(dot)) if comma < dot => plain.replace(',', ""),
        (Some(_), Some(_)) => plain.replace('.', "").replace(',', "."),
        (Some(_), None) if plain.matches(',').count() == 1 => plain.replace(',', "."),
        _ => plain,
    };
    let digits = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    let shaped = digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    shaped.then(|| plain.parse().ok()).flatten().filter(|value: &f64| value.is_finite())
}

/// One address; words around it are left out ("mon adresse est a@b.fr").
fn email(text: &str) -> Option<String> {
    let mut found = text.split_whitespace().filter_map(|word| {
        let word = word.trim_matches(|c: char| matches!(c, '<' | '>' | ',' | ';' | '.' | '"' | '(' | ')' | '!' | '?'));
        let word = word.strip_prefix("mailto:").unwrap_or(word);
        let (name, domain) = word.split_once('@')?;
        let named = !name.is_empty() && name.len() <= 64 && !name.starts_with('.') && !name.ends_with('.') && !name.contains("..");
        let plain = named && name.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c));
        let labels: Vec<&str> = domain.split('.').collect();
        let labelled = labels.len() >= 2
            && domain.len() <= 253
            && labels.iter().all(|label| {
                let bounded = (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-');
                bounded && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            })
            && labels.last().is_some_and(|top| top.chars().count() >= 2 && !top.chars().all(|c| c.is_ascii_digit()));
        (plain && labelled).then(|| word.to_owned())
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Digits with what people put between them; kept as `+33612345678` or `0612345678`.
fn phone(text: &str) -> Option<String> {
    let start = text.find(|c: char| c == '+' || c == '(' || c.is_ascii_digit())?;
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let number = text.get(start..end)?.replace("(0)", "");
    let between =
        |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '+' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' | '\u{202f}');
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if !number.chars().all(between) || number.rfind('+').is_some_and(|at| at > 0) || !(6..=15).contains(&digits.len()) {
        return None;
    }
    Some(match (number.starts_with('+'), digits.strip_prefix("00")) {
        (true, _) => format!("+{digits}"),
        (false, Some(abroad)) => format!("+{abroad}"),
        (false, None) => digits,
    })
}

const YES: &[&str] = &[
    "oui",
    "ouais",
    "yes",
    "y",
    "yep",
    "yeah",
    "yup",
    "ok",
    "okay",
    "d accord",
    "bien sur",
    "sure",
    "of course",
    "certainly",
    "si",
    "ja",
    "true",
    "vrai",
    "absolument",
    "volontiers",
    "tout a fait",
    "exact",
    "correct",
    "right",
    "👍",
    "✅",
];
const NO: &[&str] = &[
    "non",
    "no",
    "n",
    "nope",
    "nan",
    "pas du tout",
    "not at all",
    "no thanks",
    "non merci",
    "nein",
    "false",
    "faux",
    "never",
    "jamais",
    "👎",
    "❌",
];

/// A normalised text that is a word for one of them, and nothing else.
pub fn yes_or_no(plain: &str) -> Option<bool> {
    if YES.contains(&plain) { Some(true) } else { NO.contains(&plain).then_some(false) }
}

/// `yes, please` and `non merci` count; `yes and no` does not.
pub fn yes_no(text: &str) -> Option<bool> {
    let plain = normalise(text);
    if let Some(yes) = yes_or_no(&plain) {
        return Some(yes);
    }
    let mut words = plain.split(' ');
    let first = words.next().unwrap_or_default();
    let polite =
        words.clone().count() <= 4 && words.all(|word| !YES.contains(&word) && !NO.contains(&word) && word != "mais" && word != "but");
    match (YES.contains(&first), NO.contains(&first)) {
        (true, _) if polite => Some(true),
        (_, true) if polite => Some(false),
        _ => None,
    }
}

fn web_address(text: &str) -> Option<String> {
    let word = text.trim();
    if word.contains(char::is_whitespace) || word.len() > 2_000 || word.contains('@') && !word.contains("://") {
        return None;
    }
    let whole = if word.contains("://") { word.to_owned() } else { format!("https://{word}") };
    let parsed = url::Url::parse(&whole).ok()?;
    let named =
        matches!(parsed.scheme(), "http" | "https") && parsed.host_str().is_some_and(|host| host.contains('.') && !host.ends_with('.'));
    named.then(|| parsed.to_string())
}

/// Messenger's thumb beside the composer: a sticker, sent with one tap (webhook reference, `attachments`).
const THUMB: u64 = 369_239_263_222_822;

fn thumb(message: &MessageIn) -> bool {
    message.attachments.iter().any(|attachment| {
        let id = attachment.raw.get("sticker_id").or_else(|| attachment.raw.pointer("/payload/sticker_id"));
        // A number on one page of the documentation, a text on another.
        id.is_some_and(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()) == Some(THUMB))
    })
}

fn location(message: &MessageIn) -> Option<Value> {
    let shared = message.attachments.iter().find(|attachment| attachment.kind == "location");
    if let Some(shared) = shared {
        let place = shared.raw.get("coordinates").or_else(|| shared.raw.pointer("/payload/coordinates"));
        let coordinate = |name: &str| place.and_then(|place| place.get(name)).and_then(Value::as_f64);
        let title = shared.title.as_deref().unwrap_or_default();
        return Some(json!({ "lat": coordinate("lat"), "long": coordinate("long"), "title": title }));
    }
    let text = message.text.as_deref()?.trim();
    (text.chars().count() >= 3).then(|| json!({ "lat": null, "long": null, "title": text }))
}

/// Every file of a kind that is taken (`accept`; empty: all), in the order in which the visitor sent them.
pub fn attachments(message: &MessageIn, accept: &[String]) -> Vec<Value> {
    let taken =
        |kind: &str| matches!(kind, "image" | "video" | "audio" | "file") && (accept.is_empty() || accept.iter().any(|one| one == kind));
    let found = message.attachments.iter().filter(|attachment| taken(&attachment.kind) && attachment.url.is_some());
    found.map(|found| json!({ "kind": found.kind, "url": found.url })).collect()
}

#[cfg(test)]
mod tests;
