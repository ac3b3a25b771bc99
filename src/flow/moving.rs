//! A running session moves to another version of its chatflow: the same node, and the same action in it.

use super::Flow;
use super::session::{Frame, Session};
use crate::domain::ids::ChatflowId;

/// The session on version `to`, its frames of this chatflow at the nodes of the same names; variables that are new get
/// their defaults. A frame that waits must find an action of the same type, in its place or as the only one of its node.
///
/// # Errors
/// Why it cannot go on there, for people.
pub fn migrate(session: &Session, chatflow: ChatflowId, from: (u32, Option<&Flow>), to: (u32, &Flow)) -> Result<Session, String> {
    let mut moved = session.clone();
    let last = moved.frames.len().saturating_sub(1);
    for (place, frame) in moved.frames.iter_mut().enumerate() {
        if frame.chatflow == chatflow && frame.version == from.0 {
            // One that was interrupted stands at its question, as the one that waits now does.
            let waits = frame.back.is_some() || place == last && session.wait.is_some();
            frame.action = action_in(frame, waits, from.1, to.1)?;
            frame.version = to.0;
        }
    }
    if moved.chatflow == chatflow && moved.version == from.0 {
        moved.version = to.0;
    }
    for (name, value) in to.1.defaults() {
        moved.variables.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Ok(moved)
}

/// The place in the new node that is the frame's place in the old one.
fn action_in(frame: &Frame, waits: bool, old: Option<&Flow>, new: &Flow) -> Result<usize, String> {
    let name = &frame.node;
    let node = new.node(name).ok_or_else(|| format!("it has no node `{name}`"))?;
    // A frame that called stands behind its call.
    let Some(stands) = (if waits { Some(frame.action) } else { frame.action.checked_sub(1) }) else { return Ok(frame.action) };
    let word = |flow: &Flow, node: u32, action: usize| flow.action(node, action).map(super::action::Action::word);
    let before = old.and_then(|old| word(old, old.node(name)?, stands));
    let Some(before) = before else { return Err(format!("what stood at `{name}` action {stands} is not known")) };
    if word(new, node, stands) == Some(before) {
        return Ok(frame.action);
    }
    let actions = new.nodes.get(node as usize).map_or(&[][..], |node| &node.actions);
    let mut same = actions.iter().enumerate().filter(|(_, action)| action.word() == before).map(|(place, _)| place);
    match (same.next(), same.next()) {
        (Some(only), None) => Ok(if waits { only } else { only + 1 }),
        (None, _) => Err(format!("its node `{name}` has no `{before}`")),
        (Some(_), Some(_)) => Err(format!("its node `{name}` has several `{before}`, and none at action {stands}")),
    }
}
