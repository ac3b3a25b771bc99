//! Flow tests, tested. Each file of `tests/rehearsal/` has a document with tests, and what a run of them tells: the failures
//! as `pointer: message`, in order. `UPDATE=1` writes them down; read them before you commit them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use causerie::domain::ids::ChatflowId;
use causerie::flow::check::{Env, check};
use causerie::flow::script::{FlowTest, IfNobody, Presence, read_script, read_tests};
use causerie::flow::{Flow, parse};
use causerie::rehearsal::simulation::simulate;
use causerie::rehearsal::test::{TestRun, run, usual_start};
use causerie::rehearsal::{Chatflow, Surroundings};
use serde_json::{Value, json};

fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn read(path: &Path) -> Value {
    parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn chatflow(name: &str, flow: Arc<Flow>) -> Chatflow {
    Chatflow { id: None, name: name.to_owned(), flow }
}

fn failures(ran: &TestRun) -> Vec<String> {
    let lines = ran.tests.iter().flat_map(|test| &test.failures);
    lines.map(|failure| format!("{}: {}", failure.pointer, failure.message)).collect()
}

#[test]
fn every_line_that_is_not_as_expected_is_told_with_its_place() {
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(beside("rehearsal")).unwrap() {
        let path = entry.unwrap().path();
        let mut case: Value = read(&path);
        let checked = check(&case["document"], &Env::default());
        let Some(flow) = &checked.flow else { panic!("{}: {:#?}", path.display(), checked.issues) };
        let others: Vec<Chatflow> = case["others"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, document)| chatflow(name, check(document, &Env::default()).flow.unwrap()))
            .collect();
        let ran = run(&chatflow("this", flow.clone()), &checked.tests, "/tests", &others);
        let told = json!(failures(&ran));
        assert_eq!(ran.passed, told == json!([]), "{}", path.display());
        if told != case["failures"] {
            wrong.push(format!("{}: {told:#}", path.display()));
            case["failures"] = told;
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(&path, serde_json::to_string_pretty(&case).unwrap() + "\n").unwrap();
            }
        }
    }
    assert!(wrong.is_empty() || std::env::var_os("UPDATE").is_some(), "{}", wrong.join("\n"));
}

#[test]
fn the_example_proves_what_it_does() {
    let (document, tests) = (read(&beside("flows/example.json")), read(&beside("flows/example.tests.json")));
    let flow = check(&document, &Env::default()).flow.unwrap();
    let tests = read_tests(&document, &tests).unwrap();
    let ran = run(&chatflow("example", flow.clone()), &tests, "", &[]);
    assert!(ran.passed, "{:#?}", ran.failed().collect::<Vec<_>>());
    assert_eq!(
        ran.tests[0].transcript[..3],
        ["> (Get Started)", "Bonjour Zoé !", "(typing 1s) Que puis-je faire pour vous ? [Ma commande] [Parler à quelqu'un]"]
    );
}

#[test]
fn what_is_wrong_with_a_test_is_told_with_its_place() {
    let document = read(&beside("flows/example.json"));
    let tests = json!([
        { "name": "a", "steps": [{ "say": "x", "tap": "y" }, { "expect": [] }, { "open": { "node": "trak" } }, { "wait": "soon" }] },
        { "name": "a", "colour": 1, "steps": [{ "say": "x", "expect": { "massages": [] } }] },
        { "name": "b", "callouts": [{ "url": "*" }], "steps": [{ "say": "x", "expect": [{ "pattern": "(" }] }] },
    ]);
    let issues = read_tests(&document, &tests).unwrap_err();
    let found: Vec<String> = issues.iter().map(|issue| format!("{} {}", issue.pointer, issue.code.word())).collect();
    let expected = [
        "/0/steps/2/open/node unknown_node",
        "/0/steps/3/wait wrong_value",
        "/1/colour unknown_field",
        "/1/steps/0/expect/massages unknown_field",
        "/2/steps/0/expect/0/pattern bad_pattern",
    ];
    assert_eq!(found, expected);
    let issues = read_tests(
        &document,
        &json!({ "tests": [{ "name": "a", "steps": [{ "say": "x", "tap": "y" }, { "expect": [] }] }, { "name": "a", "steps": [] }] }),
    )
    .unwrap_err();
    let found: Vec<String> = issues.iter().map(|issue| format!("{} {}", issue.pointer, issue.code.word())).collect();
    assert_eq!(found, ["/tests/0/steps/0 wrong_value", "/tests/0/steps/1 wrong_value", "/tests/1/name wrong_value"]);
}

#[test]
fn a_simulation_explains_itself_and_becomes_a_test_that_passes() {
    let document = read(&beside("flows/example.json"));
    let flow = check(&document, &Env::default()).flow.unwrap();
    let raw = json!({
        "visitor": { "locale": "en_US", "first_name": "Zoe" },
        "agents": { "Ana": "online" },
        "steps": [{ "open": "get_started" }, { "tap": "track" }, { "say": "AB123456" }, { "callout": { "answer": { "body": { "state": "lost" } } } }, { "tap": "nothing" }]
    });
    let script = read_script(&document, &raw).unwrap();
    let mut set = Surroundings::made_up(&chatflow("example", flow.clone()), &[]);
    set.with_people(&script.agents.0, script.if_nobody);
    set.with_teams(&script.teams.0);
    let simulation = simulate(set, &script, raw.as_object().unwrap(), usual_start(), true);
    assert!(simulation.refused.as_deref().unwrap().starts_with("nothing is offered as `nothing`; offered are: `My order`"));
    assert_eq!(simulation.steps.len(), 4);
    let explained = |step: usize| -> Vec<String> {
        let turns = &simulation.steps[step].turns;
        turns.iter().flat_map(|turn| turn.explanation.as_ref().unwrap()).map(|line| line.text.clone()).collect()
    };
    let last = explained(3);
    for line in ["✓ track/2 arm 1 state == 'lost' (state = \"lost\")", "✓ handoff/1 rules `default`: rule 1 `Ana`: Ana (0 of 3)"] {
        assert!(last.iter().any(|text| text == line), "{line} in {last:#?}");
    }
    assert!(explained(0).iter().any(|line| line.starts_with("✓ primary")), "{:#?}", explained(0));
    assert_eq!(simulation.state.owner, "agent");
    let tests = read_tests(&document, &json!([simulation.test])).unwrap();
    let ran = run(&chatflow("example", flow.clone()), &tests, "", &[]);
    assert!(ran.passed, "{:#?}", ran.tests);
    assert_eq!(ran.tests[0].transcript.len(), simulation.steps.iter().map(|step| step.transcript.len()).sum::<usize>());
}

/// The page's own people and rules made the transfer; the test has neither.
#[test]
fn what_was_simulated_on_a_page_is_a_test_without_it() {
    let document = json!({ "spec_version": "1.0", "start": "a",
        "nodes": { "a": [{ "type": "transfer", "unavailable": "Nobody is there.", "nobody": "b" }], "b": [{ "type": "send_text", "text": "Bye" }] } });
    let flow = check(&document, &Env::default()).flow.unwrap();
    let raw = json!({ "steps": [{ "open": "get_started" }] });
    let script = read_script(&document, &raw).unwrap();
    let mut set = Surroundings::made_up(&chatflow("this", flow.clone()), &[]);
    set.with_people(&[("Ana".to_owned(), Presence::Away)], IfNobody::Away);
    let simulation = simulate(set, &script, raw.as_object().unwrap(), usual_start(), false);
    assert_eq!(simulation.steps[0].turns[0].transfer.as_deref(), Some("nobody"));
    assert_eq!(simulation.test["agents"], json!({ "Ana": "offline" }));
    let ran = run(&chatflow("this", flow), &read_tests(&document, &json!([simulation.test])).unwrap(), "", &[]);
    assert!(ran.passed, "{:#?}", ran.tests);
}

/// A document may name a chatflow by its id: tests on the server must find it.
#[test]
fn a_chatflow_that_is_called_by_its_id_is_found() {
    let id = ChatflowId::from(uuid::Uuid::from_u128(7));
    let flow = |document: &Value| check(document, &Env::default()).flow.unwrap();
    let document = json!({ "spec_version": "1.0", "start": "a", "nodes": { "a": [{ "type": "call", "chatflow": id.to_string() }] } });
    let called = json!({ "spec_version": "1.0", "start": "a", "nodes": { "a": [{ "type": "send_text", "text": "Hello" }] } });
    let others = [Chatflow { id: Some(id), name: "other".to_owned(), flow: flow(&called) }];
    let tests = read_tests(&document, &json!([{ "name": "t", "steps": [{ "open": "get_started", "expect": ["Hello"] }] }])).unwrap();
    let ran = run(&chatflow("this", flow(&document)), &tests, "", &others);
    assert!(ran.passed, "{:#?}", ran.tests);
}

#[test]
fn the_example_of_the_documentation_passes() {
    let (_, example) = FlowTest::DOC.split_once("```json").unwrap();
    let example: Value = parse(example.split_once("```").unwrap().0).unwrap();
    let document = read(&beside("flows/example.json"));
    let tests = read_tests(&document, &json!([example])).unwrap();
    let ran = run(&chatflow("example", check(&document, &Env::default()).flow.unwrap()), &tests, "", &[]);
    assert!(ran.passed, "{:#?}", ran.tests);
}
