//! A step's effects become what the commit writes. Exhaustive on purpose: a new effect stops the build here.

use super::draft::{Draft, Turn};
use super::explain;
use super::situation::{Situation, TicketLookup};
use super::tickets;
use crate::domain::conversation::{ConversationStatus, Owner};
use crate::domain::emitted::Emitted;
use crate::domain::ids::{ChatflowId, SessionId};
use crate::domain::message::{Author, Content, MessageOut};
use crate::domain::ticket::Source;
use crate::domain::transfer::{Decision, Destination};
use crate::flow::effect::Effect;
use crate::flow::session::Session;
use crate::flow::step::Outcome;
use crate::messenger::send::split;
use crate::store::turns::{Assign, NewCallout, NewTimer};

pub(super) fn carry(cx: &Situation<'_>, mut draft: Draft, outcome: Outcome) -> Turn {
    if outcome.needs_roster && cx.roster.is_none() {
        return Turn::NeedsRoster;
    }
    let updates = outcome.effects.iter().any(|effect| matches!(effect, Effect::UpdateTicket(_)));
    if updates && cx.ticket == TicketLookup::Unknown {
        return Turn::NeedsTicket;
    }
    if let Some(contact) = outcome.contact {
        draft.contact = contact;
        draft.contact_changed = true;
    }
    let mut trace = outcome.trace;
    explain::mask(cx.world, &mut trace);
    draft.trace.extend(trace);
    let origin = Origin::of(&outcome.session);
    draft.set_session(Some(outcome.session));
    for effect in outcome.effects {
        apply(cx, &mut draft, effect, &origin);
    }
    Turn::Ready(Box::new(draft))
}

/// Where the effects come from.
struct Origin {
    session: SessionId,
    chatflow: ChatflowId,
    version: u32,
    node: String,
}

impl Origin {
    fn of(session: &Session) -> Self {
        let node = session.frames.last().map(|frame| frame.node.clone()).unwrap_or_default();
        Self { session: session.id, chatflow: session.chatflow, version: session.version, node }
    }

    fn source(&self) -> Source {
        Source::Flow { chatflow: self.chatflow, version: self.version, node: self.node.clone() }
    }
}

fn apply(cx: &Situation<'_>, draft: &mut Draft, effect: Effect, origin: &Origin) {
    match effect {
        Effect::Send { message, pause_ms } => {
            for (index, part) in split(message).into_iter().enumerate() {
                draft.send(Author::Bot, part, if index == 0 { pause_ms } else { 0 });
            }
        }
        Effect::OpenTicket(ticket) => tickets::open(cx, draft, ticket, origin.source(), None),
        Effect::UpdateTicket(edit) => tickets::update(cx, draft, edit, origin.source()),
        Effect::Emit { name, data, node } => emit(draft, origin, name, data, node),
        Effect::Close => close(draft),
        Effect::Transfer { rules, decision } => transfer(cx, draft, &rules, decision),
        Effect::Callout { id, request } => draft.callouts.push(NewCallout { id, request }),
        Effect::Seen => draft.seen = true,
        Effect::Typing => draft.typing = true,
        Effect::SetTimer { id, at } => draft.set_timers.push(NewTimer { id, due_at: at }),
        Effect::CancelTimer { id } => draft.cancel_timers.push(id),
        Effect::Finished => {}
        Effect::Report(report) => {
            draft.note_line("report", format!("{} at `{}` action {}: {}", report.code, report.node, report.action, report.text));
        }
    }
}

fn emit(draft: &mut Draft, origin: &Origin, name: String, data: serde_json::Value, node: String) {
    let emitted = Emitted {
        id: draft.ids.next(),
        at: draft.at,
        name,
        data,
        page: draft.conversation.page.clone(),
        contact: draft.contact.id,
        conversation: draft.conversation.id,
        session: origin.session,
        chatflow: origin.chatflow,
        version: origin.version,
        node,
    };
    draft.emitted.push(emitted);
}

/// As a person's closing: the next message starts afresh.
fn close(draft: &mut Draft) {
    draft.conversation.status = ConversationStatus::Closed;
    draft.set_session(None);
    draft.note_line("closed", "the chatflow closed the conversation");
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
            if let Some(ticket) = tickets::of_rule(cx, because) {
                tickets::open(cx, draft, ticket, Source::Rule { rules: rules.to_owned() }, team);
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
