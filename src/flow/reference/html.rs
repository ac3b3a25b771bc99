//! The reference as one page: no script, no outside asset.

#![allow(clippy::string_slice, reason = "places come from the same text's characters")]

use std::fmt::Write as _;

use super::Block;
use crate::flow::markup;

const STYLE: &str = include_str!("style.css");

pub fn html(blocks: &[Block]) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>The chatflow language</title>\n");
    let _ = writeln!(out, "<style>\n{STYLE}</style>\n</head>\n<body>\n<nav aria-label=\"Contents\">");
    contents(&mut out, blocks);
    out.push_str("</nav>\n<main>\n");
    for block in blocks {
        write(&mut out, block);
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn contents(out: &mut String, blocks: &[Block]) {
    for block in blocks {
        if let Block::Heading { level: level @ 2..=3, text, anchor } = block {
            let _ = writeln!(out, "<a class=\"level-{level}\" href=\"#{anchor}\">{}</a>", inline(text));
        }
    }
}

fn write(out: &mut String, block: &Block) {
    match block {
        Block::Heading { level, text, anchor } => {
            let _ = writeln!(out, "<h{level} id=\"{anchor}\"><a href=\"#{anchor}\">{}</a></h{level}>", inline(text));
        }
        Block::Text(text) if text.starts_with("- ") => {
            out.push_str("<ul>\n");
            for item in format!("\n{text}").split("\n- ").skip(1) {
                let _ = writeln!(out, "<li>{}</li>", inline(item));
            }
            out.push_str("</ul>\n");
        }
        Block::Text(text) => {
            let _ = writeln!(out, "<p>{}</p>", inline(text));
        }
        Block::Code { text, of } => {
            let shown = if of.is_some() { coloured(text) } else { escaped(text) };
            let _ = writeln!(out, "<pre><code>{shown}</code></pre>");
        }
        Block::Table { head, rows } => {
            out.push_str("<div class=\"table\"><table>\n<thead><tr>");
            for cell in head {
                let _ = write!(out, "<th>{}</th>", inline(cell));
            }
            out.push_str("</tr></thead>\n<tbody>\n");
            for row in rows {
                out.push_str("<tr>");
                for cell in row {
                    let _ = write!(out, "<td>{}</td>", inline(cell));
                }
                out.push_str("</tr>\n");
            }
            out.push_str("</tbody></table></div>\n");
        }
    }
}

/// `code`, **strong** and [links](#here) of Markdown; all else is text.
fn inline(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['`', '*', '[']) {
        out.push_str(&escaped(&rest[..at]));
        let mark = &rest[at..];
        let (shown, length) = code(mark).or_else(|| strong(mark)).or_else(|| link(mark)).unwrap_or_else(|| (escaped(&mark[..1]), 1));
        out.push_str(&shown);
        rest = &mark[length..];
    }
    out.push_str(&escaped(rest));
    out
}

fn code(text: &str) -> Option<(String, usize)> {
    let end = text.strip_prefix('`')?.find('`')?;
    Some((format!("<code>{}</code>", escaped(&text[1..=end])), end + 2))
}

fn strong(text: &str) -> Option<(String, usize)> {
    let end = text.strip_prefix("**")?.find("**")?;
    Some((format!("<strong>{}</strong>", inline(&text[2..end + 2])), end + 4))
}

fn link(text: &str) -> Option<(String, usize)> {
    let middle = text.find("](")?;
    let end = middle + text[middle..].find(')')?;
    let (words, to) = (&text[1..middle], &text[middle + 2..end]);
    // Nothing but places of this page and of the web.
    let good = (to.starts_with('#') || to.starts_with("https://")) && !words.contains('[');
    good.then(|| (format!("<a href=\"{}\">{}</a>", escaped(to), inline(words)), end + 1))
}

/// JSON with its keys, texts and words told apart.
fn coloured(json: &str) -> String {
    let (mut out, mut rest) = (String::new(), json);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_end(rest),
            c if c.is_ascii_alphanumeric() || c == '-' => {
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || ['-', '+', '.'].contains(&c))).unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        let class = match first {
            '"' if after.trim_start().starts_with(':') => "key",
            '"' => "text",
            c if c.is_ascii_alphanumeric() || c == '-' => "word",
            _ => "",
        };
        match class {
            "" => out.push_str(&escaped(token)),
            class => {
                let _ = write!(out, "<span class=\"{class}\">{}</span>", escaped(token));
            }
        }
        rest = after;
    }
    out
}

fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|letter| markup::push(&mut out, letter));
    out
}
