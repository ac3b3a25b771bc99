use std::collections::BTreeSet;

use serde_json::json;

use super::{Block, ITEMS, examples, html, markdown, reference};
use crate::domain::contact::Contact;
use crate::flow::expression::{Expression, FILTERS, Scope, TESTS};
use crate::flow::session::Values;
use crate::flow::template::{Holes, Template};

#[test]
fn every_filter_and_test_is_explained_and_its_example_is_true() {
    let at = "2026-03-02T09:00:00Z".parse().unwrap();
    let contact = Contact::new(uuid::Uuid::nil().into(), "page".into(), "visitor".into(), at);
    let items = serde_json::from_str(ITEMS).unwrap();
    let variables: Values = [("order", json!("AB123456")), ("n", json!(3)), ("names", json!(["Ana", "Bo"])), ("items", items)]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect();
    let scope = Scope { variables: &variables, ..Scope::bare(&contact, "en", "Page", at) };
    let mut wrong = Vec::new();
    for (word, condition) in examples() {
        let given = if condition {
            Expression::compile(word.example).unwrap().holds(&scope).unwrap().to_string()
        } else {
            Template::compile(&format!("{{{{ {} }}}}", word.example))
                .unwrap()
                .render(&scope, &mut Holes::default())
                .unwrap_or_else(|why| why)
        };
        assert!(word.example.contains(word.name), "{}", word.name);
        if given != word.gives {
            wrong.push(format!("`{}` gives `{given}`, not `{}`", word.example, word.gives));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let explained = |condition| examples().filter(|(_, is)| *is == condition).map(|(word, _)| word.name).collect::<BTreeSet<_>>();
    assert_eq!(explained(false), FILTERS.iter().copied().collect());
    assert_eq!(explained(true), TESTS.iter().copied().collect());
}

#[test]
fn every_link_leads_somewhere_and_no_place_has_two_names() {
    let blocks = reference();
    let mut places = BTreeSet::new();
    for block in &blocks {
        if let Block::Heading { anchor, text, .. } = block {
            assert!(places.insert(anchor.clone()), "`{text}` stands twice");
        }
    }
    let text = markdown(&blocks);
    for link in text.split("](#").skip(1) {
        let to = link.split(')').next().unwrap();
        assert!(places.contains(to), "`#{to}` leads nowhere");
    }
}

#[test]
fn the_page_is_well_formed_and_needs_nothing_else() {
    let page = html(&reference());
    let body = page.replace("<!doctype html>", "").replace("<meta charset=\"utf-8\">", "");
    let body = body.replace("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">", "");
    let parsed = roxmltree::Document::parse(&body).unwrap_or_else(|error| panic!("{error}"));
    assert!(parsed.descendants().all(|node| !["script", "img", "link"].contains(&node.tag_name().name())));
    let words: String = parsed.descendants().filter_map(|node| node.text()).collect();
    for part in ["The chatflow language", "send_text", "unknown_node", "urlencode", "Characters of one Messenger bubble", "2,000"] {
        assert!(words.contains(part), "{part}");
    }
}

#[test]
fn marks_of_markdown_become_markup_and_nothing_else_does() {
    let block = Block::Text("a `<b>` **bold `x`** [there](#here) [not](javascript:alert) 2 * 3 <i>".into());
    let page = html(&[block]);
    let body = page.split("<main>").nth(1).unwrap();
    let expected = "<p>a <code>&lt;b&gt;</code> <strong>bold <code>x</code></strong> <a href=\"#here\">there</a> [not](javascript:alert) 2 * 3 &lt;i&gt;</p>";
    assert!(body.contains(expected), "{body}");
}
