//! A newer version was published while the session ran: does it stay, go on there, or begin anew? (Design §5.)

use std::sync::Arc;

use super::draft::Draft;
use super::situation::{Shelf, Situation};
use crate::domain::ids::ChatflowId;
use crate::domain::rollout::Move;
use crate::flow::Flow;
use crate::flow::moving::migrate;
use crate::flow::session::{Frame, Session, Wait};
use crate::flow::step::Library as _;
use crate::flow::trace::TraceLine;

/// Sessions that could not move remember the version that they stayed away from, so that it is reported once.
const STAYED: &str = "stayed_off";

/// The session as it goes on: moved where a version asks for it and it can be done.
pub(super) fn moved(cx: &Situation<'_>, draft: &mut Draft, mut session: Session) -> Session {
    let mut standing: Vec<(ChatflowId, u32)> = session.frames.iter().map(|frame| (frame.chatflow, frame.version)).collect();
    standing.push((session.chatflow, session.version));
    standing.sort_unstable();
    standing.dedup();
    for (chatflow, version) in standing {
        let Some(bound) = cx.world.chatflows.get(&chatflow) else { continue };
        let Move::Migrate(to) = bound.fate_of(chatflow, version, draft.contact.id) else { continue };
        let (old, new) = (flow_of(cx, draft, chatflow, version), flow_of(cx, draft, chatflow, to));
        let tried = match &new {
            Some(new) => migrate(&session, chatflow, (version, old.as_deref()), (to, new)),
            None => Err("it does not exist any more".to_owned()),
        };
        match tried {
            Ok(there) => {
                note(draft, true, format!("version {to} was published with `migrate`: the session goes on there, from version {version}"));
                session = there;
            }
            Err(why) if session.counters.get(STAYED) != Some(&to) => {
                let text = format!("the session stays on version {version} of its chatflow, version {to} cannot take it: {why}");
                draft.note_line("report", text.clone());
                note(draft, false, text);
                session.counters.insert(STAYED.to_owned(), to);
            }
            Err(why) => note(draft, false, format!("the session stays on version {version}: {why}")),
        }
    }
    session
}

/// A version published since asks for a new session.
pub(super) fn begins_anew(cx: &Situation<'_>, draft: &mut Draft, session: &Session) -> bool {
    let Some(bound) = cx.world.chatflows.get(&session.chatflow) else { return false };
    if bound.fate_of(session.chatflow, session.version, draft.contact.id) != Move::Restart {
        return false;
    }
    note(draft, true, format!("the session ran on version {}, and a later one was published with `restart`", session.version));
    true
}

/// A version of a called chatflow published since asks for a new call: it begins anew, and whoever called it still waits.
/// Its first action runs with the visitor's message: only for an event that the flow takes.
pub(super) fn calls_anew(cx: &Situation<'_>, draft: &mut Draft, mut session: Session) -> Session {
    let contact = draft.contact.id;
    let outdated = |frame: &Frame| {
        let bound = cx.world.chatflows.get(&frame.chatflow).filter(|_| frame.chatflow != session.chatflow)?;
        let restart = bound.fate_of(frame.chatflow, frame.version, contact) == Move::Restart;
        restart.then(|| (frame.chatflow, bound.for_contact(frame.chatflow, contact)))
    };
    let found = session.frames.iter().enumerate().find_map(|(place, frame)| Some((place, outdated(frame)?)));
    let Some((place, (chatflow, (version, flow)))) = found else { return session };
    let left = std::mem::take(&mut session.wait);
    if let Some(Wait::Timer { timer, .. }) = left {
        draft.cancel_timers.push(timer);
    }
    session.frames.truncate(place);
    session.frames.push(Frame { chatflow, version, node: flow.start_name().to_owned(), action: 0, back: None });
    session.aside.choosing = None;
    session.forget_places_of(chatflow);
    draft.note_line("session_outdated", "the called chatflow begins anew: a later version asks for that");
    note(draft, true, format!("version {version} of a called chatflow was published with `restart`: the call begins anew"));
    session
}

fn note(draft: &mut Draft, taken: bool, because: String) {
    draft.trace.push(TraceLine::routing("version", taken, because));
}

fn flow_of(cx: &Situation<'_>, draft: &Draft, chatflow: ChatflowId, version: u32) -> Option<Arc<Flow>> {
    let shelf = Shelf { world: cx.world, older: cx.older, contact: draft.contact.id };
    shelf.flow(chatflow, Some(version)).map(|(_, flow)| flow)
}
