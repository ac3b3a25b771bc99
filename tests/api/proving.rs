//! Flow tests and simulations over REST, and the publish that they gate.

use serde_json::{Value, json};

use super::office::{Office, PAGE, hello};

/// Says hello, and proves that it says `expected`.
fn proven(expected: &str) -> Value {
    let mut document = hello("Hello!");
    document["tests"] = json!([{ "name": "a greeting", "steps": [{ "open": "get_started", "expect": [expected] }] }]);
    document
}

#[actix_web::test]
async fn a_publish_is_refused_where_a_test_fails_and_says_which_line() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", proven("Good day!")).await;
    let problem = office.post(&format!("{path}/publish")).send().await.refused(422, "flow_tests_failed");
    let failed = &problem["failed_tests"][0];
    assert_eq!((&failed["name"], failed["transcript"].as_array().unwrap().len()), (&json!("a greeting"), 2));
    let failure = json!({ "pointer": "/tests/0/steps/0/expect/0", "expected": "Good day!", "got": "Hello!",
        "message": "message 1: expected \"Good day!\", got \"Hello!\"" });
    assert_eq!(failed["failures"], json!([failure]));
    assert_eq!(problem["errors"][0]["pointer"], "/tests/0/steps/0/expect/0");
    assert_eq!(office.show(&path).await["published"], Value::Null);
    let primary = json!({ "page": PAGE, "name": "first", "kind": "bot", "primary": true, "document": proven("Good day!") });
    office.post("/v1/chatflows").json(primary).send().await.refused(422, "flow_tests_failed");
    office.put(&format!("{path}/draft")).json(proven("Hello!")).send().await.expect(200);
    office.post(&format!("{path}/publish")).send().await.expect(201);
}

#[actix_web::test]
async fn tests_are_read_written_and_run_by_themselves() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", proven("Hello!")).await;
    office.post(&format!("{path}/publish")).send().await.expect(201);
    let ran = office.post(&format!("{path}/tests")).send().await.expect(200);
    assert_eq!((&ran["passed"], &ran["tests"][0]["name"]), (&json!(true), &json!("a greeting")));
    let other = json!([{ "name": "another", "steps": [{ "open": "get_started", "expect": ["Bye!"] }] }]);
    let saved = office.put(&format!("{path}/tests")).json(json!({ "tests": other })).send().await.expect(200);
    assert_eq!(saved, json!({ "ok": true, "issues": [] }));
    assert_eq!(office.show(&format!("{path}/tests")).await["tests"], other);
    assert_eq!(office.post(&format!("{path}/tests")).send().await.expect(200)["passed"], false);
    let of_version = office.post(&format!("{path}/tests")).json(json!({ "version": 1 })).send().await.expect(200);
    assert_eq!(of_version["passed"], true, "the version keeps its own");
    let given = json!({ "version": 1, "tests": [{ "name": "x", "steps": [{ "shout": "x" }] }] });
    let problem = office.post(&format!("{path}/tests")).json(given).send().await.refused(422, "invalid_body");
    assert_eq!(problem["errors"][0]["pointer"], "/tests/0/steps/0/shout");
    office.post(&format!("{path}/tests")).json(json!({ "version": 7 })).send().await.refused(422, "missing_reference");
    let bad = json!({ "document": { "spec_version": "1.0" } });
    office.post(&format!("{path}/tests")).json(bad).send().await.refused(422, "flow_has_errors");
}

#[actix_web::test]
async fn a_chatflow_is_simulated_step_by_step_without_anything_being_kept() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", hello("Hello {{ contact.first_name }}!")).await;
    let script = json!({ "visitor": { "first_name": "Zoe" }, "steps": [{ "open": "get_started" }, { "say": "more" }] });
    let told = office.post(&format!("{path}/simulate")).json(json!({ "script": script })).send().await.expect(200);
    assert_eq!(told["steps"][0]["transcript"], json!(["> (Get Started)", "Hello Zoe!"]));
    let turn = &told["steps"][0]["turns"][0];
    assert_eq!((&turn["messages"], &turn["at"]), (&json!(["Hello Zoe!"]), &json!("2026-03-01T09:00:00Z")));
    let explained = turn["explanation"].as_array().unwrap();
    assert!(explained.iter().any(|line| line["kind"] == "routing" && line["rule"] == "primary" && line["taken"] == true), "{turn}");
    assert!(explained.iter().any(|line| line["kind"] == "action" && line["text"] == "✓ welcome/0 send_text"), "{turn}");
    assert_eq!((&told["state"]["owner"], &told["state"]["finished"]), (&json!("queue"), &json!(true)));
    assert_eq!(told["test"]["steps"][0]["expect"]["messages"], json!(["Hello Zoe!"]));
    let problem = office.post(&format!("{path}/simulate")).json(json!({ "script": { "steps": [{}] } })).send().await;
    assert_eq!(problem.refused(422, "invalid_body")["errors"][0]["pointer"], "/script/steps/0");
    assert_eq!(office.show("/v1/conversations").await["items"], json!([]), "nothing is kept");
}
