//! Tickets of a turn: opening one, and changing the conversation's open one.

use super::draft::Draft;
use super::situation::{Situation, TicketLookup};
use crate::domain::ids::{TeamId, TicketId};
use crate::domain::ticket::{Pipeline, Source, Ticket, TicketChange};
use crate::flow::effect::{TicketDraft, TicketEdit};
use crate::store::turns::{NewTicket, TicketUpdate};

/// For the ticket that a transfer rule opens (`otherwise: ticket`).
const RULE_TICKET_SUBJECT: &str = "Nobody could take the conversation";

/// In the first pipeline: a rule names none.
pub(super) fn of_rule(cx: &Situation<'_>, because: String) -> Option<TicketDraft> {
    let pipeline = cx.world.pipelines.first()?;
    Some(TicketDraft {
        pipeline: pipeline.key.clone(),
        status: None,
        subject: RULE_TICKET_SUBJECT.to_owned(),
        description: because,
        priority: crate::domain::ticket::Priority::default(),
        fields: std::collections::BTreeMap::new(),
        another: false,
        node: String::new(),
    })
}

pub(super) fn open(cx: &Situation<'_>, draft: &mut Draft, wanted: TicketDraft, source: Source, team: Option<TeamId>) {
    let by_key = cx.world.pipelines.iter().find(|pipeline| pipeline.key == wanted.pipeline);
    let Some(pipeline) = by_key.or_else(|| cx.world.pipelines.first()) else {
        draft.note_line("report", format!("no ticket `{}` was opened: there is no pipeline", wanted.subject));
        return;
    };
    let named = wanted.status.as_deref().and_then(|key| pipeline.statuses.iter().find(|status| status.key == key));
    let Some(status) = named.or_else(|| pipeline.statuses.first()) else { return };
    let id: TicketId = draft.ids.next();
    let ticket = Ticket {
        id,
        number: 0,
        pipeline: pipeline.id,
        status: status.key.clone(),
        subject: wanted.subject,
        description: wanted.description,
        priority: wanted.priority,
        page: Some(draft.conversation.page.clone()),
        contact: Some(draft.contact.id),
        conversation: Some(draft.conversation.id),
        assignee: None,
        team,
        fields: wanted.fields,
        source: source_at(source, wanted.node),
        closed: status.closed,
        revision: 1,
        created_at: draft.at,
        updated_at: draft.at,
    };
    let change = TicketChange::opened(&ticket);
    draft.tickets.push(NewTicket { ticket, change, unless_open: !wanted.another });
}

fn source_at(source: Source, at: String) -> Source {
    match source {
        Source::Flow { chatflow, version, .. } if !at.is_empty() => Source::Flow { chatflow, version, node: at },
        other => other,
    }
}

/// Changes the newest open ticket: one that this turn opens, else the one that was open before it.
pub(super) fn update(cx: &Situation<'_>, draft: &mut Draft, mut edit: TicketEdit, source: Source) {
    let source = source_at(source, std::mem::take(&mut edit.node));
    let open = match &cx.ticket {
        TicketLookup::Open(ticket) => Some(&**ticket),
        TicketLookup::Unknown | TicketLookup::None => None,
    };
    // Where one is open already, a `create_ticket` of this turn opens none, unless it asked for another.
    let new = draft.tickets.iter().rposition(|new| open.is_none() || !new.unless_open);
    if let Some(index) = new {
        let mut ticket = draft.tickets[index].ticket.clone();
        change(cx, draft, &mut ticket, edit, &source);
        draft.tickets[index].change = TicketChange::opened(&ticket);
        draft.tickets[index].ticket = ticket;
        return;
    }
    let Some(open) = open else {
        return draft.note_line("report", "no ticket was updated: the conversation has no open one");
    };
    let mut update = draft.ticket_update.take().unwrap_or_else(|| TicketUpdate { ticket: open.clone(), changes: Vec::new() });
    let changes = change(cx, draft, &mut update.ticket, edit, &source);
    update.changes.extend(changes);
    draft.ticket_update = Some(update).filter(|update| !update.changes.is_empty());
}

/// What may be changed is changed, and told; a move that the pipeline does not allow is left out.
fn change(cx: &Situation<'_>, draft: &mut Draft, ticket: &mut Ticket, edit: TicketEdit, source: &Source) -> Vec<TicketChange> {
    let pipeline = cx.world.pipelines.iter().find(|pipeline| pipeline.id == ticket.pipeline);
    if edit.pipeline.as_ref().is_some_and(|key| pipeline.is_none_or(|pipeline| pipeline.key != *key)) {
        draft.note_line("report", format!("no ticket was updated: the open one is not in `{}`", edit.pipeline.unwrap_or_default()));
        return Vec::new();
    }
    let before = ticket.clone();
    ticket.subject = edit.subject.unwrap_or_else(|| before.subject.clone());
    ticket.description = edit.description.unwrap_or_else(|| before.description.clone());
    ticket.priority = edit.priority.unwrap_or(before.priority);
    for (name, value) in edit.fields {
        match value {
            serde_json::Value::Null => ticket.fields.remove(&name),
            value => ticket.fields.insert(name, value),
        };
    }
    let mut changes = ticket.edits_since(&before, source, draft.at);
    if let Some(status) = edit.status.filter(|status| *status != ticket.status) {
        changes.extend(moved(pipeline, draft, ticket, &status, source));
    }
    if !changes.is_empty() {
        ticket.updated_at = draft.at;
    }
    changes
}

fn moved(pipeline: Option<&Pipeline>, draft: &mut Draft, ticket: &mut Ticket, to: &str, source: &Source) -> Option<TicketChange> {
    match pipeline.map(|pipeline| pipeline.move_to(ticket, to, false)) {
        Some(Ok(step)) => Some(ticket.moved(&step, source, draft.at)),
        Some(Err(illegal)) => {
            draft.note_line("report", format!("the ticket was not moved: {illegal}"));
            None
        }
        None => None,
    }
}
