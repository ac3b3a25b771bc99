//! Why the bot answered as it did: kept with each turn of the running server, shown per message, swept by age.

use causerie::clock::Clock;
use causerie::housekeeping::tidy;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::app::{ANA, PAGE, TestApp};

/// Branches on a secret that the contact keeps.
fn flow() -> Value {
    json!({
        "spec_version": "1.0",
        "languages": ["en"],
        "start": "ask",
        "session": { "on_complete": "restart" },
        "interrupts": [{ "keywords": ["help"], "goto": "help" }],
        "variables": { "pin": { "type": "text", "scope": "contact", "sensitive": true } },
        "nodes": {
            "ask": [
                { "type": "ask", "save": "pin", "text": "Your PIN?" },
                { "type": "branch", "arms": [{ "if": "pin == '1234'", "goto": "help" }, { "if": "contact.first_name == 'Ana'", "goto": "in" }] }
            ],
            "in": [{ "type": "send_text", "text": "Welcome." }],
            "help": [{ "type": "send_text", "text": "Choose another." }]
        }
    })
}

async fn open(keep_days: u32) -> TestApp {
    let app = TestApp::with(|settings| settings.explanations.keep_days = keep_days).await;
    app.connect_page().await;
    let body = json!({ "page": PAGE, "name": "pin", "kind": "bot", "document": flow() });
    let id = app.post("/v1/chatflows", body).send().await.expect(201)["id"].as_str().unwrap().to_owned();
    app.post(&format!("/v1/chatflows/{id}/publish"), json!({})).send().await.expect(201);
    app.post(&format!("/v1/chatflows/{id}/activate"), json!({})).send().await.expect(200);
    app.put(&format!("/v1/pages/{PAGE}/primary-chatflow"), json!({ "chatflow": id })).send().await.expect(200);
    app.sandbox.introduce(PAGE, ANA, causerie::sandbox::Person::new("Ana", "Silva", "en_US"));
    app.sandbox.get_started(ANA).unwrap();
    app.settle_pauses().await;
    app.sandbox.visitor_says(ANA, "5678").unwrap();
    app.settle_pauses().await;
    app
}

async fn path(app: &TestApp) -> String {
    format!("/v1/conversations/{}", app.conversation(ANA).await["id"].as_str().unwrap())
}

#[actix_web::test]
async fn each_message_leads_to_what_its_turn_considered_and_secrets_stay_secret() {
    let app = open(14).await;
    let path = path(&app).await;
    let messages = app.get(&format!("{path}/messages?order=asc")).send().await.expect(200);
    let welcome = messages["items"].as_array().unwrap().iter().find(|message| message["text"] == "Welcome.").unwrap();
    let explained = app.get(welcome["explanation"].as_str().unwrap()).send().await.expect(200);
    assert!(!explained.to_string().contains("5678"), "{explained}");
    let texts: Vec<&str> = explained["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap()).collect();
    let expected = [
        "✓ event message",
        "✓ session a session runs at `ask`, on version 1",
        "✗ ask/0 interrupt none is meant",
        "✓ ask/0 answer understood",
        "✓ ask/1 branch",
        "✗ ask/1 arm 1 pin == '1234' (pin = \"•••\")",
        "✓ ask/1 arm 2 contact.first_name == 'Ana' (contact.first_name = \"Ana\")",
        "✓ in/0 send_text",
    ];
    assert_eq!(texts, expected);
    // The visitor's own message leads to the same turn.
    let said = messages["items"].as_array().unwrap().iter().find(|message| message["text"] == "5678").unwrap();
    assert_eq!(app.get(said["explanation"].as_str().unwrap()).send().await.expect(200), explained);
    assert_eq!((&explained["first_message"], &explained["last_message"]), (&said["position"], &welcome["position"]));
    let listed = app.get(&format!("{path}/explanations?limit=1")).send().await.expect(200);
    assert_eq!(listed["items"], json!([explained]));
    app.get(&format!("{path}/messages/ms_01h455vb4pex5vsknk084sn02q/explanation")).send().await.refused(404, "not_found");
}

#[actix_web::test]
async fn explanations_go_when_they_are_old_and_their_links_with_them() {
    let app = open(14).await;
    let path = path(&app).await;
    app.clock.advance(SignedDuration::from_hours(24 * 15));
    let owner = app.person(causerie::domain::access::Role::Owner).await;
    tidy(&app.app.store(), app.clock.now(), Some(SignedDuration::from_hours(24 * 14))).await.unwrap();
    let get = async |path: &str| app.client.get(path).by(&owner.token).send().await.expect(200);
    assert_eq!(get(&format!("{path}/explanations")).await["items"], json!([]));
    let messages = get(&format!("{path}/messages")).await;
    assert!(messages["items"].as_array().unwrap().iter().all(|message| message["explanation"].is_null()), "{messages}");
}

#[actix_web::test]
async fn explanations_can_be_switched_off() {
    let app = open(0).await;
    let path = path(&app).await;
    assert_eq!(app.told(ANA), ["Your PIN?", "Welcome."]);
    assert_eq!(app.get(&format!("{path}/explanations")).send().await.expect(200)["items"], json!([]));
}
