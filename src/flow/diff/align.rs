//! Two lists side by side: what stayed, what changed in its place, what came, what went.

use serde_json::Value;

/// What is not the same in both lists; places count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    Removed(usize),
    Added(usize),
    /// From the old place to the new.
    Changed(usize, usize),
}

/// Longer middles are compared place by place: the table grows with the product of both lengths.
const LONGEST: usize = 400;

/// In the order in which a person would read it. Items that are the `same` stayed; between two of them, those that are
/// `alike` are paired.
pub fn align(old: &[Value], new: &[Value], same: impl Fn(&Value, &Value) -> bool, alike: impl Fn(&Value, &Value) -> bool) -> Vec<Pair> {
    let head = old.iter().zip(new).take_while(|(a, b)| same(a, b)).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| same(a, b)).count();
    let (old_middle, new_middle) = (&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]);
    let mut pairs = Vec::new();
    let (mut from, mut to) = (0, 0);
    for (kept_from, kept_to) in kept(old_middle, new_middle, &same) {
        gap(&old_middle[from..kept_from], &new_middle[to..kept_to], (head + from, head + to), &alike, &mut pairs);
        (from, to) = (kept_from + 1, kept_to + 1);
    }
    gap(&old_middle[from..], &new_middle[to..], (head + from, head + to), &alike, &mut pairs);
    pairs
}

/// The longest common subsequence.
fn kept(old: &[Value], new: &[Value], same: &impl Fn(&Value, &Value) -> bool) -> Vec<(usize, usize)> {
    if old.is_empty() || new.is_empty() || old.len() > LONGEST || new.len() > LONGEST {
        return Vec::new();
    }
    let width = new.len() + 1;
    let mut longest = vec![0_u16; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = if same(&old[i], &new[j]) {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut kept) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if same(&old[i], &new[j]) {
            kept.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    kept
}

/// Nothing in it stayed: each old item is paired with the next new one that is alike.
fn gap(old: &[Value], new: &[Value], at: (usize, usize), alike: &impl Fn(&Value, &Value) -> bool, pairs: &mut Vec<Pair>) {
    let mut next = 0;
    for (i, item) in old.iter().enumerate() {
        match new[next..].iter().position(|other| alike(item, other)) {
            Some(skipped) => {
                pairs.extend((next..next + skipped).map(|j| Pair::Added(at.1 + j)));
                pairs.push(Pair::Changed(at.0 + i, at.1 + next + skipped));
                next += skipped + 1;
            }
            None => pairs.push(Pair::Removed(at.0 + i)),
        }
    }
    pairs.extend((next..new.len()).map(|j| Pair::Added(at.1 + j)));
}
