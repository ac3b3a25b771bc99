//! What the fields of a ticket must be.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::extract::FieldChecks;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::{TeamId, UserId};
use crate::domain::ticket::Ticket;

pub(super) const LONGEST_TEXT: usize = 10_000;
const MOST_FIELDS: usize = 50;
const LONGEST_FIELDS: usize = 20_000;

/// Everything that is wrong with what people may choose of a ticket. Assignee and team are asked about only where they
/// are `new`: one who lost the seat keeps the tickets they have.
pub(super) async fn check(api: &Api, ticket: &Ticket, assignee: Option<UserId>, team: Option<TeamId>) -> Result<(), Problem> {
    let mut checks = FieldChecks::default();
    checks.line(&ticket.subject, 200, "/subject");
    text(&mut checks, &ticket.description, "/description");
    checks.check(ticket.fields.len() <= MOST_FIELDS, "/fields", format!("at most {MOST_FIELDS} fields"));
    for key in ticket.fields.keys() {
        checks.check(is_field_key(key), "/fields", format!("`{key}` is no key: 1 to 60 characters, none of them a control character"));
    }
    let size: usize = ticket.fields.values().map(|value| value.to_string().len()).sum();
    checks.check(size <= LONGEST_FIELDS, "/fields", format!("at most {LONGEST_FIELDS} bytes in all"));
    if let Some(assignee) = assignee {
        let seated = api.store.agent(assignee).await?.is_some();
        checks.check_as(seated, "/assignee", "no_service_seat", format!("`{assignee}` has no service seat"));
    }
    if let Some(team) = team {
        let known = api.store.team(team).await?.is_some();
        checks.check_as(known, "/team", "unknown", format!("team `{team}` does not exist"));
    }
    checks.done()
}

/// A longer text for people, with line breaks.
pub(super) fn text(checks: &mut FieldChecks, text: &str, pointer: &str) {
    checks.check(text.chars().count() <= LONGEST_TEXT, pointer, format!("at most {LONGEST_TEXT} characters"));
    checks.check(!text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')), pointer, "no control characters");
}

fn is_field_key(key: &str) -> bool {
    !key.is_empty() && key.chars().count() <= 60 && !key.chars().any(char::is_control)
}

/// As a JSON merge patch: null removes a field, what is left out stays.
pub(super) fn merge(fields: &mut BTreeMap<String, Value>, changes: BTreeMap<String, Value>) {
    for (key, value) in changes {
        if value.is_null() {
            fields.remove(&key);
        } else {
            fields.insert(key, value);
        }
    }
}
