//! A difference as people read it: `+` came, `-` went, `~` changed, `>` moved, `=` was renamed.

use std::fmt;

use serde_json::Value;

use super::{ActionChange, Changed, Diff, FieldChange, NodeChange};

/// Characters of one value that are shown.
const SHOWN_CHARS: usize = 160;

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "no differences");
        }
        self.document.iter().try_for_each(|change| field(f, change, ""))?;
        self.nodes.iter().try_for_each(|change| node(f, change))
    }
}

fn node(f: &mut fmt::Formatter<'_>, change: &NodeChange) -> fmt::Result {
    let mark = mark(change.change);
    match &change.renamed_from {
        Some(before) => writeln!(f, "{mark} node `{before}` is now `{}`", change.node)?,
        None => writeln!(f, "{mark} node `{}`", change.node)?,
    }
    change.actions.iter().try_for_each(|change| action(f, change))
}

fn action(f: &mut fmt::Formatter<'_>, change: &ActionChange) -> fmt::Result {
    let mark = mark(change.change);
    let place = match (change.from, change.to) {
        (Some(from), Some(to)) if from != to => format!("{from} → {to}"),
        (from, to) => to.or(from).map_or_else(String::new, |place| place.to_string()),
    };
    match &change.action {
        Some(action) => writeln!(f, "  {mark} {place} {} {}", change.r#type, without_type(action))?,
        None => writeln!(f, "  {mark} {place} {}", change.r#type)?,
    }
    change.fields.iter().try_for_each(|change| field(f, change, "      "))
}

fn without_type(action: &Value) -> String {
    let mut fields = action.as_object().cloned().unwrap_or_default();
    fields.remove("type");
    shown(&fields.into())
}

fn field(f: &mut fmt::Formatter<'_>, change: &FieldChange, indent: &str) -> fmt::Result {
    match (&change.old, &change.new) {
        (Some(old), Some(new)) if change.moved => writeln!(f, "{indent}> {}: {} → {}", change.pointer, shown(old), shown(new)),
        (Some(old), Some(new)) => writeln!(f, "{indent}~ {}: {} → {}", change.pointer, shown(old), shown(new)),
        (Some(old), None) => writeln!(f, "{indent}- {}: {}", change.pointer, shown(old)),
        (None, new) => writeln!(f, "{indent}+ {}: {}", change.pointer, new.as_ref().map(shown).unwrap_or_default()),
    }
}

fn mark(changed: Changed) -> char {
    match changed {
        Changed::Added => '+',
        Changed::Removed => '-',
        Changed::Changed => '~',
        Changed::Moved => '>',
        Changed::Renamed => '=',
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().nth(SHOWN_CHARS).is_none() {
        return text;
    }
    text.chars().take(SHOWN_CHARS).chain(['…']).collect()
}
