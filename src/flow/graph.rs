//! Ways from node to node: what nothing leads to, what never ends, what can never run.

use super::action::Shape;
use super::issue::Code;
use super::read::{Edge, Reader};

type Nodes = [(String, Vec<Option<(&'static str, Shape)>>)];

pub fn check(r: &mut Reader<'_>) {
    let nodes = std::mem::take(&mut r.found.nodes);
    actions(r, &nodes);
    let ways = Ways::new(&nodes, &r.found.edges);
    if !r.found.gap && !ways.roots.is_empty() {
        unreachable(r, &nodes, &ways);
    }
    loops(r, &nodes, &ways);
}

/// An action that could not be read may do anything: nothing is said about loops through it.
fn shape(action: Option<&Option<(&'static str, Shape)>>) -> Shape {
    action.copied().flatten().map_or(Shape { waits: true, ..Shape::default() }, |(_, shape)| shape)
}

/// Within each node: what follows an action that never goes on; pauses that nothing follows.
fn actions(r: &mut Reader<'_>, nodes: &Nodes) {
    for (name, actions) in nodes {
        let stops = actions.iter().position(|action| action.is_some_and(|(_, shape)| !shape.goes_on));
        if let Some(last) = stops.filter(|at| at + 1 < actions.len()) {
            let word = actions[last].map_or("", |(word, _)| word);
            let message = format!("`{word}` never goes on to the action after it");
            r.issue_at(Code::UnreachableAction, pointer(name, last + 1), message, "move it, or remove it");
        }
        for (at, pair) in actions.windows(2).enumerate() {
            let [Some((word, first)), Some((_, second))] = pair else { continue };
            if first.offers && second.speaks {
                let message = format!("the quick replies of `{word}` vanish when the next action says something");
                r.issue_at(Code::ChoicesNotLast, pointer(name, at), message, "move it after what is said");
            }
        }
        unheard(r, name, actions);
        if actions.last().is_some_and(|last| last.is_some_and(|(word, _)| word == "delay")) {
            r.issue_at(Code::PauseAtEnd, pointer(name, actions.len() - 1), "nothing follows the pause in this node", "remove it");
        }
    }
}

/// Pauses after which what is said would not be sent.
fn unheard(r: &mut Reader<'_>, name: &str, actions: &[Option<(&'static str, Shape)>]) {
    for (at, _) in actions.iter().enumerate().filter(|(_, action)| action.is_some_and(|(_, shape)| shape.outlasts_window)) {
        let after = actions.iter().skip(at + 1).flatten();
        let Some((word, _)) = after.take_while(|(_, shape)| !shape.waits || shape.speaks).find(|(_, shape)| shape.speaks) else { continue };
        let message = format!("what `{word}` says after this pause is not sent, unless the visitor writes in the meantime");
        let hint = "Messenger lets a bot answer within 24 hours: make the pause shorter, or open a ticket for a person instead";
        r.issue_at(Code::PauseOutlastsWindow, pointer(name, at), message, hint);
    }
}

fn pointer(node: &str, action: usize) -> String {
    format!("/nodes/{}/{action}", node.replace('~', "~0").replace('/', "~1"))
}

/// A way that is taken without the visitor doing anything.
#[derive(Clone, Copy)]
struct Way {
    to: u32,
    action: u32,
    /// Whenever the node is entered.
    always: bool,
    call: bool,
    /// No time passes on it either.
    at_once: bool,
}

struct Ways {
    roots: Vec<u32>,
    all: Vec<Vec<Way>>,
    unasked: Vec<Vec<Way>>,
}

impl Ways {
    fn new(nodes: &Nodes, edges: &[Edge]) -> Self {
        // The first action of each node that may lead elsewhere: behind it, nothing is certain.
        let mut leaves = vec![u32::MAX; nodes.len()];
        for place in edges.iter().filter(|edge| !edge.call).filter_map(|edge| edge.from) {
            if let Some(first) = leaves.get_mut(place.node as usize) {
                *first = place.action.min(*first);
            }
        }
        let mut ways = Self { roots: Vec::new(), all: vec![Vec::new(); nodes.len()], unasked: vec![Vec::new(); nodes.len()] };
        for edge in edges {
            let Some(from) = edge.from else {
                ways.roots.push(edge.to);
                continue;
            };
            let Some((_, actions)) = nodes.get(from.node as usize) else { continue };
            let before = actions.iter().take(from.action as usize).map(|action| shape(Some(action)));
            let (mut waits, mut pauses, mut certain) = (edge.answered, false, true);
            for earlier in before {
                waits |= earlier.waits;
                pauses |= earlier.pauses;
                certain &= earlier.goes_on;
            }
            pauses |= shape(actions.get(from.action as usize)).pauses;
            let left = leaves[from.node as usize] < from.action;
            let way = Way { to: edge.to, action: from.action, always: edge.always && certain && !left, call: edge.call, at_once: !pauses };
            ways.all[from.node as usize].push(way);
            if !waits {
                ways.unasked[from.node as usize].push(way);
            }
        }
        ways
    }
}

fn unreachable(r: &mut Reader<'_>, nodes: &Nodes, ways: &Ways) {
    let mut reached = vec![false; nodes.len()];
    let mut open = ways.roots.clone();
    while let Some(node) = open.pop() {
        if let Some(seen) = reached.get_mut(node as usize)
            && !std::mem::replace(seen, true)
        {
            open.extend(ways.all[node as usize].iter().map(|way| way.to));
        }
    }
    for ((name, _), _) in nodes.iter().zip(&reached).filter(|(_, reached)| !**reached) {
        let pointer = format!("/nodes/{}", name.replace('~', "~0").replace('/', "~1"));
        r.issue_at(
            Code::UnreachableNode,
            pointer,
            format!("nothing leads to the node `{name}`"),
            "only a link that names it could open it",
        );
    }
}

fn loops(r: &mut Reader<'_>, nodes: &Nodes, ways: &Ways) {
    let certain =
        groups(nodes.len(), |node| ways.unasked[node].iter().filter(|way| way.always && way.at_once && !way.call).map(|way| way.to));
    let unasked = groups(nodes.len(), |node| ways.unasked[node].iter().filter(|way| !way.call).map(|way| way.to));
    let all = groups(nodes.len(), |node| ways.all[node].iter().map(|way| way.to));
    for node in 0..nodes.len() {
        let inside = |group: &[u32], way: &Way| group[node] == group[way.to as usize];
        // A group of one node is a loop only where the node leads to itself: any way within a group is part of a loop.
        let call = ways.all[node].iter().find(|way| way.call && inside(&all, way));
        if let Some(way) = call {
            let message = format!("the call of `{}` leads back to this call", nodes[way.to as usize].0);
            r.issue_at(Code::CallCycle, pointer(&nodes[node].0, way.action as usize), message, "use `goto`, which does not come back");
        }
        let sure = ways.unasked[node].iter().find(|way| way.always && way.at_once && !way.call && inside(&certain, way));
        let possible = ways.unasked[node].iter().find(|way| !way.call && inside(&unasked, way));
        let (code, way, words) = match (sure, possible) {
            (Some(way), _) => (Code::EndlessLoop, way, "comes back here for ever"),
            (None, Some(way)) => (Code::LoopWithoutWait, way, "may come back here again and again"),
            (None, None) => continue,
        };
        let message = format!("the way to `{}` {words}, and nothing in between waits for the visitor", nodes[way.to as usize].0);
        r.issue_at(code, pointer(&nodes[node].0, way.action as usize), message, "put an `ask` into the loop, or lead it elsewhere");
    }
}

/// Strongly connected groups: nodes with the same number lead to each other. (Tarjan, without recursion.)
fn groups<I: Iterator<Item = u32>>(count: usize, ways: impl Fn(usize) -> I) -> Vec<u32> {
    const NONE: u32 = u32::MAX;
    let (mut index, mut low, mut group) = (vec![NONE; count], vec![0; count], vec![NONE; count]);
    let (mut next, mut stack) = (0, Vec::new());
    for root in 0..count {
        if index[root] != NONE {
            continue;
        }
        let mut calls: Vec<(usize, Vec<u32>)> = vec![(root, ways(root).collect())];
        (index[root], low[root]) = (next, next);
        next += 1;
        stack.push(root);
        while let Some((node, open)) = calls.last_mut() {
            let node = *node;
            if let Some(to) = open.pop().map(|to| to as usize) {
                if index[to] == NONE {
                    (index[to], low[to]) = (next, next);
                    next += 1;
                    stack.push(to);
                    calls.push((to, ways(to).collect()));
                } else if group[to] == NONE {
                    low[node] = low[node].min(index[to]);
                }
                continue;
            }
            calls.pop();
            if let Some((parent, _)) = calls.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
            if low[node] == index[node] {
                while let Some(member) = stack.pop() {
                    group[member] = u32::try_from(node).unwrap_or(NONE);
                    if member == node {
                        break;
                    }
                }
            }
        }
    }
    group
}
