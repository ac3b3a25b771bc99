//! A step's effects become what the commit writes. Exhaustive on purpose: a new effect stops the build here.

use super::draft::{Draft, Turn};
use super::situation::Situation;
use crate::domain::conversation::Owner;
use crate::domain::ids::{TeamId, TicketId};
use crate::domain::message::{Author, Content, MessageOut};
use crate::domain::ticket::{Source, Ticket, TicketChange};
use crate::domain::transfer::{Decision, Destination};
use crate::flow::effect::{Effect, TicketDraft};
use crate::flow::step::Outcome;
use crate::messenger::send::split;
use crate::store::turns::{Assign, NewCallout, NewTicket, NewTimer};

/// For the ticket that a transfer rule opens (`otherwise: ticket`).
const RULE_TICKET_SUBJECT: &str = "Nobody could take the conversation";

pub(super) fn carry(cx: &Situation<'_>, mut draft: Draft, outcome: Outcome) -> Turn {
    if outcome.needs_roster && cx.roster.is_none() {
        return Turn::NeedsRoster;
    }
    if let Some(contact) = outcome.contact {
        draft.contact = contact;
        draft.contact_changed = true;
    }
    draft.trace.extend(outcome.trace);
    let source = flow_source(&outcome.session);
    draft.set_session(Some(outcome.session));
    for effect in outcome.effects {
        apply(cx, &mut draft, effect, &source);
    }
    Turn::Ready(Box::new(draft))
}

fn apply(cx: &Situation<'_>, draft: &mut Draft, effect: Effect, source: &Source) {
    match effect {
        Effect::Send { message, pause_ms } => {
            for (index, part) in split(message).into_iter().enumerate() {
                draft.send(Author::Bot, part, if index == 0 { pause_ms } else { 0 });
            }
        }
        Effect::OpenTicket(ticket) => open_ticket(cx, draft, ticket, source.clone(), None),
        Effect::Transfer { rules, decision } => transfer(cx, draft, &rules, decision),
        Effect::Callout { id, request } => draft.callouts.push(NewCallout { id, request }),
        Effect::SetTimer { id, at } => draft.set_timers.push(NewTimer { id, due_at: at }),
        Effect::CancelTimer { id } => draft.cancel_timers.push(id),
        Effect::Finished => {}
        Effect::Report(report) => {
            draft.note_line("report", format!("{} at `{}` action {}: {}", report.code, report.node, report.action, report.text));
        }
    }
}

fn flow_source(session: &crate::flow::session::Session) -> Source {
    let node = session.frames.last().map(|frame| frame.node.clone()).unwrap_or_default();
    Source::Flow { chatflow: session.chatflow, version: session.version, node }
}

fn transfer(cx: &Situation<'_>, draft: &mut Draft, rules: &str, decision: Decision) {
    let because = decision.because.join("; ");
    match decision.destination {
        Destination::Agent { agent, capacity } => {
            draft.assign = Some(Assign { agent, capacity: Some(capacity), at: draft.at });
            draft.give_to(Owner::Agent { user: agent });
            draft.note_line("transferred", because);
        }
        Destination::Queue { team } => {
            draft.give_to(Owner::Queue { team });
            draft.note_line("queued", because);
        }
        Destination::TicketAndQueue { team } => {
            draft.give_to(Owner::Queue { team });
            draft.note_line("queued", because.clone());
            let ticket = rule_ticket(cx, because);
            if let Some(ticket) = ticket {
                open_ticket(cx, draft, ticket, Source::Rule { rules: rules.to_owned() }, team);
            }
        }
        Destination::PageInbox => {
            let hours = i64::from(cx.world.page.settings.external_mute_hours);
            draft.give_to(Owner::External { until: draft.at + jiff::SignedDuration::from_hours(hours) });
            draft.note_line("passed_to_page_inbox", because);
            draft.send(Author::Bot, MessageOut { content: Content::PassThread, quick_replies: Vec::new() }, 0);
        }
        Destination::Away => draft.note_line("not_transferred", because),
    }
}

/// In the first pipeline: a rule names none.
fn rule_ticket(cx: &Situation<'_>, because: String) -> Option<TicketDraft> {
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

fn open_ticket(cx: &Situation<'_>, draft: &mut Draft, wanted: TicketDraft, source: Source, team: Option<TeamId>) {
    let by_key = cx.world.pipelines.iter().find(|pipeline| pipeline.key == wanted.pipeline);
    let Some(pipeline) = by_key.or_else(|| cx.world.pipelines.first()) else {
        draft.note_line("report", format!("no ticket `{}` was opened: there is no pipeline", wanted.subject));
        return;
    };
    let named = wanted.status.as_deref().and_then(|key| pipeline.statuses.iter().find(|status| status.key == key));
    let Some(status) = named.or_else(|| pipeline.statuses.first()) else { return };
    let source = match source {
        Source::Flow { chatflow, version, .. } if !wanted.node.is_empty() => Source::Flow { chatflow, version, node: wanted.node },
        other => other,
    };
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
        source,
        closed: status.closed,
        revision: 1,
        created_at: draft.at,
        updated_at: draft.at,
    };
    let change = TicketChange::opened(&ticket);
    draft.tickets.push(NewTicket { ticket, change, unless_open: !wanted.another });
}
