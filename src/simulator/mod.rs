//! A chat with a flow on this machine alone, in a terminal: [`rehearsal`](crate::rehearsal)'s stage, which takes the server's
//! own turns, with a clock that jumps and callouts whose answers are typed or faked.
//!
//! [`simulate`] is the dialogue. Nothing here reads a clock or the network.

mod chat;

pub use chat::{Options, SimulationFailed, simulate};

use std::fmt::Write as _;

use crate::flow::check::{Env, check};
use crate::flow::parse;

/// Every issue of a document's text, one per line, then a line that sums up; and whether it could be published.
/// What only a server knows (pipelines, rules, agents) is not looked at.
pub fn check_report(text: &str) -> (String, bool) {
    let (issues, good) = match parse(text) {
        Err(issue) => (vec![issue], false),
        Ok(document) => {
            let checked = check(&document, &Env::default());
            let good = checked.flow.is_some();
            (checked.issues, good)
        }
    };
    let mut report = String::new();
    for issue in &issues {
        let _ = writeln!(report, "{issue}");
    }
    let errors = issues.iter().filter(|issue| issue.severity == crate::flow::check::Severity::Error).count();
    let _ = writeln!(report, "{errors} errors, {} warnings", issues.len() - errors);
    (report, good)
}
