//! What is kept of a turn's trace: bounded, and without what any flow of the page calls sensitive.

use crate::flow::trace::{Look, MASK, TraceLine};

use super::situation::PageWorld;

/// About how many bytes of one explanation are kept.
const KEPT_BYTES: usize = 8_000;

/// An attribute may be sensitive by another chatflow's word than the one that read it.
pub(super) fn mask(world: &PageWorld, lines: &mut [TraceLine]) {
    for line in lines {
        let Look::Condition { values, .. } = &mut line.look else { continue };
        for (name, value) in values.iter_mut().filter(|(_, value)| !value.is_null()) {
            let attribute = name.strip_prefix("contact.");
            if attribute.is_some_and(|name| world.chatflows.values().any(|bound| bound.flow.hides(name))) {
                *value = MASK.into();
            }
        }
    }
}

/// The first and the last lines, where all would be too many: how it began and how it ended is what is asked for.
pub(super) fn bounded(mut lines: Vec<TraceLine>) -> Vec<TraceLine> {
    let weights: Vec<usize> = lines.iter().map(weight).collect();
    if weights.iter().sum::<usize>() <= KEPT_BYTES {
        return lines;
    }
    let fitting = |weights: &mut dyn Iterator<Item = &usize>| {
        let mut room = KEPT_BYTES / 2;
        weights
            .take_while(|weight| {
                let fits = **weight <= room;
                room = room.saturating_sub(**weight);
                fits
            })
            .count()
    };
    let (head, tail) = (fitting(&mut weights.iter()), fitting(&mut weights.iter().rev()));
    let gap = lines.len().saturating_sub(head + tail);
    let rest = lines.split_off(head + gap);
    lines.truncate(head);
    lines.push(TraceLine::routing("left_out", false, format!("{gap} more lines are not kept")));
    lines.extend(rest);
    lines
}

/// About how many bytes a line takes.
fn weight(line: &TraceLine) -> usize {
    let look = match &line.look {
        Look::Condition { source, values, .. } => {
            source.len() + values.iter().map(|(name, value)| name.len() + value.as_str().map_or(16, str::len)).sum::<usize>()
        }
        Look::Rules { lines, .. } => lines.iter().map(String::len).sum(),
        Look::Routing { .. } | Look::Action { .. } | Look::Note { .. } => 16,
    };
    64 + line.chatflow.len() + line.node.len() + line.because.len() + look
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_explanation_the_beginning_and_the_end_are_kept() {
        let line = |n: usize| TraceLine::routing("x", true, format!("{n}{}", "é".repeat(100)));
        let short: Vec<TraceLine> = (0..10).map(line).collect();
        assert_eq!(bounded(short.clone()), short);
        let kept = bounded((0..200).map(line).collect());
        assert!(kept.len() < 40 && kept.iter().map(weight).sum::<usize>() <= KEPT_BYTES + 100);
        assert_eq!(kept.first(), Some(&line(0)));
        assert_eq!(kept.last(), Some(&line(199)));
        assert_eq!(kept.iter().filter(|line| line.what() == "left_out").count(), 1);
        let one = vec![TraceLine::routing("x", true, "y".repeat(20_000))];
        assert_eq!(bounded(one).len(), 1, "what does not fit at all is left out");
    }
}
