//! Which of several options the visitor meant: by title, value, synonym, number, or with a small mistake.

use std::borrow::Cow;

use crate::flow::words::{contains_words, distance, tolerance};

/// An option's words, normalised: titles of every language, value, synonyms.
pub type Words<'a> = Vec<Cow<'a, str>>;

/// Only what is said exactly.
pub fn exact(said: &str, options: &[Words<'_>]) -> Option<usize> {
    options.iter().position(|words| words.iter().any(|word| word == said))
}

/// In order: exact words; its number; the only option whose words stand in what was said; the only one that is near.
pub fn find(said: &str, options: &[Words<'_>]) -> Option<usize> {
    exact(said, options)
        .or_else(|| by_number(said, options.len()))
        .or_else(|| only(options, |word| contains_words(said, word).then_some(0)))
        .or_else(|| only(options, |word| distance(said, word, tolerance(word.chars().count()))))
}

/// The option with the least measure, unless another has the same.
fn only(options: &[Words<'_>], measure: impl Fn(&str) -> Option<usize>) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    let mut tied = false;
    for (index, words) in options.iter().enumerate() {
        let Some(measured) = words.iter().filter_map(|word| measure(word)).min() else { continue };
        match best {
            Some((least, _)) if measured > least => {}
            Some((least, _)) if measured == least => tied = true,
            _ => {
                best = Some((measured, index));
                tied = false;
            }
        }
    }
    best.filter(|_| !tied).map(|(_, index)| index)
}

const ORDINALS: [&[&str]; 10] = [
    &["premier", "premiere", "1er", "1ere", "first", "1st", "un", "une", "one"],
    &["deuxieme", "second", "seconde", "2e", "2eme", "2nd", "deux", "two"],
    &["troisieme", "third", "3e", "3eme", "3rd", "trois", "three"],
    &["quatrieme", "fourth", "4e", "4eme", "4th", "quatre", "four"],
    &["cinquieme", "fifth", "5e", "5eme", "5th", "cinq", "five"],
    &["sixieme", "sixth", "6e", "6eme", "6th", "six"],
    &["septieme", "seventh", "7e", "7eme", "7th", "sept", "seven"],
    &["huitieme", "eighth", "8e", "8eme", "8th", "huit", "eight"],
    &["neuvieme", "ninth", "9e", "9eme", "9th", "neuf", "nine"],
    &["dixieme", "tenth", "10e", "10eme", "10th", "dix", "ten"],
];

/// `2`, `n° 2`, `the second`, `le deuxième`, `the last one`.
fn by_number(said: &str, count: usize) -> Option<usize> {
    let filler = ["le", "la", "the", "one", "option", "choix", "choice", "number", "numero", "n", "no", "reponse", "answer"];
    let words: Vec<&str> = said.split(' ').filter(|word| !filler.contains(word) || said == *word).collect();
    let [word] = words.as_slice() else { return None };
    if matches!(*word, "dernier" | "derniere" | "last") {
        return count.checked_sub(1);
    }
    let number = match word.parse::<usize>() {
        Ok(number) => number,
        Err(_) => ORDINALS.iter().position(|names| names.contains(word))? + 1,
    };
    number.checked_sub(1).filter(|index| *index < count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::words::normalise;

    fn found(said: &str) -> Option<usize> {
        let options =
            [vec!["track", "ma commande", "my order"], vec!["human", "parler a quelqu un", "talk to someone"], vec!["hours", "horaires"]];
        find(&normalise(said), &options.map(|words| words.into_iter().map(Cow::Borrowed).collect()))
    }

    #[test]
    fn an_option_is_found_as_people_say_it() {
        for (said, expected) in [
            ("Ma commande", Some(0)),
            ("MY ORDER!", Some(0)),
            ("track", Some(0)),
            ("je voudrais suivre ma commande", Some(0)),
            ("ma comande", Some(0)),
            ("horaire", Some(2)),
            ("2", Some(1)),
            ("n° 2", Some(1)),
            ("le deuxième", Some(1)),
            ("the second one", Some(1)),
            ("the last", Some(2)),
            ("one", Some(0)),
            ("4", None),
            ("0", None),
            ("blah", None),
            ("", None),
            ("my order or talk to someone", None),
        ] {
            assert_eq!(found(said), expected, "{said}");
        }
    }
}
