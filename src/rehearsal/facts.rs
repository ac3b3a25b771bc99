//! What a step's turns amount to, as scripts speak of it.

use serde_json::{Value, json};

use super::offers::offers;
use super::play::Seen;
use super::stage::{Happened, Stage};
use super::text::words;
use crate::domain::conversation::Owner;
use crate::domain::message::{Content, MessageOut, QuickReply};
use crate::domain::ticket::Ticket;
use crate::flow::effect::CalloutRequest;
use crate::flow::script::{TransferTo, WaitsFor};
use crate::flow::session::Wait;

/// Stable words of system lines, and the transfer that each tells of.
pub(super) const TRANSFERS: &[(&str, TransferTo)] = &[
    ("transferred", TransferTo::Agent),
    ("queued", TransferTo::Queue),
    ("passed_to_page_inbox", TransferTo::PageInbox),
    ("not_transferred", TransferTo::Nobody),
];

/// Who got the conversation.
pub(super) struct Transferred {
    pub to: TransferTo,
    pub agent: Option<String>,
}

pub(super) fn transfer_of(happened: &Happened, stage: &Stage) -> Option<Transferred> {
    let told = |event: &str| TRANSFERS.iter().find(|(known, _)| *known == event).map(|(_, to)| *to);
    let to = happened.lines.iter().rev().find_map(|(event, _)| told(event))?;
    let agent = match (to, stage.owner()) {
        (TransferTo::Agent, Owner::Agent { user }) => Some(stage.agent_name(*user)),
        _ => None,
    };
    Some(Transferred { to, agent })
}

/// Every message of the step, in order; the thread's passing is none.
pub(super) fn messages(seen: &Seen) -> Vec<&MessageOut> {
    let said = seen.turns.iter().flat_map(|turn| &turn.said).map(|(_, message, _)| message);
    said.filter(|message| !matches!(message.content, Content::PassThread)).collect()
}

/// As a script would expect it: a text alone, or an object.
pub fn message(message: &MessageOut) -> Value {
    let options = options(message);
    let mut shape = json!({});
    match &message.content {
        Content::Media { url, .. } => shape["media"] = json!(url),
        Content::Cards { cards } => shape["cards"] = cards.iter().map(|card| card.title.as_str()).collect(),
        _ if options.is_empty() => return words(message).into(),
        _ => shape["text"] = words(message).into(),
    }
    if !options.is_empty() {
        shape["options"] = json!(options);
    }
    shape
}

/// Titles of all that can be tapped, in the order in which it is seen.
pub(super) fn options(message: &MessageOut) -> Vec<String> {
    let asked = message.quick_replies.iter().filter_map(|reply| match reply {
        QuickReply::Text { .. } => None,
        QuickReply::PhoneNumber => Some("(phone number)".to_owned()),
        QuickReply::Email => Some("(e-mail address)".to_owned()),
    });
    offers(message).into_iter().map(|offer| offer.title).chain(asked).collect()
}

/// A session's variable, or the contact's attribute of that name; null where neither is set.
pub(super) fn variable(stage: &Stage, name: &str) -> Value {
    let of_session = stage.session().and_then(|session| session.variables.get(name));
    of_session.or_else(|| stage.contact().attributes.get(name)).cloned().unwrap_or(Value::Null)
}

pub(super) fn node(stage: &Stage) -> Option<&str> {
    stage.session()?.frames.last().map(|frame| frame.node.as_str())
}

pub(super) fn waits_for(stage: &Stage) -> WaitsFor {
    match stage.session().and_then(|session| session.wait.as_ref()) {
        Some(Wait::Answer { .. }) => WaitsFor::Answer,
        Some(Wait::Timer { .. }) => WaitsFor::Timer,
        Some(Wait::Callout { .. }) => WaitsFor::Callout,
        Some(Wait::People) => WaitsFor::People,
        None => WaitsFor::Nothing,
    }
}

pub(super) fn finished(stage: &Stage) -> bool {
    stage.session().is_none_or(|session| session.finished)
}

pub(super) fn ticket(ticket: &Ticket, stage: &Stage) -> Value {
    let pipeline = stage.pipelines().iter().find(|pipeline| pipeline.id == ticket.pipeline).map(|pipeline| pipeline.key.clone());
    json!({
        "pipeline": pipeline,
        "status": ticket.status,
        "subject": ticket.subject,
        "description": ticket.description,
        "priority": ticket.priority.word(),
        "fields": ticket.fields,
    })
}

pub(super) fn callout(request: &CalloutRequest) -> Value {
    let body = request.body.as_ref().map(|body| serde_json::from_str(body).unwrap_or_else(|_| Value::from(body.as_str())));
    json!({ "method": request.method, "url": request.url, "headers": request.headers, "body": body })
}

/// Codes of what was reported to operators.
pub(super) fn reports(seen: &Seen) -> Vec<&str> {
    let lines = seen.turns.iter().flat_map(|turn| &turn.lines);
    lines.filter(|(event, _)| event == "report").map(|(_, text)| text.split_whitespace().next().unwrap_or_default()).collect()
}
