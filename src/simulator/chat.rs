//! The dialogue in a terminal: lines in, lines out.

use std::io::{BufRead, Write};

use jiff::Timestamp;
use serde_json::Value;

use super::stage::{Stage, Turn};
use super::transcript;
use crate::domain::event::CalloutResult;
use crate::domain::people::Presence;
use crate::flow::check::{Env, check};
use crate::flow::parse;
use crate::flow::session::{Entry, Wait};

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
    /// An agent is online; else transfers find nobody.
    pub agent_online: bool,
    /// Show what was considered, and why it was or was not taken.
    pub explain: bool,
    /// Begin at this node.
    pub node: Option<String>,
    /// URL prefix → answer, for callouts; the others are asked for.
    pub fakes: Vec<(String, CalloutResult)>,
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

const HELP: &str = "\
What you type is what the visitor says. Besides:
  /tap TITLE          tap a quick reply or button; on a card: /tap CARD: TITLE
  /postback PAYLOAD   tap a menu entry
  /react EMOJI        react to a message
  (an empty line)     let a pause pass
  /wait 2h            let time pass
  /answer 200 {…}     the callout's answer; /timeout and /fail REASON end it otherwise
  /release            people give the conversation back
  /vars               the session's variables
  /explain            show or hide why
  /restart            begin again
  /quit
";

/// Chats until the input ends or says `/quit`.
///
/// # Errors
/// The flow has errors, or the terminal fails.
pub fn simulate(flow: &str, input: impl BufRead, mut output: impl Write, options: Options) -> Result<(), SimulationFailed> {
    let checked = parse(flow).map(|document| check(&document, &Env::default()));
    let Some(compiled) = checked.ok().and_then(|checked| checked.flow) else {
        return Err(SimulationFailed::Flow(super::check_report(flow).0));
    };
    let mut stage = Stage::new("this", compiled, options.at, options.seed);
    stage.contact.locale.clone_from(&options.locale);
    stage.contact.profile.first_name.clone_from(&options.first_name);
    stage.add_agent("Agent", if options.agent_online { Presence::Online } else { Presence::Offline });
    let mut chat = Chat { stage, options, output: &mut output };
    writeln!(chat.output, "(type /help for what else can be done)")?;
    chat.restart()?;
    for line in input.lines() {
        if !chat.take(line?.trim())? {
            break;
        }
    }
    Ok(())
}

struct Chat<'a, W: Write> {
    stage: Stage,
    options: Options,
    output: &'a mut W,
}

impl<W: Write> Chat<'_, W> {
    fn restart(&mut self) -> std::io::Result<()> {
        let entry = Entry { node: self.options.node.clone(), ..Entry::default() };
        let turn = self.stage.start(entry);
        self.show(&turn)
    }

    /// `false`: the end.
    fn take(&mut self, line: &str) -> std::io::Result<bool> {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let turn = match command {
            "/quit" => return Ok(false),
            "/help" => return self.tell(HELP),
            "/restart" => return self.restart().map(|()| true),
            "/explain" => {
                self.options.explain = !self.options.explain;
                return self.tell(if self.options.explain { "(explaining)\n" } else { "(not explaining)\n" });
            }
            "/vars" => {
                let variables = self.stage.session.as_ref().map(|session| serde_json::json!(session.variables));
                return self.tell(&format!("{}\n", variables.unwrap_or(Value::Null)));
            }
            "/wait" => match crate::flow::read_types::Duration::parse(rest) {
                Some(duration) => {
                    self.stage.advance(duration.0);
                    let due = self.stage.waiting_timer().is_some_and(|at| at <= self.stage.at);
                    if due { self.stage.pass_time() } else { return self.tell("(time passes)\n") }
                }
                None => return self.tell("(how long? e.g. /wait 2h)\n"),
            },
            "/tap" => self.stage.tap(rest),
            "/react" => self.stage.react(rest),
            "/postback" => Some(self.stage.postback(rest)),
            "/release" => Some(self.stage.release()),
            "/timeout" => self.stage.callout_returns(&CalloutResult::TimedOut),
            "/fail" => self.stage.callout_returns(&CalloutResult::Failed { reason: rest.to_owned() }),
            "/answer" => match answer(rest) {
                Some(result) => self.stage.callout_returns(&result),
                None => return self.tell("(a status and JSON are expected, e.g. /answer 200 {\"state\":\"sent\"})\n"),
            },
            "" => self.stage.pass_time(),
            command if command.starts_with('/') => return self.tell("(unknown; /help lists what can be done)\n"),
            _ => Some(self.stage.say(line)),
        };
        match turn {
            Some(turn) => self.show(&turn)?,
            None => writeln!(self.output, "(nothing waits for that)")?,
        }
        Ok(true)
    }

    fn tell(&mut self, text: &str) -> std::io::Result<bool> {
        self.output.write_all(text.as_bytes())?;
        Ok(true)
    }

    /// A turn, and those that faked callouts bring with them.
    fn show(&mut self, turn: &Turn) -> std::io::Result<()> {
        self.print(turn)?;
        for _ in 0..FAKED_IN_A_ROW {
            let Some(result) = self.faked() else { break };
            let Some(turn) = self.stage.callout_returns(&result) else { break };
            self.print(&turn)?;
        }
        self.hint()
    }

    fn print(&mut self, turn: &Turn) -> std::io::Result<()> {
        let roster = &self.stage.roster;
        let agent = |user| {
            let duty = roster.agents.iter().find(|duty| duty.agent.user == user);
            duty.map_or_else(|| user.to_string(), |duty| duty.agent.name.clone())
        };
        for line in transcript::lines(turn, self.stage.at, &agent) {
            writeln!(self.output, "{line}")?;
        }
        if self.options.explain {
            for line in &turn.trace {
                writeln!(self.output, "    {line}")?;
            }
        }
        Ok(())
    }

    fn wait(&self) -> Option<&Wait> {
        self.stage.session.as_ref()?.wait.as_ref()
    }

    fn faked(&self) -> Option<CalloutResult> {
        let url = self.stage.waiting_callout().filter(|_| matches!(self.wait(), Some(Wait::Callout { .. }))).map(|request| &request.url)?;
        self.options.fakes.iter().find(|(prefix, _)| url.starts_with(prefix)).map(|(_, result)| result.clone())
    }

    /// What the flow waits for, where that is not simply an answer.
    fn hint(&mut self) -> std::io::Result<()> {
        let hint = match self.wait() {
            Some(Wait::Timer { .. }) => "(an empty line lets the pause pass)",
            Some(Wait::Callout { .. }) => "(/answer STATUS JSON, /timeout, or /fail REASON)",
            Some(Wait::People) => "(/release gives the conversation back to the bot)",
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
