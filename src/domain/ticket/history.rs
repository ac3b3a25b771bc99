//! What a change leaves behind: one line of history per field that changed.

use serde_json::Value;

use super::{Move, Source, Ticket, TicketChange};
use crate::domain::Timestamp;

impl TicketChange {
    /// The first line of every ticket's history.
    pub fn opened(ticket: &Ticket) -> Self {
        Self { to: Some(ticket.status.clone()), ..Self::new(ticket, "opened", &ticket.source, ticket.created_at) }
    }

    pub fn commented(ticket: &Ticket, by: &Source, at: Timestamp) -> Self {
        Self::new(ticket, "commented", by, at)
    }

    fn new(ticket: &Ticket, what: &str, by: &Source, at: Timestamp) -> Self {
        Self { ticket: ticket.id, at, by: by.clone(), what: what.to_owned(), field: None, from: None, to: None, overridden: false }
    }

    fn field(ticket: &Ticket, what: &str, field: &str, (from, to): (Option<String>, Option<String>), by: &Source, at: Timestamp) -> Self {
        Self { field: Some(field.to_owned()), from, to, ..Self::new(ticket, what, by, at) }
    }
}

impl Ticket {
    /// Takes a move that [`super::Pipeline::move_to`] has allowed.
    pub fn moved(&mut self, step: &Move<'_>, by: &Source, at: Timestamp) -> TicketChange {
        let from = std::mem::replace(&mut self.status, step.to.key.clone());
        self.closed = step.to.closed;
        self.updated_at = at;
        TicketChange {
            from: Some(from),
            to: Some(self.status.clone()),
            overridden: step.overridden,
            ..TicketChange::new(self, "moved", by, at)
        }
    }

    /// What differs from `before`, except the status (that is a move): one line per field, none when nothing changed.
    /// Long texts are not repeated in the history: it says that they changed.
    pub fn edits_since(&self, before: &Ticket, by: &Source, at: Timestamp) -> Vec<TicketChange> {
        let mut changes = Vec::new();
        let mut compare = |what: &str, field: &str, from: Option<String>, to: Option<String>| {
            if from != to {
                changes.push(TicketChange::field(self, what, field, (from, to), by, at));
            }
        };
        compare("assigned", "assignee", before.assignee.map(|id| id.to_string()), self.assignee.map(|id| id.to_string()));
        compare("assigned", "team", before.team.map(|id| id.to_string()), self.team.map(|id| id.to_string()));
        compare("edited", "subject", Some(before.subject.clone()), Some(self.subject.clone()));
        compare("edited", "priority", Some(before.priority.word().to_owned()), Some(self.priority.word().to_owned()));
        for key in before.fields.keys().chain(self.fields.keys().filter(|key| !before.fields.contains_key(*key))) {
            compare("edited", &format!("fields.{key}"), before.fields.get(key).map(shown), self.fields.get(key).map(shown));
        }
        if before.description != self.description {
            changes.push(TicketChange::field(self, "edited", "description", (None, None), by, at));
        }
        changes
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use uuid::Uuid;

    use super::super::{Pipeline, Priority, Status};
    use super::*;

    /// `"new>open,done open>done done*"`: each status and where it leads; `*` is closed.
    pub fn pipeline(matrix: &str) -> Pipeline {
        let status = |text: &str| {
            let (head, next) = text.split_once('>').unwrap_or((text, ""));
            let key = head.trim_end_matches('*');
            let next = next.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect();
            Status { key: key.into(), name: key.into(), closed: head.ends_with('*'), next }
        };
        Pipeline {
            id: Uuid::from_u128(1).into(),
            key: "support".into(),
            name: "Support".into(),
            statuses: matrix.split_whitespace().map(status).collect(),
            revision: 0,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    pub fn ticket(status: &str) -> Ticket {
        Ticket {
            id: Uuid::from_u128(2).into(),
            number: 7,
            pipeline: Uuid::from_u128(1).into(),
            status: status.into(),
            subject: "Late order".into(),
            description: String::new(),
            priority: Priority::Normal,
            page: None,
            contact: None,
            conversation: None,
            assignee: None,
            team: None,
            fields: BTreeMap::new(),
            source: Source::Rule { rules: "default".into() },
            closed: false,
            revision: 0,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn by() -> Source {
        Source::User { user: Uuid::from_u128(3).into() }
    }

    #[test]
    fn a_move_changes_status_and_closedness_and_is_told() {
        let (pipeline, mut ticket) = (pipeline("new>done done*>new"), ticket("new"));
        let at = Timestamp::from_second(60).unwrap();
        let change = ticket.moved(&pipeline.move_to(&ticket.clone(), "done", false).unwrap(), &by(), at);
        assert!(ticket.closed && ticket.status == "done" && ticket.updated_at == at);
        assert_eq!(
            (change.what.as_str(), change.from.as_deref(), change.to.as_deref(), change.overridden),
            ("moved", Some("new"), Some("done"), false)
        );
        ticket.moved(&pipeline.move_to(&ticket.clone(), "new", false).unwrap(), &by(), at);
        assert!(!ticket.closed);
    }

    #[test]
    fn every_edited_field_is_one_line_and_an_unchanged_ticket_has_none() {
        let before = Ticket { fields: BTreeMap::from([("order".into(), json!("AB1")), ("gone".into(), json!(3))]), ..ticket("new") };
        assert_eq!(before.edits_since(&before, &by(), Timestamp::UNIX_EPOCH), []);
        let after = Ticket {
            subject: "Lost order".into(),
            description: "long".into(),
            priority: Priority::Urgent,
            team: Some(Uuid::from_u128(5).into()),
            fields: BTreeMap::from([("order".into(), json!("AB1")), ("lost".into(), json!(true))]),
            ..before.clone()
        };
        let lines: Vec<String> = after
            .edits_since(&before, &by(), Timestamp::UNIX_EPOCH)
            .into_iter()
            .map(|change| {
                format!(
                    "{} {}: {} → {}",
                    change.what,
                    change.field.unwrap(),
                    change.from.unwrap_or_default(),
                    change.to.unwrap_or_default()
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                "assigned team:  → te_00000000000000000000000005",
                "edited subject: Late order → Lost order",
                "edited priority: normal → urgent",
                "edited fields.gone: 3 → ",
                "edited fields.lost:  → true",
                "edited description:  → ",
            ]
        );
    }
}
