//! What was said and what happened, as lines that read like a chat.

use jiff::SignedDuration;

use super::bubble::{length, said};
use super::facts::{self, Transferred};
use super::stage::{Happened, Stage};
use crate::domain::message::{Content, MessageOut};
use crate::domain::ticket::Ticket;
use crate::flow::script::{AgentAct, Opening, Step};
use crate::flow::secret::shown;

/// The words of a message: its text, the titles of its cards, or what a template is about.
pub fn words(message: &MessageOut) -> String {
    match &message.content {
        Content::Text { text } | Content::Buttons { text, .. } => text.clone(),
        Content::Cards { cards } => cards.iter().map(|card| card.title.as_str()).collect::<Vec<_>>().join("\n"),
        Content::Template { template } => template.summary(),
        Content::Raw { message } => {
            let text = message["text"].as_str().or_else(|| message["attachment"]["payload"]["text"].as_str());
            text.unwrap_or_default().to_owned()
        }
        _ => String::new(),
    }
}

/// What the step is, as a line.
pub(super) fn act(step: &Step) -> String {
    match step {
        Step { open: Some(Opening::GetStarted), .. } => "> (Get Started)".to_owned(),
        Step { open: Some(Opening::Link(_)), .. } => "> (a link)".to_owned(),
        Step { say: Some(text), .. } => format!("> {text}"),
        Step { tap: Some(title), .. } => format!("> [{title}]"),
        Step { postback: Some(payload), .. } => format!("> (menu entry {payload})"),
        Step { attach: Some(attached), .. } => format!("> <{}>", attached.kind),
        Step { react: Some(emoji), .. } => format!("> (reaction {emoji})"),
        Step { wait: Some(time), .. } => format!("> (wait {:#})", time.0),
        Step { callout: Some(_), .. } => "> (the call ends)".to_owned(),
        Step { agent: Some(act), .. } => match act {
            AgentAct::Claim => "> (an agent takes the conversation)".to_owned(),
            AgentAct::Release => "> (an agent gives the conversation back)".to_owned(),
            AgentAct::Close => "> (an agent closes the conversation)".to_owned(),
        },
        _ => ">".to_owned(),
    }
}

/// What came of one turn, a line each: what was said first, all else in `(brackets)`.
pub fn lines(happened: &Happened, stage: &Stage) -> Vec<String> {
    let seen = happened.seen.then(|| "(seen)".to_owned());
    let said_lines = happened.said.iter().map(|(_, message, pause_ms)| typed(message, *pause_ms));
    let mut lines: Vec<String> = seen.into_iter().chain(said_lines).collect();
    lines.extend(happened.unsent.iter().map(|(message, why)| format!("(not sent: {why}: {})", said(message))));
    lines.extend(happened.called.iter().map(|request| match &request.body {
        Some(body) => format!("(call {} {} {})", request.method, shown(&request.url), shown(body)),
        None => format!("(call {} {})", request.method, shown(&request.url)),
    }));
    lines.extend(happened.opened.iter().map(|ticket| format!("(ticket in {})", ticket_line(ticket, stage))));
    lines.extend(happened.updated.iter().map(|ticket| format!("(ticket updated: {})", ticket_line(ticket, stage))));
    lines.extend(happened.emitted.iter().map(|event| format!("(event {} {})", event.name, event.data)));
    match facts::transfer_of(happened, stage) {
        Some(Transferred { to, agent: Some(agent) }) => lines.push(format!("(transfer to {} {agent})", to.word())),
        Some(Transferred { to, agent: None }) => lines.push(format!("(transfer to {})", to.word())),
        None => {}
    }
    let told = happened.lines.iter().filter(|(event, _)| !facts::TRANSFERS.iter().any(|(known, _)| known == event));
    lines.extend(told.map(|(event, text)| format!("({event}: {text})")));
    lines.extend(happened.ignored.iter().map(|reason| format!("(not answered: {reason})")));
    lines
}

fn typed(message: &MessageOut, pause_ms: u32) -> String {
    match pause_ms {
        0 => said(message),
        pause => format!("(typing {}) {}", length(SignedDuration::from_millis(pause.into())), said(message)),
    }
}

/// `support/new: Late order; order=AB12`
fn ticket_line(ticket: &Ticket, stage: &Stage) -> String {
    let pipeline = stage.pipelines().iter().find(|pipeline| pipeline.id == ticket.pipeline);
    let mut line = format!("{}/{}: {}", pipeline.map_or("?", |pipeline| &pipeline.key), ticket.status, ticket.subject);
    if !ticket.description.is_empty() {
        line.push_str(&format!("; {}", ticket.description));
    }
    for (name, value) in &ticket.fields {
        line.push_str(&format!("; {name}={value}"));
    }
    line
}
