//! The example of the design, the examples in the actions' documentation, and the schema.

use causerie::flow::action::Action;
use causerie::flow::check::{Env, check};
use causerie::flow::effect::Effect;
use causerie::flow::session::Entry;
use causerie::flow::{parse, reference, schema};
use serde_json::{Value, json};

use super::stage::Stage;
use super::{beside, updating};

fn example() -> Value {
    parse(include_str!("../flows/example.json")).unwrap()
}

#[test]
fn the_example_checks_without_an_issue() {
    let checked = check(&example(), &Env::default());
    assert_eq!(checked.issues, []);
    assert!(checked.flow.is_some());
}

#[test]
fn yaml_says_the_same_as_json() {
    let yaml = serde_norway::to_string(&example()).unwrap();
    assert_eq!(parse(&yaml).unwrap(), example());
}

/// Every `json` block in an action's documentation, as a node of a flow that has what the examples speak of.
#[test]
fn every_documented_action_is_one_that_checks() {
    for (word, doc) in Action::DOCS {
        let examples: Vec<Value> = doc
            .split("```json")
            .skip(1)
            .map(|block| block.split("```").next().unwrap())
            .map(|block| serde_json::from_str(block).unwrap_or_else(|error| panic!("{word}: {error}: {block}")))
            .collect();
        assert!(!examples.is_empty(), "`{word}` has no example in its documentation");
        for example in examples {
            assert_eq!(example["type"], **word);
            let after = json!([{ "type": "end" }]);
            let document = json!({
                "spec_version": "1.0", "languages": ["fr", "en"], "start": "here",
                "variables": { "tries": {}, "state": {} },
                "interrupts": [{ "keywords": ["a"], "goto": "menu" }, { "keywords": ["b"], "goto": "handoff" }, { "keywords": ["c"], "goto": "greet" }],
                "nodes": { "here": [example], "menu": after, "handoff": after, "greet": after }
            });
            let checked = check(&document, &Env::default());
            let errors: Vec<_> = checked.errors().collect();
            assert!(errors.is_empty(), "{word}: {errors:#?}");
            let mut stage = Stage::new("this", checked.flow.unwrap(), "2026-03-02T09:00:00Z".parse().unwrap(), 1);
            let turn = stage.start(Entry::default());
            let codes: Vec<&str> = turn
                .effects
                .iter()
                .filter_map(|effect| if let Effect::Report(report) = effect { Some(report.code.as_str()) } else { None })
                .collect();
            // What an example names is made up: only that it runs is proven here, and what it does by `actions/`.
            assert!(codes.iter().all(|code| code.starts_with("unknown_") || code.starts_with("unset_")), "{word}: {codes:?}");
        }
    }
}

/// Each example of the reference is what it says it is: an action, a part, a document.
#[test]
fn the_reference_is_the_committed_one_and_its_examples_fit_the_schema() {
    let path = beside("../../openapi/flow-language.md");
    let blocks = reference::reference();
    let text = reference::markdown(&blocks);
    if updating() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "openapi/flow-language.md is not what the code says: UPDATE=1 cargo test reference writes it");
    let schema = schema::schema();
    let mut examples = 0;
    for block in &blocks {
        let reference::Block::Code { text, of: Some(of) } = block else { continue };
        let example: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{of}: {error}: {text}"));
        let mut part = schema.clone();
        if !of.is_empty() {
            part = json!({ "$ref": format!("#/$defs/{of}"), "$defs": schema["$defs"] });
        } else {
            let checked = check(&example, &Env::default());
            assert_eq!(checked.issues, []);
        }
        let validator = jsonschema::validator_for(&part).unwrap();
        let problems: Vec<String> = validator.iter_errors(&example).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(problems.is_empty(), "{of}: {problems:#?}");
        examples += 1;
    }
    assert!(examples > Action::TYPES.len(), "an example of each action, and of a document");
}

#[test]
fn the_schema_is_the_committed_one_and_takes_the_example() {
    let path = beside("../../openapi/flow.schema.json");
    let schema = schema::schema();
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if updating() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "openapi/flow.schema.json is not what the code says: UPDATE=1 cargo test writes it");
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<String> = validator.iter_errors(&example()).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

/// The conversations' own documents are flows that check, so the schema must take them too; and it refuses what the check refuses.
#[test]
fn the_schema_agrees_with_the_check() {
    let validator = jsonschema::validator_for(&schema::schema()).unwrap();
    for file in std::fs::read_dir(beside("actions")).unwrap() {
        let cases: Value = serde_json::from_str(&std::fs::read_to_string(file.unwrap().path()).unwrap()).unwrap();
        for case in cases.as_array().unwrap() {
            let document = super::talk::document(case.as_object().unwrap());
            let problems: Vec<String> =
                validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(problems.is_empty(), "{}: {problems:#?}", case["name"]);
        }
    }
    for code in ["wrong_type", "missing_field", "unknown_field", "unknown_action"] {
        let case: Value = serde_json::from_str(&std::fs::read_to_string(beside("checks").join(format!("{code}.json"))).unwrap()).unwrap();
        let mut document = json!({ "spec_version": "1.0", "start": "a", "nodes": { "a": [{ "type": "end" }] } });
        for (key, part) in case["document"].as_object().unwrap() {
            document[key] = part.clone();
        }
        assert!(!validator.is_valid(&document), "{code}");
    }
}
