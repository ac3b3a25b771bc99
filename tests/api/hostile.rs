//! Bodies that mean harm, at every endpoint that takes a document: each is refused, or saved with its issues, and soon;
//! the server goes on.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::office::{Office, PAGE, hello};
use crate::support::http::Answer;

/// Of a release build; one without optimisation, on a machine that others use too, is given ten times as long.
const SOON: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });

async fn send(office: &Office, method: &Method, path: &str, kind: &str, body: Vec<u8>) -> Answer {
    #[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
    let begun = Instant::now();
    let call = office.api.client.request(method.clone(), path).by(&office.admin);
    let answer = call.header("content-type", kind).body(body).send().await;
    assert!(begun.elapsed() < SOON, "{method} {path} took {:?}", begun.elapsed());
    answer
}

#[actix_web::test]
async fn a_body_that_is_no_document_is_refused_soon() {
    let office = Office::with_page().await;
    let chatflow = office.chatflow(PAGE, "menu", hello("a")).await;
    let json = "application/json";
    let yaml = "application/yaml";
    let nodes: String = (0..100_000).map(|i| format!("\"n{i}\":[],")).collect();
    let bomb: String = (0..40).map(|i| format!("a{}: &a{} [*a{i}, *a{i}]\n", i + 1, i + 1)).collect();
    let bodies: Vec<(&str, &str, Vec<u8>, &[u16])> = vec![
        ("ten megabytes", json, vec![b' '; 10_000_000], &[413]),
        ("ten megabytes of text", json, format!("{{\"a\":\"{}\"}}", "x".repeat(10_000_000)).into(), &[413]),
        ("a hundred thousand nodes", json, format!("{{\"nodes\":{{{nodes}\"n\":[]}}}}").into(), &[422]),
        ("lists in lists", json, "[".repeat(1_000).into(), &[400, 422]),
        ("lists in lists, closed", json, format!("{}{}", "[".repeat(1_000), "]".repeat(1_000)).into(), &[400, 422]),
        ("objects in objects", json, format!("{}1{}", "{\"a\":".repeat(1_000), "}".repeat(1_000)).into(), &[400, 422]),
        ("lists in lists of YAML", yaml, format!("a: {}", "[".repeat(500_000)).into(), &[400, 422]),
        ("items of items of YAML", yaml, "- ".repeat(100_000).into(), &[400, 422]),
        ("aliases of aliases", yaml, format!("a0: &a0 [x, x]\n{bomb}").into(), &[400, 422]),
        ("not UTF-8", json, b"{\"a\":\"\xff\xfe\"}".to_vec(), &[400]),
        ("not UTF-8 in YAML", yaml, b"a: \xc3\x28".to_vec(), &[400]),
        ("nothing but zeros", json, vec![0; 1_000], &[400]),
        ("the same key twice", json, b"{\"start\":\"a\",\"start\":\"b\"}".to_vec(), &[422]),
        ("half of it", json, b"{\"start\":".to_vec(), &[400]),
        ("two of them", json, b"{} {}".to_vec(), &[400]),
        ("a list", json, b"[]".to_vec(), &[422]),
    ];
    let places = [(Method::PUT, format!("{chatflow}/draft")), (Method::POST, "/v1/chatflows".to_owned())];
    for (what, kind, body, expected) in bodies {
        for (method, path) in &places {
            let answer = send(&office, method, path, kind, body.clone()).await;
            assert!(expected.contains(&answer.status.as_u16()), "{what} at {path}: {} {:.300}", answer.status, answer.text);
            assert_eq!(answer.header("content-type"), "application/problem+json", "{what} at {path}");
            assert!(answer.text.len() < 10_000, "{what} at {path}");
        }
    }
    assert_eq!(office.show(&format!("{chatflow}/draft")).await, hello("a"), "nothing was saved");
}

#[actix_web::test]
async fn a_document_with_too_much_of_anything_is_checked_and_refused_soon() {
    let office = Office::with_page().await;
    let chatflow = office.chatflow(PAGE, "menu", hello("a")).await;
    let ask = |more: Value| {
        let mut ask = json!({ "type": "ask", "text": "?", "save": "a" });
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ask
    };
    let with = |actions: Vec<Value>| {
        let nodes: serde_json::Map<String, Value> =
            actions.chunks(200).enumerate().map(|(i, part)| (format!("n{i}"), json!(part))).collect();
        json!({ "spec_version": "1.0", "start": "n0", "nodes": nodes })
    };
    let ring: serde_json::Map<String, Value> =
        (0..10_000).map(|i| (format!("n{i}"), json!([{ "type": "call", "node": format!("n{}", (i + 1) % 10_000) }]))).collect();
    let texts: serde_json::Map<String, Value> = (0..30_000).map(|i| (format!("language {i}"), json!("x"))).collect();
    let options: Vec<Value> = (0..30_000).map(|i| json!({ "title": format!("t{i}") })).collect();
    let documents = [
        ("calls in a ring", json!({ "spec_version": "1.0", "start": "n0", "nodes": ring })),
        ("languages", with(vec![json!({ "type": "send_text", "text": texts })])),
        ("options", with(vec![ask(json!({ "options": options }))])),
        ("patterns", with((0..2_000).map(|i| ask(json!({ "pattern": format!("\\w{{3}}{i}") }))).collect())),
        ("a pattern of patterns", with(vec![ask(json!({ "pattern": "((\\w{100}){100}){100}" }))])),
        (
            "expressions",
            with((0..11_000).map(|i| json!({ "type": "set", "values": { "a": format!("{{{{ a ~ {i} }}}}{{{{ b }}}}") } })).collect()),
        ),
        ("wrong types", json!({ "spec_version": [], "nodes": 7, "start": {}, "languages": null, "variables": [[]], "interrupts": "x" })),
    ];
    for (what, document) in documents {
        let body = document.to_string().into_bytes();
        for (method, path) in [(Method::POST, "check"), (Method::PUT, "draft")] {
            let answer = send(&office, &method, &format!("{chatflow}/{path}"), "application/json", body.clone()).await.expect(200);
            assert_eq!(answer["ok"], false, "{what}");
            assert!(answer["issues"].as_array().unwrap().len() <= 501, "{what}");
        }
        let publish = send(&office, &Method::POST, &format!("{chatflow}/publish"), "application/json", Vec::new()).await;
        publish.refused(422, "flow_has_errors");
        // Reading what was saved may not take long either.
        for path in ["diagram", "diagram?format=mermaid", "translations/de", "translations/de?format=xliff"] {
            let answer = send(&office, &Method::GET, &format!("{chatflow}/{path}"), "application/json", Vec::new()).await;
            assert_eq!(answer.status.as_u16(), 200, "{what}: {path}");
        }
    }
    assert_eq!(office.show(&chatflow).await["published"], Value::Null);
}
