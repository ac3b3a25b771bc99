//! The dialogue in a terminal: lines in, lines out.

use std::io::{BufRead, Write};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::domain::conversation::Owner;
use crate::domain::event::CalloutResult;
use crate::flow::check::{Env, check};
use crate::flow::parse;
use crate::flow::read_types::Duration;
use crate::flow::script::{AgentAct, IfNobody, Link, Presence, Visitor};
use crate::flow::session::Wait;
use crate::rehearsal::{Chatflow, Happened, Refused, Stage, Surroundings, length, lines};

/// How to simulate.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the virtual clock starts.
    pub at: Timestamp,
    /// Decides all that is by chance.
    pub seed: u64,
    /// The visitor's locale, e.g. `fr_CA`.
    pub locale: Option<String>,
    pub first_name: Option<String>,
    /// An agent is online; else transfers find nobody, and the conversation waits in the queue.
    pub agent_online: bool,
    /// Show what was considered, and why it was or was not taken.
    pub explain: bool,
    /// Begin at this node.
    pub node: Option<String>,
    /// URL prefix → answer, for callouts; the others are asked for.
    pub fakes: Vec<(String, CalloutResult)>,
    /// Chatflows that may be called: name, document.
    pub others: Vec<(String, String)>,
}

#[derive(Debug, thiserror::Error)]
pub enum SimulationFailed {
    /// The whole report, one issue a line.
    #[error("the flow has errors:\n{0}")]
    Flow(String),
    #[error("the terminal cannot be read or written")]
    Io(#[from] std::io::Error),
}

/// A flow that calls out again and again is asked about after so many.
const FAKED_IN_A_ROW: usize = 20;
/// Nobody types so much; a file might.
const TURNS: usize = 20_000;

const HELP: &str = "\
What you type is what the visitor says. Besides:
  /tap TITLE          tap a quick reply or button; on a card: /tap CARD: TITLE
  /postback PAYLOAD   tap a menu entry
  /react EMOJI        react to a message
  (an empty line)     let the next pause pass
  /wait 2h            let time pass
  /answer 200 {…}     the callout's answer; /timeout and /fail REASON end it otherwise
  /claim              an agent takes the conversation
  /release            people give the conversation back
  /close              an agent closes the conversation
  /vars               the session's variables
  /explain            show or hide why
  /restart            open the conversation again
  /quit
";

/// Chats until the input ends or says `/quit`.
///
/// # Errors
/// The flow has errors, or the terminal fails.
pub fn simulate(flow: &str, input: impl BufRead, mut output: impl Write, options: Options) -> Result<(), SimulationFailed> {
    let this = chatflow("this", flow)?;
    let others = options.others.iter().map(|(name, flow)| chatflow(name, flow)).collect::<Result<Vec<_>, _>>()?;
    let stage = stage(&this, &others, &options);
    let mut chat = Chat { stage, options, output: &mut output, finished: false };
    writeln!(chat.output, "(type /help for what else can be done)")?;
    chat.open()?;
    for line in input.lines() {
        if !chat.take(line?.trim())? {
            break;
        }
    }
    Ok(())
}

fn chatflow(name: &str, flow: &str) -> Result<Chatflow, SimulationFailed> {
    let checked = parse(flow).map(|document| check(&document, &Env::default()));
    match checked.ok().and_then(|checked| checked.flow) {
        Some(flow) => Ok(Chatflow { id: None, name: name.to_owned(), flow }),
        None => Err(SimulationFailed::Flow(super::check_report(flow).0)),
    }
}

fn stage(this: &Chatflow, others: &[Chatflow], options: &Options) -> Stage {
    let mut set = Surroundings::made_up(this, others);
    let presence = if options.agent_online { Presence::Online } else { Presence::Offline };
    set.with_people(&[("Agent".to_owned(), presence)], IfNobody::Queue);
    let visitor = Visitor { locale: options.locale.clone(), first_name: options.first_name.clone(), ..Visitor::default() };
    Stage::new(set, &visitor, options.at, options.seed, TURNS)
}

/// What became of a line.
enum Told {
    /// Turns that came of it: none, where nothing was due.
    Turns(Vec<Happened>),
    /// A word to the person at the terminal.
    Said(String),
    Quit,
}

struct Chat<'a, W: Write> {
    stage: Stage,
    options: Options,
    output: &'a mut W,
    /// It was said that the flow is over.
    finished: bool,
}

impl<W: Write> Chat<'_, W> {
    /// As a visitor does: Get Started, or a link to the node.
    fn open(&mut self) -> std::io::Result<()> {
        let opened = self.opened();
        self.show(opened.map(|turn| Told::Turns(vec![turn]))).map(|_| ())
    }

    fn opened(&mut self) -> Result<Happened, Refused> {
        match &self.options.node {
            Some(node) => self.stage.follow(&Link::to(node)),
            None => self.stage.get_started(),
        }
    }

    /// `false`: the end.
    fn take(&mut self, line: &str) -> std::io::Result<bool> {
        let told = self.act(line);
        self.show(told)
    }

    fn act(&mut self, line: &str) -> Result<Told, Refused> {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let turn = match command {
            "/quit" => return Ok(Told::Quit),
            "/help" => return Ok(Told::Said(HELP.to_owned())),
            "/explain" => {
                self.options.explain = !self.options.explain;
                return Ok(Told::Said(if self.options.explain { "(explaining)\n" } else { "(not explaining)\n" }.to_owned()));
            }
            "/vars" => {
                let variables = self.stage.session().map(|session| json!(session.variables));
                return Ok(Told::Said(format!("{}\n", variables.unwrap_or(Value::Null))));
            }
            "/wait" => match Duration::parse(rest) {
                Some(time) => return self.wait(self.stage.at.checked_add(time.0).unwrap_or(Timestamp::MAX)),
                None => return Ok(Told::Said("(how long? e.g. /wait 2h)\n".to_owned())),
            },
            "" => match self.stage.next_timer() {
                Some(due) => self.stage.wait(due)?.unwrap_or_default(),
                None => return Ok(Told::Said("(nothing waits for that)\n".to_owned())),
            },
            "/restart" => self.opened()?,
            "/tap" => self.stage.tap(rest)?,
            "/react" => self.stage.react(rest)?,
            "/postback" => self.stage.postback(rest)?,
            "/claim" => self.stage.agent_acts(AgentAct::Claim)?,
            "/release" => self.stage.agent_acts(AgentAct::Release)?,
            "/close" => self.stage.agent_acts(AgentAct::Close)?,
            "/timeout" => self.stage.callout_returns(CalloutResult::TimedOut)?,
            "/fail" => self.stage.callout_returns(CalloutResult::Failed { reason: rest.to_owned() })?,
            "/answer" => match answer(rest) {
                Some(result) => self.stage.callout_returns(result)?,
                None => return Ok(Told::Said("(a status and JSON are expected, e.g. /answer 200 {\"state\":\"sent\"})\n".to_owned())),
            },
            command if command.starts_with('/') => return Ok(Told::Said("(unknown; /help lists what can be done)\n".to_owned())),
            _ => self.stage.say(line)?,
        };
        Ok(Told::Turns(vec![turn]))
    }

    /// All that is due by then happens, in its order.
    fn wait(&mut self, until: Timestamp) -> Result<Told, Refused> {
        let mut turns = Vec::new();
        while let Some(turn) = self.stage.wait(until)? {
            turns.push(turn);
            // As soon as they are made: what comes after a call may be another pause.
            for _ in 0..FAKED_IN_A_ROW {
                let Some(result) = self.faked() else { break };
                turns.push(self.stage.callout_returns(result)?);
            }
        }
        Ok(if turns.is_empty() { Told::Said("(time passes)\n".to_owned()) } else { Told::Turns(turns) })
    }

    /// What came of it, with the turns that faked callouts bring; `false`: the end.
    fn show(&mut self, told: Result<Told, Refused>) -> std::io::Result<bool> {
        match told {
            Ok(Told::Quit) => return Ok(false),
            Ok(Told::Said(text)) => self.output.write_all(text.as_bytes())?,
            Err(refused) => writeln!(self.output, "({refused})")?,
            Ok(Told::Turns(turns)) => {
                turns.iter().try_for_each(|turn| self.print(turn))?;
                for _ in 0..FAKED_IN_A_ROW {
                    let Some(result) = self.faked() else { break };
                    let Ok(turn) = self.stage.callout_returns(result) else { break };
                    self.print(&turn)?;
                }
                self.hint()?;
            }
        }
        Ok(true)
    }

    fn print(&mut self, turn: &Happened) -> std::io::Result<()> {
        let lines = lines(turn, &self.stage);
        for line in &lines {
            writeln!(self.output, "{line}")?;
        }
        if lines.is_empty() {
            let people = *self.stage.owner() != Owner::Bot;
            writeln!(self.output, "{}", if people { "(people have the conversation: the bot is silent)" } else { "(the bot is silent)" })?;
        }
        if self.options.explain {
            for line in &turn.trace {
                writeln!(self.output, "    {line}")?;
            }
        }
        Ok(())
    }

    fn faked(&self) -> Option<CalloutResult> {
        let url = &self.stage.waiting_callout()?.url;
        self.options.fakes.iter().find(|(prefix, _)| url.starts_with(prefix)).map(|(_, result)| result.clone())
    }

    /// That the flow is over, or what it waits for, where that is not simply an answer.
    fn hint(&mut self) -> std::io::Result<()> {
        let finished = self.stage.session().is_some_and(|session| session.finished);
        if finished && !std::mem::replace(&mut self.finished, finished) {
            writeln!(self.output, "(finished)")?;
        }
        self.finished = finished;
        let hint = match self.stage.session().and_then(|session| session.wait.as_ref()) {
            Some(Wait::Timer { .. }) => {
                let left = self.stage.next_timer().map_or(SignedDuration::ZERO, |due| due.duration_since(self.stage.at));
                format!("(a pause of {}; an empty line lets it pass)", length(left))
            }
            Some(Wait::Callout { .. }) => "(/answer STATUS JSON, /timeout, or /fail REASON)".to_owned(),
            Some(Wait::People) => "(/release gives the conversation back to the bot)".to_owned(),
            _ => return Ok(()),
        };
        writeln!(self.output, "{hint}")
    }
}

fn answer(text: &str) -> Option<CalloutResult> {
    let (status, body) = text.split_once(' ').unwrap_or((text, ""));
    let status = status.parse().ok().filter(|status| (100..600).contains(status))?;
    // As the server: JSON where it parses, else text.
    let body = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
    Some(CalloutResult::Answered { status, body })
}
