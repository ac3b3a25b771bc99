use proptest::prelude::*;
use serde_json::json;

use super::*;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap()
}

fn events(body: &Value) -> Vec<InboundEvent> {
    parse(body.to_string().as_bytes(), at(1)).unwrap().events
}

fn of_page(event: &Value) -> Value {
    json!({"object": "page", "entry": [{"id": "G1", "time": 1_795_000_000_123_i64, "messaging": [event]}]})
}

#[test]
fn both_ways_give_the_same_events() {
    let bodies = [
        json!({"sender": {"id": "P1"}, "recipient": {"id": "G1"}, "timestamp": 1_795_000_000_045_i64, "message": {"mid": "m_1", "text": "é"}}),
        json!({"sender": {"id": "P1"}, "recipient": {"id": "G1"}, "timestamp": 1_795_000_000_045_i64, "read": {"watermark": 1_795_000_000_040_i64}}),
        json!({"sender": {"id": "P1"}, "recipient": {"id": "G1"}, "referral": {"ref": "r", "source": "ADS", "ads_context_data": {"ad_title": "T"}}}),
        json!({"sender": {"id": "P1"}, "recipient": {"id": "G1"}, "timestamp": "1795000000", "optin": {"ref": "r", "z": 1, "a": 2}}),
    ];
    for event in bodies {
        let body = of_page(&event);
        let quick = quickly(body.to_string().as_bytes(), at(1)).expect("the quick way takes it");
        assert_eq!(quick, carefully(body, at(1)));
    }
}

#[test]
fn a_key_is_the_same_on_redelivery_and_differs_for_another_event() {
    let read = |page: &str, sender: &str, time: i64, watermark: i64| {
        let event = json!({"sender": {"id": sender}, "recipient": {"id": page}, "timestamp": time, "read": {"watermark": watermark}});
        let body = json!({"entry": [{"id": page, "time": 9, "messaging": [event]}]}).to_string();
        let later = at(2_000);
        parse(body.as_bytes(), later).unwrap().events.remove(0).dedupe
    };
    let key = read("G1", "P1", 1_795_000_000_045, 1_795_000_000_000);
    assert_eq!(key, read("G1", "P1", 1_795_000_000_045, 1_795_000_000_000));
    for other in [
        read("G2", "P1", 1_795_000_000_045, 1_795_000_000_000),
        read("G1", "P2", 1_795_000_000_045, 1_795_000_000_000),
        read("G1", "P1", 1_795_000_000_046, 1_795_000_000_000),
        read("G1", "P1", 1_795_000_000_045, 1_795_000_000_001),
    ] {
        assert_ne!(key, other);
    }
}

#[test]
fn without_any_time_the_time_of_receipt_stands_in_and_the_key_does_not_depend_on_it() {
    let body = json!({"entry": [{"id": "G1", "messaging": [{"sender": {"id": "P1"}, "referral": {"ref": "r"}}]}]}).to_string();
    let (first, second) = (parse(body.as_bytes(), at(5)).unwrap(), parse(body.as_bytes(), at(6)).unwrap());
    assert_eq!(first.events[0].at, at(5));
    assert_eq!(first.events[0].dedupe, second.events[0].dedupe);
}

#[test]
fn a_text_cut_within_an_emoji_is_taken() {
    let body =
        r#"{"entry":[{"id":"G1","messaging":[{"sender":{"id":"P1"},"message":{"mid":"m","text":"a\ud83d\\ud83d \ud83d\ude00\ude00"}}]}]}"#;
    let Inbound::Message(message) = &parse(body.as_bytes(), at(1)).unwrap().events[0].what else { panic!() };
    assert_eq!(message.text.as_deref(), Some("a\u{fffd}\\ud83d 😀\u{fffd}"));
}

#[test]
fn a_text_that_is_no_utf_8_is_taken() {
    let mut body = br#"{"entry":[{"id":"G1","messaging":[{"sender":{"id":"P1"},"message":{"mid":"m","text":"a#"}}]}]}"#.to_vec();
    let place = body.iter().position(|&byte| byte == b'#').unwrap();
    body[place] = 0xff;
    let Inbound::Message(message) = &parse(&body, at(1)).unwrap().events[0].what else { panic!() };
    assert_eq!(message.text.as_deref(), Some("a\u{fffd}"));
}

#[test]
fn what_is_no_json_is_refused() {
    for body in ["", "{", "hello", "{\"entry\":[}", "\u{feff}{}"] {
        assert!(parse(body.as_bytes(), at(1)).is_err(), "{body}");
    }
}

#[test]
fn json_of_any_other_shape_is_kept_as_unknown() {
    for body in [json!([]), json!("x"), json!({}), json!({"entry": []}), json!({"entry": 5}), json!({"entry": {"id": "G1"}})] {
        let found = events(&body);
        assert_eq!(found.len(), 1, "{body}");
        assert_eq!(found[0].page.as_str(), "0");
        let Inbound::Unknown { raw, .. } = &found[0].what else { panic!("{found:?}") };
        assert_eq!(raw, &body);
    }
}

/// Shapes near to real webhooks, with wrong types in every place.
fn nearly() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9\\\\\"é😀\u{0}]{0,6}".prop_map(Value::from),
    ];
    let keys = prop::sample::select(vec![
        "id",
        "time",
        "messaging",
        "standby",
        "changes",
        "sender",
        "recipient",
        "timestamp",
        "message",
        "mid",
        "text",
        "is_echo",
        "attachments",
        "payload",
        "postback",
        "referral",
        "read",
        "watermark",
        "delivery",
        "mids",
        "optin",
        "field",
        "value",
        "x",
    ]);
    let tree = leaf.prop_recursive(6, 60, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keys.clone(), inner), 0..6)
                .prop_map(|fields| fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    });
    tree.prop_map(|entry| json!({"object": "page", "entry": [entry]}))
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&body, at(1));
    }

    #[test]
    fn no_torn_or_flipped_webhook_makes_it_panic(cut in 0usize..233, flip in 0usize..233, byte in any::<u8>()) {
        let mut body = br#"{"object":"page","entry":[{"id":"1001","time":1795000000123,"messaging":[{"sender":{"id":"2002"},"recipient":{"id":"1001"},"timestamp":1795000000045,"message":{"mid":"m_abc","text":"\u00e4\u00f6 \ud83d\ude00 http:\/\/x.test\/a"}}]}]}"#.to_vec();
        body[flip] = byte;
        let _ = parse(&body, at(1));
        let _ = parse(&body[..cut], at(1));
    }

    #[test]
    fn every_odd_shape_becomes_an_event_with_a_key(body in nearly()) {
        let parsed = parse(body.to_string().as_bytes(), at(1)).unwrap();
        prop_assert!(!parsed.events.is_empty());
        for event in parsed.events {
            prop_assert!(!event.dedupe.is_empty() && !event.dedupe.contains('\0'));
        }
    }
}
