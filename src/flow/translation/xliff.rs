//! The table as XLIFF 1.2 (OASIS): one unit per text, its pointer as `id`, its length as `maxwidth`, each `{{ }}` a
//! protected `<ph>`. Version 1.2 because every translator's tool reads it, and has lengths and placeholders in its core.
//!
//! A `<ph>` is known again by its `id`: what a tool makes of its content does not matter. What XML cannot hold (control
//! characters) travels as a `<ph>` too.

use std::fmt::Write as _;

use roxmltree::{Document, Node, ParsingOptions};

use super::apply::Refusal;
use super::holes::{Piece, pieces};
use super::{Change, State, Table, TextRow, locale as read_locale};
use crate::flow::read::shorten;
use crate::flow::{limits, markup};

const NAMESPACE: &str = "urn:oasis:names:tc:xliff:document:1.2";

pub fn write(table: &Table) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (source, target) = (table.source_locale.replace('_', "-"), table.locale.replace('_', "-"));
    let _ = writeln!(out, "<xliff version=\"1.2\" xmlns=\"{NAMESPACE}\">");
    let _ = writeln!(
        out,
        "  <file original=\"chatflow\" datatype=\"plaintext\" source-language=\"{}\" target-language=\"{}\">\n    <body>",
        escaped(&source),
        escaped(&target)
    );
    for row in &table.texts {
        write_unit(&mut out, row);
    }
    out.push_str("    </body>\n  </file>\n</xliff>\n");
    out
}

fn write_unit(out: &mut String, row: &TextRow) {
    let _ = write!(out, "      <trans-unit id=\"{}\" xml:space=\"preserve\"", escaped(&row.pointer));
    let _ = writeln!(out, " maxwidth=\"{}\" size-unit=\"char\">", row.max_length);
    let source = Inline::of(&row.source);
    let _ = writeln!(out, "        <source>{}</source>", source.marked_up(&source));
    if let Some(target) = &row.target {
        let _ = writeln!(out, "        <target state=\"translated\">{}</target>", Inline::of(target).marked_up(&source));
    }
    let note = match row.state {
        State::Translated => None,
        State::Fallback => Some("another region's text of the language is said unless this is translated"),
        State::Shared => Some("the same in every language unless it is translated"),
        State::Missing => Some("the source is said unless this is translated"),
    };
    if let Some(note) = note {
        let _ = writeln!(out, "        <note>{note}</note>");
    }
    out.push_str("      </trans-unit>\n");
}

/// A text as words and what is protected.
struct Inline<'a>(Vec<Piece<'a>>);

impl<'a> Inline<'a> {
    #[allow(clippy::string_slice, reason = "places come from the same text's characters")]
    fn of(text: &'a str) -> Self {
        let mut all = Vec::new();
        for piece in pieces(text) {
            let Piece::Words(mut words) = piece else {
                all.push(piece);
                continue;
            };
            while let Some((at, bad)) = words.char_indices().find(|(_, c)| !in_xml(*c)) {
                let end = at + bad.len_utf8();
                all.extend((at > 0).then(|| Piece::Words(&words[..at])));
                all.push(Piece::Hole(&words[at..end]));
                words = &words[end..];
            }
            all.extend((!words.is_empty()).then_some(Piece::Words(words)));
        }
        Self(all)
    }

    fn protected(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.0.iter().filter_map(|piece| if let Piece::Hole(hole) = piece { Some(*hole) } else { None })
    }

    /// What the source has too gets the source's number; what it has not, one of its own.
    fn marked_up(&self, source: &Self) -> String {
        let mut free: Vec<Option<&str>> = source.protected().map(Some).collect();
        let mut next = free.len();
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Words(words) => out.push_str(&escaped(words)),
                Piece::Hole(hole) => {
                    let same = free.iter().position(|other| *other == Some(hole));
                    let id = same.unwrap_or(next) + 1;
                    match same {
                        Some(at) => free[at] = None,
                        None => next += 1,
                    }
                    let shown: String = hole.chars().map(|c| if in_xml(c) { c } else { '\u{fffd}' }).collect();
                    let _ = write!(out, "<ph id=\"{id}\">{}</ph>", escaped(&shown));
                }
            }
        }
        out
    }
}

/// The characters of XML 1.0.
fn in_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // A reader would make it a line feed.
            '\r' => out.push_str("&#13;"),
            c if in_xml(c) => markup::push(&mut out, c),
            _ => out.push('\u{fffd}'),
        }
    }
    out
}

/// The rows of a file that `locale`'s export was, back from a translator. `table` is what the flow says now: a
/// protected part is taken from its source.
///
/// # Errors
/// Everything that cannot be read.
pub fn read(text: &str, table: &Table) -> Result<Vec<Change>, Vec<Refusal>> {
    let unreadable = |detail: String| vec![Refusal::new("", "unreadable", detail)];
    let most = u32::try_from(limits::DOCUMENT_VALUES).unwrap_or(u32::MAX);
    // A document type may not be there: entities could grow without end.
    let options = ParsingOptions { nodes_limit: most, ..ParsingOptions::default() };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Document::parse_with_options(text, options).map_err(|error| unreadable(error.to_string()))?;
    let root = document.root_element();
    let (name, version) = (root.tag_name(), root.attribute("version").unwrap_or_default());
    if name.name() != "xliff" || version != "1.2" || name.namespace() != Some(NAMESPACE) {
        return Err(unreadable("this is no XLIFF 1.2".to_owned()));
    }
    let (mut changes, mut refused) = (Vec::new(), Vec::new());
    for file in elements(root, "file") {
        for (name, expected) in [("source-language", &table.source_locale), ("target-language", &table.locale)] {
            let said = file.attribute(name).unwrap_or_default();
            if read_locale(said).as_ref() != Some(expected) {
                refused.push(Refusal::new(
                    format!("#{name}"),
                    "wrong_locale",
                    format!("`{name}` is `{}`, not `{expected}`", shorten(said)),
                ));
            }
        }
        for unit in file.descendants().filter(|node| node.is_element() && node.tag_name().name() == "trans-unit") {
            match read_unit(unit, table) {
                Ok(change) => changes.push(change),
                Err(refusal) => refused.push(refusal),
            }
        }
    }
    if refused.is_empty() { Ok(changes) } else { Err(refused) }
}

fn elements<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

fn read_unit(unit: Node<'_, '_>, table: &Table) -> Result<Change, Refusal> {
    let pointer = unit.attribute("id").unwrap_or_default().to_owned();
    let place = format!("#{pointer}");
    let row = table.texts.iter().find(|row| row.pointer == pointer);
    let known: Vec<&str> = row.map_or_else(Vec::new, |row| Inline::of(&row.source).protected().collect());
    let own: Vec<&str> = row.and_then(|row| row.target.as_deref()).map_or_else(Vec::new, |target| {
        let mut left = known.clone();
        let beyond = |hole: &&str| match left.iter().position(|other| other == hole) {
            Some(at) => {
                left.remove(at);
                false
            }
            None => true,
        };
        Inline::of(target).protected().filter(beyond).collect()
    });
    let protected = [known, own].concat();
    let read = |name| {
        let Some(element) = elements(unit, name).next() else { return Ok(None) };
        words(element, &protected).map(Some).map_err(|detail| Refusal::new(&place, "lost_placeholder", detail))
    };
    let Some(source) = read("source")? else {
        return Err(Refusal::new(&place, "unreadable", "the unit has no `source`"));
    };
    Ok(Change { target: read("target")?, source: Some(source), place, pointer })
}

/// The text of a `source` or `target`, with what is protected in its place.
fn words(element: Node<'_, '_>, protected: &[&str]) -> Result<String, String> {
    let is_placeholder = |node: Node<'_, '_>| node.is_element() && ["ph", "x"].contains(&node.tag_name().name());
    let mut text = String::new();
    for node in element.descendants().skip(1) {
        if is_placeholder(node) {
            let id = node.attribute("id").unwrap_or_default();
            let index = id.parse::<usize>().ok().and_then(|id| id.checked_sub(1));
            let hole = index.and_then(|index| protected.get(index)).ok_or_else(|| format!("there is no placeholder `{}`", shorten(id)))?;
            text.push_str(hole);
        } else if node.is_text() && !node.parent().is_some_and(is_placeholder) {
            text.push_str(node.text().unwrap_or_default());
        }
    }
    Ok(text)
}
