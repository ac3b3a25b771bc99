//! `flow::parse` and `flow::check` on a flow of 5,000 nodes; beside them, what nobody could leave out: serde's own parse of
//! the text, and minijinja's own compiling of its expressions.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};
use causerie::flow::check::{Env, check};
use causerie::flow::parse;
use serde_json::{Map, Value, json};

use crate::allocations;
use crate::report::{Aim, Report};

const NODES: usize = 5_000;
const ROUNDS: u32 = 5;

pub fn measure(report: &mut Report) -> Result<()> {
    let document = document();
    let text = serde_json::to_string(&document)?;
    let expressions = expressions(&document);
    report.part("Check", "a flow of 5,000 nodes: a question with an expression, a branch, a way on");
    let checked = check(&document, &Env::default());
    ensure!(checked.flow.is_some() && checked.issues.is_empty(), "the large flow does not check: {:?}", checked.issues.first());
    ensure!(parse(&text).is_ok(), "the large flow cannot be parsed");
    let read = millis(|| drop(black_box(parse(black_box(&text)))));
    report.add(&format!("parse, {} kB", text.len() / 1_000), read, "ms", None);
    let whole = millis(|| drop(black_box(check(black_box(&document), &Env::default()))));
    report.add("check and compile", whole, "ms", Some(Aim::AtMost(1_000.0)));
    let count = allocations::during(|| drop(black_box(check(&document, &Env::default()))));
    report.add("  allocations per node", f64::from(u32::try_from(count / NODES as u64)?), "", None);
    let serde = millis(|| drop(black_box(serde_json::from_str::<Value>(black_box(&text)))));
    report.add("beside it: serde_json reads the text", serde, "ms", None);
    let jinja = minijinja::Environment::new();
    let compile = millis(|| {
        for source in &expressions {
            let _ = black_box(jinja.compile_expression(black_box(source)));
        }
    });
    report.add(&format!("beside it: minijinja compiles {} expressions", expressions.len()), compile, "ms", None);
    report.add("parse and check, to the two floors", (read + whole) / (serde + compile), "×", None);
    Ok(())
}

/// As large as a document may be: 5,000 nodes of about 190 bytes.
fn document() -> Value {
    let next = |i: usize, step: usize| format!("n{}", (i + step) % NODES);
    let node = |i: usize| {
        json!([
            { "type": "ask", "text": "Next, {{ contact.first_name }}?", "save": "c" },
            { "type": "branch", "arms": [{ "if": "c == 2 and count > 3", "goto": next(i, 5) }] },
            { "type": "goto", "node": next(i, 1) }
        ])
    };
    let nodes: Map<String, Value> = (0..NODES).map(|i| (format!("n{i}"), node(i))).collect();
    let variables = json!({ "count": { "type": "number", "default": 0 }, "c": {} });
    json!({ "spec_version": "1.0", "variables": variables, "start": "n0", "nodes": nodes })
}

/// Every expression of the document, as it is written.
fn expressions(document: &Value) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![document]);
    while let Some(value) = open.pop() {
        match value {
            Value::Object(object) => {
                found.extend(object.get("if").and_then(Value::as_str).map(str::to_owned));
                open.extend(object.values());
            }
            Value::Array(items) => open.extend(items),
            Value::String(text) => {
                found.extend(text.split("{{").skip(1).filter_map(|part| Some(part.split_once("}}")?.0.trim().to_owned())));
            }
            _ => {}
        }
    }
    found
}

/// Of one round, the fastest: what is measured is long, and others use the machine.
fn millis(mut round: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        round();
        best = best.min(begun.elapsed().as_secs_f64() * 1e3);
    }
    best
}
