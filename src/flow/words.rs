//! Comparing words as people do: without case, accents and punctuation, and with a small mistake allowed.

use std::borrow::Cow;

/// Lower case, Latin letters without accents, everything that is no letter or digit as one space.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            if std::mem::take(&mut gap) {
                out.push(' ');
            }
            out.push(letter.to_ascii_lowercase());
        } else if !letter.is_alphanumeric() {
            // Combining marks belong to the letter before them: a decomposed accent.
            gap = !out.is_empty() && (gap || !('\u{300}'..='\u{36f}').contains(&letter));
        } else {
            if std::mem::take(&mut gap) {
                out.push(' ');
            }
            for letter in letter.to_lowercase().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter)) {
                match unaccented(letter) {
                    "" => out.push(letter),
                    plain => out.push_str(plain),
                }
            }
        }
    }
    // Emoji and the like have no letters; they are compared as they are.
    if out.is_empty() { text.trim().to_owned() } else { out }
}

/// Empty: the letter itself.
fn unaccented(letter: char) -> &'static str {
    match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => "o",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ť' | 'ţ' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        _ => "",
    }
}

/// Whether `phrase` stands in `text` as whole words; both normalised.
pub fn contains_words(text: &str, phrase: &str) -> bool {
    !phrase.is_empty()
        && text.match_indices(phrase).any(|(at, found)| {
            let (before, rest) = text.split_at(at);
            let after = rest.strip_prefix(found).unwrap_or_default();
            (before.is_empty() || before.ends_with(' ')) && (after.is_empty() || after.starts_with(' '))
        })
}

/// Edits between two words: insert, delete, replace, swap of neighbours. `None` when more than `most`.
pub fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let width = b.len() + 1;
    let (mut older, mut previous, mut row) = (vec![0; width], (0..width).collect::<Vec<_>>(), vec![0; width]);
    for i in 1..=a.len() {
        row[0] = i;
        for j in 1..width {
            let same = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (previous[j] + 1).min(row[j - 1] + 1).min(previous[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(older[j - 2] + 1);
            }
        }
        if row.iter().min().is_some_and(|&least| least > most) {
            return None;
        }
        std::mem::swap(&mut older, &mut previous);
        std::mem::swap(&mut previous, &mut row);
    }
    (previous[width - 1] <= most).then_some(previous[width - 1])
}

/// How many mistakes a word of this many letters may have and still be meant.
pub fn tolerance(letters: usize) -> usize {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// The one of `known` that was most probably meant.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word: Cow<'_, str> = if word.len() > 100 { return None } else { word.to_lowercase().into() };
    known
        .filter_map(|name| distance(&word, &name.to_lowercase(), 2.min(name.chars().count() / 2)).map(|d| (d, name)))
        .min_by_key(|(d, _)| *d)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_punctuation_do_not_count() {
        for (text, plain) in
            [("  Été,  s'il vous plaît ! ", "ete s il vous plait"), ("E\u{301}té", "ete"), ("Œuvre", "oeuvre"), ("👍", "👍")]
        {
            assert_eq!(normalise(text), plain);
        }
    }

    #[test]
    fn small_mistakes_are_counted_and_large_ones_are_none() {
        assert_eq!(distance("commande", "comande", 2), Some(1));
        assert_eq!(distance("order", "oredr", 2), Some(1));
        assert_eq!(distance("order", "human", 2), None);
        assert_eq!(distance("", "ab", 2), Some(2));
    }

    #[test]
    fn words_are_found_only_whole() {
        assert!(contains_words("je veux un agent vite", "agent"));
        assert!(contains_words("un agent", "un agent"));
        assert!(!contains_words("reagents", "agent"));
        assert!(!contains_words("un agent", ""));
    }
}
