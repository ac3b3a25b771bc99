//! Flows that check, and mean harm when they run: values that grow within each other, calls that never end.

use causerie::domain::event::CalloutResult;
use causerie::flow::check::{Env, check};
use causerie::flow::effect::Effect;
use causerie::flow::limits;
use causerie::flow::session::Entry;
use serde_json::{Value, json};

use super::stage::{Stage, Turn};

fn stage(nodes: &Value) -> Stage {
    let document = json!({ "spec_version": "1.0", "start": "a", "nodes": nodes });
    let flow = check(&document, &Env::default()).flow.unwrap();
    Stage::new("this", flow, "2026-03-02T09:00:00Z".parse().unwrap(), 1)
}

fn reports(turn: &Turn) -> Vec<&str> {
    let code = |effect: &'_ Effect| if let Effect::Report(report) = effect { Some(report.code.clone()) } else { None };
    let all: Vec<String> = turn.effects.iter().filter_map(code).collect();
    ["value_too_deep", "value_too_large", "too_many_calls"].into_iter().filter(|known| all.iter().any(|code| code == known)).collect()
}

/// A session that cannot be read again would be lost with its conversation.
#[test]
fn a_value_that_grows_within_itself_stays_readable() {
    let grow = json!({ "type": "set", "values": { "history": { "before": "{{ history }}" } } });
    let mut actions = vec![grow; 150];
    actions.push(json!({ "type": "ask", "text": "Well?", "save": "answer" }));
    let mut stage = stage(&json!({ "a": actions }));
    let turn = stage.start(Entry::default());
    assert_eq!(reports(&turn), ["value_too_deep"]);
    assert!(stage.lossless);
    assert!(stage.session.is_some());
    let depth = (1..).scan(stage.session.as_ref().unwrap().variables.get("history").unwrap(), |value, _| {
        *value = value.get("before")?;
        Some(())
    });
    assert_eq!(depth.count(), limits::VALUE_DEPTH);
}

#[test]
fn calls_that_fail_at_once_and_lead_back_end() {
    let mut stage = stage(&json!({ "a": [{ "type": "http_request", "url": "https://x.example/", "failed": "a" }] }));
    let mut turn = stage.start(Entry::default());
    let mut calls = 0;
    while let Some(next) = stage.callout_returns(&CalloutResult::Refused { reason: "no".to_owned() }) {
        (turn, calls) = (next, calls + 1);
        assert!(calls <= limits::CALLS_IN_A_ROW, "{calls} calls");
    }
    assert_eq!((calls, reports(&turn)), (limits::CALLS_IN_A_ROW, vec!["too_many_calls"]));
    assert!(stage.session.unwrap().finished);
}
