//! Values within a message: "two large ones tomorrow at 14:30" has a number, an option, a day and a time.
//!
//! Windows of words are read as each wanted type; the longest that fit are taken first, and no word twice.

use serde_json::Value;

use super::options::{Words, exact};
use super::{AnswerType, Reading, read};
use crate::domain::event::MessageIn;
use crate::flow::words::normalise;

/// Words of a message that are looked at.
const WORDS: usize = 40;
/// Words that one value may have.
const LONGEST: usize = 6;

/// One value that is looked for.
pub struct Wanted<'a> {
    pub kind: AnswerType,
    /// Words of its options; empty where it has none.
    pub options: Vec<Words<'a>>,
    pub reading: Reading<'a>,
    /// It is what was asked for: of two readings of the same words, this one is taken.
    pub asked: bool,
}

/// A value and, where it is one, the option that was meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Index of what was wanted.
    pub wanted: usize,
    pub value: Value,
    pub option: Option<usize>,
}

struct Candidate {
    start: usize,
    length: usize,
    part: Part,
}

/// At most one for each that is wanted, in the order of the message. `accepts` has the last word on a value.
pub fn find(text: &str, wanted: &[Wanted<'_>], accepts: impl Fn(usize, &Value) -> bool) -> Vec<Part> {
    let words: Vec<&str> = text.split_whitespace().take(WORDS).collect();
    let mut candidates = Vec::new();
    for start in 0..words.len() {
        for length in 1..=LONGEST.min(words.len() - start) {
            let window = words[start..start + length].join(" ");
            let window = window.trim_matches(|c: char| ",;.!?()\"«»:".contains(c));
            for (index, one) in wanted.iter().enumerate() {
                let found = one.within(window, length).filter(|(value, _)| accepts(index, value));
                candidates.extend(found.map(|(value, option)| Candidate { start, length, part: Part { wanted: index, value, option } }));
            }
        }
    }
    candidates.sort_by_key(|one| {
        let wanted = &wanted[one.part.wanted];
        (LONGEST - one.length, !wanted.asked, rank(wanted.kind), one.part.wanted, one.start)
    });
    let (mut taken, mut parts): (Vec<bool>, Vec<(usize, Part)>) = (vec![false; words.len()], Vec::new());
    for one in candidates {
        let words = &mut taken[one.start..one.start + one.length];
        if words.iter().any(|taken| *taken) || parts.iter().any(|(_, part)| part.wanted == one.part.wanted) {
            continue;
        }
        words.fill(true);
        parts.push((one.start, one.part));
    }
    parts.sort_by_key(|(start, _)| *start);
    parts.into_iter().map(|(_, part)| part).collect()
}

/// Of two readings of the same words, the more special type is meant.
fn rank(kind: AnswerType) -> u8 {
    match kind {
        AnswerType::Email => 0,
        AnswerType::Url => 1,
        AnswerType::Option => 2,
        AnswerType::Date => 3,
        AnswerType::Time => 4,
        AnswerType::Rating => 5,
        AnswerType::Number => 6,
        AnswerType::Phone => 7,
        _ => 8,
    }
}

impl Wanted<'_> {
    /// Without those words of its options.
    pub fn without(mut self, taken: impl Fn(&str) -> bool) -> Self {
        for words in &mut self.options {
            words.retain(|word| !taken(word));
        }
        self
    }

    fn within(&self, window: &str, length: usize) -> Option<(Value, Option<usize>)> {
        if let Some(option) = exact(&normalise(window), &self.options) {
            return Some((Value::Null, Some(option)));
        }
        let shaped = match self.kind {
            AnswerType::Email | AnswerType::Number | AnswerType::Rating => length == 1,
            AnswerType::Url => length == 1 && (window.contains("://") || window.starts_with("www.")),
            AnswerType::Phone => window.starts_with(['+', '(', '0']) && window.chars().all(|c| !c.is_alphabetic()),
            AnswerType::Date => true,
            AnswerType::Time => true,
            // Anything would be one of these, or it is no text.
            AnswerType::Text | AnswerType::Option | AnswerType::YesNo | AnswerType::Location | AnswerType::Attachment => false,
        };
        let message = MessageIn { text: Some(window.to_owned()), ..MessageIn::default() };
        shaped.then(|| read(self.kind, &message, &self.reading)).flatten().map(|value| (value, None))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(text: &str, asked: Option<usize>) -> Vec<(usize, Value)> {
        use AnswerType as T;
        let kinds = [T::Number, T::Date, T::Time, T::Email, T::Phone, T::Option];
        let wanted: Vec<Wanted<'_>> = kinds
            .into_iter()
            .enumerate()
            .map(|(i, kind)| Wanted {
                kind,
                options: if kind == T::Option { vec![vec!["small".into()], vec!["extra large".into(), "xl".into()]] } else { Vec::new() },
                reading: Reading { locale: "fr", today: jiff::civil::date(2026, 8, 15), min: None, max: None, accept: &[] },
                asked: asked == Some(i),
            })
            .collect();
        let parts = find(text, &wanted, |_, _| true);
        parts.into_iter().map(|part| (part.wanted, part.option.map_or(part.value, Value::from))).collect()
    }

    #[test]
    fn values_are_found_within_a_message() {
        for (text, expected) in [
            ("2 extra large ones, demain à 14h30", vec![(0, json!(2)), (5, json!(1)), (1, json!("2026-08-16")), (2, json!("14:30"))]),
            ("le 24 décembre, 4 personnes", vec![(1, json!("2026-12-24")), (0, json!(4))]),
            ("ana@exemple.fr ou 06 12 34 56 78.", vec![(3, json!("ana@exemple.fr")), (4, json!("0612345678"))]),
            ("24/12/2026 15h", vec![(1, json!("2026-12-24")), (2, json!("15:00"))]),
            ("XL!", vec![(5, json!(1))]),
            ("12 et 13", vec![(0, json!(12))]),
            ("bonjour", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(found(text, None), expected, "{text}");
        }
    }

    #[test]
    fn of_two_readings_of_the_same_words_the_asked_one_is_taken() {
        assert_eq!(found("20261224", None), [(1, json!("2026-12-24"))]);
        assert_eq!(found("20261224", Some(0)), [(0, json!(20_261_224))]);
    }
}
