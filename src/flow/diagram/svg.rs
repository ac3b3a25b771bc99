//! The chart as an SVG picture: no script, no outside asset, whatever the document says.

use std::fmt::Write as _;

use super::chart::{Arrow, Card, Chart, Row};
use super::layout::{Layout, Route, Sizes, Step, layout};
use crate::flow::action::Shape;
use crate::flow::markup;

const CARD: f64 = 264.0;
const HEAD: f64 = 26.0;
const ROW: f64 = 19.0;
/// Rows of a card; the last says how many more there are.
const ROWS: usize = 14;
/// Lines of a label; the last says how many more there are.
const LINES: usize = 4;
const LINE: f64 = 15.0;
const LABEL: f64 = 168.0;
const STUB: (f64, f64) = (150.0, 20.0);
const LEGEND: f64 = 46.0;
const TITLE: f64 = 40.0;

pub fn svg(chart: &Chart) -> String {
    let sizes = sizes(chart);
    let layout = layout(chart, &sizes);
    let head = if chart.name.is_empty() { 0.0 } else { TITLE };
    let (width, height) = (layout.width.max(620.0), layout.height + head + LEGEND);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">"
    );
    let _ =
        writeln!(out, "<title>{}</title>\n<style>{STYLE}</style>\n{MARKERS}", escaped(if head > 0.0 { &chart.name } else { "Chatflow" }));
    let _ = writeln!(out, "<rect width=\"100%\" height=\"100%\" class=\"page\"/>");
    if head > 0.0 {
        let _ = writeln!(out, "<text x=\"24\" y=\"30\" class=\"title\">{}</text>", escaped(&fit(&chart.name, 90.0)));
    }
    let _ = writeln!(out, "<g transform=\"translate(0 {head})\">");
    for (arrow, route) in chart.arrows.iter().zip(&layout.routes) {
        write_line(&mut out, arrow, route);
    }
    for (index, card) in chart.cards.iter().enumerate() {
        write_card(&mut out, index, card, layout.cards[index], sizes.cards[index]);
    }
    for ((arrow, route), size) in chart.arrows.iter().zip(&layout.routes).zip(&sizes.labels) {
        write_label(&mut out, chart, arrow, route, *size);
    }
    out.push_str("</g>\n");
    write_legend(&mut out, &layout, head);
    out.push_str("</svg>\n");
    out
}

fn sizes(chart: &Chart) -> Sizes {
    let card = |card: &Card| {
        if card.entry {
            return ((measure(&card.name, 6.6) + 26.0).min(CARD), 28.0);
        }
        (CARD, HEAD + card.rows.len().clamp(1, ROWS) as f64 * ROW + 6.0)
    };
    let label = |arrow: &Arrow| {
        let shown = label_lines(arrow);
        let widest = shown.iter().map(|line| measure(line, 6.2)).fold(0.0, f64::max);
        if shown.is_empty() { (0.0, 0.0) } else { ((widest + 12.0).min(LABEL), shown.len() as f64 * LINE + 4.0) }
    };
    let port = |arrow: &Arrow| match chart.cards[arrow.from].entry {
        true => 14.0,
        false => HEAD + (arrow.row.min(ROWS - 1) as f64 + 0.5) * ROW + 2.0,
    };
    Sizes {
        cards: chart.cards.iter().map(card).collect(),
        labels: chart.arrows.iter().map(label).collect(),
        ports: chart.arrows.iter().map(port).collect(),
        inlet: HEAD / 2.0,
        stub: STUB,
    }
}

fn label_lines(arrow: &Arrow) -> Vec<String> {
    let shown = if arrow.labels.len() > LINES { LINES - 1 } else { LINES };
    let mut lines: Vec<String> = arrow.labels.iter().take(shown).map(|label| fit(label, (LABEL - 14.0) / 6.2)).collect();
    if arrow.labels.len() > shown {
        lines.push(format!("+ {} more", arrow.labels.len() - shown));
    }
    lines
}

fn write_line(out: &mut String, arrow: &Arrow, route: &Route) {
    let (mut path, mut here) = (String::new(), (0.0, 0.0));
    for step in &route.steps {
        here = match *step {
            Step::Begin(x, y) => {
                let _ = write!(path, "M{x:.1} {y:.1}");
                (x, y)
            }
            Step::Straight(x, y) => {
                let _ = write!(path, "L{x:.1} {y:.1}");
                (x, y)
            }
            Step::Bend(x, y) => {
                let middle = f64::midpoint(here.0, x);
                let _ = write!(path, "C{middle:.1} {:.1} {middle:.1} {y:.1} {x:.1} {y:.1}", here.1);
                (x, y)
            }
            Step::Turn(out_to, x, y) => {
                let _ = write!(path, "C{out_to:.1} {:.1} {out_to:.1} {y:.1} {x:.1} {y:.1}", here.1);
                (x, y)
            }
        };
    }
    let class = if arrow.back {
        "way back"
    } else if arrow.call {
        "way call"
    } else {
        "way"
    };
    let marker = match (route.stub.is_some(), arrow.back) {
        (true, _) => "",
        (_, true) => " marker-end=\"url(#tip-back)\"",
        _ => " marker-end=\"url(#tip)\"",
    };
    let _ = writeln!(out, "<path class=\"{class}\" d=\"{path}\"{marker}/>");
}

fn write_card(out: &mut String, index: usize, card: &Card, (x, y): (f64, f64), (width, height): (f64, f64)) {
    let class = if card.entry {
        "entry"
    } else if card.unreachable {
        "card unreachable"
    } else {
        "card"
    };
    let _ = writeln!(out, "<g id=\"card-{index}\" class=\"{class}\"><title>{}</title>", escaped(&card.name));
    let radius = if card.entry { 14.0 } else { 7.0 };
    let _ = writeln!(out, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius}\"/>");
    // A picture within the picture: what is too long is clipped.
    let _ = writeln!(out, "<svg x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\">");
    if card.entry {
        let _ = writeln!(out, "<text x=\"13\" y=\"18.5\">{}</text>", escaped(&fit(&card.name, (width - 22.0) / 6.6)));
    } else {
        let name = if card.unreachable { format!("{} (nothing leads here)", card.name) } else { card.name.clone() };
        let _ = writeln!(out, "<path class=\"rule\" d=\"M0 {HEAD}H{width}\"/>");
        let _ = writeln!(out, "<text class=\"name\" x=\"12\" y=\"17.5\">{}</text>", escaped(&fit(&name, 36.0)));
        write_rows(out, card);
    }
    out.push_str("</svg></g>\n");
}

fn write_rows(out: &mut String, card: &Card) {
    let shown = if card.rows.len() > ROWS { ROWS - 1 } else { ROWS };
    for (index, row) in card.rows.iter().take(shown).enumerate() {
        let y = HEAD + index as f64 * ROW + 16.0;
        let word = fit(&row.word, 20.0);
        let about = fit(&row.about, (CARD - 32.0 - measure(&word, 6.9)) / 6.0);
        let _ = writeln!(
            out,
            "<g><title>{}: {}</title><circle class=\"{}\" cx=\"12\" cy=\"{:.1}\" r=\"3.5\"/><text x=\"21\" y=\"{y:.1}\"><tspan class=\"word\">{}</tspan> <tspan class=\"about\">{}</tspan></text></g>",
            escaped(&row.word),
            escaped(&row.about),
            kind(row),
            y - 4.0,
            escaped(&word),
            escaped(&about)
        );
    }
    if card.rows.len() > shown {
        let y = HEAD + shown as f64 * ROW + 16.0;
        let _ = writeln!(out, "<text class=\"about\" x=\"21\" y=\"{y:.1}\">… {} more</text>", card.rows.len() - shown);
    }
    if card.rows.is_empty() {
        let _ = writeln!(out, "<text class=\"about\" x=\"12\" y=\"{:.1}\">no actions</text>", HEAD + 16.0);
    }
}

/// By what it does, not by its name.
fn kind(row: &Row) -> &'static str {
    match row.shape {
        None => "dot unknown",
        Some(Shape { waits: true, .. }) => "dot waits",
        Some(Shape { pauses: true, .. }) => "dot pauses",
        Some(Shape { speaks: true, .. }) => "dot speaks",
        Some(Shape { goes_on: false, .. }) => "dot ends",
        Some(_) => "dot",
    }
}

fn write_label(out: &mut String, chart: &Chart, arrow: &Arrow, route: &Route, (width, height): (f64, f64)) {
    let (x, y) = route.label;
    if height > 0.0 {
        let top = y - height / 2.0;
        let _ = writeln!(out, "<g class=\"label\"><title>{}</title>", escaped(&arrow.labels.join("\n")));
        let _ = writeln!(out, "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"4\"/>");
        for (index, line) in label_lines(arrow).iter().enumerate() {
            let base = top + 13.0 + index as f64 * LINE;
            let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{base:.1}\">{}</text>", x + 6.0, escaped(line));
        }
        out.push_str("</g>\n");
    }
    if let Some((x, y)) = route.stub {
        let (sign, class) = if arrow.back { ("↺", "stub back") } else { ("→", "stub") };
        let name = format!("{sign} {}", chart.cards[arrow.to].name);
        let (width, height) = STUB;
        let _ = writeln!(out, "<a href=\"#card-{}\" class=\"{class}\"><title>{}</title>", arrow.to, escaped(&chart.cards[arrow.to].name));
        let top = y - height / 2.0;
        let _ = writeln!(out, "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"10\"/>");
        let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text></a>", x + 9.0, y + 4.0, escaped(&fit(&name, (width - 16.0) / 6.4)));
    }
}

fn write_legend(out: &mut String, layout: &Layout, head: f64) {
    let y = layout.height + head + 20.0;
    let _ = writeln!(out, "<g class=\"legend\" transform=\"translate(24 {y:.0})\">");
    let mut x = 0.0;
    for (class, text) in [
        ("dot speaks", "says something"),
        ("dot waits", "waits for the visitor"),
        ("dot pauses", "time or a call passes"),
        ("dot ends", "does not go on"),
        ("dot", "goes on"),
    ] {
        let _ = writeln!(
            out,
            "<circle class=\"{class}\" cx=\"{:.0}\" cy=\"-4\" r=\"3.5\"/><text x=\"{:.0}\" y=\"0\">{text}</text>",
            x + 4.0,
            x + 12.0
        );
        x += measure(text, 5.8) + 30.0;
    }
    x = 0.0;
    for (class, text) in [("way", "goes on at"), ("way call", "goes there and comes back"), ("way back", "leads back: a loop")] {
        let _ = writeln!(out, "<path class=\"{class}\" d=\"M{x:.0} 14h22\"/><text x=\"{:.0}\" y=\"18\">{text}</text>", x + 28.0);
        x += measure(text, 5.8) + 48.0;
    }
    out.push_str("</g>\n");
}

/// About how wide a text is: no font is at hand.
fn measure(text: &str, per_char: f64) -> f64 {
    text.chars().map(|c| if u32::from(c) >= 0x1100 { 1.8 } else { 1.0 }).sum::<f64>() * per_char
}

/// As much of a text as this many characters.
fn fit(text: &str, most: f64) -> String {
    if measure(text, 1.0) <= most {
        return text.to_owned();
    }
    let (mut kept, mut width) = (String::new(), 1.0);
    for c in text.chars() {
        width += measure(c.encode_utf8(&mut [0; 4]), 1.0);
        if width > most {
            break;
        }
        kept.push(c);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// For text and attributes; what XML cannot hold becomes a space.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{fffe}' | '\u{ffff}' => out.push(' '),
            c if c.is_control() && c != '\n' => out.push(' '),
            c => markup::push(&mut out, c),
        }
    }
    out
}

const MARKERS: &str = "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
<path d=\"M0 0L8 4L0 8z\" fill=\"#64748b\"/></marker><marker id=\"tip-back\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#d9730d\"/></marker></defs>";

const STYLE: &str = "text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#1e293b}\
.page{fill:#fff}.title{font-size:17px;font-weight:600}\
.card>rect{fill:#fff;stroke:#cbd5e1;stroke-width:1.2}.card .rule{stroke:#e2e8f0}.card .name{font-weight:600}\
.card .word{font-size:11px;font-weight:500;fill:#334155}.card .about{font-size:11px;fill:#64748b}\
.unreachable>rect{fill:#f8fafc;stroke:#94a3b8;stroke-dasharray:5 4}.unreachable text,.unreachable .name,.unreachable .word{fill:#94a3b8}\
.entry>rect{fill:#e8f0fe;stroke:#3b6fd4}.entry text{fill:#1d4ed8;font-weight:500}\
.dot{fill:#94a3b8}.speaks{fill:#3b82f6}.waits{fill:#8b5cf6}.pauses{fill:#f59e0b}.ends{fill:#334155}.unknown{fill:#dc2626}\
.way{fill:none;stroke:#64748b;stroke-width:1.3}.way.call{stroke-dasharray:3 3}.way.back{stroke:#d9730d;stroke-width:1.6}\
.label rect{fill:#fff;fill-opacity:.94;stroke:#e2e8f0}.label text{font-size:11px;fill:#475569}\
.stub rect{fill:#f1f5f9;stroke:#94a3b8}.stub text{font-size:11px;font-weight:500}.stub.back rect{fill:#fff4e8;stroke:#d9730d}\
.legend text{font-size:11px;fill:#64748b}";
