//! From a document to a [`Flow`], or to everything that is wrong with it.
//!
//! [`read`](super::read) goes through the document and reports what is wrong at each place; then the whole is looked
//! at: variables here, ways from node to node in [`graph`](super::graph).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::document::Document;
use super::issue::Code;
pub use super::issue::{Issue, Severity};
use super::limits;
use super::read::{Read, Reader, shorten};
use super::script::FlowTest;
use super::words::nearest;
use super::{Flow, Node, graph, own_texts};

/// What the surroundings know. `None`: not known here, so nothing is said about it.
#[derive(Debug, Clone, Default)]
pub struct Env {
    /// Key of the pipeline → keys of its statuses.
    pub pipelines: Option<BTreeMap<String, Vec<String>>>,
    /// Names of transfer rules.
    pub rule_sets: Option<BTreeSet<String>>,
    /// Names and ids of the page's chatflows.
    pub chatflows: Option<BTreeSet<String>>,
    /// Those of them that were never published.
    pub unpublished: Option<BTreeSet<String>>,
    /// Names of the secrets for HTTP calls.
    pub secrets: Option<BTreeSet<String>>,
    /// Somebody has a service seat.
    pub seated_agents: Option<bool>,
}

#[derive(Debug, Clone)]
pub struct Checked {
    /// `None` where there are errors.
    pub flow: Option<Arc<Flow>>,
    /// In the order of the document, errors and warnings.
    pub issues: Vec<Issue>,
    /// The document's own; empty where there are errors.
    pub tests: Arc<[FlowTest]>,
}

impl Checked {
    /// Not even looked into.
    pub fn refused(issue: Issue) -> Self {
        Self { flow: None, issues: vec![issue], tests: Arc::default() }
    }

    pub fn errors(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(|issue| issue.severity == Severity::Error)
    }
}

/// Checks and compiles. Every issue is reported, up to [`limits::ISSUES`].
pub fn check(document: &Value, env: &Env) -> Checked {
    if let Some(message) = too_large(document) {
        return Checked::refused(Issue::new(Code::TooLarge, "", message, ""));
    }
    let names = names(document);
    let mut reader = Reader::new(env, names.clone());
    let written = document;
    let document = Document::read(&mut reader, written);
    own_texts::check(&mut reader, written);
    if let Some(document) = &document {
        check_hook(&mut reader, document.on_session_start.map(|target| target.0));
    }
    check_variables(&mut reader);
    graph::check(&mut reader);
    let languages = std::mem::take(&mut reader.languages);
    let variables = std::mem::take(&mut reader.variables);
    if document.is_none() && !reader.has_errors() {
        // Whatever cannot be compiled says why; should something not, it must still not look good.
        reader.issue_at(Code::Unreadable, "", "the document could not be compiled", "");
    }
    let issues = reader.into_issues();
    let mut document = document.filter(|_| issues.iter().all(|issue| issue.severity == Severity::Warning));
    let tests = document.as_mut().map(|document| std::mem::take(&mut document.tests.0)).unwrap_or_default().into();
    let flow = document.map(|document| {
        Arc::new(Flow {
            silence: document.session.0.silence(),
            restart_keywords: document.session.0.restart_keywords,
            completed_timeout: document.session.0.completed_timeout.unwrap_or(document.session.0.timeout).0,
            keep: document.session.0.keep,
            on_timeout: document.session.0.on_timeout,
            burst: document.session.0.burst.map(|span| span.0),
            uninterruptible: document.uninterruptible.0,
            on_session_start: document.on_session_start.map(|target| target.0),
            fallback: document.fallback,
            on_complete: document.session.0.on_complete,
            stale_choice: document.session.0.stale_choice,
            timeout: document.session.0.timeout.0,
            languages,
            typing_ms: document.typing_per_character.map_or(0, super::read_types::Span::millis),
            mark_seen: document.mark_seen,
            pause_ms: document.delay_between_messages.map_or(0, super::read_types::Span::millis),
            start: document.start.0,
            nodes: document.nodes.0.into_iter().map(|(name, actions)| Node { name, actions }).collect(),
            by_name: names,
            variables,
            texts: document.texts,
            interrupts: document.interrupts.0,
        })
    });
    Checked { flow, issues, tests }
}

/// The nodes by name, each with its number.
pub(super) fn names(document: &Value) -> HashMap<String, u32> {
    match document.get("nodes") {
        Some(Value::Object(nodes)) => (0..).zip(nodes).take(limits::NODES).map(|(i, (name, _))| (name.clone(), i)).collect(),
        _ => HashMap::new(),
    }
}

/// What waits in the hook comes before the visitor's first words.
fn check_hook(r: &mut Reader<'_>, hook: Option<u32>) {
    let Some((name, actions)) = hook.and_then(|node| r.found.nodes.get(node as usize)) else { return };
    let waits = actions.iter().flatten().find(|(_, shape)| shape.waits).map(|(word, _)| *word);
    if let Some(word) = waits {
        let message = format!("`{word}` in the node `{name}` waits: what the visitor wrote first is kept for a later question");
        r.issue_at(Code::HookWaits, "/on_session_start", message, "ask in the flow's start, and only prepare here");
    }
}

/// A value that did not come through [`parse`](super::parse) may be of any size; reading it goes as deep as it is.
pub(super) fn too_large(document: &Value) -> Option<String> {
    let (mut open, mut count) = (vec![(document, 0)], 0_usize);
    while let Some((value, depth)) = open.pop() {
        count += 1;
        if depth > limits::DOCUMENT_DEPTH {
            return Some(format!("lists and objects are nested more than {} deep", limits::DOCUMENT_DEPTH));
        }
        if count > limits::DOCUMENT_VALUES {
            return Some(format!("the document has more than {} values", limits::DOCUMENT_VALUES));
        }
        match value {
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(items) => open.extend(items.values().map(|item| (item, depth + 1))),
            _ => {}
        }
    }
    None
}

/// Names that nobody sets, and names that nobody needs.
fn check_variables(r: &mut Reader<'_>) {
    // Where an action is not known at all, it may be the one that sets them.
    if r.found.gap {
        return;
    }
    let unset: Vec<(String, String)> = r
        .found
        .uses
        .iter()
        .filter(|(name, _)| !r.variables.contains_key(*name) && !r.found.sets.contains_key(*name))
        .map(|(name, pointer)| (name.clone(), pointer.clone()))
        .collect();
    for (name, pointer) in unset {
        let known = r.variables.keys().chain(r.found.sets.keys()).map(String::as_str);
        // Looking for a name like it would take long in a document with very many, and nobody reads a hint that is not listed.
        let near = if r.full() { None } else { nearest(&name, known.take(limits::NAMES_COMPARED)) };
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "declare it under `variables` (a link may set it), or set it before".into(),
        };
        r.issue_at(Code::UnsetVariable, pointer, format!("nothing sets the variable `{}`", shorten(&name)), hint);
    }
    let unused: Vec<String> = r
        .variables
        .iter()
        .filter(|(name, variable)| !variable.of_contact() && !r.found.uses.contains_key(*name) && !r.found.sets.contains_key(*name))
        .map(|(name, _)| name.clone())
        .collect();
    for name in unused {
        let pointer = format!("/variables/{}", name.replace('~', "~0").replace('/', "~1"));
        r.issue_at(Code::UnusedVariable, pointer, format!("nothing reads or sets `{}`", shorten(&name)), "");
    }
}
