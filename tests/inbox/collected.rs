//! What the bot collected, as agents see it: with sensitive values masked, wherever they stand.

use causerie::domain::access::Role;
use serde_json::json;

use crate::support::app::{ANA, PAGE, TestApp};

#[actix_web::test]
async fn sensitive_values_are_masked_in_session_and_attributes_and_others_are_not() {
    let app = TestApp::start().await;
    app.post("/v1/pages", json!({ "page_access_token": "EAApage1001", "default_chatflow": false })).send().await.expect(201);
    let document = json!({
        "spec_version": "1.0",
        "languages": ["en"],
        "variables": {
            "email": { "type": "email", "scope": "contact", "sensitive": true },
            "card": { "type": "text", "sensitive": true },
            "colour": { "type": "text" },
            "later": { "type": "text", "sensitive": true }
        },
        "start": "ask",
        "nodes": { "ask": [
            { "type": "ask", "save": "email", "answer": "email", "text": "Your e-mail?" },
            { "type": "ask", "save": "card", "text": "Your card?" },
            { "type": "ask", "save": "colour", "text": "Your colour?" },
            { "type": "ask", "save": "later", "text": "Anything else?" }
        ] }
    });
    let body = json!({ "page": PAGE, "name": "questions", "kind": "bot", "document": document, "primary": true });
    app.post("/v1/chatflows", body).send().await.expect(201);
    for words in ["hi", "ana@example.org", "4111 1111", "blue"] {
        app.sandbox.visitor_says(ANA, words).unwrap();
        app.settle_pauses().await;
    }
    assert_eq!(app.told(ANA).last().unwrap(), "Anything else?");
    let shown = app.conversation(ANA).await;
    let variables = &shown["session"]["variables"];
    assert_eq!((&variables["card"], &variables["colour"]), (&json!("•••"), &json!("blue")), "{shown}");
    assert_eq!(shown["visitor"]["attributes"], json!({ "email": "•••" }));
    assert_eq!((&shown["session"]["node"], &shown["session"]["waits_for"]), (&json!("ask"), &json!("answer")));
    let analyst = app.person(Role::Analyst).await;
    let path = format!("/v1/conversations/{}/session", shown["id"].as_str().unwrap());
    let session = app.client.get(&path).by(&analyst.token).send().await.expect(200);
    assert_eq!(session, shown["session"]);
}
