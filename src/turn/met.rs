//! Which session an event meets: a running one, a finished one, or none.

use std::sync::Arc;

use super::draft::Draft;
use super::revise;
use super::route::because;
use super::situation::{Shelf, Situation};
use crate::flow::session::{Session, Wait};
use crate::flow::step::Library as _;
use crate::flow::{Flow, OnComplete};

pub(super) enum Current {
    Running(Box<Session>),
    /// A version published since asks for a new one.
    Outdated(Box<Session>),
    Finished(Box<Session>, OnComplete),
    /// It was idle past its timeout; since when, for people.
    Lapsed(String),
    None,
}

impl Current {
    /// That a session ended, and not by its flow, is a line of the transcript.
    pub(super) fn tell_end(&self, draft: &mut Draft) {
        match self {
            Self::Lapsed(why) => draft.note_line("session_timed_out", format!("the chatflow's session has ended: {why}")),
            Self::Outdated(_) => draft.note_line("session_outdated", "the chatflow begins anew: a later version asks for that"),
            Self::Running(_) | Self::Finished(..) | Self::None => {}
        }
    }
}

/// The session that the event meets. One that was idle past its timeout has ended before the event is routed.
pub(super) fn current_session(cx: &Situation<'_>, draft: &mut Draft) -> Current {
    let Some(session) = draft.session.clone() else { return Current::None };
    let Some(flow) = flow_of(cx, draft, &session) else {
        because(draft, "session", false, "its chatflow version is gone");
        return Current::None;
    };
    if has_lapsed(&flow, &session, cx) {
        let idle = format!("idle since {} for longer than its timeout", session.idle_since());
        because(draft, "session", false, idle.clone());
        return if session.finished { Current::None } else { Current::Lapsed(idle) };
    }
    match (&session.wait, session.finished) {
        (_, true) => Current::Finished(Box::new(session), flow.on_complete.clone()),
        // It was handed over and the people have left without giving it back.
        (Some(Wait::People), false) => Current::None,
        (_, false) => {
            if revise::begins_anew(cx, draft, &session) {
                return Current::Outdated(Box::new(session));
            }
            Current::Running(Box::new(revise::moved(cx, draft, session)))
        }
    }
}

pub(super) fn flow_of(cx: &Situation<'_>, draft: &Draft, session: &Session) -> Option<Arc<Flow>> {
    let shelf = Shelf { world: cx.world, older: cx.older, contact: draft.contact.id };
    shelf.flow(session.chatflow, Some(session.version)).map(|(_, flow)| flow)
}

/// The chatflows that the session stands in: its own and those it called.
pub(super) fn stands_in(cx: &Situation<'_>, draft: &Draft, session: &Session) -> Vec<Arc<Flow>> {
    let shelf = Shelf { world: cx.world, older: cx.older, contact: draft.contact.id };
    let places = session.frames.iter().map(|frame| (frame.chatflow, frame.version));
    places.filter_map(|(chatflow, version)| shelf.flow(chatflow, Some(version))).map(|(_, flow)| flow).collect()
}

/// A pause or a call under way is the flow's own doing and always goes on.
fn has_lapsed(flow: &Flow, session: &Session, cx: &Situation<'_>) -> bool {
    let timeout = if session.finished { flow.completed_timeout } else { flow.timeout };
    !session.is_busy() && timeout.is_some_and(|timeout| cx.at.duration_since(session.idle_since()) > timeout)
}

pub(super) fn runs_at(session: &Session) -> String {
    let node = session.frames.last().map_or("", |frame| &frame.node);
    format!("a session runs at `{node}`, on version {}", session.version)
}
