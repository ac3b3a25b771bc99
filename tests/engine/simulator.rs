//! The chat in a terminal, and the report of a check.

use causerie::domain::event::CalloutResult;
use causerie::simulator::{Options, SimulationFailed, check_report, simulate};
use serde_json::json;

const EXAMPLE: &str = include_str!("../flows/example.json");

fn options() -> Options {
    Options {
        at: "2026-03-02T09:00:00Z".parse().unwrap(),
        seed: 1,
        locale: Some("en_US".into()),
        first_name: Some("Zoe".into()),
        agent_online: true,
        explain: false,
        node: None,
        fakes: Vec::new(),
        others: Vec::new(),
    }
}

fn chat(flow: &str, input: &str, options: Options) -> String {
    let mut output = Vec::new();
    simulate(flow, input.as_bytes(), &mut output, options).unwrap();
    String::from_utf8(output).unwrap()
}

#[test]
fn a_conversation_can_be_had_in_a_terminal() {
    let output = chat(
        EXAMPLE,
        "/tap My order\nAB123456\n/answer 200 {\"state\":\"lost\"}\nhello?\n/release\n/tap nothing\n/nonsense\n/vars\n/quit\nnever read\n",
        options(),
    );
    let expected = "\
(type /help for what else can be done)
Hello Zoe!
(typing 1s) How can I help? [My order] [Talk to someone]
Your order number?
(call GET https://shop.example/orders/AB123456)
(/answer STATUS JSON, /timeout, or /fail REASON)
Someone is coming.
(ticket in support/new: track AB123456)
(transfer to agent Agent)
(/release gives the conversation back to the bot)
(people have the conversation: the bot is silent)
(/release gives the conversation back to the bot)
(released: Agent gave the conversation back to the bot)
(finished)
(nothing is offered as `nothing`; offered are: `My order`, `Talk to someone`)
(unknown; /help lists what can be done)
{\"order\":\"AB123456\",\"state\":\"lost\",\"topic\":\"track\"}
";
    assert_eq!(output, expected);
}

#[test]
fn callouts_can_be_faked_and_decisions_explained() {
    let body = json!({ "state": "sent" });
    let fakes = vec![("https://shop.example/".to_owned(), CalloutResult::Answered { status: 200, body })];
    let output = chat(EXAMPLE, "1\nAB123456\n", Options { fakes, explain: true, agent_online: false, ..options() });
    assert!(output.contains("State: sent\n"), "{output}");
    assert!(output.contains("✓ primary "), "the routing is explained too: {output}");
    assert!(output.contains("✗ track/2 arm 1 state == 'lost'"), "{output}");
    assert!(output.contains("✓ welcome/1 answer option 1"), "{output}");
}

#[test]
fn time_passes_when_it_is_told_to() {
    let flow = json!({ "spec_version": "1.0", "start": "a", "session": { "on_complete": "restart" },
        "nodes": { "a": [{ "type": "delay", "for": "1h", "typing": false }, { "type": "send_text", "text": "back" }] } });
    let output = chat(&flow.to_string(), "/wait 30m\n/wait 31m\n/restart\n\n/wait x\n", options());
    assert_eq!(output.matches("back\n").count(), 2, "{output}");
}

#[test]
fn all_that_is_due_happens_when_time_passes() {
    let flow = json!({ "spec_version": "1.0", "start": "a", "nodes": { "a": [
        { "type": "delay", "for": "1h", "typing": false }, { "type": "send_text", "text": "one" },
        { "type": "delay", "for": "25h", "typing": false }, { "type": "send_text", "text": "two" }] } });
    let output = chat(&flow.to_string(), "/wait 2d\n", options());
    assert!(output.contains("(a pause of 1h; an empty line lets it pass)\none\n"), "{output}");
    assert!(output.contains("(not sent: ") && output.contains(": two)\n"), "Meta's window has closed: {output}");
}

#[test]
fn seen_marks_and_natural_typing_are_shown() {
    let flow = json!({ "spec_version": "1.0", "start": "a", "mark_seen": true, "typing_per_character": "100ms", "nodes": { "a": [
        { "type": "ask", "text": "What is it?" }, { "type": "send_text", "text": "Thank you." }] } });
    let output = chat(&flow.to_string(), "a lamp\n", options());
    assert!(output.contains("(seen)\n(typing 1s) Thank you.\n"), "{output}");
}

#[test]
fn a_faked_call_is_answered_when_it_is_made() {
    let flow = json!({ "spec_version": "1.0", "start": "a", "nodes": { "a": [
        { "type": "delay", "for": "10m", "typing": false }, { "type": "http_request", "url": "https://shop.example/x" },
        { "type": "delay", "for": "10m", "typing": false }, { "type": "send_text", "text": "there" }] } });
    let fakes = vec![("https://shop.example/".to_owned(), CalloutResult::Answered { status: 200, body: json!({}) })];
    let output = chat(&flow.to_string(), "/wait 30m\n", Options { fakes, ..options() });
    assert!(output.contains("there\n"), "{output}");
}

#[test]
fn another_chatflow_can_be_called() {
    let flow = json!({ "spec_version": "1.0", "start": "a", "nodes": { "a": [
        { "type": "call", "chatflow": "shop" }, { "type": "send_text", "text": "back" }] } });
    let shop = json!({ "spec_version": "1.0", "start": "a", "nodes": { "a": [{ "type": "send_text", "text": "in the shop" }] } });
    let output = chat(&flow.to_string(), "", Options { others: vec![("shop".into(), shop.to_string())], ..options() });
    assert!(output.contains("in the shop\nback\n"), "{output}");
}

#[test]
fn a_flow_with_errors_is_reported_instead_of_run() {
    let flow = r#"{ "spec_version": "1.0", "start": "b", "nodes": { "a": [{ "type": "goto" }] } }"#;
    let failed = simulate(flow, "".as_bytes(), Vec::new(), options());
    assert!(matches!(&failed, Err(SimulationFailed::Flow(report)) if report.contains("unknown_node")), "{failed:?}");
    let (report, good) = check_report(flow);
    assert!(!good);
    assert!(report.contains("error missing_field at /nodes/a/0: `node` is missing\n"), "{report}");
    assert!(report.ends_with("2 errors, 0 warnings\n"), "{report}");
    assert_eq!(check_report(EXAMPLE), ("0 errors, 0 warnings\n".to_owned(), true));
    assert!(!check_report("{").1);
}
