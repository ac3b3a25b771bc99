//! What whoever runs the server sees: figures, the actors' state, and events that could not be taken.

use std::time::Duration;

use causerie::domain::access::Role;
use causerie::domain::ids::EventId;
use diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query};
use jiff::SignedDuration;
use serde_json::json;

use crate::support::app::{ANA, BEN, PAGE, TestApp};

/// Idle conversations leave its memory after a second of real time.
async fn quiet_app() -> TestApp {
    let app = TestApp::with(|settings| settings.actors.idle_seconds = 1).await;
    app.post("/v1/pages", json!({ "page_access_token": "EAApage1001", "default_chatflow": false })).send().await.expect(201);
    app
}

fn execute(app: &TestApp, statement: &str) {
    let path = app.folder().join("test.sqlite3");
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    assert_eq!(sql_query(statement).execute(&mut connection).unwrap(), 1, "{statement}");
}

async fn live_conversations(app: &TestApp) -> u64 {
    app.get("/v1/runtime").send().await.expect(200)["live_conversations"].as_u64().unwrap()
}

#[allow(clippy::disallowed_methods, reason = "the actors count idleness in real time")]
async fn until_none_is_in_memory(app: &TestApp) {
    for _ in 0..100 {
        if live_conversations(app).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("an idle conversation stays in memory");
}

#[actix_web::test]
async fn an_event_that_no_turn_can_take_is_parked_shown_and_taken_after_a_retry() {
    let app = quiet_app().await;
    app.sandbox.visitor_says(ANA, "one").unwrap();
    app.settle().await;
    // Out of memory, so that it must be read; and unreadable.
    until_none_is_in_memory(&app).await;
    execute(&app, "UPDATE conversations SET session = 'broken'");
    app.sandbox.visitor_says(ANA, "two").unwrap();
    app.sandbox.visitor_says(BEN, "not concerned").unwrap();
    for _ in 0..5 {
        app.settle().await;
        app.clock.advance(SignedDuration::from_secs(5));
    }
    let parked = app.get("/v1/parked-events").send().await.expect(200);
    let [event] = parked["items"].as_array().unwrap().as_slice() else { panic!("{parked}") };
    assert_eq!((&event["page"], &event["psid"], &event["kind"]), (&json!(PAGE), &json!(ANA), &json!("message")));
    assert!(event["error"].as_str().unwrap().contains("conversations.session"), "{event}");
    assert_eq!(app.conversation(BEN).await["preview"], "not concerned");
    let figures = app.client.get("/metrics").send().await.text;
    assert!(figures.contains("\ncauserie_parked_events 1\n"), "{figures}");

    execute(&app, "UPDATE conversations SET session = NULL WHERE session = 'broken'");
    let retry = format!("/v1/parked-events/{}/retry", event["id"].as_str().unwrap());
    app.post(&retry, json!({})).send().await.expect(204);
    app.settle().await;
    assert_eq!(app.get("/v1/parked-events").send().await.expect(200)["items"], json!([]));
    assert_eq!(app.conversation(ANA).await["preview"], "two");
    app.post(&retry, json!({})).send().await.refused(404, "not_found");
    let unknown = EventId::from_uuid(uuid::Uuid::nil());
    app.post(&format!("/v1/parked-events/{unknown}/retry"), json!({})).send().await.refused(404, "not_found");
}

#[actix_web::test]
async fn the_actors_state_is_told_to_admins() {
    let app = quiet_app().await;
    app.sandbox.visitor_says(ANA, "hello").unwrap();
    app.settle().await;
    let seen = app.get("/v1/runtime").send().await.expect(200);
    assert_eq!((&seen["live_conversations"], &seen["turns_running"], &seen["turns_failed"]), (&json!(1), &json!(0), &json!(0)));
    assert!(seen["turns"].as_u64().unwrap() >= 1, "{seen}");
    assert_eq!((&seen["pages"][0]["page"], &seen["pages"][0]["state"]), (&json!(PAGE), &json!("active")));
    let backlog = ["pending_events", "parked_events", "queued_messages", "held_messages", "timers", "callouts"];
    assert!(backlog.iter().all(|name| seen["backlog"][name] == 0), "{seen}");
    let agent = app.person(Role::Agent).await;
    app.client.get("/v1/runtime").by(&agent.token).send().await.refused(403, "forbidden");
}

#[actix_web::test]
async fn an_idle_conversation_leaves_memory_and_comes_back() {
    let app = quiet_app().await;
    app.sandbox.visitor_says(ANA, "hello").unwrap();
    app.settle().await;
    until_none_is_in_memory(&app).await;
    app.sandbox.visitor_says(ANA, "again").unwrap();
    app.settle().await;
    assert_eq!(live_conversations(&app).await, 1);
    assert_eq!(app.conversation(ANA).await["preview"], "again");
}

#[actix_web::test]
async fn figures_ask_for_their_token_where_one_is_set() {
    let app = TestApp::with(|settings| settings.server.metrics_token = Some("a long word".into())).await;
    app.client.get("/metrics").send().await.refused(401, "token_invalid");
    app.client.get("/metrics").by("another word").send().await.refused(401, "token_invalid");
    let figures = app.client.get("/metrics").by("a long word").send().await;
    assert_eq!(figures.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert!(figures.text.contains("# TYPE causerie_turns_total counter\n"), "{}", figures.text);
}
