//! Which moves the pipeline's matrix allows. The same rule stands before the API, the flows and the desk.

use super::{Pipeline, Status, Ticket};

/// A move that may be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Move<'p> {
    pub to: &'p Status,
    /// The matrix does not allow it; somebody who may has overridden it.
    pub overridden: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalMove {
    #[error("the pipeline has no status `{to}`, only {}", listed(known))]
    UnknownStatus { to: String, known: Vec<String> },
    #[error("the ticket is already in `{0}`")]
    AlreadyThere(String),
    #[error("a ticket in `{from}` may not move to `{to}`, only to {}", listed(allowed))]
    NotAllowed { from: String, to: String, allowed: Vec<String> },
}

fn listed(keys: &[String]) -> String {
    if keys.is_empty() { "nothing".to_owned() } else { keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ") }
}

impl Pipeline {
    /// `None` where the pipeline has no such status.
    pub fn status(&self, key: &str) -> Option<&Status> {
        self.statuses.iter().find(|status| status.key == key)
    }

    /// Where tickets start unless someone says otherwise.
    pub fn first_status(&self) -> Option<&Status> {
        self.statuses.first()
    }

    /// Where a ticket in this status may go without an override.
    pub fn allowed_from(&self, status: &str) -> &[String] {
        self.status(status).map_or(&[], |status| &status.next)
    }

    /// With `overriding` the matrix is not asked; the status must exist all the same.
    pub fn move_to(&self, ticket: &Ticket, to: &str, overriding: bool) -> Result<Move<'_>, IllegalMove> {
        let Some(target) = self.status(to) else {
            return Err(IllegalMove::UnknownStatus {
                to: to.to_owned(),
                known: self.statuses.iter().map(|status| status.key.clone()).collect(),
            });
        };
        if ticket.status == to {
            return Err(IllegalMove::AlreadyThere(to.to_owned()));
        }
        let allowed = self.allowed_from(&ticket.status);
        if allowed.iter().any(|key| key == to) {
            return Ok(Move { to: target, overridden: false });
        }
        if overriding {
            return Ok(Move { to: target, overridden: true });
        }
        Err(IllegalMove::NotAllowed { from: ticket.status.clone(), to: to.to_owned(), allowed: allowed.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::tests::{pipeline, ticket};

    #[test]
    fn the_matrix_decides_and_an_override_is_marked() {
        let pipeline = pipeline("new>open,done open>done done*>open odd>done");
        for (from, to, overriding, expected) in [
            ("new", "open", false, Ok(("open", false))),
            ("new", "open", true, Ok(("open", false))),
            ("done", "open", false, Ok(("open", false))),
            ("open", "new", true, Ok(("new", true))),
            ("open", "new", false, Err("a ticket in `open` may not move to `new`, only to `done`")),
            ("new", "odd", false, Err("a ticket in `new` may not move to `odd`, only to `open`, `done`")),
            ("new", "new", true, Err("the ticket is already in `new`")),
            ("new", "nope", true, Err("the pipeline has no status `nope`, only `new`, `open`, `done`, `odd`")),
            ("gone", "new", false, Err("a ticket in `gone` may not move to `new`, only to nothing")),
        ] {
            let found = pipeline
                .move_to(&ticket(from), to, overriding)
                .map(|step| (step.to.key.clone(), step.overridden))
                .map_err(|error| error.to_string());
            assert_eq!(found, expected.map(|(key, over)| (key.to_owned(), over)).map_err(str::to_owned), "{from} → {to}");
        }
    }
}
