//! What differs between two documents, by node and action: as data, and as text for people.
//!
//! Works on the documents as they were written, so that two versions that no longer check can still be compared. Lists
//! are aligned, so that an action put in between is one change and not as many as follow it.

mod align;
mod text;

use serde::Serialize;
use serde_json::{Map, Value, json};

use align::{Pair, align};

/// Everything that differs. Empty: the documents mean the same.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Diff {
    /// Around the nodes: variables, texts, interrupts, the session's rules, tests, …
    pub document: Vec<FieldChange>,
    /// In the new document's order, then the removed ones.
    pub nodes: Vec<NodeChange>,
}

/// A node that is not as it was.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct NodeChange {
    /// Its name; in the new document, where it is there.
    pub node: String,
    pub change: Changed,
    /// Its name in the old document, where it was renamed: the same actions under another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    pub actions: Vec<ActionChange>,
}

/// An action that is not as it was.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ActionChange {
    pub change: Changed,
    /// The action's type, in the new document where it is there.
    pub r#type: String,
    /// Its place in the old node, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<usize>,
    /// Its place in the new node, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<usize>,
    /// What changed in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// The whole action, where it was added or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub action: Option<Value>,
}

/// A value that is not as it was.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FieldChange {
    /// JSON pointer: into the action, or into the document. In a list, the place where the value stands now, or stood.
    pub pointer: String,
    /// Absent where it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub old: Option<Value>,
    /// Absent where it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub new: Option<Value>,
    /// The same names in another order, where the order counts: `old` and `new` are lists of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moved: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    Added,
    Removed,
    Changed,
    /// The same in another place.
    Moved,
    /// A node with the same actions under another name.
    Renamed,
}

impl Diff {
    pub fn is_empty(&self) -> bool {
        self.document.is_empty() && self.nodes.is_empty()
    }
}

/// What changed from `old` to `new`.
pub fn diff(old: &Value, new: &Value) -> Diff {
    let none = Map::new();
    let parts = |document: &'_ Value| -> Map<String, Value> {
        let mut parts = document.as_object().cloned().unwrap_or_default();
        parts.remove("nodes");
        parts
    };
    let mut document = Vec::new();
    fields(&parts(old), &parts(new), &mut String::new(), &mut document);
    let nodes = |document: &'_ Value| document.get("nodes").and_then(Value::as_object).cloned();
    let (old, new) = (nodes(old), nodes(new));
    Diff { document, nodes: node_changes(old.as_ref().unwrap_or(&none), new.as_ref().unwrap_or(&none)) }
}

fn node_changes(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<NodeChange> {
    let mut gone: Vec<(&String, &Value)> = old.iter().filter(|(name, _)| !new.contains_key(*name)).collect();
    let mut changes = Vec::new();
    for (name, actions) in new {
        let change = |change, renamed_from, actions| NodeChange { node: name.clone(), change, renamed_from, actions };
        match old.get(name) {
            Some(before) if same_actions(before, actions) => {}
            Some(before) => changes.push(change(Changed::Changed, None, action_changes(before, actions))),
            None => match gone.iter().position(|(_, before)| same_actions(before, actions) && !list(actions).is_empty()) {
                Some(at) => changes.push(change(Changed::Renamed, Some(gone.remove(at).0.clone()), Vec::new())),
                None => changes.push(change(Changed::Added, None, action_changes(&Value::Null, actions))),
            },
        }
    }
    let removed = |(name, before): (&String, &Value)| NodeChange {
        node: name.clone(),
        change: Changed::Removed,
        renamed_from: None,
        actions: action_changes(before, &Value::Null),
    };
    changes.extend(gone.into_iter().map(removed));
    changes
}

fn list(actions: &Value) -> &[Value] {
    actions.as_array().map_or(&[], Vec::as_slice)
}

fn action_changes(old: &Value, new: &Value) -> Vec<ActionChange> {
    let (old, new) = (list(old), list(new));
    let mut changes: Vec<ActionChange> =
        align(old, new, same_action, |a, b| kind(a) == kind(b)).into_iter().map(|pair| action_change(pair, old, new)).collect();
    mark_moves(&mut changes);
    changes
}

fn kind(action: &Value) -> &str {
    action["type"].as_str().unwrap_or("?")
}

/// Fields of an action whose names count in their order: what comes first is seen by what comes after.
fn ordered_of(action: &Value) -> &'static [&'static str] {
    match kind(action) {
        "set" | "set_attribute" => &["values"],
        "http_request" => &["save"],
        _ => &[],
    }
}

/// The field of a test whose names count in their order: transfers find the agents in it.
const ORDERED_OF_TEST: &[&str] = &["agents"];

fn same_action(a: &Value, b: &Value) -> bool {
    a == b && in_same_order(a, b, ordered_of(a))
}

fn same_actions(a: &Value, b: &Value) -> bool {
    a == b && list(a).iter().zip(list(b)).all(|(a, b)| same_action(a, b))
}

/// Names that both have, as the one and as the other has them.
fn orders<'a>(a: &'a Value, b: &'a Value, field: &str) -> (Vec<&'a String>, Vec<&'a String>) {
    let (Some(Value::Object(a)), Some(Value::Object(b))) = (a.get(field), b.get(field)) else { return Default::default() };
    (a.keys().filter(|name| b.contains_key(*name)).collect(), b.keys().filter(|name| a.contains_key(*name)).collect())
}

fn in_same_order(a: &Value, b: &Value, fields: &[&str]) -> bool {
    fields.iter().all(|field| {
        let (a, b) = orders(a, b, field);
        a == b
    })
}

fn reordered(old: &Value, new: &Value, fields: &[&str], pointer: &mut String, found: &mut Vec<FieldChange>) {
    for field in fields {
        let (before, now) = orders(old, new, field);
        if before != now {
            under(pointer, field, |pointer| {
                let (old, new) = (Some(json!(before)), Some(json!(now)));
                found.push(FieldChange { pointer: pointer.clone(), old, new, moved: true });
            });
        }
    }
}

fn action_change(pair: Pair, old: &[Value], new: &[Value]) -> ActionChange {
    let whole = |change, from: Option<usize>, to: Option<usize>, action: &Value| ActionChange {
        change,
        r#type: kind(action).to_owned(),
        from,
        to,
        fields: Vec::new(),
        action: Some(action.clone()),
    };
    match pair {
        Pair::Added(to) => whole(Changed::Added, None, Some(to), &new[to]),
        Pair::Removed(from) => whole(Changed::Removed, Some(from), None, &old[from]),
        Pair::Changed(from, to) => {
            let mut found = Vec::new();
            values(&old[from], &new[to], &mut String::new(), &mut found);
            reordered(&old[from], &new[to], ordered_of(&new[to]), &mut String::new(), &mut found);
            ActionChange { fields: found, action: None, ..whole(Changed::Changed, Some(from), Some(to), &new[to]) }
        }
    }
}

/// What was taken from one place and put, unchanged, into another.
fn mark_moves(changes: &mut Vec<ActionChange>) {
    let mut at = 0;
    while let Some(change) = changes.get(at) {
        let other = match change.change {
            Changed::Removed => changes.iter().position(|other| other.change == Changed::Added && same_whole(other, change)),
            _ => None,
        };
        let (Some(other), from) = (other, change.from) else {
            at += 1;
            continue;
        };
        let moved = &mut changes[other];
        (moved.change, moved.from, moved.action) = (Changed::Moved, from, None);
        changes.remove(at);
    }
}

fn same_whole(a: &ActionChange, b: &ActionChange) -> bool {
    a.action.as_ref().zip(b.action.as_ref()).is_some_and(|(a, b)| same_action(a, b))
}

/// Descends with the pointer, and takes it back.
fn under(pointer: &mut String, key: &str, look: impl FnOnce(&mut String)) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
    look(pointer);
    pointer.truncate(length);
}

fn fields(old: &Map<String, Value>, new: &Map<String, Value>, pointer: &mut String, found: &mut Vec<FieldChange>) {
    for (key, before) in old {
        under(pointer, key, |pointer| match new.get(key) {
            Some(now) => values(before, now, pointer, found),
            None => found.push(FieldChange { pointer: pointer.clone(), old: Some(before.clone()), new: None, moved: false }),
        });
    }
    for (key, now) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        under(pointer, key, |pointer| {
            found.push(FieldChange { pointer: pointer.clone(), old: None, new: Some(now.clone()), moved: false });
        });
    }
}

fn values(old: &Value, new: &Value, pointer: &mut String, found: &mut Vec<FieldChange>) {
    match (old, new) {
        // Lists may hold what differs in its order alone.
        (Value::Array(old), Value::Array(new)) if pointer == "/tests" => items(old, new, pointer, found),
        _ if old == new => {}
        (Value::Object(old), Value::Object(new)) => fields(old, new, pointer, found),
        (Value::Array(old), Value::Array(new)) => items(old, new, pointer, found),
        _ => found.push(FieldChange { pointer: pointer.clone(), old: Some(old.clone()), new: Some(new.clone()), moved: false }),
    }
}

fn items(old: &[Value], new: &[Value], pointer: &mut String, found: &mut Vec<FieldChange>) {
    let alike = |a: &Value, b: &Value| a.is_object() == b.is_object();
    let ordered = if pointer == "/tests" { ORDERED_OF_TEST } else { &[] };
    let same = |a: &Value, b: &Value| a == b && in_same_order(a, b, ordered);
    for pair in align(old, new, same, alike) {
        match pair {
            Pair::Added(to) => under(pointer, &to.to_string(), |pointer| {
                found.push(FieldChange { pointer: pointer.clone(), old: None, new: Some(new[to].clone()), moved: false });
            }),
            Pair::Removed(from) => under(pointer, &from.to_string(), |pointer| {
                found.push(FieldChange { pointer: pointer.clone(), old: Some(old[from].clone()), new: None, moved: false });
            }),
            Pair::Changed(from, to) => under(pointer, &to.to_string(), |pointer| {
                values(&old[from], &new[to], pointer, found);
                reordered(&old[from], &new[to], ordered, pointer, found);
            }),
        }
    }
}

#[cfg(test)]
mod tests;
