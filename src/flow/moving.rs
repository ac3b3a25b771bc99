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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::domain::Timestamp;
    use crate::domain::contact::Contact;
    use crate::flow::session::{Entry, Wait};
    use crate::flow::{check, open};

    fn flow(nodes: &Value) -> Arc<Flow> {
        let document = json!({ "spec_version": "1.0", "start": "a", "nodes": nodes,
            "variables": { "x": { "type": "text" }, "new": { "type": "text", "default": "n" } } });
        check(&document, &check::Env::default()).flow.unwrap()
    }

    /// A session that waits at `b` action 1, called from `a` action 0.
    fn session(old: &Flow) -> Session {
        let id = Uuid::from_u128(1);
        let contact = Contact::new(id.into(), "page".into(), "visitor".into(), Timestamp::UNIX_EPOCH);
        let mut session = open(id.into(), id.into(), 1, old, Entry::default(), &contact, Timestamp::UNIX_EPOCH);
        session.variables.clear();
        session.frames[0].action = 1;
        session.frames.push(Frame { node: "b".into(), action: 1, ..session.frames[0].clone() });
        session.wait = Some(Wait::Answer { attempt: 1 });
        session
    }

    const ASK: &str = r#"{ "type": "ask", "save": "x", "text": "?" }"#;

    fn nodes(a: &[&str], b: &[&str]) -> Value {
        let list = |actions: &[&str]| -> Value { actions.iter().map(|action| serde_json::from_str::<Value>(action).unwrap()).collect() };
        json!({ "a": list(a), "b": list(b) })
    }

    #[test]
    fn each_frame_finds_its_action_in_its_place_or_as_the_only_one_of_its_type() {
        let (call, say, end) = (r#"{ "type": "call", "node": "b" }"#, r#"{ "type": "send_text", "text": "." }"#, r#"{ "type": "end" }"#);
        let old = flow(&nodes(&[call, end], &[say, ASK]));
        let before = session(&old);
        let places = |new: &Value| -> Result<Vec<usize>, String> {
            let moved = migrate(&before, before.chatflow, (1, Some(&old)), (4, &flow(new)))?;
            assert!(moved.version == 4 && moved.frames.iter().all(|frame| frame.version == 4));
            assert_eq!(moved.variables.get("new"), Some(&json!("n")));
            assert_eq!(moved.wait, before.wait);
            Ok(moved.frames.iter().map(|frame| frame.action).collect())
        };
        assert_eq!(places(&nodes(&[call, end], &[say, ASK])), Ok(vec![1, 1]));
        assert_eq!(places(&nodes(&[say, say, call, end], &[ASK])), Ok(vec![3, 0]));
        let because = |new: Value| places(&new).unwrap_err();
        assert_eq!(because(nodes(&[call, end], &[say])), "its node `b` has no `ask`");
        assert_eq!(because(nodes(&[call, end], &[ASK, say, ASK])), "its node `b` has several `ask`, and none at action 1");
        assert_eq!(because(nodes(&[say], &[say, ASK])), "its node `a` has no `call`");
        assert_eq!(because(json!({ "a": [{ "type": "end" }] })), "its node `a` has no `call`");
    }
}
