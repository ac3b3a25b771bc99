//! Every way in which a send can go wrong, through the whole server: what Meta's errors do to the message, to its page
//! and to its conversation. The sandbox answers wrongly, the clock stands until a test moves it.

use causerie::domain::access::Role;
use causerie::sandbox::{Echoes, Fault, FaultRule, GraphError, Manners};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::app::{ANA, BEN, PAGE, TestApp};

const MESSAGES: &str = "POST messages";
/// The server's claim on a message, by default; see `causerie.sample.toml`.
const LEASE: SignedDuration = SignedDuration::from_secs(30);

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// A page whose bot answers each message with these actions.
async fn shop(actions: Value, pause: &str) -> TestApp {
    let app = TestApp::with(|settings| settings.sign_in.access_minutes = 60 * 24).await;
    app.post("/v1/pages", json!({ "page_access_token": "EAApage1001", "default_chatflow": false })).send().await.expect(201);
    let document = json!({
        "spec_version": "1.0",
        "languages": ["en"],
        "session": { "timeout": "24h", "on_complete": "restart" },
        "delay_between_messages": pause,
        "start": "answer",
        "nodes": { "answer": actions }
    });
    let body = json!({ "page": PAGE, "name": "answers", "kind": "bot", "document": document });
    let id = app.post("/v1/chatflows", body).send().await.expect(201)["id"].as_str().unwrap().to_owned();
    app.post(&format!("/v1/chatflows/{id}/publish"), json!({})).send().await.expect(201);
    app.post(&format!("/v1/chatflows/{id}/activate"), json!({})).send().await.expect(200);
    app.put(&format!("/v1/pages/{PAGE}/primary-chatflow"), json!({ "chatflow": id })).send().await.expect(200);
    app
}

fn text(text: &str) -> Value {
    json!({ "type": "send_text", "text": text })
}

/// One bubble per message of the visitor.
async fn parrot() -> TestApp {
    shop(json!([text("{{ last_text }}!")]), "0s").await
}

impl TestApp {
    async fn said(&self, psid: &str, text: &str) {
        self.sandbox.visitor_says(psid, text).unwrap();
        self.settle().await;
    }

    /// Each of the page's own lines: its text and status, and its reason where it has one.
    async fn lines(&self, psid: &str) -> Vec<String> {
        let id = self.conversation(psid).await["id"].as_str().unwrap().to_owned();
        let lines = self.get(&format!("/v1/conversations/{id}/messages?order=asc&limit=200")).send().await.expect(200);
        let ours = lines["items"].as_array().unwrap().iter().filter(|line| ["bot", "agent"].contains(&line["by"].as_str().unwrap()));
        let word = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
        ours.map(|line| format!("{} {} {}", word(line, "text"), word(line, "status"), word(line, "reason")).trim_end().to_owned()).collect()
    }

    async fn page_state(&self) -> String {
        self.get(&format!("/v1/pages/{PAGE}")).send().await.expect(200)["state"].as_str().unwrap().to_owned()
    }

    /// How often the Send API was called while this happened.
    async fn calls_during(&self, what: impl Future<Output = ()>) -> u64 {
        let before = self.sandbox.calls(MESSAGES);
        what.await;
        self.sandbox.calls(MESSAGES) - before
    }

    /// Lets time pass in steps shorter than what a claim leaves for waiting.
    async fn long(&self, time: SignedDuration) {
        let mut left = time;
        while left.is_positive() {
            let step = left.min(seconds(4));
            self.pass(step).await;
            left -= step;
        }
    }
}

/// An error, how often it comes, and what becomes of the message within four minutes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    fault: FaultWord,
    /// Always, where there is none.
    times: Option<u32>,
    #[serde(default = "yes")]
    echoes: bool,
    /// Calls of the Send API.
    calls: u64,
    /// How often the visitor gets it.
    arrives: usize,
    line: String,
    #[serde(default = "active")]
    page: String,
}

fn yes() -> bool {
    true
}

fn active() -> String {
    "active".to_owned()
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum FaultWord {
    Refuse(i64, Option<i64>),
    AcceptThenRefuse(i64, Option<i64>),
    Status(u16),
    Drop,
    AcceptThenDrop,
}

impl FaultWord {
    fn fault(&self) -> Fault {
        match self {
            Self::Refuse(code, subcode) => Fault::code(*code, *subcode),
            Self::AcceptThenRefuse(code, subcode) => accepted(*code, *subcode),
            Self::Status(status) => Fault::Status(*status),
            Self::Drop => Fault::Drop,
            Self::AcceptThenDrop => Fault::AcceptThenDrop,
        }
    }
}

fn accepted(code: i64, subcode: Option<i64>) -> Fault {
    Fault::AcceptThenRefuse(GraphError::new(code, subcode, "scripted"))
}

/// Meta's error table (§4.6 of the Send API's reference), what passes and what stays.
#[actix_web::test]
async fn each_of_metas_errors_ends_as_its_table_says() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("sending/errors.json")).unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let app = parrot().await;
        if !case.echoes {
            app.sandbox.manners(Manners { echoes: Echoes::Never, ..Manners::default() });
        }
        app.sandbox.fault(FaultRule::next(case.fault.fault()).times(case.times.unwrap_or(u32::MAX)));
        let calls = app.calls_during(async {
            app.said(ANA, "hi").await;
            app.long(SignedDuration::from_mins(4)).await;
        });
        let calls = calls.await;
        let seen = (calls, app.told(ANA).len(), app.lines(ANA).await.join(" / "), app.page_state().await);
        let expected = (case.calls, case.arrives, case.line, case.page);
        if seen != expected {
            wrong.push(format!("{}:\n   is        {seen:?}\n   should be {expected:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[actix_web::test]
async fn a_retry_waits_longer_each_time_and_nothing_of_the_conversation_overtakes_it() {
    let app = shop(json!([text("one"), text("two"), text("three")]), "0s").await;
    app.sandbox.fault(FaultRule::next(Fault::code(2, None)).times(3).to(ANA));
    let calls = app.calls_during(app.said(ANA, "hi")).await;
    assert_eq!(calls, 1);
    app.said(BEN, "hi").await;
    assert_eq!(app.told(BEN), ["one", "two", "three"], "another visitor does not wait for it");
    // Between 1 and 1.5, 2 and 3, 4 and 6 seconds.
    for (too_soon, enough) in [(900, 600), (1_900, 1_100), (3_900, 2_100)] {
        assert_eq!(app.calls_during(app.pass(SignedDuration::from_millis(too_soon))).await, 0, "{too_soon}");
        assert!(app.calls_during(app.pass(SignedDuration::from_millis(enough))).await >= 1, "{enough}");
    }
    assert_eq!(app.told(ANA), ["one", "two", "three"]);
}

#[actix_web::test]
async fn a_throttled_page_is_silent_until_its_time_and_what_waited_is_neither_doubted_nor_repeated() {
    let app = parrot().await;
    let agent = app.person(Role::Agent).await;
    // The usage headers: all is used up, for a minute.
    app.sandbox.fault(FaultRule::next(Fault::Usage(100)));
    app.said(ANA, "hi").await;
    assert_eq!(app.told(ANA), ["hi!"]);
    let path = format!("/v1/conversations/{}", app.conversation(ANA).await["id"].as_str().unwrap());
    app.client.post(&format!("{path}/claim")).by(&agent.token).json(json!({})).send().await.expect(200);
    let reply = app.client.post(&format!("{path}/messages")).by(&agent.token).json(json!({ "text": "I am here" })).send().await;
    assert!(reply.status.is_success(), "{}", reply.text);
    let silent = app.calls_during(async {
        app.said(BEN, "hello").await;
        // A change of the page's settings makes Meta no friendlier.
        app.patch(&format!("/v1/pages/{PAGE}"), json!({ "settings": { "sends_per_second": 100 } })).send().await.expect(200);
        app.said(BEN, "anybody?").await;
        app.pass(LEASE).await;
        app.pass(seconds(29)).await;
    });
    assert_eq!(silent.await, 0);
    let seen = app.get("/v1/runtime").send().await.expect(200);
    assert_eq!(seen["pages"][0]["throttled_until"], "2026-03-02T09:01:00Z", "{seen}");
    app.pass(seconds(2)).await;
    assert_eq!((app.told(ANA), app.told(BEN)), (vec!["hi!".into(), "I am here".into()], vec!["hello!".into(), "anybody?!".into()]));
    assert_eq!(app.lines(ANA).await, ["hi! sent", "I am here sent"]);
    assert_eq!(app.get("/v1/runtime").send().await.expect(200)["sends_repeated"], 0);
}

#[actix_web::test]
async fn a_page_that_is_refused_for_too_many_calls_asks_less_and_less_often() {
    let app = parrot().await;
    app.sandbox.fault(FaultRule::next(Fault::code(613, None)).times(3));
    app.said(ANA, "a").await;
    assert_eq!(app.calls_during(app.said(BEN, "b")).await, 0, "the whole page waits");
    for (too_soon, enough) in [(900, 600), (1_900, 1_100)] {
        assert_eq!(app.calls_during(app.pass(SignedDuration::from_millis(too_soon))).await, 0, "{too_soon}");
        assert!(app.calls_during(app.pass(SignedDuration::from_millis(enough))).await >= 1, "{enough}");
    }
    app.long(seconds(10)).await;
    assert_eq!((app.told(ANA), app.told(BEN)), (vec!["a!".to_owned()], vec!["b!".to_owned()]));
}

#[actix_web::test]
async fn no_second_has_more_sends_than_the_page_may_and_audio_and_video_fewer() {
    let app = shop(json!([{ "type": "send_media", "media": "audio", "url": "https://example.org/a.mp3" }]), "0s").await;
    let visitors: Vec<String> = (0..20).map(|n| format!("30{n:02}")).collect();
    for visitor in &visitors {
        app.sandbox.introduce(PAGE, visitor, causerie::sandbox::Person::new("V", "V", "en_US"));
        app.sandbox.visitor_says(visitor, "hi").unwrap();
    }
    app.settle().await;
    assert_eq!(app.sandbox.sent().len(), 8);
    app.pass(SignedDuration::from_millis(999)).await;
    assert_eq!(app.sandbox.sent().len(), 8);
    app.pass(SignedDuration::from_millis(1)).await;
    assert_eq!(app.sandbox.sent().len(), 16);
    app.pass(seconds(1)).await;
    assert_eq!(app.sandbox.sent().len(), 20);
}

#[actix_web::test]
async fn a_backlog_beyond_a_claim_waits_in_the_store_and_each_leaves_once() {
    let app = parrot().await;
    app.patch(&format!("/v1/pages/{PAGE}"), json!({ "settings": { "sends_per_second": 1 } })).send().await.expect(200);
    let visitors: Vec<String> = (0..12).map(|n| format!("30{n:02}")).collect();
    for visitor in &visitors {
        app.sandbox.introduce(PAGE, visitor, causerie::sandbox::Person::new("V", "V", "en_US"));
        app.sandbox.visitor_says(visitor, "hi").unwrap();
    }
    app.settle().await;
    for sent in 1..=12 {
        assert_eq!(app.sandbox.sent().len(), sent);
        app.pass(seconds(1)).await;
    }
    app.pass(LEASE).await;
    assert_eq!(app.sandbox.sent().len(), 12);
    assert_eq!(app.get("/v1/runtime").send().await.expect(200)["sends_repeated"], 0);
}

#[actix_web::test]
async fn a_pause_lasts_as_long_as_the_flow_says_even_where_no_claim_would() {
    let app = shop(json!([text("one"), text("two"), text("three")]), "20s").await;
    app.said(ANA, "hi").await;
    for said in [1, 2] {
        let typing = app.sandbox.sender_actions().len();
        assert_eq!((app.told(ANA).len(), typing), (said, said), "typing is shown from the beginning");
        app.pass(SignedDuration::from_millis(19_999)).await;
        assert_eq!(app.told(ANA).len(), said);
        app.pass(SignedDuration::from_millis(1)).await;
    }
    assert_eq!(app.told(ANA), ["one", "two", "three"]);
    assert_eq!(app.get("/v1/runtime").send().await.expect(200)["sends_repeated"], 0);
}

#[actix_web::test]
async fn a_restricted_page_is_probed_by_one_message_also_by_one_that_pauses() {
    let app = shop(json!([text("one"), text("two")]), "2s").await;
    app.said(ANA, "hi").await;
    app.sandbox.fault(FaultRule::next(Fault::code(10, 1_893_063)).times(2));
    app.pass(seconds(2)).await;
    assert_eq!((app.told(ANA), app.page_state().await), (vec!["one".to_owned()], "blocked".into()));
    assert_eq!(app.calls_during(app.said(BEN, "hi")).await, 0, "nothing else is tried");

    assert_eq!(app.calls_during(app.pass(SignedDuration::from_mins(29))).await, 0);
    assert_eq!(app.calls_during(app.pass(SignedDuration::from_mins(1))).await, 1, "the first probe fails");
    assert_eq!(app.page_state().await, "blocked");
    // Another admin's change does not bring the next one forward.
    app.patch(&format!("/v1/pages/{PAGE}"), json!({ "settings": { "link_overrides_agent": true } })).send().await.expect(200);
    assert_eq!(app.calls_during(app.pass(SignedDuration::from_mins(29))).await, 0);
    app.pass(SignedDuration::from_mins(1)).await;
    app.long(seconds(10)).await;
    assert_eq!((app.told(ANA), app.page_state().await), (vec!["one".to_owned(), "two".into()], "active".into()));
    assert_eq!(app.told(BEN), ["one", "two"]);
}

#[actix_web::test]
async fn a_restricted_page_is_probed_after_a_restart_though_nobody_writes() {
    let app = parrot().await;
    app.sandbox.fault(FaultRule::next(Fault::code(10, 1_893_063)));
    app.said(ANA, "hi").await;
    assert_eq!(app.lines(ANA).await.len(), 1);
    let app = app.restart().await;
    app.pass(SignedDuration::from_mins(29)).await;
    assert!(app.told(ANA).is_empty());
    app.pass(SignedDuration::from_mins(1)).await;
    assert_eq!((app.told(ANA), app.page_state().await), (vec!["hi!".to_owned()], "active".into()));
}

#[actix_web::test]
async fn what_meta_refuses_because_of_the_thread_reaches_its_conversation() {
    let app = parrot().await;
    for (psid, subcode, event, owner) in [
        (ANA, 2_018_278, "window_closed", "bot"),
        (BEN, 2_018_300, "thread_lost", "external"),
        ("2003", 2_534_037, "thread_lost", "external"),
    ] {
        app.sandbox.introduce(PAGE, psid, causerie::sandbox::Person::new("V", "V", "en_US"));
        app.sandbox.fault(FaultRule::next(Fault::code(10, subcode)));
        app.said(psid, "hi").await;
        app.pass(seconds(3)).await;
        let shown = app.conversation(psid).await;
        assert_eq!(shown["owner"]["kind"], owner, "{subcode}");
        let id = shown["id"].as_str().unwrap();
        let lines = app.get(&format!("/v1/conversations/{id}/messages?limit=200")).send().await.expect(200);
        assert!(lines["items"].as_array().unwrap().iter().any(|line| line["event"] == event), "{subcode}: {lines}");
    }
}

#[actix_web::test]
async fn an_agents_words_whose_outcome_is_unknown_are_not_repeated() {
    let app = parrot().await;
    let agent = app.person(Role::Agent).await;
    app.said(ANA, "hi").await;
    let path = format!("/v1/conversations/{}", app.conversation(ANA).await["id"].as_str().unwrap());
    app.client.post(&format!("{path}/claim")).by(&agent.token).json(json!({})).send().await.expect(200);
    app.sandbox.manners(Manners { echoes: Echoes::Never, ..Manners::default() });
    app.sandbox.fault(FaultRule::next(accepted(1, None)));
    app.client.post(&format!("{path}/messages")).by(&agent.token).json(json!({ "text": "Hello" })).send().await;
    app.long(SignedDuration::from_mins(2)).await;
    assert_eq!(app.told(ANA), ["hi!", "Hello"]);
    let failed = "Hello failed the outcome is unknown: it may have been sent, and a person's words are not repeated blindly";
    assert_eq!(app.lines(ANA).await, ["hi! sent", failed]);
    // Its echo comes late, and says more than we knew.
    app.sandbox.echo(&app.sandbox.sent_to(ANA)[1].mid);
    app.settle().await;
    assert_eq!(app.lines(ANA).await, ["hi! sent", "Hello sent"]);
}

#[actix_web::test]
async fn a_server_that_stops_amid_a_pause_gives_the_message_back_and_the_next_one_sends_it_in_time() {
    let app = shop(json!([text("one"), text("two"), text("three")]), "4s").await;
    app.said(ANA, "hi").await;
    app.pass(seconds(1)).await;
    let app = app.restart().await;
    app.pass(SignedDuration::from_millis(2_999)).await;
    assert_eq!(app.told(ANA), ["one"]);
    app.pass(SignedDuration::from_millis(1)).await;
    assert_eq!(app.told(ANA), ["one", "two"]);
    app.pass(seconds(4)).await;
    assert_eq!(app.told(ANA), ["one", "two", "three"]);
    assert_eq!(app.get("/v1/runtime").send().await.expect(200)["sends_repeated"], 0);
}

#[actix_web::test]
async fn an_agent_keeps_the_seven_days_when_meta_says_that_the_24_hours_are_over_and_no_longer_when_it_refuses_them_too() {
    let app = parrot().await;
    let agent = app.person(Role::Agent).await;
    app.said(ANA, "hi").await;
    let path = format!("/v1/conversations/{}", app.conversation(ANA).await["id"].as_str().unwrap());
    app.client.post(&format!("{path}/claim")).by(&agent.token).json(json!({})).send().await.expect(200);
    let reply = |text: &str| app.client.post(&format!("{path}/messages")).by(&agent.token).json(json!({ "text": text })).send();
    let closed = || app.sandbox.fault(FaultRule::next(Fault::code(10, 2_018_278)).on(causerie::sandbox::On::Path("messages".into())));
    for (text, refused) in [("One", true), ("Two", false), ("Three", true)] {
        if refused {
            closed();
        }
        let taken = reply(text).await;
        assert!(taken.status.is_success(), "{text}: {}", taken.text);
        app.settle().await;
        // What Meta refused reaches the conversation by the sweep.
        app.pass(seconds(3)).await;
    }
    assert_eq!(app.told(ANA), ["hi!", "Two"]);
    assert_eq!(app.sandbox.sent_to(ANA)[1].body["tag"], "HUMAN_AGENT");
    reply("Four").await.refused(409, "window_closed");
}
