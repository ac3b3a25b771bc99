//! The chart as a Mermaid flowchart.

use std::fmt::Write as _;

use super::chart::{Arrow, Chart};

/// Rows of one card, characters of a row.
const ROWS: usize = 12;
const WIDTH: usize = 60;

pub fn mermaid(chart: &Chart) -> String {
    let mut out = String::new();
    if !chart.name.is_empty() {
        let title = chart.name.replace(['\n', '\r'], " ");
        let _ = writeln!(out, "---\ntitle: {}\n---", serde_json::Value::from(title));
    }
    out.push_str("flowchart LR\n");
    for (index, card) in chart.cards.iter().enumerate() {
        let mut text = if card.entry { escaped(&card.name) } else { format!("<b>{}</b>", escaped(&card.name)) };
        for row in card.rows.iter().take(ROWS) {
            let _ = write!(text, "<br/>{}", escaped(&row.word));
            if !row.about.is_empty() {
                let _ = write!(text, ": {}", escaped(&cut(&row.about)));
            }
        }
        if card.rows.len() > ROWS {
            let _ = write!(text, "<br/>… {} more", card.rows.len() - ROWS);
        }
        let (open, close) = if card.entry { ("([", "])") } else { ("[", "]") };
        let class = if card.unreachable {
            ":::unreachable"
        } else if card.entry {
            ":::entry"
        } else {
            ""
        };
        let _ = writeln!(out, "  c{index}{open}\"{text}\"{close}{class}");
    }
    let mut back = Vec::new();
    for (index, arrow) in chart.arrows.iter().enumerate() {
        write_arrow(&mut out, arrow);
        if arrow.back {
            back.push(index.to_string());
        }
    }
    out.push_str("  classDef entry fill:#e7f0ff,stroke:#3b6fd4,color:#12305f\n");
    out.push_str("  classDef unreachable fill:#f3f3f3,stroke:#999,stroke-dasharray:5 4,color:#777\n");
    if !back.is_empty() {
        let _ = writeln!(out, "  linkStyle {} stroke:#d9730d,stroke-width:2px", back.join(","));
    }
    out
}

fn write_arrow(out: &mut String, arrow: &Arrow) {
    let line = if arrow.call { "-.->" } else { "-->" };
    let labels: Vec<String> = arrow.labels.iter().map(|label| escaped(&cut(label))).collect();
    let label = if labels.is_empty() { String::new() } else { format!("|\"{}\"|", labels.join("<br/>")) };
    let _ = writeln!(out, "  c{} {line}{label} c{}", arrow.from, arrow.to);
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        Some((at, _)) => format!("{}…", text.split_at(at).0),
        None => text.to_owned(),
    }
}

/// Mermaid's own entities, so that nothing ends the quotes or becomes markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '#' | '"' | '<' | '>' | '&' | '`' | '|' | '[' | ']' | '{' | '}' | '\\' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
