//! What the actors promise when something is in the way: a full queue, a turn that fails, a lost nudge, a panic, another
//! writer, too much at once, a stop. On the whole server; its clock stands, so that no sweep comes to the rescue unasked.

use std::backtrace::Backtrace;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use causerie::clock::{Clock, ManualClock};
use causerie::config::Settings;
use causerie::domain::Timestamp;
use causerie::domain::event::{Inbound, InboundEvent, MessageIn};
use causerie::domain::ids::IdMaker;
use causerie::messenger::signature::AppSecrets;
use causerie::runtime::{Observation, Runtime};
use causerie::sandbox::{Echoes, Fault, FaultRule, Manners, Person};
use causerie::store::turns::{NewEvent, TurnStore};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::kill::server::counting_flow;
use crate::support::app::{ANA, BEN, PAGE, SECRET, TestApp};
use crate::support::http::Answer;

/// Real time that anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server whose page answers every message with what was said and how many turns there were; both visitors have written.
async fn answering(change: impl FnOnce(&mut Settings)) -> TestApp {
    let app = TestApp::with(change).await;
    app.post("/v1/pages", json!({ "page_access_token": "EAApage1001", "default_chatflow": false })).send().await.expect(201);
    let chatflow = json!({ "page": PAGE, "name": "Loop", "kind": "bot", "document": counting_flow(), "primary": true });
    app.post("/v1/chatflows", chatflow).send().await.expect(201);
    for psid in [ANA, BEN] {
        app.sandbox.visitor_says(psid, "hello").unwrap();
        app.settle().await;
    }
    app
}

/// What a visitor who said all this, in this order, has been told.
fn answers(said: &[&str]) -> Vec<String> {
    let replies = said.iter().zip(1..).map(|(said, turn)| format!("{said} #{turn}"));
    std::iter::once("start #0".to_owned()).chain(replies).collect()
}

fn message(app: &TestApp, psid: &str, text: &str) -> Value {
    json!({ "sender": { "id": psid }, "recipient": { "id": PAGE }, "timestamp": app.clock.now().as_millisecond(),
        "message": { "mid": format!("m_{psid}_{text}"), "text": text } })
}

/// One signed webhook, once.
fn webhook(app: &TestApp, page: &str, events: &[Value]) -> impl Future<Output = Answer> + use<> {
    let body = json!({ "object": "page", "entry": [{ "id": page, "time": 1, "messaging": events }] }).to_string();
    let signature = AppSecrets::new(SECRET, None).sign(body.as_bytes());
    app.client.post("/webhooks/messenger").header("X-Hub-Signature-256", &signature).body(body).send()
}

async fn delivered(app: &TestApp, events: &[Value]) {
    let answer = webhook(app, PAGE, events).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

async fn pending(app: &TestApp) -> i64 {
    app.app.store().backlog().await.unwrap().pending_events
}

async fn seen(app: &TestApp) -> Observation {
    app.app.runtime().observe().await
}

/// The database, from outside the server.
fn database(app: &TestApp) -> SqliteConnection {
    let path = app.folder().join("test.sqlite3");
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
    connection
}

fn execute(app: &TestApp, statement: &str) {
    database(app).batch_execute(statement).unwrap();
}

fn without_echoes(app: &TestApp) {
    app.sandbox.manners(Manners { echoes: Echoes::Never, receipts: false });
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// The rows of a query that selects one text as `line`.
fn lines(app: &TestApp, query: &str) -> Vec<String> {
    let lines: Vec<Line> = diesel::sql_query(query).load(&mut database(app)).unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

#[actix_web::test]
async fn what_a_full_queue_left_to_the_store_comes_before_what_arrives_later() {
    let app = answering(|settings| settings.limits.mailbox = 2).await;
    // An echo is an event too, and would bring what waits before it.
    without_echoes(&app);
    let burst: Vec<String> = (1..=60).map(|n| format!("n{n}")).collect();
    let events: Vec<Value> = burst.iter().map(|text| message(&app, ANA, text)).collect();
    delivered(&app, &events).await;
    app.settle().await;
    assert!(pending(&app).await > 0, "more than the queue holds");
    app.sandbox.visitor_says(ANA, "last").unwrap();
    app.settle().await;
    let said: Vec<&str> = burst.iter().map(String::as_str).chain(["last"]).collect();
    assert_eq!(app.told(ANA), answers(&said));
    assert_eq!(pending(&app).await, 0);
}

#[actix_web::test]
async fn an_event_whose_turn_failed_is_taken_before_the_next_and_those_after_it_wait() {
    let app = answering(|_| {}).await;
    execute(&app, "CREATE TRIGGER trouble BEFORE INSERT ON messages WHEN NEW.body LIKE '%one%' BEGIN SELECT RAISE(ABORT, 'no room'); END");
    for text in ["one", "two"] {
        app.sandbox.visitor_says(ANA, text).unwrap();
        app.settle().await;
    }
    assert_eq!(app.told(ANA), answers(&[]), "both are durable, and the second waits for the first");
    assert_eq!(pending(&app).await, 2);
    app.sandbox.visitor_says(BEN, "not concerned").unwrap();
    app.settle().await;
    assert_eq!(app.told(BEN), answers(&["not concerned"]));

    execute(&app, "DROP TRIGGER trouble");
    app.sandbox.visitor_says(ANA, "three").unwrap();
    app.settle().await;
    assert_eq!(app.told(ANA), answers(&["one", "two", "three"]));
    assert_eq!((pending(&app).await, seen(&app).await.turns_failed), (0, 2), "one failed twice; to wait is no failure");
}

#[actix_web::test]
async fn what_waits_is_found_by_the_sweep_in_its_order() {
    let app = answering(|_| {}).await;
    execute(&app, "CREATE TRIGGER trouble BEFORE INSERT ON messages WHEN NEW.body LIKE '%one%' BEGIN SELECT RAISE(ABORT, 'no room'); END");
    delivered(&app, &[message(&app, ANA, "one"), message(&app, ANA, "two"), message(&app, ANA, "three")]).await;
    app.settle().await;
    execute(&app, "DROP TRIGGER trouble");
    assert_eq!(app.told(ANA), answers(&[]));
    app.pass(SignedDuration::from_secs(3)).await;
    assert_eq!(app.told(ANA), answers(&["one", "two", "three"]));
}

#[actix_web::test]
async fn an_event_that_nobody_was_told_of_comes_before_a_later_one() {
    let app = answering(|_| {}).await;
    let at = app.clock.now();
    let what = Inbound::Message(MessageIn { mid: "m_lost".into(), text: Some("lost".into()), ..MessageIn::default() });
    let event = InboundEvent { page: PAGE.into(), psid: Some(ANA.into()), at, dedupe: "m_lost".into(), standby: false, what };
    // As a crash, another node or a start with a long backlog leaves it.
    app.app.store().accept(vec![NewEvent { id: IdMaker::new(at, 7).next(), received_at: at, event }]).await.unwrap();
    app.sandbox.visitor_says(ANA, "found").unwrap();
    app.settle().await;
    assert_eq!(app.told(ANA), answers(&["lost", "found"]));
}

#[actix_web::test]
async fn a_commit_on_a_version_that_has_moved_is_counted_and_made_again() {
    let app = answering(|_| {}).await;
    // As another node's turn moves it.
    execute(&app, &format!("UPDATE conversations SET version = version + 1 WHERE psid = '{ANA}'"));
    app.sandbox.visitor_says(ANA, "one").unwrap();
    app.sandbox.visitor_says(BEN, "one").unwrap();
    app.settle().await;
    assert_eq!((app.told(ANA), app.told(BEN)), (answers(&["one"]), answers(&["one"])));
    let seen = seen(&app).await;
    assert_eq!((seen.conflicts, seen.turns_failed, seen.actors_replaced), (1, 0, 0));
}

/// A clock that, once armed, breaks the turn that reads it next.
struct Tripwire {
    clock: ManualClock,
    armed: Arc<AtomicBool>,
}

#[async_trait]
impl Clock for Tripwire {
    fn now(&self) -> Timestamp {
        let in_turn = || Backtrace::force_capture().to_string().contains("actors::turning::");
        if self.armed.load(Ordering::Acquire) && in_turn() && self.armed.swap(false, Ordering::AcqRel) {
            panic!("as this test wants it");
        }
        self.clock.now()
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.clock.sleep_until(at).await;
    }
}

#[actix_web::test]
async fn a_conversation_that_panics_is_replaced_and_its_event_is_delivered_again() {
    let armed = Arc::new(AtomicBool::new(false));
    let wire = armed.clone();
    let app = TestApp::with_clock(|_| {}, |clock| Arc::new(Tripwire { clock, armed: wire })).await;
    app.post("/v1/pages", json!({ "page_access_token": "EAApage1001", "default_chatflow": false })).send().await.expect(201);
    for psid in [ANA, BEN] {
        app.sandbox.visitor_says(psid, "hello").unwrap();
        app.settle().await;
    }
    armed.store(true, Ordering::Release);
    app.sandbox.visitor_says(ANA, "one").unwrap();
    app.settle().await;
    assert!(!armed.load(Ordering::Acquire));
    let delivery = app.sandbox.webhooks().pop().unwrap();
    assert_eq!((delivery.attempts, delivery.status), (2, Some(200)), "nothing was durable: Meta brought it again");
    assert_eq!(app.conversation(ANA).await["preview"], "one");
    app.sandbox.visitor_says(BEN, "not concerned").unwrap();
    app.settle().await;
    assert_eq!(app.conversation(BEN).await["preview"], "not concerned");
    assert_eq!(seen(&app).await.actors_replaced, 1);
    let figures = app.client.get("/metrics").send().await.text;
    assert!(figures.contains("\ncauserie_actors_replaced_total 1\n"), "{figures}");
}

/// While it lives nothing can be committed.
struct Standstill(SqliteConnection);

impl Standstill {
    fn of(app: &TestApp) -> Self {
        let mut connection = database(app);
        connection.batch_execute("BEGIN IMMEDIATE").unwrap();
        Self(connection)
    }

    fn end(mut self) {
        self.0.batch_execute("ROLLBACK").unwrap();
    }
}

/// Until so many events are in the server's queues and turns.
async fn until_taken_in(app: &TestApp, many: u64) {
    let all_in = async {
        loop {
            let seen = seen(app).await;
            if seen.queued_events + seen.turns_running >= many {
                return;
            }
            app.sandbox.pause(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all_in).await.expect("they are taken in");
}

/// Posts each as a webhook of its own, one after the other, while nothing can be committed; then `refused`, which finds no
/// room. Returns once all but that are acknowledged.
async fn crowded(app: &TestApp, fitting: &[Value], refused: &[Value]) {
    let standstill = Standstill::of(app);
    let mut answers = Vec::new();
    for (event, many) in fitting.iter().zip(1..) {
        answers.push(actix_web::rt::spawn(webhook(app, PAGE, std::slice::from_ref(event))));
        until_taken_in(app, many).await;
    }
    for event in refused {
        webhook(app, PAGE, std::slice::from_ref(event)).await.refused(503, "overloaded");
    }
    standstill.end();
    for answer in answers {
        assert_eq!(answer.await.unwrap().status, 200);
    }
    app.settle().await;
}

#[actix_web::test]
async fn a_conversation_with_a_full_queue_answers_503_and_meta_brings_the_rest_again() {
    let app = answering(|settings| settings.limits.mailbox = 2).await;
    // One in its turn, two that wait.
    let fitting = ["one", "two", "three"].map(|text| message(&app, ANA, text));
    let refused = message(&app, ANA, "four");
    crowded(&app, &fitting, std::slice::from_ref(&refused)).await;
    assert_eq!(app.told(ANA), answers(&["one", "two", "three"]));
    delivered(&app, &[refused]).await;
    app.settle().await;
    assert_eq!(app.told(ANA), answers(&["one", "two", "three", "four"]));
}

#[actix_web::test]
async fn a_full_server_answers_503_and_an_idle_one_takes_any_webhook() {
    let app = answering(|settings| settings.limits.waiting_events = 2).await;
    let fitting = [message(&app, ANA, "one"), message(&app, BEN, "one")];
    let refused = [message(&app, ANA, "two"), message(&app, BEN, "two")];
    crowded(&app, &fitting, &refused).await;
    assert_eq!((app.told(ANA), app.told(BEN)), (answers(&["one"]), answers(&["one"])));
    // More than there may wait, in one webhook: it would else never get in.
    delivered(&app, &[message(&app, ANA, "two"), message(&app, BEN, "two"), message(&app, ANA, "three")]).await;
    app.settle().await;
    assert_eq!((app.told(ANA), app.told(BEN)), (answers(&["one", "two", "three"]), answers(&["one", "two"])));
}

#[actix_web::test]
async fn an_event_of_a_page_that_is_not_connected_is_acknowledged_and_ends_with_its_reason() {
    let app = answering(|_| {}).await;
    let stray = json!({ "sender": { "id": ANA }, "recipient": { "id": "9999" }, "timestamp": 1, "message": { "mid": "m1", "text": "hi" } });
    let answer = webhook(&app, "9999", &[stray]).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    app.settle().await;
    let endings = lines(&app, "SELECT ending || ' ' || reason AS line FROM events WHERE page_id = '9999'");
    assert_eq!(endings, ["ignored unknown_page"]);
    assert_eq!(lines(&app, "SELECT psid AS line FROM conversations ORDER BY psid"), [ANA, BEN], "those of the page there is");
    assert_eq!(pending(&app).await, 0);
}

#[actix_web::test]
async fn a_server_that_stops_takes_no_event_from_its_queues_and_the_next_start_takes_them_in_order() {
    let app = answering(|settings| settings.limits.mailbox = 1_000).await;
    without_echoes(&app);
    let burst: Vec<String> = (1..=200).map(|n| format!("n{n}")).collect();
    let events: Vec<Value> = burst.iter().map(|text| message(&app, ANA, text)).collect();
    delivered(&app, &events).await;
    assert!(app.sandbox.until_sent(ANA, 2, PATIENCE).await, "by then all are in the queue");
    app.app.runtime().drain(PATIENCE).await;
    assert!(pending(&app).await > 0, "what waited in the queue still waits in the store");
    webhook(&app, PAGE, &[message(&app, BEN, "one")]).await.refused(503, "overloaded");

    // What came in at this very instant could still be on its way to its conversation.
    app.clock.advance(SignedDuration::from_secs(1));
    let app = app.restart().await;
    app.settle().await;
    assert_eq!(pending(&app).await, 0);
    app.sandbox.visitor_says(ANA, "last").unwrap();
    app.settle().await;
    let said: Vec<&str> = burst.iter().map(String::as_str).chain(["last"]).collect();
    assert_eq!(app.told(ANA), answers(&said));
}

#[actix_web::test]
async fn a_server_that_stops_claims_nothing_and_gives_back_what_had_not_left() {
    let app = answering(|settings| settings.sending.in_flight = 1).await;
    without_echoes(&app);
    let visitors: Vec<String> = (3001..=3012).map(|n| n.to_string()).collect();
    for psid in &visitors {
        app.sandbox.introduce(PAGE, psid, Person::new("Vic", psid, "en_GB"));
    }
    app.sandbox.fault(FaultRule::next(Fault::Delay(Duration::from_millis(400))).lasting());
    let before = app.sandbox.sent().len();
    for psid in &visitors {
        app.sandbox.visitor_says(psid, "hello").unwrap();
    }
    assert!(app.sandbox.until_delivered(PATIENCE).await);
    assert!(app.sandbox.until(PATIENCE, |world| world.sent.len() > before).await);
    // Many are claimed and wait for the one slot.
    app.app.runtime().drain(PATIENCE).await;
    // The supervisor's next rounds would be over: there are none.
    app.sandbox.pause(Duration::from_millis(700)).await;
    let sent = app.sandbox.sent().len() - before;
    assert!(sent < visitors.len(), "{sent} were sent: the server begins no send while it stops");
    let claimed = "SELECT conversation_id AS line FROM outbox WHERE claimed_until IS NOT NULL OR doubtful OR attempts > 0";
    assert_eq!(lines(&app, claimed), [""; 0], "what had not left is nobody's, and nobody doubts it");

    app.sandbox.clear_faults();
    let app = app.restart().await;
    app.settle().await;
    for psid in &visitors {
        assert_eq!(app.told(psid), answers(&[]), "visitor {psid}");
    }
    assert_eq!(seen(&app).await.sends_repeated, 0);
}
