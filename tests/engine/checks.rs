//! Every issue code has a document that has it, in `checks/<code>.json`; and everything wrong is told at once.
//! `UPDATE=1` writes down what the check says; read it before you commit it.

use causerie::flow::check::{Env, check};
use causerie::flow::issue::Code;
use causerie::flow::{limits, parse};
use serde_json::{Value, json};

use super::{beside, updating};

#[test]
fn every_code_is_found_with_its_place_and_hint() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let path = beside("checks").join(format!("{}.json", code.word()));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
        let mut case: Value = serde_json::from_str(&text).unwrap();
        let mut found = issues(&case);
        if *code == Code::TooManyIssues {
            found.drain(1..limits::ISSUES);
        }
        assert!(found.iter().any(|line| line.contains(&format!(" {} at ", code.word()))), "{}: {found:#?}", code.word());
        if json!(found) != case["issues"] {
            wrong.push(format!("{}: {found:#?}", path.display()));
            case["issues"] = json!(found);
            if updating() {
                std::fs::write(&path, written_out(&case)).unwrap();
            }
        }
    }
    assert!(wrong.is_empty() || updating(), "{}", wrong.join("\n"));
    assert_eq!(std::fs::read_dir(beside("checks")).unwrap().count(), Code::ALL.len(), "a file of no code");
}

fn issues(case: &Value) -> Vec<String> {
    let lines = |issues: &[causerie::flow::check::Issue]| issues.iter().map(ToString::to_string).collect();
    if let Some(text) = case.get("text") {
        return match parse(text.as_str().unwrap()) {
            Err(issue) => lines(&[issue]),
            Ok(document) => lines(&check(&document, &Env::default()).issues),
        };
    }
    let mut document = json!({ "spec_version": "1.0", "start": "a", "nodes": { "a": [{ "type": "end" }] } });
    for (key, part) in case["document"].as_object().unwrap() {
        document[key] = part.clone();
    }
    let words = |key: &str| case["env"].get(key).map(|words| serde_json::from_value(words.clone()).unwrap());
    let env = Env {
        pipelines: case["env"].get("pipelines").map(|pipelines| serde_json::from_value(pipelines.clone()).unwrap()),
        rule_sets: words("rule_sets"),
        chatflows: words("chatflows"),
        unpublished: words("unpublished"),
        secrets: words("secrets"),
        seated_agents: case["env"].get("seated_agents").and_then(Value::as_bool),
    };
    let checked = check(&document, &env);
    assert_eq!(checked.flow.is_some(), checked.errors().next().is_none());
    lines(&checked.issues)
}

/// One line per part, one per issue.
fn written_out(case: &Value) -> String {
    let parts: Vec<String> = case
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| match (key.as_str(), value) {
            ("issues", Value::Array(lines)) => {
                let lines: Vec<String> = lines.iter().map(|line| format!("    {line}")).collect();
                format!("  \"issues\": [\n{}\n  ]", lines.join(",\n"))
            }
            (key, value) => format!("  {}: {value}", json!(key)),
        })
        .collect();
    format!("{{\n{}\n}}\n", parts.join(",\n"))
}

#[test]
fn one_bad_action_does_not_hide_the_others() {
    let document = json!({
        "spec_version": 2, "languages": "fr", "variables": [], "session": { "timeout": 5 }, "delay_between_messages": "soon",
        "texts": 1, "interrupts": {}, "start": 7, "extra": 1,
        "nodes": { "a": [1, { "type": "send_text" }, { "type": "ask", "text": [], "options": 5, "attempts": "x" }, { "type": 1 }, {}], "b": {} }
    });
    let found = check(&document, &Env::default());
    let pointers: Vec<&str> = found.issues.iter().map(|issue| issue.pointer.as_str()).collect();
    for pointer in [
        "/spec_version",
        "/languages",
        "/variables",
        "/session/timeout",
        "/delay_between_messages",
        "/texts",
        "/interrupts",
        "/start",
        "/extra",
        "/nodes/a/0",
        "/nodes/a/1",
        "/nodes/a/2/text",
        "/nodes/a/2/options",
        "/nodes/a/2/attempts",
        "/nodes/a/3/type",
        "/nodes/a/4",
        "/nodes/b",
    ] {
        assert!(pointers.contains(&pointer), "{pointer} is missing in {pointers:#?}");
    }
    assert!(found.flow.is_none());
}

#[test]
fn a_value_of_any_depth_is_refused_before_it_is_read() {
    let deep = (0..2_000).fold(json!("x"), |inner, _| Value::Array(vec![inner]));
    let mut document = json!({ "spec_version": "1.0", "start": "a", "nodes": { "a": [{ "type": "set", "values": {} }] } });
    // Moved, not written into it: that would go as deep.
    document["nodes"]["a"][0]["values"]["x"] = deep;
    let checked = check(&document, &Env::default());
    assert_eq!(checked.issues.iter().map(|issue| issue.code).collect::<Vec<_>>(), [Code::TooLarge]);
}

#[test]
fn a_document_that_is_no_object_is_an_issue() {
    for document in [json!(null), json!([]), json!("x"), json!(1), json!({})] {
        let checked = check(&document, &Env::default());
        assert!(checked.flow.is_none() && !checked.issues.is_empty(), "{document}");
    }
}

/// Within a second even in an unoptimised build, and never unbounded.
#[test]
fn the_largest_documents_are_checked_or_refused_quickly() {
    let many: serde_json::Map<String, Value> = (0..100_000).map(|i| (format!("n{i}"), json!([{ "type": "end" }]))).collect();
    let huge = json!({ "spec_version": "1.0", "start": "n0", "nodes": many });
    let refused = check(&huge, &Env::default());
    assert!(refused.issues.iter().any(|issue| issue.code == Code::TooLarge));

    let wrong: Vec<Value> = (0..limits::ACTIONS_PER_NODE).map(|_| json!({ "type": "nothing", "x": 1 })).collect();
    let nodes: serde_json::Map<String, Value> = (0..100).map(|i| (format!("n{i}"), json!(wrong))).collect();
    let checked = check(&json!({ "spec_version": "1.0", "start": "n0", "nodes": nodes }), &Env::default());
    assert_eq!(checked.issues.len(), limits::ISSUES + 1);
    assert_eq!(checked.issues.last().unwrap().code, Code::TooManyIssues);

    let chain: serde_json::Map<String, Value> = (0..5_000)
        .map(|i| (format!("n{i}"), json!([{ "type": "ask", "text": "?" }, { "type": "goto", "node": format!("n{}", (i + 1) % 5_000) }])))
        .collect();
    let checked = check(&json!({ "spec_version": "1.0", "start": "n0", "nodes": chain }), &Env::default());
    assert_eq!(checked.issues, []);
}
