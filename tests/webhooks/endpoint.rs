//! `GET` and `POST /webhooks/messenger`, on a runtime that only notes what it is given.

use std::sync::{Arc, Mutex};

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use actix_web::{App, http};
use async_trait::async_trait;
use causerie::api::webhook::{Intake, receive_webhook, verify_webhook};
use causerie::clock::ManualClock;
use causerie::config::{Limits, Meta};
use causerie::domain::Timestamp;
use causerie::domain::command::Command;
use causerie::domain::ids::{ConversationId, PageId};
use causerie::messenger::signature::AppSecrets;
use causerie::runtime::{CommandDone, CommandError, Observation, Runtime};
use causerie::store::StoreError;
use causerie::store::turns::{NewEvent, StoredEvent};
use serde_json::{Value, json};

/// Notes deliveries; fails once it has taken as many as it may.
#[derive(Default)]
struct Notes {
    taken: Mutex<Vec<Vec<NewEvent>>>,
    fails_after: Option<usize>,
}

#[async_trait]
impl Runtime for Notes {
    fn nudge(&self, _: Vec<StoredEvent>) {}

    async fn deliver(&self, events: Vec<NewEvent>) -> Result<(), StoreError> {
        let mut taken = self.taken.lock().unwrap();
        if self.fails_after.is_some_and(|most| taken.len() >= most) {
            return Err(StoreError::Overloaded);
        }
        taken.push(events);
        Ok(())
    }

    async fn reload(&self, _: &PageId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn reload_all(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release_held(&self, _: &PageId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn command(&self, _: ConversationId, _: Command) -> Result<CommandDone, CommandError> {
        Err(CommandError::NotFound)
    }

    async fn observe(&self) -> Observation {
        Observation::default()
    }

    async fn settle(&self) {}
}

struct Server {
    meta: Meta,
    limits: Limits,
    runtime: Arc<Notes>,
}

struct Answer {
    status: StatusCode,
    kind: String,
    text: String,
}

impl Server {
    fn new() -> Self {
        let meta = Meta { app_secret: Some("secret".into()), verify_token: Some("word & word".into()), ..Meta::default() };
        Self { meta, limits: Limits::default(), runtime: Arc::new(Notes::default()) }
    }

    async fn ask(&self, request: TestRequest) -> Answer {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millisecond(1_795_000_100_000).unwrap()));
        let intake = Data::new(Intake::new(&self.meta, &self.limits, clock, self.runtime.clone()));
        let app = init_service(App::new().app_data(intake).service(verify_webhook).service(receive_webhook)).await;
        let response = call_service(&app, request.to_request()).await;
        let status = response.status();
        let kind = response.headers().get(http::header::CONTENT_TYPE).map_or("", |value| value.to_str().unwrap()).to_owned();
        let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        Answer { status, kind, text }
    }

    async fn post(&self, signature: Option<String>, body: &[u8]) -> Answer {
        let mut request = TestRequest::post().uri("/webhooks/messenger").set_payload(body.to_vec());
        if let Some(signature) = signature {
            request = request.insert_header(("X-Hub-Signature-256", signature));
        }
        self.ask(request).await
    }

    async fn post_signed(&self, body: &[u8]) -> Answer {
        self.post(Some(AppSecrets::new("secret", None).sign(body)), body).await
    }

    async fn verify(&self, query: &str) -> Answer {
        self.ask(TestRequest::get().uri(&format!("/webhooks/messenger?{query}"))).await
    }

    /// How many events each delivery had.
    fn deliveries(&self) -> Vec<usize> {
        self.runtime.taken.lock().unwrap().iter().map(Vec::len).collect()
    }
}

fn code(answer: &Answer) -> Value {
    serde_json::from_str::<Value>(&answer.text).unwrap_or_default()["code"].clone()
}

fn messages(count: usize) -> Vec<u8> {
    let event = |n: usize| json!({"sender": {"id": "P1"}, "recipient": {"id": "G1"}, "timestamp": 1, "message": {"mid": format!("m_{n}"), "text": "x"}});
    let events: Vec<Value> = (0..count).map(event).collect();
    json!({"object": "page", "entry": [{"id": "G1", "time": 1, "messaging": events}]}).to_string().into_bytes()
}

#[actix_web::test]
async fn the_challenge_comes_back_as_it_was_when_the_word_is_right() {
    let server = Server::new();
    let answer = server.verify("hub.mode=subscribe&hub.challenge=%3Cb%3E115&hub.verify_token=word+%26+word&more=1").await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "<b>115"));
    assert_eq!(answer.kind, "text/plain; charset=utf-8");
}

#[actix_web::test]
async fn without_the_word_there_is_no_challenge() {
    let server = Server::new();
    for query in [
        "",
        "hub.mode=subscribe&hub.challenge=1",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=word",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
        "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=word+%26+word",
        "hub.mode=subscribe&hub.verify_token=word+%26+word",
    ] {
        let answer = server.verify(query).await;
        assert_eq!((answer.status, code(&answer)), (StatusCode::FORBIDDEN, json!("forbidden")), "{query}");
    }
    for unset in [None, Some("")] {
        let mut server = Server::new();
        server.meta.verify_token = unset.map(Into::into);
        let answer = server.verify("hub.mode=subscribe&hub.challenge=1&hub.verify_token=").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{unset:?}");
    }
}

#[actix_web::test]
async fn a_signed_webhook_is_answered_once_its_events_are_delivered() {
    let server = Server::new();
    let answer = server.post_signed(&messages(3)).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, ""));
    let taken = server.runtime.taken.lock().unwrap();
    let keys: Vec<&str> = taken[0].iter().map(|new| new.event.dedupe.as_str()).collect();
    assert_eq!(keys, ["m_0", "m_1", "m_2"]);
    assert!(taken[0].iter().all(|new| new.received_at.as_millisecond() == 1_795_000_100_000));
    assert_ne!(taken[0][0].id, taken[0][1].id);
}

#[actix_web::test]
async fn an_unsigned_or_wrongly_signed_webhook_changes_nothing_and_tells_nothing() {
    let server = Server::new();
    let body = messages(1);
    let wrong = AppSecrets::new("another", None).sign(&body);
    let of_another_body = AppSecrets::new("secret", None).sign(b"{}");
    for signature in [None, Some(wrong), Some(of_another_body), Some("sha256=zz".into()), Some(String::new())] {
        let answer = server.post(signature.clone(), &body).await;
        assert_eq!((answer.status, code(&answer)), (StatusCode::FORBIDDEN, json!("signature_refused")), "{signature:?}");
        assert!(!answer.text.contains("m_0") && !answer.text.contains("sha256"), "{}", answer.text);
    }
    assert_eq!(server.deliveries(), [0_usize; 0]);
}

#[actix_web::test]
async fn the_previous_secret_is_taken_while_it_is_being_changed() {
    let mut server = Server::new();
    (server.meta.app_secret, server.meta.previous_app_secret) = (Some("new".into()), Some("secret".into()));
    assert_eq!(server.post_signed(&messages(1)).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn without_an_app_secret_nothing_is_taken() {
    let mut server = Server::new();
    server.meta.app_secret = None;
    assert_eq!(server.post_signed(&messages(1)).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.deliveries(), [0_usize; 0]);
}

#[actix_web::test]
async fn signed_bytes_that_are_no_json_are_refused_and_signed_json_of_any_shape_is_taken() {
    let server = Server::new();
    let answer = server.post_signed(b"{\"object\":").await;
    assert_eq!((answer.status, code(&answer)), (StatusCode::BAD_REQUEST, json!("malformed_json")));
    for body in ["[]", "{}", r#"{"object":"page","entry":[{"id":"G1","surprise":[1]}]}"#] {
        assert_eq!(server.post_signed(body.as_bytes()).await.status, StatusCode::OK, "{body}");
    }
    assert_eq!(server.deliveries(), [1, 1, 1]);
}

#[actix_web::test]
async fn a_body_beyond_the_limit_is_refused_before_it_is_read_whole() {
    let mut server = Server::new();
    let body = messages(2);
    server.limits.webhook_body_bytes = body.len();
    assert_eq!(server.post_signed(&body).await.status, StatusCode::OK);
    server.limits.webhook_body_bytes = body.len() - 1;
    let answer = server.post_signed(&body).await;
    assert_eq!((answer.status, code(&answer)), (StatusCode::PAYLOAD_TOO_LARGE, json!("body_too_large")));
}

#[actix_web::test]
async fn a_large_batch_is_made_durable_in_parts_and_in_order() {
    let mut server = Server::new();
    server.limits.webhook_events = 400;
    assert_eq!(server.post_signed(&messages(1_000)).await.status, StatusCode::OK);
    assert_eq!(server.deliveries(), [400, 400, 200]);
    let taken = server.runtime.taken.lock().unwrap();
    assert_eq!(taken[2][199].event.dedupe, "m_999");
}

#[actix_web::test]
async fn what_cannot_be_made_durable_is_asked_for_again() {
    let mut server = Server::new();
    server.limits.webhook_events = 1;
    server.runtime = Arc::new(Notes { fails_after: Some(1), ..Notes::default() });
    let answer = server.post_signed(&messages(2)).await;
    assert_eq!((answer.status, code(&answer)), (StatusCode::SERVICE_UNAVAILABLE, json!("overloaded")));
}
