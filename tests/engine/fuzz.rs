//! Documents that once were good, with a few things changed anywhere, and chats with what still compiles: no panic, the
//! budgets kept, effects in their order, and a session that comes back from the store as it went.

use std::collections::BTreeSet;

use causerie::domain::event::{CalloutResult, MessageIn};
use causerie::flow::action::Action;
use causerie::flow::check::{Env, check};
use causerie::flow::effect::Effect;
use causerie::flow::gallery::STARTERS;
use causerie::flow::session::Wait;
use causerie::flow::{limits, parse};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use proptest::test_runner::Config;
use serde_json::{Value, json};

use super::stage::{Stage, Turn};

/// The example, the templates, and a document of each action's own example.
fn good() -> Vec<Value> {
    let mut documents = vec![parse(include_str!("../flows/example.json")).unwrap()];
    documents.extend(STARTERS.iter().map(causerie::flow::gallery::Starter::document));
    for (_, doc) in Action::DOCS {
        let examples = doc.split("```json").skip(1).map(|block| serde_json::from_str::<Value>(block.split("```").next().unwrap()).unwrap());
        let end = json!([{ "type": "end" }]);
        documents.extend(examples.map(|example| {
            json!({ "spec_version": "1.0", "languages": ["fr", "en"], "start": "here", "nodes": { "here": [example], "menu": end, "handoff": end, "greet": end } })
        }));
    }
    documents
}

#[derive(Debug, Clone)]
enum Change {
    Remove(usize),
    Put(usize, Value),
    /// What stands at one place also at another.
    Copy(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let put = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(
            &["", "{{ a", "{{ now }}", "{{ last_text ~ last_text }}", "a", "end", "menu", "0ms", "30d", "(", "https://x.example/"][..]
        )
        .prop_map(Value::from),
        ".{0,30}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
    ];
    prop_oneof![
        any::<usize>().prop_map(Change::Remove),
        (any::<usize>(), put).prop_map(|(at, value)| Change::Put(at, value)),
        (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Change::Copy(from, to)),
    ]
}

fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    let deeper = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| places(value, &deeper(key), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| places(value, &deeper(&i.to_string()), found)),
        _ => {}
    }
}

fn changed(mut document: Value, changes: &[Change]) -> Value {
    for change in changes {
        let mut all = Vec::new();
        places(&document, "", &mut all);
        let at = |index: &usize| all[index % all.len()].clone();
        match change {
            Change::Put(to, value) => *document.pointer_mut(&at(to)).unwrap() = value.clone(),
            Change::Copy(from, to) => {
                let copied = document.pointer(&at(from)).unwrap().clone();
                *document.pointer_mut(&at(to)).unwrap() = copied;
            }
            Change::Remove(from) => {
                let place = at(from);
                let Some((parent, key)) = place.rsplit_once('/') else { continue };
                match document.pointer_mut(parent) {
                    Some(Value::Object(object)) => drop(object.remove(&key.replace("~1", "/").replace("~0", "~"))),
                    Some(Value::Array(items)) => drop(items.remove(key.parse().unwrap())),
                    _ => {}
                }
            }
        }
    }
    document
}

#[derive(Debug, Clone)]
enum Act {
    Say(String),
    Tap(usize),
    Postback(String),
    Attach,
    PassTime,
    Callout(u16, Value),
    Release,
}

fn act() -> impl Strategy<Value = Act> {
    let words =
        ["1", "5", "oui", "no", "agent", "ana@example.org", "AB123456", "2026-12-24", "+33 6 12 34 56 78", "demain", "menu", "annuler"];
    prop_oneof![
        4 => any::<usize>().prop_map(Act::Tap),
        4 => prop::sample::select(words.to_vec()).prop_map(|words| Act::Say(words.to_owned())),
        1 => ".{0,20}".prop_map(Act::Say),
        1 => "[A-Z_]{0,12}".prop_map(Act::Postback),
        1 => Just(Act::Attach),
        2 => Just(Act::PassTime),
        2 => (prop::sample::select(&[200_u16, 404, 500][..]), prop::sample::select(vec![json!(null), json!({ "state": "lost" }), json!([1, "x"])]))
            .prop_map(|(status, body)| Act::Callout(status, body)),
        1 => Just(Act::Release),
    ]
}

fn play(stage: &mut Stage, act: &Act) -> Turn {
    let turn = match act {
        Act::Say(text) => Some(stage.say(text)),
        Act::Tap(which) => {
            let titles: Vec<String> = stage.offered().map(str::to_owned).collect();
            if titles.is_empty() { Some(stage.say("1")) } else { stage.tap(&titles[which % titles.len()]) }
        }
        Act::Postback(payload) => Some(stage.postback(payload)),
        Act::Attach => {
            let attachment = serde_json::from_value(json!({ "kind": "image", "url": "https://x.example/y" })).unwrap();
            Some(stage.message(&MessageIn { attachments: vec![attachment], ..MessageIn::default() }))
        }
        Act::PassTime => stage.pass_time(),
        Act::Callout(status, body) => stage.callout_returns(&CalloutResult::Answered { status: *status, body: body.clone() }),
        Act::Release => Some(stage.release()),
    };
    turn.unwrap_or_default()
}

/// What must hold of every turn.
fn hold(stage: &Stage, turn: &Turn, timers: &mut BTreeSet<String>) {
    let sends = |effects: &[Effect]| effects.iter().filter(|effect| matches!(effect, Effect::Send { .. })).count();
    assert!(sends(&turn.effects) <= limits::BUBBLES_PER_STEP + 2, "{} bubbles", sends(&turn.effects));
    let end = turn.effects.iter().position(|effect| *effect == Effect::Finished);
    assert!(end.is_none_or(|at| at + 1 == turn.effects.len()), "something after the end: {:?}", turn.effects);
    if let Some(at) = turn.effects.iter().rposition(|effect| matches!(effect, Effect::Transfer { .. })) {
        assert!(sends(&turn.effects[at..]) <= 1, "more than the transfer's own text: {:?}", turn.effects);
    }
    for effect in &turn.effects {
        match effect {
            Effect::SetTimer { id, at } => assert!(timers.insert(id.to_string()) && *at >= stage.at, "{effect:?}"),
            Effect::CancelTimer { id } => assert!(timers.contains(&id.to_string()), "a timer that was never set: {effect:?}"),
            Effect::Send { message, .. } => assert!(message.quick_replies.len() <= limits::QUICK_REPLIES, "{effect:?}"),
            _ => {}
        }
    }
    let Some(session) = &stage.session else { return };
    assert!(stage.lossless, "the session is another one when it comes back from the store");
    assert!(session.frames.len() <= limits::CALL_DEPTH && session.queued.len() <= limits::QUEUED_INPUTS);
    assert!(session.finished == session.frames.is_empty() && (session.finished || session.wait.is_some()));
    let forgotten = matches!(session.wait, Some(Wait::Callout { .. })) && stage.waiting_callout().is_none();
    assert!(!forgotten, "it waits for a call that nobody makes");
    for (name, value) in session.variables.iter() {
        assert!(value.to_string().len() <= limits::VALUE_BYTES + 100, "`{name}` is too large");
    }
}

proptest! {
    #![proptest_config(Config { cases: 300, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_changed_document_is_refused_or_runs_within_its_bounds(
        which in any::<usize>(),
        changes in prop::collection::vec(change(), 0..4),
        acts in prop::collection::vec(act(), 1..14),
        seed in any::<u64>(),
    ) {
        let documents = good();
        let document = changed(documents[which % documents.len()].clone(), &changes);
        let checked = check(&document, &Env::default());
        assert_eq!(checked.flow.is_some(), checked.errors().next().is_none());
        let Some(flow) = checked.flow else { return Ok(()) };
        let mut stage = Stage::new("this", flow, "2026-03-02T09:00:00Z".parse().unwrap(), seed);
        let mut timers = BTreeSet::new();
        for act in &acts {
            let turn = play(&mut stage, act);
            hold(&stage, &turn, &mut timers);
        }
    }
}
