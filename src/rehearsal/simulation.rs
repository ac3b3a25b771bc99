//! A script played for a person who watches: all that came of it, turn by turn, with every decision explained.
//!
//! There is no session to keep: the script is the state. Whoever simulates sends it again with one step more.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::facts;
use super::play::{Seen, TURNS, play};
use super::stage::{Happened, Stage};
use super::text;
use super::world::Surroundings;
use crate::domain::ids::UserId;
use crate::domain::people::Team;
use crate::flow::script::{FlowTest, TransferTo};
use crate::flow::trace::TraceLine;

/// Everything that came of a script.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Simulation {
    /// One for each step that happened.
    pub steps: Vec<StepView>,
    /// How things stand at the end.
    pub state: StateView,
    /// Why the step after the last one could not happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The same script with what came of it as its expectations: a flow test.
    #[schema(value_type = Object)]
    pub test: Value,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StepView {
    /// As lines that read like a chat; `>` is what the script does.
    pub transcript: Vec<String>,
    /// One after the other: the step's own, then pauses that were over and calls that were answered.
    pub turns: Vec<TurnView>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TurnView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Each as a flow test would expect it.
    #[schema(value_type = Vec<Object>)]
    pub messages: Vec<Value>,
    /// Messages that Meta's rules forbid at that moment: the server does not send them.
    pub unsent: Vec<UnsentView>,
    /// Typing before each message, in milliseconds.
    pub pauses_ms: Vec<u32>,
    /// Tickets that were opened.
    #[schema(value_type = Vec<Object>)]
    pub tickets: Vec<Value>,
    /// Tickets that were changed, as they stand now.
    #[schema(value_type = Vec<Object>)]
    pub updated_tickets: Vec<Value>,
    #[schema(value_type = Vec<Object>)]
    pub events: Vec<Value>,
    #[schema(value_type = Vec<Object>)]
    pub callouts: Vec<Value>,
    /// Who got the conversation: `agent`, `queue`, `page_inbox` or `nobody`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<String>,
    /// System lines of the transcript.
    pub lines: Vec<LineView>,
    /// It was recorded and not answered, for this reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_answered: Option<String>,
    /// What was considered, and why it was or was not taken; absent where it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Vec<ExplainedView>>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UnsentView {
    #[schema(value_type = Object)]
    pub message: Value,
    /// For people.
    pub because: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LineView {
    pub event: String,
    pub text: String,
}

/// A line of an explanation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ExplainedView {
    #[serde(flatten)]
    pub line: TraceLine,
    /// For people.
    pub text: String,
}

impl From<TraceLine> for ExplainedView {
    fn from(line: TraceLine) -> Self {
        Self { text: line.to_string(), line }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StateView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `bot`, `queue`, `agent` or `external`.
    pub owner: String,
    pub node: Option<String>,
    /// `answer`, `timer`, `callout`, `people` or `nothing`.
    pub waits_for: String,
    pub finished: bool,
    #[schema(value_type = Object)]
    pub variables: BTreeMap<String, Value>,
    #[schema(value_type = Object)]
    pub attributes: BTreeMap<String, Value>,
    pub labels: BTreeSet<String>,
    /// Every ticket there is, oldest first.
    #[schema(value_type = Vec<Object>)]
    pub tickets: Vec<Value>,
    /// What a `tap` may name, oldest first.
    pub offered: Vec<String>,
    /// When the next pause is over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_timer: Option<Timestamp>,
    /// The HTTP call that waits for a `callout` step.
    #[schema(value_type = Option<Object>)]
    pub callout: Option<Value>,
}

/// Plays the script from its beginning. `raw` is the script as it was written.
pub fn simulate(set: Surroundings, script: &FlowTest, raw: &Map<String, Value>, at: Timestamp, explain: bool) -> Simulation {
    let at = script.at.map_or(at, |at| at.0);
    let mut stage = Stage::new(set, &script.visitor, at, script.seed.map_or(1, |seed| seed.0.into()), TURNS);
    let people = people(&stage);
    let (mut steps, mut expected, mut landed, mut refused) = (Vec::new(), Vec::new(), Vec::new(), None);
    play(&mut stage, script, |_, step, seen, stage| {
        if let Some(why) = &seen.refused {
            refused = Some(why.to_string());
            return ControlFlow::Break(());
        }
        let mut transcript = vec![text::act(step)];
        transcript.extend(seen.turns.iter().flat_map(|turn| text::lines(turn, stage)));
        let turns = seen.turns.iter().map(|turn| turn_view(turn, stage, explain)).collect();
        steps.push(StepView { transcript, turns });
        expected.push(expectation(seen, stage));
        landed.extend(seen.turns.iter().filter_map(|turn| facts::transfer_of(turn, stage)).map(|transfer| transfer.to));
        ControlFlow::Continue(())
    });
    Simulation { steps, state: state_view(&stage), refused, test: as_test(raw, expected, people, &landed, at) }
}

fn turn_view(turn: &Happened, stage: &Stage, explain: bool) -> TurnView {
    TurnView {
        at: turn.at,
        messages: turn.said.iter().map(|(_, message, _)| facts::message(message)).collect(),
        unsent: turn.unsent.iter().map(|(message, why)| UnsentView { message: facts::message(message), because: why.clone() }).collect(),
        pauses_ms: turn.said.iter().map(|(_, _, pause)| *pause).collect(),
        tickets: turn.opened.iter().map(|ticket| facts::ticket(ticket, stage)).collect(),
        updated_tickets: turn.updated.iter().map(|ticket| facts::ticket(ticket, stage)).collect(),
        events: turn.emitted.iter().map(|event| json!({ "name": event.name, "data": event.data })).collect(),
        callouts: turn.called.iter().map(facts::callout).collect(),
        transfer: facts::transfer_of(turn, stage).map(|transfer| transfer.to.word().to_owned()),
        lines: turn.lines.iter().map(|(event, text)| LineView { event: event.clone(), text: text.clone() }).collect(),
        not_answered: turn.ignored.clone(),
        explanation: explain.then(|| turn.trace.iter().cloned().map(ExplainedView::from).collect()),
    }
}

fn state_view(stage: &Stage) -> StateView {
    StateView {
        at: stage.at,
        owner: stage.owner().word().to_owned(),
        node: facts::node(stage).map(str::to_owned),
        waits_for: facts::waits_for(stage).word().to_owned(),
        finished: facts::finished(stage),
        variables: stage.session().into_iter().flat_map(|session| session.variables.clone()).collect(),
        attributes: stage.contact().attributes.clone(),
        labels: stage.contact().labels.clone(),
        tickets: stage.tickets.iter().map(|ticket| facts::ticket(ticket, stage)).collect(),
        offered: stage.offered().map(str::to_owned).collect(),
        next_timer: stage.next_timer(),
        callout: stage.waiting_callout().map(facts::callout),
    }
}

/// What a test of this step would expect.
fn expectation(seen: &Seen, stage: &Stage) -> Value {
    let messages: Vec<Value> = facts::messages(seen).into_iter().map(facts::message).collect();
    let mut expect = json!({ "messages": messages, "waits_for": facts::waits_for(stage).word() });
    let tickets: Vec<Value> = seen.turns.iter().flat_map(|turn| &turn.opened).map(|ticket| facts::ticket(ticket, stage)).collect();
    if !tickets.is_empty() {
        expect["tickets"] = tickets.into();
    }
    if let Some(ticket) = seen.turns.iter().rev().find_map(|turn| turn.updated.last()) {
        expect["ticket"] = facts::ticket(ticket, stage);
    }
    let events: Vec<Value> =
        seen.turns.iter().flat_map(|turn| &turn.emitted).map(|event| json!({ "name": event.name, "data": event.data })).collect();
    if !events.is_empty() {
        expect["events"] = events.into();
    }
    if let Some(transfer) = seen.turns.iter().rev().find_map(|turn| facts::transfer_of(turn, stage)) {
        expect["transfer"] = transfer.to.word().into();
    }
    expect
}

/// Who is there, by name, and in which teams.
struct People {
    agents: Map<String, Value>,
    teams: Map<String, Value>,
}

fn people(stage: &Stage) -> People {
    let roster = stage.roster();
    let agents = roster.agents.iter().map(|duty| (duty.agent.name.clone(), duty.agent.presence.word().into()));
    let seated = |user: &UserId| roster.agents.iter().any(|duty| duty.agent.user == *user);
    let members = |team: &Team| team.members.iter().filter(|user| seated(user)).map(|user| stage.agent_name(*user)).collect();
    let teams = roster.teams.iter().map(|team| (team.name.clone(), members(team)));
    People { agents: agents.collect(), teams: teams.collect() }
}

/// The script with what came of it. A script without `agents` met the page's own people and rules, which the test's run does
/// not know: the people are written down, and where a transfer found nobody, that and where it led instead.
fn as_test(raw: &Map<String, Value>, expected: Vec<Value>, people: People, landed: &[TransferTo], at: Timestamp) -> Value {
    let mut test = raw.clone();
    test.entry("name").or_insert_with(|| "what was simulated".into());
    test.entry("at").or_insert_with(|| at.to_string().into());
    if !test.contains_key("agents") && !people.agents.is_empty() {
        let nobody = !landed.is_empty() && !landed.contains(&TransferTo::Agent);
        let agents = people.agents.into_iter().map(|(name, presence)| (name, if nobody { "offline".into() } else { presence }));
        test.insert("agents".into(), agents.collect::<Map<_, _>>().into());
        test.insert("teams".into(), people.teams.into());
        let place = landed.iter().rev().find_map(|to| match to {
            TransferTo::Nobody => Some("away"),
            TransferTo::PageInbox => Some("page_inbox"),
            _ => None,
        });
        test.extend(place.map(|place| ("if_nobody".to_owned(), place.into())));
    }
    if let Some(Value::Array(steps)) = test.get_mut("steps") {
        steps.truncate(expected.len());
        for (step, expected) in steps.iter_mut().zip(expected) {
            step["expect"] = expected;
        }
    }
    test.into()
}
