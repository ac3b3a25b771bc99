//! Webhook payloads and the events they become, as a table: one file under `tests/messenger/` each, with what it is
//! about, the body as Meta would send it, and the expected events. Then the endpoint itself.
//!
//! `UPDATE=1 cargo test webhooks` writes the events anew; read the difference.

mod endpoint;

use std::collections::BTreeSet;
use std::path::PathBuf;

use causerie::domain::Timestamp;
use causerie::domain::event::{Inbound, InboundEvent};
use causerie::messenger::webhook::parse;
use serde_json::{Value, json};

/// In every file: when the server got it.
const RECEIVED_AT: i64 = 1_795_000_100_000;

struct Case {
    path: PathBuf,
    file: Value,
    events: Vec<InboundEvent>,
    unknown: usize,
}

fn cases() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/messenger");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let at = Timestamp::from_millisecond(RECEIVED_AT).unwrap();
            let parsed = parse(file["body"].to_string().as_bytes(), at).unwrap();
            Case { path, file, events: parsed.events, unknown: parsed.unknown }
        })
        .collect()
}

/// The event as the table shows it: a hashed key is only `hash`.
fn shown(event: &InboundEvent) -> Value {
    let mut shown = serde_json::to_value(event).unwrap();
    if event.dedupe.starts_with("h:") {
        shown["dedupe"] = "hash".into();
    }
    shown
}

#[test]
fn every_payload_of_the_table_becomes_the_events_beside_it() {
    for Case { path, mut file, events, unknown } in cases() {
        let shown: Vec<Value> = events.iter().map(shown).collect();
        if std::env::var_os("UPDATE").is_some() {
            file["events"] = shown.into();
            file["unknown"] = unknown.into();
            std::fs::write(&path, serde_json::to_string_pretty(&file).unwrap() + "\n").unwrap();
            continue;
        }
        let expected = file["events"].as_array().unwrap();
        for (number, (shown, expected)) in shown.iter().zip(expected).enumerate() {
            assert_eq!(shown, expected, "{} event {number}", path.display());
        }
        assert_eq!(shown.len(), expected.len(), "{}", path.display());
        assert_eq!(json!(unknown), file["unknown"], "{}", path.display());
    }
}

#[test]
fn the_table_shows_every_kind_of_event() {
    let seen: BTreeSet<&str> = cases().iter().flat_map(|case| case.events.iter().map(|event| event.what.kind())).collect();
    let all = [
        "account_linking",
        "app_roles",
        "change",
        "coupon_click",
        "customer_information",
        "delivery",
        "echo",
        "edit",
        "feedback",
        "lead_form",
        "message",
        "optin",
        "order",
        "pass_thread",
        "policy_enforcement",
        "postback",
        "reaction",
        "read",
        "referral",
        "request_thread",
        "response_feedback",
        "take_thread",
        "unknown",
    ];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn only_events_that_are_the_same_share_a_key() {
    let mut keys = BTreeSet::new();
    let mut shared = Vec::new();
    for event in cases().into_iter().flat_map(|case| case.events) {
        // One file repeats a mid on purpose: within a page it is one event, whatever the list it came in.
        if !keys.insert((event.page.clone(), event.dedupe.clone())) {
            shared.push(event.dedupe);
        }
    }
    assert_eq!(shared, ["m_1", "m_2"]);
}

#[test]
fn a_batch_gives_the_same_keys_as_its_events_one_by_one() {
    for Case { file, events, path, .. } in cases() {
        let mut alone = Vec::new();
        for entry in file["body"]["entry"].as_array().unwrap() {
            for list in ["messaging", "standby"] {
                for event in entry[list].as_array().into_iter().flatten() {
                    let body = json!({"entry": [{"id": entry["id"], "time": entry["time"], list: [event]}]});
                    let at = Timestamp::from_millisecond(1).unwrap();
                    alone.extend(parse(body.to_string().as_bytes(), at).unwrap().events.into_iter().map(|event| event.dedupe));
                }
            }
        }
        let known = |event: &&InboundEvent| !matches!(event.what, Inbound::Unknown { .. } | Inbound::Change { .. });
        let together: BTreeSet<String> = events.iter().filter(known).map(|event| event.dedupe.clone()).collect();
        let missing: Vec<&String> = together.iter().filter(|key| !alone.contains(key)).collect();
        assert!(missing.is_empty() || path.ends_with("no_array.json"), "{}: {missing:?}", path.display());
    }
}
