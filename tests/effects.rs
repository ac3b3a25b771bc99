//! What a flow does beside talking, through the whole server: tickets, events, closing, and what time brings.

use causerie::clock::Clock;
use causerie::domain::access::Role;
use causerie::store::turns::TurnStore;
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::app::{ANA, BEN, PAGE, TestApp};
use crate::support::canned::{self, Canned, CannedServer};

/// A server whose page has this primary chatflow, in English.
async fn server(parts: Value) -> TestApp {
    furnished(TestApp::start().await, parts).await
}

async fn furnished(app: TestApp, parts: Value) -> TestApp {
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

#[actix_web::test]
async fn a_call_carries_secrets_and_a_signature_that_nobody_can_read_back() {
    let shop = CannedServer::start(vec![canned::json(json!({ "echo": "Bearer s3cr3t-token", "state": "sent" }))]).await;
    let app = TestApp::with(|settings| settings.callouts.allow_private = true).await;
    let set = |name: &str, value: &str| app.put(&format!("/v1/secrets/{name}"), json!({ "value": value })).send();
    set("shop_token", "s3cr3t-token").await.expect(200);
    set("shop_hmac", "s3cr3t-key").await.expect(200);
    set("Shop", "x").await.refused(400, "invalid_path");
    set("empty", "").await.refused(422, "invalid_body");
    let listed = app.get("/v1/secrets").send().await;
    assert!(!listed.text.contains("s3cr3t"), "{}", listed.text);
    let names: Vec<Value> = listed.expect(200)["items"].as_array().unwrap().iter().map(|secret| secret["name"].clone()).collect();
    assert_eq!(names, ["shop_hmac", "shop_token"]);

    let call = json!({ "type": "http_request", "method": "POST", "url": format!("{}/orders?x=1", shop.url()),
        "headers": { "authorization": "Bearer {{ secrets.shop_token }}" }, "body": { "text": "{{ last_text }}" }, "sign": "shop_hmac",
        "save": { "echo": "/echo", "state": "/state" }, "failed": "failed" });
    let nodes = json!({ "start": [call, { "type": "send_text", "text": "{{ state }} {{ echo }}" }, { "type": "ask", "text": "?" }],
        "failed": [{ "type": "send_text", "text": "Failed." }] });
    let app = furnished(app, json!({ "variables": { "state": {}, "echo": {} }, "nodes": nodes })).await;
    assert_eq!(says(&app, ANA, "hi {{ secrets.shop_token }}").await, ["sent Bearer [secret]", "?"]);
    let asked = shop.asked().remove(0);
    assert!(asked.contains("authorization: Bearer s3cr3t-token\r\n"), "{asked}");
    let body = asked.split("\r\n\r\n").nth(1).unwrap();
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), json!({ "text": "hi {{ secrets.shop_token }}" }));
    let header = |name: &str| asked.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap().to_owned();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cr3t-key").unwrap();
    mac.update(format!("{}.POST./orders?x=1.{body}", header("x-causerie-timestamp")).as_bytes());
    assert_eq!(header("x-causerie-signature"), format!("v1={}", hex::encode(mac.finalize().into_bytes())));
    assert_eq!(header("x-causerie-timestamp"), app.clock.now().as_second().to_string());

    // Nowhere in the database, nor in what the API tells of the session.
    for file in std::fs::read_dir(app.folder()).unwrap() {
        let path = file.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { continue };
        assert!(!bytes.windows(6).any(|window| window == b"s3cr3t"), "{}", path.display());
    }
    assert!(!app.conversation(ANA).await.to_string().contains("s3cr3t"));

    // Without the secret the call fails, and so does the next check.
    app.client.delete("/v1/secrets/shop_token").by(&app.owner.token).send().await.expect(204);
    app.client.delete("/v1/secrets/shop_token").by(&app.owner.token).send().await.refused(404, "not_found");
    assert_eq!(says(&app, BEN, "hi").await, ["Failed."]);
    assert_eq!(shop.asked().len(), 1);
}

#[actix_web::test]
async fn an_operator_sees_which_host_is_left_alone() {
    let down = CannedServer::start(vec![Canned::Answer(500, "", String::new())]).await;
    let app = TestApp::with(|settings| {
        settings.callouts.allow_private = true;
        settings.callouts.breaker_failures = 2;
    })
    .await;
    let call = json!({ "type": "http_request", "url": down.url(), "failed": "failed" });
    let nodes = json!({ "start": [call], "failed": [{ "type": "send_text", "text": "Failed." }] });
    let app = furnished(app, json!({ "session": { "on_complete": "restart" }, "nodes": nodes })).await;
    for _ in 0..3 {
        assert_eq!(says(&app, ANA, "hi").await, ["Failed."]);
    }
    assert_eq!(down.asked().len(), 2, "the third was not made");
    let seen = app.get("/v1/runtime").send().await.expect(200)["callout_hosts"].clone();
    assert_eq!((&seen[0]["host"], &seen[0]["failures"]), (&json!(format!("127.0.0.1:{}", down.port)), &json!(2)));
    assert!(seen[0]["open_until"].is_string(), "{seen}");
    let figures = app.client.get("/metrics").send().await.text;
    assert!(figures.contains(&format!("causerie_callout_host_open{{host=\"127.0.0.1:{}\"}} 1", down.port)), "{figures}");
}

#[actix_web::test]
async fn a_message_is_marked_as_seen_where_the_flow_says_so() {
    for seen in [true, false] {
        let nodes = json!({ "start": [{ "type": "ask", "text": "Yes?" }, { "type": "send_text", "text": "Good." }] });
        let app = server(json!({ "nodes": nodes, "mark_seen": seen })).await;
        assert_eq!(says(&app, ANA, "hi").await, ["Yes?"]);
        let shown = app.sandbox.sender_actions().into_iter().filter(|action| action.psid == ANA && action.action == "mark_seen").count();
        assert_eq!(shown, usize::from(seen));
    }
}

#[actix_web::test]
async fn only_a_failure_that_may_pass_is_repeated() {
    let shop = CannedServer::start(vec![Canned::Answer(503, "", String::new()), canned::json(json!({ "state": "sent" }))]).await;
    let allowed = TestApp::with(|settings| settings.callouts.allow_private = true).await;
    for (app, at_once, later) in [(allowed, vec![], vec!["sent"]), (TestApp::start().await, vec!["Failed."], vec![])] {
        let call = json!({ "type": "http_request", "url": shop.url(), "retries": 5, "save": { "state": "/state" }, "failed": "failed" });
        let nodes = json!({ "start": [call, { "type": "send_text", "text": "{{ state }}" }], "failed": [{ "type": "send_text", "text": "Failed." }] });
        let app = furnished(app, json!({ "variables": { "state": {} }, "nodes": nodes })).await;
        assert_eq!(says(&app, ANA, "hi").await, at_once);
        let before = app.told(ANA).len();
        app.pass(SignedDuration::from_millis(500)).await;
        assert_eq!(app.told(ANA).split_off(before), later);
    }
    assert_eq!(shop.asked().len(), 2);
}

#[actix_web::test]
async fn a_condition_sees_who_is_there_now() {
    let nodes = json!({
        "start": [
            { "type": "branch", "arms": [{ "if": "agents.teams['Sales'].free > 0", "goto": "there" }] },
            { "type": "send_text", "text": "Nobody is there." }
        ],
        "there": [{ "type": "send_text", "text": "{{ agents.online }} is there." }] });
    let app = server(json!({ "session": { "on_complete": "restart" }, "nodes": nodes })).await;
    let agent = app.person(Role::Agent).await;
    app.post("/v1/teams", json!({ "name": "Sales", "members": [agent.id()] })).send().await.expect(201);
    assert_eq!(says(&app, ANA, "hi").await, ["Nobody is there."]);
    app.put(&format!("/v1/agents/{}/presence", agent.id()), json!({ "presence": "online" })).send().await.expect(200);
    assert_eq!(says(&app, ANA, "hi").await, ["1 is there."]);
    let chatflow = items(&app, "/v1/chatflows").await[0]["id"].as_str().unwrap().to_owned();
    let script = json!({ "script": { "steps": [{ "say": "hi" }] } });
    let told = app.post(&format!("/v1/chatflows/{chatflow}/simulate"), script).send().await.expect(200);
    assert!(told.to_string().contains("1 is there."), "{told}");
}

#[actix_web::test]
async fn typing_is_shown_all_along_a_pause_and_the_flow_goes_on_by_itself() {
    let nodes =
        json!({ "start": [{ "type": "delay", "for": "45s", "typing": "whole" }, { "type": "send_text", "text": "Here you are." }] });
    let app = server(json!({ "nodes": nodes })).await;
    let typed = || app.sandbox.sender_actions().iter().filter(|action| action.psid == ANA && action.action == "typing_on").count();
    assert_eq!(says(&app, ANA, "hi").await, Vec::<String>::new());
    for shown in 1..=3 {
        assert_eq!(typed(), shown);
        app.pass(SignedDuration::from_secs(15)).await;
    }
    app.settle_pauses().await;
    assert_eq!(app.told(ANA), ["Here you are."]);
}
