//! Effects as lines that read like a chat.

use jiff::{SignedDuration, Timestamp};

use causerie::domain::transfer::Destination;
use causerie::flow::effect::{Effect, TicketDraft, TicketEdit};
use causerie::flow::secret::shown;
use causerie::rehearsal::{length, said};

use super::Turn;

/// One line per effect. What is said stands as it is, with `[quick replies]` and `{buttons}`; all else in `(brackets)`.
/// `agent` names a user id, `now` is the turn's time.
pub fn lines(turn: &Turn, now: Timestamp, agent: &dyn Fn(causerie::domain::ids::UserId) -> String) -> Vec<String> {
    let notes = turn.notes.iter().map(|note| format!("({note})"));
    notes.chain(turn.effects.iter().map(|effect| line(effect, now, agent))).collect()
}

fn line(effect: &Effect, now: Timestamp, agent: &dyn Fn(causerie::domain::ids::UserId) -> String) -> String {
    match effect {
        Effect::Send { message, pause_ms: 0 } => said(message),
        Effect::Send { message, pause_ms } => {
            format!("(typing {}) {}", length(SignedDuration::from_millis((*pause_ms).into())), said(message))
        }
        Effect::OpenTicket(draft) => ticket(draft),
        Effect::UpdateTicket(edit) => ticket_edit(edit),
        Effect::Emit { name, data, .. } => format!("(event {name} {data})"),
        Effect::Close => "(the conversation is closed)".into(),
        Effect::Transfer { decision, .. } => match &decision.destination {
            Destination::Agent { agent: user, .. } => format!("(transfer to {})", agent(*user)),
            Destination::Queue { .. } => "(transfer to the queue)".into(),
            Destination::PageInbox => "(transfer to the Page inbox)".into(),
            Destination::Away => "(transfer: nobody can take it, the bot keeps it)".into(),
            Destination::TicketAndQueue { .. } => "(transfer to the queue, with a ticket)".into(),
        },
        Effect::Callout { request, .. } => match &request.body {
            Some(body) => format!("(callout {} {} {})", request.method, shown(&request.url), shown(body)),
            None => format!("(callout {} {})", request.method, shown(&request.url)),
        },
        Effect::Seen => "(seen)".into(),
        Effect::Typing => "(typing)".into(),
        Effect::SetTimer { at, .. } => format!("(pause {})", length(at.duration_since(now))),
        Effect::CancelTimer { .. } => "(pause ended)".into(),
        Effect::Finished => "(finished)".into(),
        Effect::Report(report) => format!("(report {} at {}/{}: {})", report.code, report.node, report.action, report.text),
    }
}

fn ticket(draft: &TicketDraft) -> String {
    let status = draft.status.as_deref().unwrap_or("first status");
    let mut line = format!("(ticket in {}/{status}: {}", draft.pipeline, draft.subject);
    if !draft.description.is_empty() {
        line.push_str(&format!("; {}", draft.description));
    }
    for (name, value) in &draft.fields {
        line.push_str(&format!("; {name}={value}"));
    }
    line.push(')');
    line
}

fn ticket_edit(edit: &TicketEdit) -> String {
    let mut changes: Vec<String> = Vec::new();
    changes.extend(edit.status.as_ref().map(|status| format!("status={status}")));
    changes.extend(edit.priority.map(|priority| format!("priority={}", priority.word())));
    changes.extend(edit.subject.as_ref().map(|subject| format!("subject={subject}")));
    changes.extend(edit.description.as_ref().map(|description| format!("description={description}")));
    changes.extend(edit.fields.iter().map(|(name, value)| format!("{name}={value}")));
    let pipeline = edit.pipeline.as_ref().map_or_else(String::new, |pipeline| format!(" in {pipeline}"));
    format!("(ticket updated{pipeline}: {})", changes.join("; "))
}
