//! Conversations as data. A case has a flow (`flow`: a file under `tests/flows`, or `nodes` and what else a document
//! has), a visitor, agents, rules; and a `chat`: lines beginning with `>` go in, the lines after them come out, lines
//! beginning with `=` say what must be true then. With `explain`, lines beginning with `~` say what was considered. The
//! session goes through JSON between any two inputs.

use std::path::Path;
use std::sync::Arc;

use causerie::domain::event::{CalloutResult, MessageIn};
use causerie::domain::people::Presence;
use causerie::domain::transfer::RuleSet;
use causerie::flow::action::Action;
use causerie::flow::check::{Env, check};
use causerie::flow::read_types::Duration;
use causerie::flow::session::Entry;
use causerie::flow::{Flow, parse};
use serde_json::{Map, Value, json};

use super::stage::{Stage, Turn, transcript};
use super::{beside, updating};

#[test]
fn every_conversation_goes_as_written() {
    let mut wrong = Vec::new();
    for folder in ["talks", "actions"] {
        for file in std::fs::read_dir(beside(folder)).unwrap() {
            wrong.extend(run_file(&file.unwrap().path()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_action_has_conversations_of_its_own() {
    for word in Action::TYPES {
        let path = beside("actions").join(format!("{word}.json"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
        assert!(text.contains(&format!("\"type\":\"{word}\"")) || text.contains(&format!("\"type\": \"{word}\"")), "{}", path.display());
    }
}

fn run_file(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut cases: Vec<Map<String, Value>> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut wrong = Vec::new();
    for case in &mut cases {
        let name = case["name"].as_str().unwrap().to_owned();
        let written: Vec<String> = case["chat"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect();
        let said = run(case, &written);
        if said != written {
            let at = said.iter().zip(&written).position(|(a, b)| a != b).unwrap_or(said.len().min(written.len()));
            let line = |lines: &[String]| lines.get(at).cloned().unwrap_or_else(|| "(nothing)".into());
            wrong.push(format!(
                "{} `{name}`, line {}:\n  written: {}\n  said:    {}\nthe whole:\n  {}",
                path.display(),
                at + 1,
                line(&written),
                line(&said),
                said.join("\n  ")
            ));
            case["chat"] = json!(said);
        }
    }
    if updating() && !wrong.is_empty() {
        std::fs::write(path, written_out(&cases)).unwrap();
        return Vec::new();
    }
    wrong
}

/// The chat as it goes, with the case's own inputs and statements.
fn run(case: &Map<String, Value>, written: &[String]) -> Vec<String> {
    let mut stage = stage(case);
    let mut said = Vec::new();
    for line in written {
        if let Some(input) = line.strip_prefix('>') {
            said.push(line.clone());
            let turn = take(&mut stage, input.trim_start());
            let roster = stage.roster.clone();
            let agent = |user| roster.agents.iter().find(|duty| duty.agent.user == user).unwrap().agent.name.clone();
            said.extend(transcript::lines(&turn, stage.at, &agent));
            if case.contains_key("explain") {
                said.extend(turn.trace.iter().map(|line| format!("~ {line}")));
            }
        } else if let Some(statement) = line.strip_prefix("= ") {
            said.push(format!("= {}", truth(&stage, statement)));
        }
    }
    said
}

fn stage(case: &Map<String, Value>) -> Stage {
    let flow = compile(&document(case), case);
    let at = "2026-03-02T09:00:00Z".parse().unwrap();
    let mut stage = Stage::new("this", flow, at, case.get("seed").and_then(Value::as_u64).unwrap_or(1));
    let visitor = case.get("visitor").cloned().unwrap_or(json!({}));
    for (key, value) in visitor.as_object().unwrap() {
        match key.as_str() {
            "locale" => stage.contact.profile.locale = serde_json::from_value(value.clone()).unwrap(),
            "first_name" => stage.contact.profile.first_name = serde_json::from_value(value.clone()).unwrap(),
            "timezone" => stage.contact.profile.timezone = serde_json::from_value(value.clone()).unwrap(),
            "attributes" => stage.contact.attributes = serde_json::from_value(value.clone()).unwrap(),
            "labels" => stage.contact.labels = serde_json::from_value(value.clone()).unwrap(),
            other => panic!("a visitor has no `{other}`"),
        }
    }
    for (name, presence) in case.get("agents").and_then(Value::as_object).into_iter().flatten() {
        stage.add_agent(name, serde_json::from_value::<Presence>(presence.clone()).unwrap());
    }
    for (name, rules) in case.get("rules").and_then(Value::as_object).into_iter().flatten() {
        let rules = serde_json::from_value(rules.clone()).unwrap();
        let set = RuleSet { id: uuid::Uuid::nil().into(), name: name.clone(), page: None, rules, revision: 1, created_at: at };
        stage.rules.insert(name.clone(), set);
    }
    for (name, other) in case.get("others").and_then(Value::as_object).into_iter().flatten() {
        stage.add_flow(name, compile(&document(other.as_object().unwrap()), case));
    }
    if case.get("pipelines").is_some() {
        stage.pipelines.clear();
    }
    stage
}

/// The document of a case: its `flow`'s, or made of its parts with what every document needs.
pub fn document(case: &Map<String, Value>) -> Value {
    if let Some(file) = case.get("flow").and_then(Value::as_str) {
        return parse(&std::fs::read_to_string(beside("../flows").join(file)).unwrap()).unwrap();
    }
    let mut document = json!({ "spec_version": "1.0" });
    for key in [
        "languages",
        "variables",
        "session",
        "delay_between_messages",
        "typing_per_character",
        "mark_seen",
        "ticket_defaults",
        "texts",
        "interrupts",
        "uninterruptible",
        "on_session_start",
        "fallback",
    ] {
        if let Some(part) = case.get(key) {
            document[key] = part.clone();
        }
    }
    document["start"] = case["nodes"].as_object().unwrap().keys().next().unwrap().as_str().into();
    document["nodes"] = case["nodes"].clone();
    document
}

fn compile(document: &Value, case: &Map<String, Value>) -> Arc<Flow> {
    let checked = check(document, &Env::default());
    checked.flow.clone().unwrap_or_else(|| panic!("`{}`: {:#?}", case["name"], checked.issues))
}

fn take(stage: &mut Stage, input: &str) -> Turn {
    let (command, rest) = input.split_once(' ').unwrap_or((input, ""));
    let json = || serde_json::from_str(if rest.is_empty() { "{}" } else { rest }).unwrap_or_else(|error| panic!("`{input}`: {error}"));
    let turn = match command {
        "/start" => Some(stage.start(entry(json()))),
        "/tap" => stage.tap(rest),
        "/react" => stage.react(rest),
        "/postback" => Some(stage.postback(rest)),
        "/attach" => Some(stage.message(&MessageIn { attachments: vec![serde_json::from_value(json()).unwrap()], ..MessageIn::default() })),
        "/wait" => {
            stage.advance(Duration::parse(rest).unwrap().0);
            Some(Turn::default())
        }
        "" => stage.pass_time(),
        "/answer" => {
            let (status, body) = rest.split_once(' ').unwrap_or((rest, "null"));
            let body = serde_json::from_str(body).unwrap();
            stage.callout_returns(&CalloutResult::Answered { status: status.parse().unwrap(), body })
        }
        "/timeout" => stage.callout_returns(&CalloutResult::TimedOut),
        "/fail" => stage.callout_returns(&CalloutResult::Failed { reason: rest.into() }),
        "/release" => Some(stage.release()),
        _ => Some(stage.say(input)),
    };
    turn.unwrap_or_else(|| Turn { notes: vec!["nothing waits for that".into()], ..Turn::default() })
}

fn entry(value: Value) -> Entry {
    let mut whole = serde_json::to_value(Entry::default()).unwrap();
    for (key, part) in value.as_object().unwrap() {
        whole[key] = part.clone();
    }
    serde_json::from_value(whole).unwrap()
}

/// What is true, said as the statement says it.
fn truth(stage: &Stage, statement: &str) -> String {
    let session = stage.session.as_ref().unwrap();
    let what = statement.split_once(' ').map_or(statement, |(what, _)| what);
    match what {
        "variables" => format!("variables {}", json!(session.variables)),
        "contact" => format!("contact {}", json!({ "attributes": stage.contact.attributes, "labels": stage.contact.labels })),
        "waits" => format!("waits {}", serde_json::to_value(&session.wait).unwrap()["for"].as_str().unwrap_or("for nothing")),
        other => panic!("`{other}` cannot be stated"),
    }
}

/// One line per node's action and per line of chat.
fn written_out(cases: &[Map<String, Value>]) -> String {
    let compact = |value: &Value| value.to_string();
    let cases: Vec<String> = cases
        .iter()
        .map(|case| {
            let parts: Vec<String> = case
                .iter()
                .map(|(key, value)| match (key.as_str(), value) {
                    ("chat", Value::Array(lines)) => {
                        let lines: Vec<String> = lines.iter().map(|line| format!("      {}", compact(line))).collect();
                        format!("    \"chat\": [\n{}\n    ]", lines.join(",\n"))
                    }
                    ("nodes", Value::Object(nodes)) => {
                        let nodes: Vec<String> = nodes
                            .iter()
                            .map(|(name, actions)| {
                                let actions: Vec<String> =
                                    actions.as_array().unwrap().iter().map(|action| format!("        {}", compact(action))).collect();
                                format!("      {}: [\n{}\n      ]", json!(name), actions.join(",\n"))
                            })
                            .collect();
                        format!("    \"nodes\": {{\n{}\n    }}", nodes.join(",\n"))
                    }
                    (key, value) => format!("    {}: {}", json!(key), compact(value)),
                })
                .collect();
            format!("  {{\n{}\n  }}", parts.join(",\n"))
        })
        .collect();
    format!("[\n{}\n]\n", cases.join(",\n"))
}
