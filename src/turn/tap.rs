//! An option was tapped: of the question that waits, or of an earlier one (`stale_choice`).

use super::draft::{Draft, Turn};
use super::met::{Current, current_session, flow_of};
use super::revise;
use super::route::{because, begin, run};
use super::situation::{Shelf, Situation};
use crate::domain::event::{Inbound, InboundEvent, MessageIn};
use crate::domain::message::{Author, MessageOut};
use crate::flow::StaleChoice;
use crate::flow::expression::Scope;
use crate::flow::session::{Entry, Frame, Session, Wait};
use crate::flow::step::Input;
use crate::flow::text::TextKey;
use crate::flow::token::Tap;

/// An option of some question was tapped: of the waiting one, or a stale one.
pub(super) fn tapped(cx: &Situation<'_>, mut draft: Draft, tap: &Tap, event: &InboundEvent) -> Turn {
    let title = match &event.what {
        Inbound::Postback { title, .. } => title.as_deref(),
        Inbound::Message(message) => message.text.as_deref(),
        _ => None,
    };
    let current = current_session(cx, &mut draft);
    current.tell_end(&mut draft);
    let running = match current {
        Current::Outdated(session) => return begin(cx, draft, session.chatflow, session.entry, &Input::Started),
        Current::Running(session) => Some(Box::new(revise::calls_anew(cx, &mut draft, *session))),
        Current::Finished(..) | Current::Lapsed(_) | Current::None => None,
    };
    if let Some(session) = running.as_ref().filter(|session| waits_for(cx, &draft, session, tap)) {
        because(&mut draft, "tap", true, "an option that the running session offers");
        return run(cx, draft, (**session).clone(), &Input::Tapped { tap, title });
    }
    if let Some(session) = running.as_ref().filter(|session| asked_before_it_moved(session, tap)) {
        let said = MessageIn { text: title.map(str::to_owned), ..MessageIn::default() };
        return run(cx, draft, (**session).clone(), &Input::Said(&said));
    }
    let stands_in = running.as_ref().and_then(|session| flow_of(cx, &draft, session));
    let judged_by = stands_in.or_else(|| cx.world.chatflows.get(&tap.chatflow).map(|bound| bound.flow.clone()));
    let policy = judged_by.as_ref().map_or(StaleChoice::Resume, |flow| flow.stale_choice);
    because(&mut draft, "stale_choice", true, format!("option of node `{}` is not waited for any more: {policy:?}", tap.node));
    if policy == StaleChoice::Explain
        && let Some(flow) = judged_by
    {
        let (page, contact) = (cx.world.page.name.as_str(), &draft.contact);
        let scope = match &draft.session {
            Some(session) => Scope::of(session, contact, page, cx.at),
            None => Scope::bare(contact, contact.locale.as_deref().unwrap_or_default(), page, cx.at),
        };
        let Some(text) = flow.text(TextKey::StaleChoice, &scope, cx.roster) else { return Turn::NeedsRoster };
        draft.send(Author::Bot, MessageOut::text(text), 0);
    }
    match (policy, running) {
        (StaleChoice::Resume | StaleChoice::Explain, Some(session)) => run(cx, draft, *session, &Input::Repeat),
        _ => begin(cx, draft, tap.chatflow, Entry::default(), &Input::Started),
    }
}

/// An option of the waiting question, or a lasting button shown before it.
fn waits_for(cx: &Situation<'_>, draft: &Draft, session: &Session, tap: &Tap) -> bool {
    let shelf = Shelf { world: cx.world, older: cx.older, contact: draft.contact.id };
    session.awaits(tap) || session.still_offers(tap, &shelf)
}

/// The session has moved to another version since: the option is found by what stood on it.
fn asked_before_it_moved(session: &Session, tap: &Tap) -> bool {
    let asks = matches!(session.wait, Some(Wait::Answer { .. })) && tap.session == session.id;
    let same = |frame: &Frame| frame.chatflow == tap.chatflow && frame.node == tap.node && frame.version != tap.version;
    asks && session.frames.last().is_some_and(same)
}
