//! What was said and what happened, as lines that read like a chat.

use super::facts::{self, Transferred};
use super::stage::{Happened, Stage};
use crate::domain::message::{Content, MessageOut};
use crate::flow::script::{AgentAct, Opening, Step};
use crate::simulator::transcript;

/// The words of a message: its text, or the titles of its cards.
pub fn words(message: &MessageOut) -> String {
    match &message.content {
        Content::Text { text } | Content::Buttons { text, .. } => text.clone(),
        Content::Cards { cards } => cards.iter().map(|card| card.title.as_str()).collect::<Vec<_>>().join("\n"),
        Content::Raw { message } => message["text"].as_str().unwrap_or_default().to_owned(),
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

/// What came of one turn, a line each.
pub(super) fn lines(happened: &Happened, stage: &Stage) -> Vec<String> {
    let mut lines: Vec<String> = happened.said.iter().map(|(_, message, _)| transcript::said(message)).collect();
    lines.extend(happened.called.iter().map(|request| format!("(call {} {})", request.method, request.url)));
    lines.extend(happened.opened.iter().map(|ticket| {
        let pipeline = stage.pipelines().iter().find(|pipeline| pipeline.id == ticket.pipeline);
        format!("(ticket in {}/{}: {})", pipeline.map_or("?", |pipeline| &pipeline.key), ticket.status, ticket.subject)
    }));
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
