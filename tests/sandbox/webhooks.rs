//! Webhooks: signed, subscribed to, in order, repeated until they are taken.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use causerie::sandbox::Opened;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};

use super::{Bench, PAGE, PSID, SECRET};

/// A webhook endpoint that keeps what it got and refuses the first few.
#[derive(Clone, Default)]
struct Endpoint {
    taken: Arc<Mutex<Vec<Value>>>,
    refuse: Arc<Mutex<u32>>,
}

impl Endpoint {
    fn start(bench: &Bench) -> Self {
        let endpoint = Self::default();
        let shared = endpoint.clone();
        let server = HttpServer::new(move || {
            let app = App::new().app_data(web::Data::new(shared.clone()));
            app.route("/hook", web::post().to(take)).route("/hook", web::get().to(verify))
        });
        let server = server.workers(1).bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        bench.sandbox.set_callback(&url);
        endpoint
    }

    fn kinds(&self) -> Vec<String> {
        let kind = |event: &Value| {
            let keys = event.as_object().unwrap().keys();
            keys.filter(|key| !["sender", "recipient", "timestamp"].contains(&key.as_str())).cloned().collect::<String>()
        };
        self.taken.lock().unwrap().iter().map(kind).collect()
    }
}

async fn take(endpoint: web::Data<Endpoint>, request: HttpRequest, bytes: web::Bytes) -> HttpResponse {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&bytes);
    let expected = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    assert_eq!(request.headers().get("X-Hub-Signature-256").unwrap().to_str().unwrap(), expected);
    assert!(bytes.is_ascii());
    let mut left = endpoint.refuse.lock().unwrap();
    if *left > 0 {
        *left -= 1;
        return HttpResponse::ServiceUnavailable().finish();
    }
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    let entry = &body["entry"][0];
    let mut event = entry["messaging"].get(0).or(entry["standby"].get(0)).unwrap().clone();
    if entry.get("standby").is_some() {
        event["standby"] = json!(true);
    }
    endpoint.taken.lock().unwrap().push(event);
    HttpResponse::Ok().finish()
}

async fn verify(query: web::Query<std::collections::HashMap<String, String>>) -> HttpResponse {
    if query["hub.verify_token"] == "right" {
        HttpResponse::Ok().body(query["hub.challenge"].clone())
    } else {
        HttpResponse::Forbidden().finish()
    }
}

const SOON: Duration = Duration::from_secs(10);

#[actix_web::test]
async fn what_a_visitor_does_arrives_signed_and_in_order_also_after_refusals() {
    let bench = Bench::start();
    let endpoint = Endpoint::start(&bench);
    *endpoint.refuse.lock().unwrap() = 3;
    let texts: Vec<String> = (0..20).map(|number| format!("message {number} é 😀 a/b")).collect();
    for text in &texts {
        bench.sandbox.visitor_says(PSID, text).unwrap();
    }
    assert!(bench.sandbox.until_delivered(SOON).await);
    let taken = endpoint.taken.lock().unwrap().clone();
    let arrived: Vec<&str> = taken.iter().map(|event| event["message"]["text"].as_str().unwrap()).collect();
    assert_eq!(arrived, texts);
    assert_eq!(bench.sandbox.webhooks()[0].attempts, 4);
}

#[actix_web::test]
async fn a_new_thread_carries_the_ref_with_get_started_and_an_existing_one_at_once() {
    let bench = Bench::start();
    let endpoint = Endpoint::start(&bench);
    assert_eq!(bench.sandbox.open_link(PSID, "lost").unwrap(), Opened::Welcome);
    assert!(bench.sandbox.get_started(PSID).is_err(), "the page has no button yet");
    bench.post("me/messenger_profile", json!({ "get_started": { "payload": "GS" } })).await;
    bench.sandbox.open_link(PSID, "flyer-7").unwrap();
    bench.sandbox.get_started(PSID).unwrap();
    assert_eq!(bench.sandbox.open_link(PSID, "poster-8").unwrap(), Opened::Referral);
    assert!(bench.sandbox.until_delivered(SOON).await);
    let taken = endpoint.taken.lock().unwrap().clone();
    assert_eq!(taken[0]["postback"]["payload"], "GS");
    assert_eq!(taken[0]["postback"]["referral"]["ref"], "flyer-7");
    assert_eq!(taken[1]["referral"]["ref"], "poster-8");
}

#[actix_web::test]
async fn sends_echo_and_taps_come_back_with_their_payloads() {
    let bench = Bench::start();
    let endpoint = Endpoint::start(&bench);
    bench.sandbox.visitor_says(PSID, "hello").unwrap();
    let replies = json!([{ "content_type": "text", "title": "Oui", "payload": "Y" }]);
    bench.send(json!({ "message": { "text": "Ça va ?", "metadata": "out:91", "quick_replies": replies } })).await;
    bench.sandbox.tap(PSID, "Oui").unwrap();
    let buttons = json!([{ "type": "postback", "title": "Menu", "payload": "M" }]);
    let template = json!({ "template_type": "button", "text": "Encore ?", "buttons": buttons });
    bench.send(json!({ "message": { "attachment": { "type": "template", "payload": template } } })).await;
    assert!(bench.sandbox.tap(PSID, "Oui").is_err(), "quick replies vanish after the next message");
    bench.sandbox.tap(PSID, "Menu").unwrap();
    bench.sandbox.visitor_reads(PSID).unwrap();
    assert!(bench.sandbox.until_delivered(SOON).await);
    assert_eq!(endpoint.kinds(), ["message", "message", "message", "message", "postback", "delivery", "read"]);
    let taken = endpoint.taken.lock().unwrap().clone();
    assert_eq!(taken[1]["message"]["metadata"], "out:91");
    assert_eq!(taken[1]["message"]["app_id"], 77);
    assert_eq!(taken[1]["message"]["mid"], bench.sandbox.sent()[0].mid.as_str());
    assert_eq!(taken[2]["message"]["quick_reply"]["payload"], "Y");
    assert_eq!(taken[4]["postback"]["payload"], "M");
}

#[actix_web::test]
async fn the_page_inbox_is_a_foreign_echo_and_with_routing_takes_the_thread() {
    let bench = Bench::start();
    let endpoint = Endpoint::start(&bench);
    bench.sandbox.visitor_says(PSID, "hello").unwrap();
    bench.sandbox.inbox_says(PSID, "I am a person").unwrap();
    assert_eq!(bench.send(json!({ "message": { "text": "a" } })).await.0, 200, "without routing every app may send");
    bench.sandbox.routing(PAGE, true);
    bench.sandbox.inbox_says(PSID, "mine now").unwrap();
    assert_eq!(bench.send(json!({ "message": { "text": "a" } })).await.1["error"]["error_subcode"], 2_018_300);
    bench.sandbox.visitor_says(PSID, "to the inbox").unwrap();
    bench.sandbox.inbox_passes(PSID).unwrap();
    assert_eq!(bench.send(json!({ "message": { "text": "b" } })).await.0, 200);
    assert!(bench.sandbox.until_delivered(SOON).await);
    let echo = "message";
    let standby = "messagestandby";
    let expected = ["message", echo, echo, "take_thread_control", standby, standby, "pass_thread_control", echo];
    assert_eq!(endpoint.kinds(), expected);
}

#[actix_web::test]
async fn nothing_is_delivered_that_was_not_subscribed_to_and_a_callback_must_answer_its_challenge() {
    let bench = Bench::start();
    let endpoint = Endpoint::start(&bench);
    let url = bench.sandbox.look(|world| world.app.callback.clone()).unwrap();
    assert!(bench.sandbox.subscribe_app(&url, "wrong").await.is_err());
    bench.sandbox.subscribe_app(&url, "right").await.unwrap();
    bench.post("1001/subscribed_apps?subscribed_fields=messages", json!({})).await;
    bench.sandbox.visitor_says(PSID, "hello").unwrap();
    bench.send(json!({ "message": { "text": "no echo" } })).await;
    bench.sandbox.redeliver(0);
    assert!(bench.sandbox.until_delivered(SOON).await);
    assert_eq!(endpoint.kinds(), ["message", "message"]);
    let taken = endpoint.taken.lock().unwrap().clone();
    assert_eq!(taken[0]["message"]["mid"], taken[1]["message"]["mid"]);
}
