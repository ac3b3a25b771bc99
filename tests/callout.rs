//! The HTTP calls of flows: where they may go, and how each can end.

use std::time::Duration;

use causerie::callout::circuit::HostState;
use causerie::callout::filled::Secrets;
use causerie::callout::{CalloutClient, CalloutSettings};
use causerie::domain::Timestamp;
use causerie::domain::event::CalloutResult;
use causerie::flow::effect::CalloutRequest;
use serde_json::{Value, json};

use crate::support::canned::{self, Canned, CannedServer};

fn client(settings: CalloutSettings) -> CalloutClient {
    CalloutClient::new(settings).unwrap()
}

fn private() -> CalloutClient {
    client(CalloutSettings { allow_private: true, ..CalloutSettings::default() })
}

fn get(url: impl Into<String>) -> CalloutRequest {
    CalloutRequest { method: "GET".into(), url: url.into(), timeout_ms: 5_000, ..CalloutRequest::default() }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

/// Without secrets.
async fn call(client: &CalloutClient, request: &CalloutRequest) -> CalloutResult {
    client.call(request, &Secrets::new(), at(0)).await
}

/// Why a call failed that may succeed another time.
fn failure(result: CalloutResult) -> String {
    match result {
        CalloutResult::Failed { reason } => reason,
        other => panic!("{other:?}"),
    }
}

/// Why a call would end the same again.
fn refusal(result: CalloutResult) -> String {
    match result {
        CalloutResult::Refused { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_comes_as_json_where_it_is_json_and_as_text_where_not() {
    let server = CannedServer::start(vec![
        canned::json(json!({"state": "sent", "odd": "a\u{0}b"})),
        Canned::Answer(404, "", "not here".into()),
        Canned::Answer(204, "", String::new()),
    ])
    .await;
    let client = private();
    let expected = [(200, json!({"state": "sent", "odd": "a\u{fffd}b"})), (404, json!("not here")), (204, Value::Null)];
    for (status, body) in expected {
        assert_eq!(call(&client, &get(server.url())).await, CalloutResult::Answered { status, body });
    }
}

#[tokio::test]
async fn method_headers_and_body_arrive_as_the_flow_wrote_them() {
    let server = CannedServer::start(vec![canned::json(json!({}))]).await;
    let mut request = get(format!("{}/orders?q=a%20b", server.url()));
    request.method = "PUT".into();
    request.headers.insert("X-Shop".into(), "éa".into());
    request.body = Some(r#"{"a":1}"#.into());
    call(&private(), &request).await;
    let asked = server.asked().remove(0);
    assert!(asked.starts_with("PUT /orders?q=a%20b HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("content-type: application/json\r\n") && asked.contains("x-shop: éa\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\n{\"a\":1}"), "{asked}");
}

#[tokio::test]
async fn addresses_of_this_machine_and_private_networks_are_refused_in_every_spelling() {
    let server = CannedServer::start(vec![canned::json(json!({}))]).await;
    let port = server.port;
    let client = client(CalloutSettings::default());
    let hosts = [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "localhost",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "user:word@127.0.0.1",
        "１２７.0.0.1",
    ];
    for host in hosts {
        let reason = refusal(call(&client, &get(format!("http://{host}:{port}/"))).await);
        assert!(reason.contains("must not be called"), "{host}: {reason}");
    }
    assert_eq!(server.asked().len(), 0);
}

#[tokio::test]
async fn a_redirect_is_the_answer_and_is_not_followed() {
    let inner = CannedServer::start(vec![canned::json(json!({"secret": 1}))]).await;
    let location: &'static str = format!("location: {}\r\n", inner.url()).leak();
    let outer = CannedServer::start(vec![Canned::Answer(302, location, String::new())]).await;
    let result = call(&private(), &get(outer.url())).await;
    assert_eq!(result, CalloutResult::Answered { status: 302, body: Value::Null });
    assert_eq!(inner.asked().len(), 0);
}

#[tokio::test]
async fn silence_ends_at_the_time_out_the_flow_asked_for() {
    let server = CannedServer::start(vec![Canned::Silence]).await;
    let request = CalloutRequest { timeout_ms: 60, ..get(server.url()) };
    let result = tokio::time::timeout(Duration::from_secs(5), call(&private(), &request)).await.unwrap();
    assert_eq!(result, CalloutResult::TimedOut);
}

#[tokio::test]
async fn an_answer_that_is_too_large_fails() {
    let server = CannedServer::start(vec![Canned::Answer(200, "", "x".repeat(1_001)), Canned::Answer(200, "", "x".repeat(1_000))]).await;
    let client = client(CalloutSettings { allow_private: true, answer_bytes: 1_000, ..CalloutSettings::default() });
    assert_eq!(refusal(call(&client, &get(server.url())).await), "the answer is larger than 1000 bytes");
    assert!(matches!(call(&client, &get(server.url())).await, CalloutResult::Answered { status: 200, .. }));
}

#[tokio::test]
async fn what_cannot_be_called_at_all_says_why() {
    let client = private();
    let mut odd_method = get("http://127.0.0.1:1/");
    odd_method.method = "G T".into();
    let mut odd_header = get("http://127.0.0.1:1/");
    odd_header.headers.insert("a b".into(), "c".into());
    let mut own_header = get("http://127.0.0.1:1/");
    own_header.headers.insert("Host".into(), "internal".into());
    let cases = [
        (get("shop.example/orders"), "no URL"),
        (get("file:///etc/passwd"), "neither http nor https"),
        (get("ftp://127.0.0.1/"), "neither http nor https"),
        (odd_method, "no HTTP method"),
        (odd_header, "not allowed in HTTP"),
        (own_header, "cannot be set"),
    ];
    for (request, part) in cases {
        let reason = refusal(call(&client, &request).await).to_lowercase();
        assert!(!reason.is_empty() && reason.contains(&part.to_lowercase()), "{}: {reason}", request.url);
        assert!(!reason.contains("/orders") || part == "no URL", "{reason}");
    }
    assert!(failure(call(&client, &get("http://127.0.0.1:1/")).await).to_lowercase().contains("refused"));
    assert!(!failure(call(&client, &get("http://no-such-host.invalid/")).await).is_empty());
}

#[tokio::test]
async fn a_host_that_fails_again_and_again_is_left_alone_and_then_tried_once() {
    let down = Canned::Answer(503, "", String::new());
    let server = CannedServer::start(vec![down.clone(), down.clone(), down, canned::json(json!({}))]).await;
    let client = client(CalloutSettings { allow_private: true, breaker_failures: 2, ..CalloutSettings::default() });
    let (request, secrets) = (get(server.url()), Secrets::new());
    for n in 0..2 {
        assert!(matches!(client.call(&request, &secrets, at(n)).await, CalloutResult::Answered { status: 503, .. }));
    }
    let host = format!("127.0.0.1:{}", server.port);
    assert_eq!(client.hosts(), [HostState { host, failures: 2, open_until: Some(at(31)) }]);
    let reason = refusal(client.call(&request, &secrets, at(2)).await);
    assert!(reason.contains("again and again") && server.asked().len() == 2, "{reason}");
    assert!(matches!(client.call(&request, &secrets, at(31)).await, CalloutResult::Answered { status: 503, .. }));
    refusal(client.call(&request, &secrets, at(32)).await);
    assert!(matches!(client.call(&request, &secrets, at(61)).await, CalloutResult::Answered { status: 200, .. }));
    assert_eq!((client.hosts().len(), server.asked().len()), (0, 4));
}
