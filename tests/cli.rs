//! The binary's commands, run as a person runs them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::store::Folder;

const FLOW: &str = r#"{ "spec_version": "1.0", "languages": ["en"], "start": "hello",
    "nodes": { "hello": [ { "type": "ask", "save": "name", "text": "Who are you?" }, { "type": "send_text", "text": "Hello {{ name }}!" } ] },
    "variables": { "name": { "type": "text" } } }"#;

struct Desk(Folder);

impl Desk {
    fn new() -> Self {
        Self(Folder::new())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// With a database and a key of its own, and this on standard input.
    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_causerie"))
            .args(arguments)
            .env("CAUSERIE_DATABASE_URL", format!("sqlite:{}", self.path("new/causerie.sqlite3").display()))
            .env("CAUSERIE_VAULT_KEY_FILE", self.path("new/key"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }
}

#[track_caller]
fn good(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn bad(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_new_server_is_prepared_and_gets_an_owner() {
    let desk = Desk::new();
    assert!(bad(&desk.run(&["migrate", "--dry-run"], "")).contains("_access\n"));
    assert!(good(&desk.run(&["migrate"], "")).contains("_access\n"));
    assert_eq!(good(&desk.run(&["migrate"], "")), "the schema is up to date\n");
    let make = |email: &str, password: &str| desk.run(&["create-owner", "--email", email, "--name", "Ana"], password);
    let refused = bad(&make("nobody", "short\n"));
    assert!(refused.contains("/email") && refused.contains("/password"), "{refused}");
    assert!(good(&make("Ana@example.org", "a good long password\n")).starts_with("us_"));
    assert!(bad(&make("ana@example.org", "a good long password\n")).contains("email"));
}

#[test]
fn a_wrong_setting_is_named_and_nothing_starts() {
    let desk = Desk::new();
    let file = desk.file("settings.toml", "[server]\nlistn = \"x\"\n");
    assert!(bad(&desk.run(&["--config", text(&file), "serve"], "")).contains("listn"));
    assert!(bad(&desk.run(&["--config", "/nowhere.toml", "serve"], "")).contains("/nowhere.toml"));
    assert!(!desk.path("new").exists());
}

#[test]
fn the_documents_are_printed() {
    let desk = Desk::new();
    let document: Value = serde_json::from_str(&good(&desk.run(&["openapi"], ""))).unwrap();
    assert_eq!(document, causerie::api::document::document());
    let schema: Value = serde_json::from_str(&good(&desk.run(&["openapi", "--flow-schema"], ""))).unwrap();
    assert_eq!(schema, causerie::flow::schema::schema());
}

#[test]
fn a_flow_is_checked_and_every_issue_is_printed() {
    let desk = Desk::new();
    let right = desk.file("right.json", FLOW);
    assert!(good(&desk.run(&["check", text(&right)], "")).ends_with("0 errors, 0 warnings\n"));
    let wrong = FLOW.replace("\"start\": \"hello\"", "\"start\": \"nowhere\"").replace("\"type\": \"text\"", "\"type\": \"colour\"");
    let said = bad(&desk.run(&["check", text(&right), "-"], &wrong));
    assert!(said.contains("/start") && said.contains("/variables/name/type"), "{said}");
    let said = desk.run(&["check", "--json", "-"], &wrong);
    let first: Value = serde_json::from_str(String::from_utf8_lossy(&said.stdout).lines().next().unwrap()).unwrap();
    assert_eq!((said.status.code(), &first["severity"]), (Some(1), &Value::from("error")));
    assert!(bad(&desk.run(&["check", "/nowhere.json"], "")).contains("/nowhere.json"));
}

#[test]
fn a_flow_is_chatted_with() {
    let desk = Desk::new();
    let flow = desk.file("flow.json", FLOW);
    let chat = good(&desk.run(&["simulate", text(&flow)], "Ana\n/quit\n"));
    assert!(chat.contains("Who are you?") && chat.contains("Hello Ana!"), "{chat}");
    let broken = desk.file("broken.json", "{}");
    assert!(bad(&desk.run(&["simulate", text(&broken)], "")).contains("error"));
}

#[test]
fn a_flow_is_drawn() {
    let desk = Desk::new();
    let flow = desk.file("flow.json", FLOW);
    assert!(good(&desk.run(&["diagram", text(&flow)], "")).contains("Who are you?</tspan>"));
    assert!(good(&desk.run(&["diagram", "--mermaid", "-"], FLOW)).contains("ask: Who are you?"));
}

#[test]
fn a_flow_begins_with_a_template() {
    let desk = Desk::new();
    assert!(good(&desk.run(&["templates"], "")).contains("welcome-menu"));
    let flow = good(&desk.run(&["templates", "welcome-menu"], ""));
    assert!(good(&desk.run(&["test", "-"], &flow)).contains("3 passed, 0 failed"));
    assert!(bad(&desk.run(&["templates", "nothing"], "")).contains("welcome-menu"));
}

#[test]
fn a_flow_is_translated() {
    let desk = Desk::new();
    let flow = desk.file("flow.json", FLOW);
    let french = |more: &[&str]| desk.run(&[&["translations", text(&flow), "--locale", "fr"], more].concat(), "");
    assert!(good(&french(&[])).contains("2 texts from `en` to `fr`, 0 missing"));
    assert!(good(&french(&["--export", "xliff"])).contains("<ph id=\"1\">{{ name }}</ph>"));
    let table = good(&french(&["--export", "csv"]));
    let back = desk.file("fr.csv", &table.replace("Who are you?,,", "Who are you?,Qui ?,"));
    let translated: Value = serde_json::from_str(&good(&french(&["--import", text(&back)]))).unwrap();
    assert_eq!(translated["nodes"]["hello"][0]["text"], serde_json::json!({ "en": "Who are you?", "fr": "Qui ?" }));
    let lost = desk.file("lost.csv", &table.replace("!,,", "!,Bonjour !,"));
    assert!(bad(&french(&["--import", text(&lost)])).contains("lost_placeholder"));
}

#[test]
fn a_command_explains_itself() {
    let desk = Desk::new();
    for command in ["serve", "demo", "migrate", "openapi", "check", "simulate", "translations", "diagram", "templates", "create-owner"] {
        assert!(good(&desk.run(&["--help"], "")).contains(command), "{command}");
        assert!(good(&desk.run(&[command, "--help"], "")).len() > 100, "{command}");
    }
}

#[test]
fn flows_are_tested_with_the_tests_in_them_and_beside_them() {
    let desk = Desk::new();
    let flow = desk.file("hello.json", FLOW);
    let passing = r#"[{ "name": "it asks", "steps": [{ "open": "get_started", "expect": ["Who are you?"] }, { "say": "Zoe", "expect": ["Hello Zoe!"] }] }]"#;
    desk.file("hello.tests.json", passing);
    let told = good(&desk.run(&["test", text(&flow)], ""));
    assert!(told.ends_with("  ✓ it asks\n1 passed, 0 failed\n"), "{told}");
    let failing = "tests:\n  - name: it knows\n    steps: [{ open: get_started, expect: [Hello!] }]\n";
    desk.file("hello.tests.yaml", failing);
    let told = bad(&desk.run(&["test", text(&flow)], ""));
    assert!(told.contains("hello.tests.yaml#/tests/0/steps/0/expect/0: message 1: expected \"Hello!\", got \"Who are you?\""), "{told}");
    assert!(told.contains("        > (Get Started)\n        Who are you?\n"), "{told}");
    assert!(told.ends_with("1 passed, 1 failed\n"), "{told}");
    let json: Value = serde_json::from_str(&bad(&desk.run(&["test", "--json", text(&flow)], ""))).unwrap();
    assert_eq!((&json["passed"], json["tests"].as_array().unwrap().len()), (&Value::Bool(false), 2));
    let only = good(&desk.run(&["test", "--only", "asks", "--verbose", text(&flow)], ""));
    assert!(only.contains("        > Zoe\n        Hello Zoe!\n"), "{only}");
    let broken = desk.file("broken.json", "{}");
    assert!(bad(&desk.run(&["test", text(&broken)], "")).contains("missing_field"));
}

#[test]
fn two_flows_are_compared_by_node_and_action() {
    let desk = Desk::new();
    let (old, new) = (desk.file("old.json", FLOW), desk.file("new.json", &FLOW.replace("Who are you?", "Your name?")));
    assert_eq!(good(&desk.run(&["diff", text(&old), text(&old)], "")), "no differences\n");
    let told = bad(&desk.run(&["diff", text(&old), text(&new)], ""));
    assert_eq!(told, "~ node `hello`\n  ~ 0 ask\n      ~ /text: \"Who are you?\" → \"Your name?\"\n");
    let json: Value = serde_json::from_str(&bad(&desk.run(&["diff", "--json", text(&old), text(&new)], ""))).unwrap();
    assert_eq!(json["nodes"][0]["actions"][0]["fields"][0]["pointer"], "/text");
}
