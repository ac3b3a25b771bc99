//! Documents that mean harm: too much of anything, the wrong thing anywhere. The answer is an issue list or a clear
//! refusal, soon, never a panic, and never without bound.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use causerie::flow::check::{Checked, Env, check};
use causerie::flow::diagram::{chart, mermaid, svg};
use causerie::flow::issue::Code;
use causerie::flow::survey::survey;
use causerie::flow::translation::{apply, csv, table, xliff};
use causerie::flow::{limits, parse};
use serde_json::{Map, Value, json};

/// Of a release build; one without optimisation, on a machine that others use too, is given ten times as long.
const SOON: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });

fn soon<T>(what: &str, work: impl FnOnce() -> T) -> T {
    #[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
    let begun = Instant::now();
    let done = work();
    let took = begun.elapsed();
    assert!(took < SOON, "{what} took {took:?}");
    done
}

fn check_soon(what: &str, document: &Value) -> Checked {
    let checked = soon(what, || check(document, &Env::default()));
    assert!(checked.issues.len() <= limits::ISSUES + 1, "{what}");
    assert_eq!(checked.flow.is_some(), checked.errors().next().is_none(), "{what}");
    checked
}

fn refused(what: &str, document: &Value, code: Code) {
    let checked = check_soon(what, document);
    assert!(checked.issues.iter().any(|issue| issue.code == code), "{what}: {:?}", checked.issues.first());
}

/// A document with these actions, as many nodes as they need.
fn with_actions(actions: Vec<Value>) -> Value {
    let nodes: Map<String, Value> =
        actions.chunks(limits::ACTIONS_PER_NODE).enumerate().map(|(i, part)| (format!("n{i}"), json!(part))).collect();
    json!({ "spec_version": "1.0", "start": "n0", "variables": { "a": {}, "b": {} }, "nodes": nodes })
}

#[test]
fn a_text_that_is_too_large_deep_or_odd_is_refused() {
    let huge = format!("{{\"nodes\": {{\"a\": \"{}\"}}}}", "x".repeat(10_000_000));
    let nodes = (0..100_000).fold(String::from("{\"nodes\":{"), |mut text, i| {
        let _ = write!(text, "\"n{i}\":[],");
        text
    });
    let deep = |open: &str, close: &str| format!("{{\"a\":{}1{}}}", open.repeat(1_000), close.repeat(1_000));
    let yaml_deep = (0..1_000).fold(String::new(), |mut text, depth| {
        let _ = writeln!(text, "{}a:", " ".repeat(depth));
        text
    });
    let bomb = (0..30).fold(String::from("a0: &a0 [x, x]\n"), |mut text, i| {
        let _ = writeln!(text, "a{}: &a{} [*a{i}, *a{i}]", i + 1, i + 1);
        text
    });
    let merged = (0..200).fold(String::from("a0: &a0 {k0: 1}\n"), |mut text, i| {
        let _ = writeln!(text, "a{0}: &a{0} {{<<: *a{i}, k{0}: 1}}", i + 1);
        text
    });
    for (what, text) in [
        ("ten megabytes", huge.as_str()),
        ("a hundred thousand nodes", &nodes),
        ("lists in lists", &deep("[", "]")),
        ("objects in objects", &deep("{\"a\":", "}")),
        ("lists in lists of YAML", &format!("a: {}", "[".repeat(100_000))),
        ("lists in lists of YAML, closed in texts", &format!("a: {}", "[\"]\",".repeat(100_000))),
        ("items of items of YAML", &"- ".repeat(100_000)),
        ("keys of keys of YAML", &"? ".repeat(100_000)),
        ("objects in objects of YAML", &yaml_deep),
        ("aliases of aliases", &bomb),
        ("the same key twice", "{\"spec_version\":\"1.0\",\"spec_version\":\"1.0\"}"),
        ("the same key twice, spelled otherwise", "{\"a\":1,\"\\u0061\":1}"),
        ("a lone surrogate", "{\"a\":\"\\ud800\"}"),
        ("an endless number", "{\"a\":1e999}"),
        ("YAML's not-a-number", "a: .nan"),
        ("a key that is no text", "? [1]\n: 2"),
        ("nothing", "{"),
    ] {
        let issue = soon(what, || parse(text)).expect_err(what);
        assert!(issue.message.chars().count() < 1_000, "{what}: {issue}");
    }
    for (what, text) in [("merged aliases", merged.as_str()), ("a tag", "a: !!binary x"), ("bytes", "\u{0}\u{1}")] {
        if let Ok(document) = soon(what, || parse(text)) {
            check_soon(what, &document);
        }
    }
}

#[test]
fn too_much_of_anything_is_refused_soon() {
    let names = |count: usize| (0..count).map(|i| format!("name_{i:06}_{}", "x".repeat(60)));
    let object = |count: usize, value: Value| -> Value { Value::Object(names(count).map(|name| (name, value.clone())).collect()) };
    let ask = |more: Value| {
        let mut ask = json!({ "type": "ask", "text": "?", "save": "a" });
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ask
    };
    let wide = |action: Value| json!({ "spec_version": "1.0", "start": "a", "nodes": { "a": [action] } });
    refused("nodes", &json!({ "spec_version": "1.0", "start": "a", "nodes": object(100_000, json!([])) }), Code::TooLarge);
    refused("languages of a text", &wide(json!({ "type": "send_text", "text": object(60_000, json!("x")) })), Code::TooLarge);
    refused("languages", &json!({ "languages": names(100_000).collect::<Vec<_>>(), "nodes": {} }), Code::WrongValue);
    let titles: Vec<Value> = (0..60_000).map(|i| json!({ "title": format!("t{i}") })).collect();
    refused("options", &wide(ask(json!({ "options": titles }))), Code::TooLarge);
    let fields: Vec<Value> = (0..40_000).map(|i| json!({ "save": format!("f{i}"), "text": "?" })).collect();
    refused("fields", &wide(json!({ "type": "form", "fields": fields })), Code::TooLarge);
    let cards: Vec<Value> = (0..40_000).map(|i| json!({ "title": format!("c{i}") })).collect();
    check_soon("cards", &wide(json!({ "type": "send_carousel", "cards": cards })));
    let wordy: Vec<Value> = (0..90)
        .map(|i| json!({ "title": format!("t{i}"), "synonyms": (0..2_000).map(|k| format!("w{i}_{k}")).collect::<Vec<_>>() }))
        .collect();
    assert!(check_soon("synonyms", &wide(ask(json!({ "options": wordy })))).flow.is_some());
    let keywords: Vec<Value> =
        (0..100).map(|i| json!({ "keywords": (0..2_000).map(|k| format!("w{i}_{k}")).collect::<Vec<_>>(), "goto": "a" })).collect();
    check_soon("keywords", &json!({ "spec_version": "1.0", "start": "a", "interrupts": keywords, "nodes": { "a": [{ "type": "end" }] } }));
    let unknown: Vec<Value> = (0..40_000).map(|i| json!({ "type": "goto", "node": format!("{}{i}", "n".repeat(60)) })).collect();
    refused("ways to nowhere", &with_actions(unknown), Code::TooManyIssues);
    refused("unknown fields", &wide(object(200_000, json!(1))), Code::MissingField);
    refused("unknown fields of a question", &wide(ask(object(200_000, json!(1)))), Code::TooManyIssues);
    let unset: Vec<Value> =
        (0..20_000).map(|i| json!({ "type": "branch", "arms": [{ "if": format!("some_long_name_{i:05}"), "goto": "n0" }] })).collect();
    let mut document = with_actions(unset);
    document["variables"] = object(20_000, json!({}));
    refused("variables that nothing sets", &document, Code::TooManyIssues);
    let ways: Vec<Value> = (0..600)
        .map(|_| ask(json!({ "options": (0..100).map(|i| json!({ "title": format!("t{i}"), "goto": "n0" })).collect::<Vec<_>>() })))
        .collect();
    check_soon("ways", &with_actions(ways));
}

#[test]
fn cycles_of_any_size_are_found_soon() {
    let ring = |count: usize, action: &dyn Fn(String) -> Value| -> Value {
        let nodes: Map<String, Value> = (0..count).map(|i| (format!("n{i}"), json!([action(format!("n{}", (i + 1) % count))]))).collect();
        json!({ "spec_version": "1.0", "start": "n0", "nodes": nodes })
    };
    let call = |to: String| json!({ "type": "call", "node": to });
    let goto = |to: String| json!({ "type": "goto", "node": to });
    let branch = |to: String| json!({ "type": "branch", "arms": [{ "if": "last_text == 'x'", "goto": to }] });
    for count in [1, 2, limits::NODES] {
        refused("calls in a ring", &ring(count, &call), Code::CallCycle);
        refused("ways in a ring", &ring(count, &goto), Code::EndlessLoop);
        refused("conditions in a ring", &ring(count, &branch), Code::LoopWithoutWait);
    }
}

#[test]
fn patterns_cost_little_however_they_are_written() {
    let ask = |pattern: &str| json!({ "type": "ask", "text": "?", "save": "a", "pattern": pattern });
    let nested = format!("{}a{}", "(".repeat(400), ")".repeat(400));
    let long = "a|".repeat(499) + "a";
    for pattern in [
        "(a+)+$",
        "(a|aa)+$",
        "(.*)*x",
        r"^(\w+\s?)*$",
        "a{1000}{1000}",
        "((a{100}){100}){100}",
        r"\w{1000}",
        r"(\p{L}{50}){50}",
        &nested,
        &long,
        "(?=a)",
        "(a)\\1",
        "[",
    ] {
        let checked = check_soon(pattern, &with_actions(vec![ask(pattern)]));
        let known = checked.errors().all(|issue| issue.code == Code::BadPattern);
        assert!(checked.flow.is_some() || known, "{pattern}: {:?}", checked.issues);
    }
    let many: Vec<Value> = (0..10_000).map(|i| ask(&format!("\\w{{3}}{i}"))).collect();
    refused("many patterns", &with_actions(many), Code::TooLarge);
    let within = (0..10_000).map(|i| json!({ "type": "set", "values": { "a": format!("{{{{ a is matching('\\w{{3}}{i}') }}}}") } }));
    refused("many patterns within expressions", &with_actions(within.collect()), Code::BadTemplate);
    let same: Vec<Value> = (0..10_000).map(|_| ask(r"^[\p{L}]{4}$")).collect();
    assert!(check_soon("one pattern often", &with_actions(same)).flow.is_some());
}

#[test]
fn expressions_cost_little_however_they_are_written() {
    let set = |value: &str| json!({ "type": "set", "values": { "a": value } });
    let chained = format!("{{{{ a{} }}}}", "|trim".repeat(190));
    let deep = format!("{{{{ {}a{} }}}}", "(".repeat(480), ")".repeat(480));
    let lists = format!("{{{{ {}{} }}}}", "[".repeat(480), "]".repeat(480));
    let negative = format!("{{{{ {}a }}}}", "-".repeat(900));
    let nots = format!("{{{{ {}a }}}}", "not ".repeat(240));
    let dots = format!("{{{{ a{} }}}}", ".b".repeat(450));
    let conditional = format!("{{{{ {}a }}}}", "a if b else ".repeat(80));
    let holes = "{{a}}".repeat(900);
    for source in [&chained, &deep, &lists, &negative, &nots, &dots, &conditional, &holes, "{{ 10 ** 999999999 }}", "{{ 'x' * 999999999 }}"]
    {
        check_soon(source, &with_actions(vec![set(source)]));
    }
    let many: Vec<Value> = (0..40_000).map(|i| set(&format!("{{{{ a ~ {i} }}}}"))).collect();
    refused("many expressions", &with_actions(many), Code::TooLarge);
    let dense: Vec<Value> = (0..1_000).map(|_| json!({ "type": "send_text", "text": "{{a~b}}".repeat(140) })).collect();
    refused("texts full of expressions", &with_actions(dense), Code::TooLarge);
}

/// Every value of the example becomes every type of JSON, is left out, and stands beside an unknown one.
#[test]
fn every_wrong_type_in_every_place_is_an_issue_or_means_the_same() {
    let example = parse(include_str!("../flows/example.json")).unwrap();
    let mut places = Vec::new();
    walk(&example, String::new(), &mut places);
    assert!(places.len() > 80);
    let long = "x".repeat(6_000);
    let others = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("{{"),
        json!("{{ a"),
        json!(long),
        json!([]),
        json!([[[]]]),
        json!({}),
        json!({ "": "" }),
    ];
    for place in &places {
        for other in &others {
            let mut document = example.clone();
            *document.pointer_mut(place).unwrap() = other.clone();
            everything(&format!("{place} = {other:.40}"), &document);
        }
        let mut document = example.clone();
        remove(&mut document, place);
        everything(&format!("{place} left out"), &document);
    }
}

fn walk(value: &Value, pointer: String, places: &mut Vec<String>) {
    let deeper = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| walk(value, deeper(key), places)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| walk(value, deeper(&i.to_string()), places)),
        _ => {}
    }
    places.push(pointer);
}

fn remove(document: &mut Value, pointer: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    match document.pointer_mut(parent) {
        Some(Value::Object(object)) => drop(object.remove(&key.replace("~1", "/").replace("~0", "~"))),
        Some(Value::Array(items)) => drop(items.remove(key.parse().unwrap())),
        _ => {}
    }
}

/// Whatever reads a document takes any.
fn everything(what: &str, document: &Value) {
    let checked = check(document, &Env::default());
    assert_eq!(checked.flow.is_some(), checked.errors().next().is_none(), "{what}");
    for issue in &checked.issues {
        let place = issue.pointer.is_empty() || document.pointer(&issue.pointer).is_some();
        let parent = issue.pointer.rsplit_once('/').is_none_or(|(parent, _)| document.pointer(parent).is_some());
        assert!(place || parent, "{what}: {issue}");
    }
    let found = survey(document);
    assert!(found.texts.iter().all(|text| document.pointer(&text.pointer).is_some()), "{what}");
    let rows = table(document, "de");
    let changes = csv::read(&csv::write(&rows)).unwrap_or_else(|refused| panic!("{what}: {refused:?}"));
    assert!(apply(document, "de", &Env::default(), &changes).is_ok_and(|after| after == *document), "{what}");
    xliff::read(&xliff::write(&rows), &rows).unwrap_or_else(|refused| panic!("{what}: {refused:?}"));
    let drawn = chart(document);
    let (picture, text) = (svg(&drawn), mermaid(&drawn));
    assert!(picture.ends_with("</svg>\n") && text.contains("flowchart"), "{what}");
}
