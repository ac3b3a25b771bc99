//! What must hold for every document and every input: no panic, the budget kept, a session that reloads the same.

use causerie::domain::event::{CalloutResult, MessageIn};
use causerie::flow::check::{Env, check};
use causerie::flow::effect::Effect;
use causerie::flow::{limits, parse};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use proptest::test_runner::Config;
use serde_json::{Value, json};

use super::stage::{Stage, Turn};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-c]",
        ".{0,12}",
        Just("{{ a }}".to_owned()),
        Just("{{ b | default(0) + 1 }}".to_owned()),
        Just("{{ contact.first_name ~ a * 3 }}".to_owned()),
        Just("a == 1 or b < 2".to_owned()),
        Just("1h".to_owned()),
        Just("https://x.example/{{ a | urlencode }}".to_owned()),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f32>().prop_map(|n| json!(n)),
        text().prop_map(Value::from)
    ]
}

const KEYS: &[&str] = &[
    "type",
    "text",
    "options",
    "title",
    "value",
    "goto",
    "node",
    "chatflow",
    "arms",
    "if",
    "else",
    "values",
    "save",
    "url",
    "for",
    "on_input",
    "variations",
    "mode",
    "pipeline",
    "subject",
    "fields",
    "rules",
    "available",
    "add",
    "en",
    "fr",
    "a",
    "b",
    "spec_version",
    "start",
    "nodes",
    "languages",
    "variables",
    "session",
    "interrupts",
    "keywords",
    "texts",
    "answer",
    "attempts",
    "style",
    "pattern",
    "min",
    "max",
    "accept",
    "weight",
    "patterns",
    "reactions",
    "attachments",
    "when",
    "then",
    "return_text",
    "fallback",
    "offer",
    "on_session_start",
    "uninterruptible",
    "interruptible",
    "on_timeout",
    "after",
    "burst",
    "keep",
    "data",
    "name",
    "sticky",
    "buttons",
    "cards",
    "each",
    "card",
    "subtitle",
    "message",
    "attachment",
    "payload",
    "receipt",
    "coupon",
    "image_grid",
    "media",
    "wait",
    "when",
    "confirm",
    "controls",
];
const WORDS: &[&str] = &[
    "send_text",
    "send_media",
    "delay",
    "ask",
    "set",
    "branch",
    "split",
    "goto",
    "call",
    "end",
    "http_request",
    "transfer",
    "create_ticket",
    "label_contact",
    "set_attribute",
    "send_buttons",
    "send_carousel",
    "send_template",
    "send_raw",
    "update_ticket",
    "emit_event",
    "close",
    "return",
    "any",
    "form",
    "a",
    "b",
    "1.0",
    "option",
    "email",
    "buttons",
    "random",
    "all",
];

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![leaf(), prop::sample::select(WORDS).prop_map(Value::from)];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(KEYS), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    })
}

fn node() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["a", "b", "c"][..])
}

/// An action that is well-formed, with whatever texts and ways.
fn action() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(|text| json!({ "type": "send_text", "text": text })),
        (text(), text()).prop_map(|(one, two)| json!({ "type": "send_text", "variations": [one, two, "x"], "mode": "random" })),
        (text(), node()).prop_map(|(text, node)| json!({ "type": "ask", "text": text, "save": "a", "attempts": 2, "exhausted": node })),
        (text(), 1..30_usize, node()).prop_map(|(text, count, node)| {
            let options: Vec<Value> = (0..count).map(|i| json!({ "title": format!("o{i}"), "goto": node })).collect();
            json!({ "type": "ask", "text": text, "save": "b", "options": options })
        }),
        prop::sample::select(&["email", "phone", "number", "date", "time", "yes_no", "url", "location", "attachment", "rating"][..])
            .prop_map(|kind| json!({ "type": "ask", "text": "?", "answer": kind, "save": "a" })),
        (text(), node()).prop_map(|(text, node)| json!({ "type": "branch", "arms": [{ "if": text, "goto": node }] })),
        (node(), any::<bool>()).prop_map(|(node, sticky)| {
            json!({ "type": "split", "sticky": sticky, "save": "a", "arms": [{ "weight": 3, "goto": node }, {}] })
        }),
        node().prop_map(|node| json!({ "type": "goto", "node": node })),
        node().prop_map(|node| json!({ "type": "call", "node": node })),
        Just(json!({ "type": "call", "chatflow": "this" })),
        text().prop_map(|text| json!({ "type": "set", "values": { "a": text, "b": "{{ a ~ a }}" } })),
        prop::sample::select(&["queue", "interrupt", "ignore"][..])
            .prop_map(|how| json!({ "type": "delay", "for": "9s", "on_input": how })),
        node()
            .prop_map(|node| json!({ "type": "http_request", "url": "https://x.example/{{ a }}", "save": { "a": "/a" }, "failed": node })),
        text().prop_map(|text| json!({ "type": "create_ticket", "pipeline": "p", "subject": text })),
        Just(json!({ "type": "transfer", "available": "yes", "unavailable": "no" })),
        text().prop_map(|text| json!({ "type": "label_contact", "add": [text] })),
        (text(), node(), any::<bool>()).prop_map(|(text, node, wait)| {
            let buttons =
                json!([{ "title": text, "goto": node, "value": 1 }, { "title": "o1", "value": text }, { "title": "w", "url": text }]);
            json!({ "type": "send_buttons", "text": text, "save": "b", "wait": wait, "buttons": buttons })
        }),
        (text(), node()).prop_map(|(text, node)| {
            let card =
                json!({ "title": "{{ item }}", "subtitle": text, "buttons": [{ "title": "o1", "value": "{{ number }}", "goto": node }] });
            json!({ "type": "send_carousel", "each": "a", "card": card, "save": "b", "options": [{ "title": "o2" }] })
        }),
        (text(), node(), any::<bool>()).prop_map(|(text, node, flag)| {
            let options: Vec<Value> = (0..20).map(|i| json!({ "title": format!("o{i}") })).collect();
            let fields = json!([
                { "save": "a", "text": text, "answer": "number", "attempts": 2, "optional": flag },
                { "save": "b", "text": "?", "options": options, "when": "a != 5", "asked": flag },
                { "save": "d", "text": "?", "answer": "email", "skip_if_known": flag },
                { "save": "e", "text": "?", "when": text }
            ]);
            json!({ "type": "form", "fields": fields, "confirm": text, "prefill": flag, "cancelled": node, "controls": ["back", "cancel", "skip"] })
        }),
        text().prop_map(|text| json!({ "type": "send_raw", "message": { "text": text } })),
        (text(), node()).prop_map(|(text, node)| {
            let images = json!([{ "url": "https://x.example/1" }, { "url": "{{ a }}", "text": text, "goto": node }]);
            json!({ "type": "send_template", "image_grid": { "title": text, "images": images } })
        }),
        text().prop_map(|text| json!({ "type": "emit_event", "name": "x", "data": { "a": text } })),
        text().prop_map(|text| json!({ "type": "update_ticket", "subject": text })),
        Just(json!({ "type": "close" })),
        Just(json!({ "type": "end" })),
    ]
}

/// What stands around the nodes: interrupts that stay, return and are meant equally, hooks, a burst.
fn around() -> impl Strategy<Value = Value> {
    let then = || prop::sample::select(&["stay", "return"][..]);
    let session = prop_oneof![
        prop::sample::select(&["restart", "inbox"][..]).prop_map(|after| json!({ "on_complete": after })),
        (node(), then())
            .prop_map(|(node, then)| json!({ "on_complete": "restart", "on_timeout": { "after": "5m", "goto": node, "then": then } })),
        Just(json!({ "burst": "3s", "keep": "all" })),
    ];
    let extra = prop_oneof![
        Just(json!({})),
        node().prop_map(|node| json!({ "on_session_start": node })),
        (node(), then()).prop_map(
            |(node, then)| json!({ "fallback": [{ "text": "?" }, { "text": "!", "offer": true }, { "goto": node, "then": then }] })
        ),
        node().prop_map(|node| json!({ "uninterruptible": [node] })),
    ];
    (session, extra, then(), node(), text()).prop_map(|(session, mut extra, then, node, text)| {
        extra["session"] = session;
        extra["interrupts"] = json!([
            { "keywords": ["c", "5"], "title": "c", "goto": "c", "then": then, "return_text": text },
            { "keywords": ["5"], "title": "five", "goto": node, "then": "return" },
            { "patterns": ["(?P<a>o1)"], "goto": "b", "when": "a != 'x'" },
            { "reactions": ["any"], "attachments": ["any"], "goto": node, "then": then }
        ]);
        extra
    })
}

fn flow() -> impl Strategy<Value = Value> {
    let actions = || prop::collection::vec(action(), 0..6);
    (actions(), actions(), actions(), around()).prop_map(|(a, b, c, around)| {
        let mut document = json!({
            "spec_version": "1.0", "start": "a", "delay_between_messages": "1s",
            "variables": { "a": {}, "b": { "type": "text", "default": "x" } },
            "nodes": { "a": a, "b": b, "c": c }
        });
        for (key, part) in around.as_object().unwrap() {
            document[key] = part.clone();
        }
        document
    })
}

#[derive(Debug, Clone)]
enum Act {
    Say(String),
    Attach(String),
    Postback(String),
    Tap(usize),
    PassTime,
    Callout(u16, Value),
    Fail,
    Release,
    React,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        text().prop_map(Act::Say),
        Just(Act::Say("o1".into())),
        Just(Act::Say("5".into())),
        Just(Act::Say("back".into())),
        Just(Act::Say("no".into())),
        Just(Act::Say("skip".into())),
        Just(Act::Say("ana@example.org".into())),
        "[a-z]{1,6}".prop_map(Act::Attach),
        text().prop_map(Act::Postback),
        any::<usize>().prop_map(Act::Tap),
        Just(Act::PassTime),
        (prop::sample::select(&[200_u16, 404][..]), anything()).prop_map(|(status, body)| Act::Callout(status, body)),
        Just(Act::Fail),
        Just(Act::Release),
        Just(Act::React),
    ]
}

fn play(stage: &mut Stage, act: &Act) -> Turn {
    let turn = match act {
        Act::Say(text) => Some(stage.say(text)),
        Act::Attach(kind) => {
            let attachment = serde_json::from_value(json!({ "kind": kind, "url": "https://x.example/y" })).unwrap();
            Some(stage.message(&MessageIn { attachments: vec![attachment], ..MessageIn::default() }))
        }
        Act::Postback(payload) => Some(stage.postback(payload)),
        Act::Tap(which) => {
            let titles: Vec<String> = stage.offered().map(str::to_owned).collect();
            if titles.is_empty() { None } else { stage.tap(&titles[which % titles.len()]) }
        }
        Act::PassTime => stage.pass_time(),
        Act::Callout(status, body) => stage.callout_returns(&CalloutResult::Answered { status: *status, body: body.clone() }),
        Act::Fail => stage.callout_returns(&CalloutResult::Failed { reason: "no".into() }),
        Act::Release => Some(stage.release()),
        Act::React => stage.react("love"),
    };
    turn.unwrap_or_default()
}

fn small() -> Config {
    Config { cases: 150, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(small())]

    #[test]
    fn no_document_makes_the_check_panic(document in anything()) {
        let checked = check(&document, &Env::default());
        assert_eq!(checked.flow.is_some(), checked.errors().next().is_none());
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn a_flow_with_something_wrong_in_the_middle_is_told_so(mut document in flow(), wrong in anything()) {
        document["nodes"]["b"] = json!([wrong, { "type": "end" }]);
        let _ = check(&document, &Env::default());
    }

    #[test]
    fn a_step_keeps_its_budget_and_a_session_reloads_the_same(document in flow(), acts in prop::collection::vec(act(), 1..12), seed in any::<u64>()) {
        let Some(flow) = check(&document, &Env::default()).flow else { return Ok(()) };
        let mut stage = Stage::new("this", flow, "2026-03-02T09:00:00Z".parse().unwrap(), seed);
        // Every act is taken by a stage whose session went through JSON; see `Stage::step`.
        for act in &acts {
            let turn = play(&mut stage, act);
            let bubbles = turn.effects.iter().filter(|effect| matches!(effect, Effect::Send { .. })).count();
            assert!(bubbles <= limits::BUBBLES_PER_STEP + 2, "{bubbles} bubbles");
            let finished = turn.effects.iter().position(|effect| *effect == Effect::Finished);
            assert!(finished.is_none_or(|at| at + 1 == turn.effects.len()), "something after the end: {:?}", turn.effects);
            let transfer = turn.effects.iter().rposition(|effect| matches!(effect, Effect::Transfer { .. }));
            if let Some(at) = transfer {
                let after = turn.effects[at..].iter().filter(|effect| matches!(effect, Effect::Send { .. })).count();
                assert!(after <= 1, "more than the transfer's own text: {:?}", turn.effects);
            }
            for effect in &turn.effects {
                if let Effect::Send { message, .. } = effect {
                    assert!(message.quick_replies.len() <= limits::QUICK_REPLIES);
                }
            }
            let Some(session) = stage.session.as_ref() else { continue };
            assert!(session.frames.len() <= limits::CALL_DEPTH && session.queued.len() <= limits::QUEUED_INPUTS);
            assert_eq!(session.finished, session.frames.is_empty());
            let open = session.wait.is_some() || session.aside.burst.is_some() || session.aside.choosing.is_some();
            assert!(session.finished || open, "it neither waits nor has ended");
            assert_eq!(stage.timers(), session.timers().count(), "a timer was lost, or nothing waits for it");
            let stored = serde_json::to_string(session).unwrap();
            assert_eq!(serde_json::from_str::<causerie::flow::session::Session>(&stored).unwrap(), *session);
        }
    }
}
