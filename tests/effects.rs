//! What a flow does beside talking, through the whole server: tickets, events, closing, and what time brings.

use causerie::domain::access::Role;
use causerie::store::turns::TurnStore;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::app::{ANA, BEN, PAGE, TestApp};

/// A server whose page has this primary chatflow, in English.
async fn server(parts: Value) -> TestApp {
    let app = TestApp::start().await;
    let status = |key: &str, closed: bool, next: &[&str]| json!({ "key": key, "name": key, "closed": closed, "next": next });
    let statuses = json!([status("new", false, &["open"]), status("open", false, &["solved"]), status("solved", true, &["open"])]);
    app.post("/v1/pipelines", json!({ "key": "support", "name": "Support", "statuses": statuses })).send().await.expect(201);
    app.post("/v1/pages", json!({ "page_access_token": "EAApage1001", "default_chatflow": false })).send().await.expect(201);
    let mut document = json!({ "spec_version": "1.0", "languages": ["en"], "start": "start" });
    for (key, part) in parts.as_object().unwrap() {
        document[key] = part.clone();
    }
    let chatflow = json!({ "page": PAGE, "name": "Flow", "kind": "bot", "document": document, "primary": true });
    app.post("/v1/chatflows", chatflow).send().await.expect(201);
    app
}

async fn says(app: &TestApp, psid: &str, text: &str) -> Vec<String> {
    let before = app.told(psid).len();
    app.sandbox.visitor_says(psid, text).unwrap();
    app.settle().await;
    app.told(psid).split_off(before)
}

async fn items(app: &TestApp, path: &str) -> Vec<Value> {
    app.get(path).send().await.expect(200)["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn a_flow_moves_its_ticket_tells_the_world_and_closes_the_conversation() {
    let app = server(json!({ "nodes": {
        "start": [
            { "type": "create_ticket", "pipeline": "support", "subject": "{{ last_text }}", "fields": { "stars": 0 } },
            { "type": "emit_event", "name": "asked", "data": { "text": "{{ last_text }}", "n": "{{ 40 + 2 }}" } },
            { "type": "emit_event", "name": "waiting" },
            { "type": "ask", "text": "Solved?" },
            { "type": "update_ticket", "status": "open", "priority": "high", "fields": { "stars": 5 } },
            { "type": "update_ticket", "status": "new" },
            { "type": "update_ticket", "status": "solved", "subject": "Was: {{ last_text }}" },
            { "type": "send_text", "text": "Bye." },
            { "type": "close" }
        ] } }))
    .await;
    assert_eq!(says(&app, ANA, "Help").await, ["Solved?"]);
    assert_eq!(says(&app, BEN, "Me too").await, ["Solved?"]);
    let events = items(&app, "/v1/events").await;
    let names: Vec<&str> = events.iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["waiting", "asked", "waiting", "asked"], "newest first, in the order of the turn");
    assert_eq!(events[3]["data"], json!({ "text": "Help", "n": 42 }));
    assert_eq!((&events[3]["node"], &events[3]["version"], &events[3]["page"]), (&json!("start"), &json!(1), &json!(PAGE)));
    let hers = format!("/v1/events?name=asked&conversation={}", events[3]["conversation"].as_str().unwrap());
    assert_eq!(items(&app, &hers).await, [events[3].clone()]);
    let first = app.get("/v1/events?limit=3").send().await.expect(200);
    let rest = items(&app, &format!("/v1/events?after={}", first["next"].as_str().unwrap())).await;
    assert_eq!(rest, [events[3].clone()]);

    assert_eq!(says(&app, ANA, "Yes").await, ["Bye."]);
    let tickets = items(&app, "/v1/tickets").await;
    let (bens, anas) = (&tickets[0], &tickets[1]);
    assert_eq!((&bens["status"], &bens["subject"]), (&json!("new"), &json!("Me too")));
    assert_eq!((&anas["status"], &anas["subject"], &anas["priority"]), (&json!("solved"), &json!("Was: Yes"), &json!("high")));
    assert_eq!(anas["fields"], json!({ "stars": 5 }));
    let history = items(&app, &format!("/v1/tickets/{}/history", anas["id"].as_str().unwrap())).await;
    let moves: Vec<&Value> =
        history.iter().filter(|line| line["what"] == "moved" || line["what"] == "opened").map(|line| &line["to"]).collect();
    assert_eq!(moves, ["new", "open", "solved"], "the move back that the pipeline does not allow is left out");
    assert_eq!(app.conversation(ANA).await["status"], "closed");

    // Closed is closed until she writes: then a new session, a new ticket.
    assert_eq!(says(&app, ANA, "One more thing").await, ["Solved?"]);
    assert_eq!(app.conversation(ANA).await["status"], "open");
    assert_eq!(items(&app, "/v1/tickets?closed=false").await.len(), 2);
    let agent = app.person(Role::Agent).await;
    let seen = app.client.get("/v1/events?name=asked").by(&agent.token).send().await.expect(200);
    assert_eq!(seen["items"].as_array().unwrap().len(), 3);
}

#[actix_web::test]
async fn a_ticket_of_this_very_turn_is_the_one_that_is_updated() {
    let app = server(json!({ "nodes": { "start": [
        { "type": "update_ticket", "status": "open" },
        { "type": "create_ticket", "pipeline": "support", "subject": "one" },
        { "type": "update_ticket", "priority": "urgent", "status": "open" },
        { "type": "send_text", "text": "ok" }
    ] } }))
    .await;
    assert_eq!(says(&app, ANA, "hi").await, ["ok"]);
    let tickets = items(&app, "/v1/tickets").await;
    assert_eq!(tickets.len(), 1);
    assert_eq!((&tickets[0]["status"], &tickets[0]["priority"]), (&json!("open"), &json!("urgent")));
    let lines = app.conversation(ANA).await;
    let path = format!("/v1/conversations/{}/messages?order=asc", lines["id"].as_str().unwrap());
    let reports: Vec<Value> = items(&app, &path).await.into_iter().filter(|line| line["event"] == "report").collect();
    assert_eq!(reports.len(), 1, "{reports:#?}");
    assert!(reports[0]["text"].as_str().unwrap().contains("has no open one"), "{reports:#?}");
}

#[actix_web::test]
async fn a_silent_visitor_is_reminded_by_a_timer_once_and_only_while_the_window_is_open() {
    let hook = |after: &str| json!({ "timeout": "30d", "on_timeout": { "after": after, "goto": "still", "then": "return" } });
    let nodes = json!({ "start": [{ "type": "ask", "text": "Solved?", "answer": "yes_no" }], "still": [{ "type": "send_text", "text": "Still there?" }] });
    let app = server(json!({ "session": hook("10m"), "nodes": nodes })).await;
    assert_eq!(says(&app, ANA, "Help").await, ["Solved?"]);
    app.pass(SignedDuration::from_mins(8)).await;
    says(&app, ANA, "hm").await;
    app.pass(SignedDuration::from_mins(9)).await;
    assert_eq!(app.told(ANA).last().unwrap(), "Please answer yes or no.");
    app.pass(SignedDuration::from_mins(2)).await;
    let told = app.told(ANA);
    assert_eq!(told[told.len() - 2..], ["Still there?", "Solved?"]);
    for _ in 0..5 {
        app.pass(SignedDuration::from_hours(1)).await;
    }
    assert_eq!(app.told(ANA), told, "once per silence");
    // An answer of somebody who had it meanwhile: people, then the bot again.
    assert_eq!(app.app.store().backlog().await.unwrap().timers, 0);
    says(&app, ANA, "hm").await;
    assert_eq!(app.app.store().backlog().await.unwrap().timers, 1);
    says(&app, ANA, "yes").await;
    assert_eq!(app.app.store().backlog().await.unwrap().timers, 0, "the session has ended, and its timer with it");
}

#[actix_web::test]
async fn a_burst_is_one_answer_and_survives_the_time_between() {
    let nodes =
        json!({ "start": [{ "type": "ask", "text": "Tell me.", "save": "story" }, { "type": "send_text", "text": "Noted: {{ story }}" }] });
    let app = server(json!({ "session": { "burst": "3s" }, "nodes": nodes })).await;
    assert_eq!(says(&app, ANA, "hello").await, Vec::<String>::new());
    app.pass(SignedDuration::from_secs(3)).await;
    assert_eq!(app.told(ANA), ["Tell me."]);
    for text in ["my order", "is", "late"] {
        assert_eq!(says(&app, ANA, text).await, Vec::<String>::new());
        app.pass(SignedDuration::from_secs(2)).await;
    }
    app.pass(SignedDuration::from_secs(1)).await;
    assert_eq!(app.told(ANA).last().unwrap(), "Noted: my order\nis\nlate");
    // Each message is a line of its own in the transcript.
    let path = format!("/v1/conversations/{}/messages?order=asc", app.conversation(ANA).await["id"].as_str().unwrap());
    let lines = items(&app, &path).await;
    assert_eq!(lines.iter().filter(|line| line["by"] == "visitor").count(), 4, "{lines:#?}");
}
