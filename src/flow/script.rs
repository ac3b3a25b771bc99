//! Scripted conversations: what a visitor does, step by step, and what must come of it.
//!
//! A document carries them as `tests`; they may also stand beside it. They are read as strictly as the document itself.
//! Here is their language; running them is `rehearsal/`'s. `expect.rs` has what may be expected, `parts.rs` what
//! scripts are made of.

mod expect;
mod parts;

use std::borrow::Cow;
use std::collections::HashSet;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

pub use expect::{
    Expectation, Expected, ExpectedCallout, ExpectedEvent, ExpectedMessage, ExpectedTicket, ExpectedTransfer, MessageShape, TransferTo,
    WaitsFor,
};

pub use parts::{Instant, Link, NodeName, Opening};

use super::check::Env;
use super::issue::{Code, Issue};
use super::limits;
use super::read::{Read, Reader, document, shorten, words};
use super::read_types::{Duration, Ordered, Whole};
use super::variable::Plain;

document! {
    /// A scripted conversation that proves what the flow does. Every publish runs it, with a virtual clock, and nothing is
    /// sent, stored or called.
    ///
    /// ```json
    /// { "name": "an order is tracked",
    ///   "visitor": { "locale": "en_US", "first_name": "Zoe" },
    ///   "callouts": [ { "url": "https://shop.example/orders/*", "answer": { "body": { "state": "sent" } } } ],
    ///   "steps": [
    ///     { "open": "get_started", "expect": ["Hello Zoe!", { "text": "How can I help?", "options": ["My order", "Talk to someone"] }] },
    ///     { "tap": "My order", "expect": ["Your order number?"] },
    ///     { "say": "AB123456", "expect": { "messages": ["State: sent"], "variables": { "order": "AB123456" }, "finished": true } } ] }
    /// ```
    pub struct FlowTest {
        /// What it proves.
        pub name: String,
        /// Where the virtual clock starts; a Monday at 9:00 UTC unless said otherwise.
        pub at: Option<Instant>,
        /// Decides all that is by chance.
        pub seed: Option<Whole<0, { u32::MAX }>>,
        /// Who visits.
        pub visitor: Visitor = Visitor::default(),
        /// Agents by name, each `online`, `away` or `offline`. Transfers find them in this order, least busy first.
        pub agents: Ordered<Presence> = Ordered(Vec::new()),
        /// Where a transfer leads when none of them can take it.
        pub if_nobody: IfNobody = IfNobody::Queue,
        /// Teams by name, each with the names of its agents: for conditions on `agents.teams`.
        pub teams: Ordered<Vec<String>> = Ordered(Vec::new()),
        /// What HTTP calls answer: the first that fits. A call that none fits fails the test.
        pub callouts: Vec<Fake> = Vec::new(),
        /// What happens.
        pub steps: Vec<Step>,
    }
}

document! {
    /// Who visits.
    pub struct Visitor {
        /// As Meta tells it, e.g. `fr_CA`.
        pub locale: Option<String>,
        /// As Meta tells it.
        pub first_name: Option<String>,
        /// As Meta tells it.
        pub last_name: Option<String>,
        /// Hours from UTC.
        pub timezone: Option<f64>,
        /// What is known of the contact already.
        pub attributes: Ordered<Plain> = Ordered(Vec::new()),
        /// What the contact is labelled with already.
        pub labels: Vec<String> = Vec::new(),
    }
}

impl Default for Visitor {
    fn default() -> Self {
        Self { locale: None, first_name: None, last_name: None, timezone: None, attributes: Ordered(Vec::new()), labels: Vec::new() }
    }
}

words! {
    /// Whether an agent may be given conversations.
    pub enum Presence {
        /// Takes conversations.
        Online = "online",
        /// Signed in, and does not.
        Away = "away",
        /// Not there.
        Offline = "offline",
    }
}

words! {
    /// Where a transfer leads when nobody can take it.
    pub enum IfNobody {
        /// The open queue.
        Queue = "queue",
        /// The bot keeps the conversation, and the `nobody` arm is taken.
        Away = "away",
        /// The open queue, and a ticket is opened.
        Ticket = "ticket",
        /// Meta's Page inbox.
        PageInbox = "page_inbox",
    }
}

document! {
    /// What an HTTP call answers. Exactly one of `answer`, `fails` and `times_out`.
    pub struct Fake {
        /// Any method unless said otherwise.
        pub method: Option<String>,
        /// The URL; `*` stands for anything.
        pub url: String,
        /// It answers.
        pub answer: Option<Answer>,
        /// It cannot be made, for this reason.
        pub fails: Option<String>,
        /// It takes too long.
        pub times_out: bool = false,
        /// How many calls it answers; all unless said otherwise.
        pub times: Option<Whole<1, 1000>>,
    }
}

document! {
    /// An HTTP answer.
    pub struct Answer {
        /// 200 unless said otherwise.
        pub status: Whole<100, 599> = Whole(200),
        /// As JSON.
        pub body: Plain = Plain(Value::Null),
    }
}

document! {
    /// One thing that happens, and what must come of it. Exactly one of all fields but `expect`.
    pub struct Step {
        /// The visitor opens the conversation: `get_started`, or comes through a link.
        pub open: Option<Opening>,
        /// The visitor writes.
        pub say: Option<String>,
        /// The visitor taps a quick reply or button that was offered: by its title, or its option's value.
        pub tap: Option<String>,
        /// The visitor taps a menu entry with this payload.
        pub postback: Option<String>,
        /// The visitor sends a picture, a file, a place, …
        pub attach: Option<Attached>,
        /// The visitor reacts to the last message: an emoji, or Meta's word for one (`love`, `like`, …).
        pub react: Option<String>,
        /// Time passes; pauses and timeouts that are due by then are over, in their order.
        pub wait: Option<Duration>,
        /// The HTTP call that no fake answered ends so.
        pub callout: Option<Outcome>,
        /// An agent acts on the conversation.
        pub agent: Option<AgentAct>,
        /// What must come of it. A list is short for `messages`.
        pub expect: Option<Expectation>,
    }
}

document! {
    /// How a call ends. Exactly one of `answer`, `fails` and `times_out`.
    pub struct Outcome {
        /// It answers.
        pub answer: Option<Answer>,
        /// It cannot be made, for this reason.
        pub fails: Option<String>,
        /// It takes too long.
        pub times_out: bool = false,
    }
}

document! {
    /// What the visitor sends.
    pub struct Attached {
        /// Meta's word: `image`, `video`, `audio`, `file`, `location`, `fallback`.
        pub kind: String,
        /// Where it lies.
        pub url: Option<String>,
        /// Its name.
        pub title: Option<String>,
        /// Of a `location`.
        pub latitude: Option<f64>,
        /// Of a `location`.
        pub longitude: Option<f64>,
    }
}

words! {
    /// What an agent does with the conversation.
    pub enum AgentAct {
        /// Takes it.
        Claim = "claim",
        /// Gives it back to the bot.
        Release = "release",
        /// Closes it.
        Close = "close",
    }
}

/// The tests of a document, each with a name of its own.
#[derive(Debug, Default)]
pub struct Tests(pub Vec<FlowTest>);

impl Read for Tests {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        if value.as_array().is_some_and(|tests| tests.len() > limits::TESTS) {
            r.issue(Code::TooLarge, format!("a flow has at most {} tests", limits::TESTS), "");
            return None;
        }
        let tests = Vec::<FlowTest>::read(r, value)?;
        let mut names = HashSet::new();
        for (i, test) in tests.iter().enumerate() {
            r.at(&i.to_string(), |r| {
                if !names.insert(test.name.as_str()) {
                    r.at("name", |r| r.issue(Code::WrongValue, format!("another test is named `{}`", shorten(&test.name)), ""));
                }
                test.settle(r);
            });
        }
        Some(Self(tests))
    }
}

impl JsonSchema for Tests {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Tests".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<FlowTest>::json_schema(generator)
    }
}

impl FlowTest {
    /// What its fields mean together.
    fn settle(&self, r: &mut Reader<'_>) {
        if self.name.trim().is_empty() {
            r.at("name", |r| r.issue(Code::EmptyText, "the name is empty", "say what the test proves"));
        }
        for (team, members) in &self.teams.0 {
            for (i, name) in members.iter().enumerate().filter(|(_, name)| self.agents.0.iter().all(|(agent, _)| agent != *name)) {
                let message = format!("there is no agent `{}` in this test", shorten(name));
                r.at("teams", |r| r.at(team, |r| r.at(&i.to_string(), |r| r.issue(Code::WrongValue, message, "list it under `agents`"))));
            }
        }
        for (i, fake) in self.callouts.iter().enumerate() {
            let given = [fake.answer.is_some(), fake.fails.is_some(), fake.times_out];
            r.at("callouts", |r| r.at(&i.to_string(), |r| one_outcome(r, given)));
        }
        r.at("steps", |r| {
            if self.steps.len() > limits::STEPS {
                r.issue(Code::TooLarge, format!("a test has at most {} steps", limits::STEPS), "");
            }
            for (i, step) in self.steps.iter().enumerate() {
                r.at(&i.to_string(), |r| step.settle(r));
            }
        });
    }
}

fn one_outcome(r: &mut Reader<'_>, given: [bool; 3]) {
    if given.iter().filter(|given| **given).count() != 1 {
        r.issue(Code::WrongValue, "exactly one of `answer`, `fails` and `times_out` is expected here", "");
    }
}

impl Step {
    fn settle(&self, r: &mut Reader<'_>) {
        let given = [
            self.open.is_some(),
            self.say.is_some(),
            self.tap.is_some(),
            self.postback.is_some(),
            self.attach.is_some(),
            self.react.is_some(),
            self.wait.is_some(),
            self.callout.is_some(),
            self.agent.is_some(),
        ];
        if given.iter().filter(|given| **given).count() != 1 {
            let hint = "`open`, `say`, `tap`, `postback`, `attach`, `react`, `wait`, `callout` or `agent`";
            r.issue(Code::WrongValue, "a step is exactly one thing that happens", hint);
        }
        if let Some(outcome) = &self.callout {
            r.at("callout", |r| one_outcome(r, [outcome.answer.is_some(), outcome.fails.is_some(), outcome.times_out]));
        }
    }
}

/// Reads tests that stand beside a document: a list, or an object with `tests`. Every issue is told.
///
/// # Errors
/// What is wrong with them, each with its pointer into `tests`.
pub fn read_tests(document: &Value, tests: &Value) -> Result<Vec<FlowTest>, Vec<Issue>> {
    let nodes = document.get("nodes").and_then(Value::as_object).into_iter().flatten();
    let names = (0..).zip(nodes.take(limits::NODES)).map(|(i, (name, _))| (name.clone(), i)).collect();
    let env = Env::default();
    let mut reader = Reader::new(&env, names);
    let read = match tests {
        Value::Object(object) => {
            reader.no_others(object, &["tests"]);
            reader.field::<Tests>(object, "tests")
        }
        other => Tests::read(&mut reader, other),
    };
    let bad = reader.has_errors();
    match read {
        Some(tests) if !bad => Ok(tests.0),
        _ => Err(reader.into_issues()),
    }
}

/// Reads one script, which need not have a name: what is simulated proves nothing yet.
///
/// # Errors
/// What is wrong with it, each with its pointer into `script`.
pub fn read_script(document: &Value, script: &Value) -> Result<FlowTest, Vec<Issue>> {
    let mut named = script.clone();
    if let Value::Object(fields) = &mut named {
        fields.entry("name").or_insert_with(|| "simulation".into());
    }
    let mut tests = read_tests(document, &Value::Array(vec![named])).map_err(|mut issues| {
        for issue in &mut issues {
            issue.pointer = issue.pointer.strip_prefix("/0").unwrap_or_default().to_owned();
        }
        issues
    })?;
    tests.pop().ok_or_else(Vec::new)
}

/// The pointer under which [`read_tests`] and a document have the tests.
pub fn base_of(tests: &Value) -> &'static str {
    if tests.is_object() { "/tests" } else { "" }
}
