use serde_json::{Value, json};

use super::{Chart, chart, mermaid, svg};

fn document() -> Value {
    json!({
        "spec_version": "1.0", "name": "A <b> & \"c\"", "languages": ["fr", "en"], "start": "menu",
        "interrupts": [{ "keywords": ["aide", "help"], "goto": "help" }, { "postback": "MENU", "goto": "menu" }],
        "nodes": {
            "menu": [
                { "type": "ask", "text": { "en": "How?", "fr": "Que  faire\n?" }, "exhausted": "help", "options": [
                    { "title": { "fr": "Aide", "en": "Help" }, "goto": "help" },
                    { "title": { "fr": "Encore", "en": "Again" }, "goto": "menu" },
                    { "title": { "fr": "Suite", "en": "More" }, "goto": "more" } ] }
            ],
            "help": [{ "type": "call", "node": "say/it" }, { "type": "goto", "node": "menu" }],
            "more": [{ "type": "branch", "arms": [{ "if": "last_text == 'x'", "goto": "help" }], "else": "say/it" }, { "type": "nothing" }],
            "say/it": [{ "type": "send_text", "text": "<script>alert(1)</script>" }],
            "spare": [{ "type": "goto", "node": "more" }]
        }
    })
}

fn lines(chart: &Chart) -> Vec<String> {
    let name = |card: usize| chart.cards[card].name.clone();
    let arrow = |arrow: &super::Arrow| {
        let marks = format!("{}{}", if arrow.call { " call" } else { "" }, if arrow.back { " back" } else { "" });
        format!("{} -{}-> {}{marks}", name(arrow.from), arrow.labels.join(" | "), name(arrow.to))
    };
    chart.arrows.iter().map(arrow).collect()
}

#[test]
fn every_way_is_an_arrow_that_says_what_takes_it() {
    let chart = chart(&document());
    let expected = [
        "interrupt: aide, help --> help",
        "interrupt: MENU --> menu",
        "start --> menu",
        "menu -Aide | exhausted-> help",
        "menu -Encore-> menu back",
        "menu -Suite-> more",
        "help --> say/it call",
        "help --> menu back",
        "more -last_text == 'x'-> help",
        "more -else-> say/it",
        "spare --> more",
    ];
    let (mut found, mut wanted) = (lines(&chart), expected.map(String::from).to_vec());
    // `back` depends on where the search begins.
    for line in found.iter_mut().chain(&mut wanted) {
        *line = line.trim_end_matches(" back").to_owned();
    }
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
    let back: Vec<&super::Arrow> = chart.arrows.iter().filter(|arrow| arrow.back).collect();
    assert_eq!(back.len(), 2, "the loop of the menu, and the one through the help");
    let unreachable: Vec<&str> = chart.cards.iter().filter(|card| card.unreachable).map(|card| card.name.as_str()).collect();
    assert_eq!(unreachable, ["spare"]);
    let menu = chart.cards.iter().find(|card| card.name == "menu").unwrap();
    assert_eq!((menu.rows[0].word.as_str(), menu.rows[0].about.as_str()), ("ask", "Que faire ?"));
}

#[test]
fn the_picture_is_well_formed_and_nothing_in_it_runs() {
    let picture = svg(&chart(&document()));
    let parsed = roxmltree::Document::parse(&picture).unwrap();
    let words: String = parsed.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect();
    for text in
        ["menu", "say/it", "spare (nothing leads here)", "<script>alert(1)</script>", "interrupt: aide, help", "Encore", "A <b> & \"c\""]
    {
        assert!(words.contains(text), "{text}");
    }
    assert!(parsed.descendants().all(|node| node.tag_name().name() != "script"));
    assert!(!picture.contains("NaN") && !picture.contains("inf"));
}

#[test]
fn mermaid_is_told_the_same() {
    let text = mermaid(&chart(&document()));
    assert!(text.starts_with("---\ntitle: \"A <b> & \\\"c\\\"\"\n---\nflowchart LR\n"), "{text}");
    for part in
        ["([\"interrupt: aide, help\"]):::entry", ":::unreachable", "-->|\"Aide<br/>exhausted\"|", "-.->", "linkStyle ", "#60;script#62;"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
}

/// No two cards and no two labels of one column may lie on each other, and arrows begin and end at their cards.
#[test]
fn a_large_flow_is_drawn_quickly_and_nothing_covers_anything() {
    for count in [1, 5, 50, 3_000] {
        let nodes: serde_json::Map<String, Value> = (0..count)
            .map(|i| {
                let to = |k: usize| format!("n{}", (i * 7 + k * 13 + 1) % count);
                let options: Vec<Value> = (0..3).map(|k| json!({ "title": format!("choice {k}"), "goto": to(k) })).collect();
                (format!("n{i}"), json!([{ "type": "ask", "text": "Which way?", "options": options }, { "type": "goto", "node": to(5) }]))
            })
            .collect();
        let chart = chart(&json!({ "spec_version": "1.0", "start": "n0", "nodes": nodes }));
        let picture = svg(&chart);
        let parsed = roxmltree::Document::parse(&picture).unwrap();
        let number = |node: roxmltree::Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
        let mut boxes: Vec<(f64, f64, f64, f64)> = parsed
            .descendants()
            .filter(|node| node.tag_name().name() == "rect" && node.attribute("x").is_some())
            .map(|node| (number(node, "x"), number(node, "y"), number(node, "width"), number(node, "height")))
            .collect();
        assert!(boxes.len() > count);
        boxes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        for pair in boxes.windows(2) {
            let ((x, y, _, height), (other_x, other_y, ..)) = (pair[0], pair[1]);
            assert!((x - other_x).abs() > 0.1 || y + height <= other_y + 0.2, "{count}: {pair:?}");
        }
    }
}
