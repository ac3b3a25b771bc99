//! Days as people write them, in French and English.

use jiff::Span;
use jiff::civil::Date;

use crate::flow::words::normalise;

const MONTHS: [&[&str]; 12] = [
    &["janvier", "january", "janv", "jan"],
    &["fevrier", "february", "fevr", "fev", "feb"],
    &["mars", "march", "mar"],
    &["avril", "april", "avr", "apr"],
    &["mai", "may"],
    &["juin", "june", "jun"],
    &["juillet", "july", "juil", "jul"],
    &["aout", "august", "aug"],
    &["septembre", "september", "sept", "sep"],
    &["octobre", "october", "oct"],
    &["novembre", "november", "nov"],
    &["decembre", "december", "dec"],
];

/// `2026-12-24`, `24/12/2026`, `24.12.26`, `24 décembre`, `December 24th 2026`, `today`, `demain`.
/// Only US English writes the month first. Without a year the next such day is meant.
pub fn read(text: &str, locale: &str, today: Date) -> Option<Date> {
    let plain = normalise(text);
    let days = match plain.as_str() {
        "today" | "aujourd hui" | "ce jour" => Some(0),
        "tomorrow" | "demain" => Some(1),
        "day after tomorrow" | "the day after tomorrow" | "apres demain" => Some(2),
        "yesterday" | "hier" => Some(-1),
        _ => None,
    };
    if let Some(days) = days {
        return today.checked_add(Span::new().days(days)).ok();
    }
    let parts: Vec<&str> = plain.split(' ').filter(|part| !matches!(*part, "le" | "the" | "of" | "on")).collect();
    match parts.as_slice() {
        [one] if one.len() == 8 && one.bytes().all(|b| b.is_ascii_digit()) => {
            day(one.get(..4)?.parse().ok()?, number(one.get(4..6)?)?, number(one.get(6..)?)?)
        }
        [year, month, date] if year.len() == 4 && month_or_number(month).is_some() => {
            day(year.parse().ok()?, month_or_number(month)?, number(date)?)
        }
        [first, second, rest @ ..] if rest.len() <= 1 => {
            let (date, month) = ordered(first, second, locale)?;
            match rest.first() {
                Some(year) => day(full_year(year)?, month, date),
                None => next(today, month, date),
            }
        }
        _ => None,
    }
}

fn ordered(first: &str, second: &str, locale: &str) -> Option<(i8, i8)> {
    if let Some(month) = month_named(first) {
        return Some((number(second)?, month));
    }
    if let Some(month) = month_named(second) {
        return Some((number(first)?, month));
    }
    let (first, second) = (number(first)?, number(second)?);
    Some(if locale == "en_US" { (second, first) } else { (first, second) })
}

fn month_named(word: &str) -> Option<i8> {
    (1..).zip(MONTHS).find(|(_, names)| names.contains(&word)).map(|(month, _)| month)
}

fn month_or_number(word: &str) -> Option<i8> {
    month_named(word).or_else(|| number(word))
}

/// `1`, `01`, `1er`, `2nd`, `24th`.
fn number(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let ending = word.get(digits.len()..)?;
    let known = matches!(ending, "" | "er" | "st" | "nd" | "rd" | "th" | "e");
    (known && (1..=2).contains(&digits.len())).then(|| digits.parse().ok()).flatten()
}

fn full_year(word: &str) -> Option<i16> {
    let year: i16 = word.parse().ok()?;
    match word.len() {
        4 => Some(year),
        2 => Some(2000 + year),
        _ => None,
    }
}

fn day(year: i16, month: i8, date: i8) -> Option<Date> {
    Date::new(year, month, date).ok()
}

/// A 29 February may be four years away.
fn next(today: Date, month: i8, date: i8) -> Option<Date> {
    (0..=8).filter_map(|years| day(today.year().checked_add(years)?, month, date)).find(|day| *day >= today)
}
