//! Flow tests: each script is played and judged. The first step that is not as expected ends its test.

use std::ops::ControlFlow;

use jiff::Timestamp;
use serde::Serialize;

use super::judge::{Mismatch, judge};
use super::play::{TURNS, play};
use super::stage::Stage;
use super::text;
use super::world::{Chatflow, Surroundings};
use crate::flow::script::{FlowTest, Step, WaitsFor};

/// A Monday at 9:00 UTC.
pub fn usual_start() -> Timestamp {
    Timestamp::from_second(1_772_442_000).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TestRun {
    /// Every test came true; also where there is none.
    pub passed: bool,
    pub tests: Vec<TestResult>,
}

/// What came of one test.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TestResult {
    pub name: String,
    /// JSON pointer to the test.
    pub pointer: String,
    pub passed: bool,
    /// What was not as expected in the step that ended it.
    pub failures: Vec<Mismatch>,
    /// The conversation as it went: `>` is what the script does, the lines after it what came of it.
    pub transcript: Vec<String>,
}

impl TestRun {
    pub fn failed(&self) -> impl Iterator<Item = &TestResult> {
        self.tests.iter().filter(|test| !test.passed)
    }
}

/// Runs every test on a made-up page. `base` is the pointer of the list; `others` are the chatflows that may be called.
pub fn run(own: &Chatflow, tests: &[FlowTest], base: &str, others: &[Chatflow]) -> TestRun {
    let mut turns = TURNS;
    let results: Vec<TestResult> = tests
        .iter()
        .enumerate()
        .map(|(number, test)| {
            let mut set = Surroundings::made_up(own, others);
            set.with_people(&test.agents.0, test.if_nobody);
            set.with_teams(&test.teams.0);
            let (result, left) = run_one(set, test, format!("{base}/{number}"), turns);
            turns = left;
            result
        })
        .collect();
    TestRun { passed: results.iter().all(|result| result.passed), tests: results }
}

/// The result, and the turns that are left of the run's.
fn run_one(set: Surroundings, test: &FlowTest, pointer: String, turns: usize) -> (TestResult, usize) {
    let at = test.at.map_or_else(usual_start, |at| at.0);
    let mut stage = Stage::new(set, &test.visitor, at, test.seed.map_or(1, |seed| seed.0.into()), turns);
    let (mut failures, mut transcript) = (Vec::new(), Vec::new());
    play(&mut stage, test, |number, step, seen, stage| {
        let place = format!("{pointer}/steps/{number}");
        transcript.push(text::act(step));
        for turn in &seen.turns {
            transcript.extend(text::lines(turn, stage));
        }
        if let Some(refused) = &seen.refused {
            transcript.push(format!("({refused})"));
            failures.push(failure(place, refused.to_string()));
            return ControlFlow::Break(());
        }
        let call = stage.waiting_callout().filter(|_| !stands(test, number, step));
        failures.extend(call.map(|call| failure(place.clone(), format!("no fake answers `{} {}`", call.method, call.url))));
        if let Some(expect) = &step.expect {
            failures.extend(judge(&expect.expected, seen, stage, &format!("{place}/expect"), expect.listed));
        }
        if failures.is_empty() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let result = TestResult { name: test.name.clone(), pointer, passed: failures.is_empty(), failures, transcript };
    (result, stage.turns_left)
}

/// A call that no fake answers may stand: a later step ends it, or the step says that it is waited for.
fn stands(test: &FlowTest, number: usize, step: &Step) -> bool {
    let later = test.steps.iter().skip(number + 1).any(|step| step.callout.is_some());
    later || step.expect.as_ref().is_some_and(|expect| expect.expected.waits_for == Some(WaitsFor::Callout))
}

fn failure(pointer: String, message: String) -> Mismatch {
    Mismatch { pointer, message, expected: serde_json::Value::Null, got: serde_json::Value::Null }
}
