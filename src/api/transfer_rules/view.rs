//! How a list of rules looks from outside, what it must keep to, and what breaks when something it names goes.

use serde::Serialize;
use serde_json::json;

use crate::api::problem::{Code, FieldError, Problem};
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::ids::{PageId, RuleSetId};
use crate::domain::transfer::{Rule, RuleProblem, RuleSet, Wrong};
use crate::flow::expression::Expression;
use crate::store::StoreError;

const MOST_RULES: usize = 100;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RuleSetView {
    id: RuleSetId,
    /// What flows name: `"rules": "default"`.
    name: String,
    /// The only page whose flows may name it; null: all.
    page: Option<PageId>,
    /// The first that matches and can be served wins.
    rules: Vec<Rule>,
    created_at: Timestamp,
}

impl From<RuleSet> for RuleSetView {
    fn from(set: RuleSet) -> Self {
        let RuleSet { id, name, page, rules, created_at, revision: _ } = set;
        Self { id, name, page, rules, created_at }
    }
}

/// All that is wrong with a list of rules at once.
pub(super) async fn check(api: &Api, set: &RuleSet) -> Result<(), Problem> {
    let mut errors = Vec::new();
    let mut say = |pointer: String, code: &str, detail: String| errors.push(FieldError { pointer, code: code.to_owned(), detail });
    if !is_line(&set.name) {
        say("/name".to_owned(), "invalid_value", LINE.to_owned());
    }
    if set.rules.len() > MOST_RULES {
        say("/rules".to_owned(), "invalid_value", format!("at most {MOST_RULES} rules"));
    }
    for (index, rule) in set.rules.iter().enumerate() {
        if !rule.name.trim().is_empty() && !is_line(&rule.name) {
            say(format!("/rules/{index}/name"), "invalid_value", LINE.to_owned());
        }
        if let Some(Err(error)) = rule.when.as_deref().map(Expression::compile) {
            say(format!("/rules/{index}/when"), "invalid_expression", error);
        }
    }
    for problem in set.problems(&api.store.roster().await?) {
        say(format!("/rules/{}/{}", problem.rule, problem.field()), code(&problem), problem.to_string());
    }
    if let Some(page) = &set.page
        && api.store.page(page).await?.is_none()
    {
        say("/page".to_owned(), "unknown", format!("page `{page}` is not connected"));
    }
    Problem::check_fields(errors)
}

const LINE: &str = "1 to 80 characters in one line, no space at either end";

fn is_line(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 80 && text.trim() == text && !text.chars().any(char::is_control)
}

fn code(problem: &RuleProblem) -> &'static str {
    match problem.wrong {
        Wrong::NoName => "invalid_value",
        Wrong::NoSeat(_) => "no_service_seat",
        Wrong::UnknownTeam(_) => "unknown",
    }
}

pub(super) fn saving_failed(error: StoreError) -> Problem {
    match error {
        StoreError::Conflict { what: "rule set name" } => Problem::taken("/name", "another list of rules has this name"),
        StoreError::Conflict { .. } => Problem::stale(),
        other => other.into(),
    }
}

/// Refuses with every rule that would break; each is named with its list and its place, counted from 0.
pub(in crate::api) fn breaking(sets: &[RuleSet], rules: impl Fn(&RuleSet) -> Vec<usize>, detail: &str) -> Result<(), Problem> {
    if sets.is_empty() {
        return Ok(());
    }
    let broken = sets.iter().map(|set| json!({ "id": set.id, "name": set.name, "rules": rules(set) })).collect();
    Err(Problem::new(Code::InUse, detail).with("transfer_rules", broken))
}
