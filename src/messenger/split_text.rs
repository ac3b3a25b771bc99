//! Where a text that is too long for one bubble is cut: after a paragraph, a sentence or a word, in this order.

use super::limits::{self, chars, utf16_len};

/// A part at a better border must be at least this share of the most that would fit.
const LEAST_SHARE: usize = 2;

/// The parts of a text, each within [`limits::TEXT`]. A text that fits comes back as it is.
pub(super) fn split_text(text: String) -> Vec<String> {
    if utf16_len(&text) <= limits::TEXT {
        return vec![text];
    }
    let mut parts = Vec::new();
    let mut rest = text.trim_end();
    while utf16_len(rest) > limits::TEXT {
        let (head, tail) = rest.split_at(cut(rest, limits::TEXT, char::len_utf16));
        push(&mut parts, head);
        rest = tail.trim_start();
    }
    push(&mut parts, rest);
    if parts.is_empty() { vec![text] } else { parts }
}

/// What goes before a bubble with buttons, and the end of the text that stays above them.
pub(super) fn split_buttons_text(text: String) -> (Vec<String>, String) {
    if chars(&text) <= limits::BUTTONS_TEXT {
        return (Vec::new(), text);
    }
    // The last part, with the question, belongs to the buttons: cut small parts, then join all but the last again.
    let mut rest = text.trim_end();
    while chars(rest) > limits::BUTTONS_TEXT {
        rest = rest.split_at(cut(rest, limits::BUTTONS_TEXT, |_| 1)).1.trim_start();
    }
    match text.trim_end().strip_suffix(rest) {
        // Nothing but spaces would be a bubble without a word, which Meta refuses.
        Some(before) if before.trim().is_empty() && !rest.is_empty() => (Vec::new(), rest.to_owned()),
        Some(before) if !rest.is_empty() => (split_text(before.trim_end().to_owned()), rest.to_owned()),
        _ => (Vec::new(), text),
    }
}

fn push(parts: &mut Vec<String>, part: &str) {
    let part = part.trim_end();
    if !part.is_empty() {
        parts.push(part.to_owned());
    }
}

/// The byte to cut at: at most `most` units are before it, and at least one character is.
fn cut(text: &str, most: usize, units: impl Fn(char) -> usize) -> usize {
    let mut used = 0;
    let mut end = text.len();
    for (at, letter) in text.char_indices() {
        used += units(letter);
        if used > most {
            end = at;
            break;
        }
    }
    let (fits, beyond) = text.split_at(end);
    let least = end / LEAST_SHARE;
    let after_sentence = |from: usize| sentence_end(fits, beyond, from);
    let found = fits.rfind("\n\n").filter(|&at| at >= least).or_else(|| after_sentence(least)).or_else(|| space(fits, beyond, least));
    found.or_else(|| space(fits, beyond, 1)).unwrap_or_else(|| within_word(text, end))
}

/// The end of the last sentence or line that ends at or after `from`; `beyond` is what comes after `fits`.
fn sentence_end(fits: &str, beyond: &str, from: usize) -> Option<usize> {
    let mut next = beyond.chars().next();
    for (at, letter) in fits.char_indices().rev().take_while(|(at, _)| *at >= from) {
        let after = at + letter.len_utf8();
        match letter {
            '\n' => return Some(at),
            '.' | '!' | '?' | '…' | ';' if next.is_some_and(char::is_whitespace) => return Some(after),
            '。' | '！' | '？' => return Some(after),
            _ => next = Some(letter),
        }
    }
    None
}

/// The last space at or after `from`, or the end where the next letter is one.
fn space(fits: &str, beyond: &str, from: usize) -> Option<usize> {
    if beyond.starts_with(char::is_whitespace) {
        return Some(fits.len());
    }
    fits.rfind(char::is_whitespace).filter(|&at| at >= from)
}

/// A word too long for one bubble: anywhere but inside what is shown as one sign.
fn within_word(text: &str, end: usize) -> usize {
    let (fits, beyond) = text.split_at(end);
    let mut next = beyond.chars().next();
    for (at, before) in fits.char_indices().rev() {
        if before != '\u{200d}' && !next.is_some_and(extends) {
            return at + before.len_utf8();
        }
        next = Some(before);
    }
    // One sign longer than a bubble: not text in any language. Cut it where it must be.
    if end > 0 { end } else { text.chars().next().map_or(text.len(), char::len_utf8) }
}

/// Combining marks, joiners, variation selectors, skin tones: they belong to the letter before them.
fn extends(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{20e3}')
}
