//! Why a step did what it did: one line per thing that was considered.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceLine {
    pub node: String,
    pub action: usize,
    /// What was looked at: an interrupt, an action's type, an arm, a rule.
    pub what: String,
    /// Taken or not.
    pub taken: bool,
    /// Why, with the values that decided.
    pub because: String,
}
