//! Calls: what is accepted, and what is refused with which code.

use std::time::Duration;

use causerie::sandbox::{Fault, FaultRule, GraphError};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Bench, PAGE, PSID};

/// `{"repeat": x, "times": n}` becomes a long string or list.
fn expand(value: &Value) -> Value {
    match value {
        Value::Object(object) if object.contains_key("repeat") => {
            let times = usize::try_from(object["times"].as_u64().unwrap()).unwrap();
            match &object["repeat"] {
                Value::String(text) => json!(text.repeat(times)),
                other => Value::Array(vec![other.clone(); times]),
            }
        }
        Value::Object(object) => Value::Object(object.iter().map(|(key, value)| (key.clone(), expand(value))).collect()),
        Value::Array(items) => Value::Array(items.iter().map(expand).collect()),
        other => other.clone(),
    }
}

#[actix_web::test]
async fn messages_within_metas_limits_are_accepted_and_others_refused_with_100() {
    let bench = Bench::start();
    bench.sandbox.visitor_says(PSID, "hello").unwrap();
    let cases: Vec<Value> = serde_json::from_str(include_str!("messages.json")).unwrap();
    for case in cases {
        let (status, answer) = bench.send(json!({ "message": expand(&case["message"]) })).await;
        match case["refused"].as_str() {
            None => assert_eq!((status, answer["recipient_id"].as_str()), (200, Some(PSID)), "{}: {answer}", case["name"]),
            Some(part) => {
                assert_eq!((status, answer["error"]["code"].as_i64()), (400, Some(100)), "{}: {answer}", case["name"]);
                assert!(answer["error"]["message"].as_str().unwrap().contains(part), "{}: {answer}", case["name"]);
                assert!(answer["error"]["fbtrace_id"].as_str().unwrap().len() > 8);
            }
        }
    }
}

#[actix_web::test]
async fn the_windows_close_after_24_hours_and_7_days() {
    let bench = Bench::start();
    let response = json!({ "message": { "text": "a" } });
    let human = json!({ "message": { "text": "a" }, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT" });
    let dead = json!({ "message": { "text": "a" }, "messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE" });
    let (_, stranger) = bench.send(response.clone()).await;
    assert_eq!(stranger["error"]["error_subcode"], 2_018_001);

    bench.sandbox.visitor_says(PSID, "hello").unwrap();
    for (hours, body, subcode) in [
        (0, &response, None),
        (0, &human, None),
        (0, &dead, Some(1_893_061)),
        (24, &response, Some(2_018_278)),
        (0, &human, None),
        (7 * 24 - 24, &human, Some(2_018_278)),
    ] {
        bench.clock.advance(SignedDuration::from_hours(hours));
        let (_, answer) = bench.send(body.clone()).await;
        assert_eq!(answer["error"]["error_subcode"].as_i64(), subcode, "{body} {answer}");
    }
    bench.sandbox.react(PSID, &bench.sandbox.sent()[0].mid, Some("👍")).unwrap();
    assert_eq!(bench.send(response).await.0, 200, "a reaction opens the window");
    assert_eq!(bench.sandbox.sent().len(), 4);
}

#[actix_web::test]
async fn wrong_tokens_proofs_types_and_actions_are_refused() {
    let bench = Bench::start();
    bench.sandbox.visitor_says(PSID, "hello").unwrap();
    for (query, code) in [
        (vec![], 190),
        (vec![("access_token", "other")], 190),
        (vec![("access_token", "EAAtoken")], 100),
        (vec![("access_token", "EAAtoken"), ("appsecret_proof", "00")], 100),
    ] {
        let answer = bench.client.get(bench.url("me")).query(&query).send().await.unwrap().json::<Value>().await.unwrap();
        assert_eq!(answer["error"]["code"], code, "{query:?} {answer}");
    }
    for (body, subcode) in [
        (json!({ "message": { "text": "a" }, "messaging_type": "LETTER" }), None),
        (json!({ "message": { "text": "a" }, "sender_action": "typing_on" }), Some(2_018_014)),
        (json!({ "sender_action": "dance" }), None),
        (json!({ "message": { "text": "a" }, "flavour": 1 }), None),
    ] {
        let (status, answer) = bench.send(body).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)));
        assert_eq!(answer["error"]["error_subcode"].as_i64(), subcode);
    }
    assert_eq!(bench.send(json!({ "sender_action": "typing_on" })).await.0, 200);
    assert!(bench.sandbox.look(|world| world.threads[PSID].is_typing(bench.sandbox.now())));
    bench.sandbox.block(PSID, true);
    assert_eq!(bench.send(json!({ "message": { "text": "a" } })).await.1["error"]["error_subcode"], 1_545_041);
    bench.sandbox.revoke_token(PAGE, 460);
    assert_eq!(bench.send(json!({ "message": { "text": "a" } })).await.1["error"]["error_subcode"], 460);
}

#[actix_web::test]
async fn a_scripted_fault_meets_the_calls_it_names_and_no_others() {
    let bench = Bench::start();
    bench.sandbox.visitor_says(PSID, "hello").unwrap();
    let text = |text: &str| json!({ "message": { "text": text } });
    bench.sandbox.fault(FaultRule::next(Fault::code(613, None)).times(2));
    bench.sandbox.fault(FaultRule::next(Fault::AcceptThenRefuse(GraphError::new(1, Some(1_357_046), "invalid JSON reply"))));
    bench.sandbox.fault(FaultRule::next(Fault::Usage(95)));
    for (name, code) in [("a", 613), ("b", 613), ("c", 1)] {
        assert_eq!(bench.send(text(name)).await.1["error"]["code"], code);
    }
    assert_eq!(bench.send(text("d")).await.0, 200);
    assert_eq!(bench.sandbox.texts_to(PSID), ["c", "d"]);

    for (fault, accepted) in [(Fault::Drop, 2), (Fault::AcceptThenDrop, 3), (Fault::AcceptThenHang(Duration::from_secs(60)), 4)] {
        bench.sandbox.fault(FaultRule::next(fault.clone()));
        let proof = "d6c4deea04dad311877a7fc71b2040fadb5f611475eeec72bb3c0bfad16d5e04";
        let body = json!({ "recipient": { "id": PSID }, "messaging_type": "RESPONSE", "message": { "text": "x" } });
        let request = bench.client.post(bench.url("me/messages")).query(&[("access_token", "EAAtoken"), ("appsecret_proof", proof)]);
        let answer = request.json(&body).timeout(Duration::from_millis(400)).send().await;
        let broken = match answer {
            Ok(answer) => answer.bytes().await.is_err(),
            Err(_) => true,
        };
        assert!(broken, "{fault:?} must not answer");
        assert_eq!(bench.sandbox.sent().len(), accepted, "{fault:?}");
    }
    assert_eq!(bench.send(text("e")).await.0, 200, "the script is used up");
}

#[actix_web::test]
async fn the_profile_the_subscription_and_people_read_back() {
    let bench = Bench::start();
    let menu = json!({ "persistent_menu": [{ "locale": "default", "call_to_actions": [] }] });
    assert_eq!(bench.post("me/messenger_profile", menu).await.1["error"]["error_subcode"], 2_018_145);
    assert_eq!(bench.post("me/messenger_profile", json!({ "get_started": { "payload": "GS" } })).await.1["result"], "success");
    assert_eq!(bench.post("1001/subscribed_apps?subscribed_fields=messages,rumours", json!({})).await.1["error"]["code"], 100);
    assert_eq!(bench.post("1001/subscribed_apps?subscribed_fields=messages", json!({})).await.1["success"], true);
    assert_eq!(bench.post("1002/subscribed_apps?subscribed_fields=messages", json!({})).await.1["error"]["error_subcode"], 33);
    for number in 0..8 {
        let (_, answer) = bench.post("me/messenger_profile", json!({ "greeting": [{ "locale": "default", "text": "Hi" }] })).await;
        assert_eq!(answer["result"], "success", "{number}");
    }
    assert_eq!(bench.post("me/messenger_profile", json!({ "get_started": { "payload": "GS" } })).await.1["error"]["code"], 613);
    assert_eq!(bench.sandbox.calls("POST messenger_profile"), 11);
}
