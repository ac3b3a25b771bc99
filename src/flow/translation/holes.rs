//! The `{{ }}` of a text: what a translation must keep.

#![allow(clippy::string_slice, reason = "places come from the same text's characters")]

use crate::flow::template::closing;

/// A text in pieces, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    Words(&'a str),
    /// With its braces.
    Hole(&'a str),
}

/// What is not closed counts as words.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some(begin) = rest.find("{{") {
        let Some(end) = closing(&rest[begin + 2..]).map(|end| begin + 2 + end + 2) else { break };
        if begin > 0 {
            pieces.push(Piece::Words(&rest[..begin]));
        }
        pieces.push(Piece::Hole(&rest[begin..end]));
        rest = &rest[end..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Words(rest));
    }
    pieces
}

pub fn holes(text: &str) -> Vec<&str> {
    let hole = |piece| if let Piece::Hole(hole) = piece { Some(hole) } else { None };
    pieces(text).into_iter().filter_map(hole).collect()
}

/// Holes of the source that the target has not. Spaces do not count, and words within quotes are the translator's:
/// `{{ 'commande' if n == 1 else 'commandes' }}`.
pub fn lost<'a>(source: &'a str, target: &str) -> Vec<&'a str> {
    let kept: Vec<String> = holes(target).into_iter().map(essence).collect();
    holes(source).into_iter().filter(|hole| !kept.contains(&essence(hole))).collect()
}

fn essence(hole: &str) -> String {
    let (mut essence, mut quote, mut escaped) = (String::new(), None, false);
    for c in hole.chars() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if c == open => {
                quote = None;
                essence.push('"');
            }
            (Some(_), _) => {}
            (None, '\'' | '"') => {
                quote = Some(c);
                essence.push('"');
            }
            (None, c) if c.is_whitespace() => {}
            (None, c) => essence.push(c),
        }
    }
    essence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_words_and_holes() {
        let text = "Bonjour {{ contact.first_name | default('}}') }}, {{ n }} !{{";
        let words = ["Bonjour ", ", ", " !{{"].map(Piece::Words);
        let holes = ["{{ contact.first_name | default('}}') }}", "{{ n }}"].map(Piece::Hole);
        assert_eq!(pieces(text), [words[0], holes[0], words[1], holes[1], words[2]]);
        assert!(pieces("").is_empty());
    }

    #[test]
    fn a_hole_is_lost_when_nothing_like_it_is_left() {
        assert_eq!(lost("{{ order }} of {{ name }}", "{{name}}: {{  order }}"), Vec::<&str>::new());
        assert_eq!(lost("{{ order }} of {{ name }}", "{{ nom }}"), ["{{ order }}", "{{ name }}"]);
        assert_eq!(lost("{{ 'order' if n == 1 else 'orders' }}", "{{ 'commande' if n == 1 else 'commandes' }}"), Vec::<&str>::new());
        assert_eq!(lost("{{ 'order' if n == 1 else 'orders' }}", "{{ 'commande' if m == 1 else 'commandes' }}").len(), 1);
    }
}
