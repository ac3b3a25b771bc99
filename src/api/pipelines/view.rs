//! How a pipeline looks from outside, and what it must keep to.

use serde::Serialize;

use crate::api::problem::{FieldError, Problem};
use crate::domain::Timestamp;
use crate::domain::ids::PipelineId;
use crate::domain::ticket::{Pipeline, Status};
use crate::store::StoreError;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PipelineView {
    id: PipelineId,
    /// What flows name: `"pipeline": "support"`.
    key: String,
    name: String,
    /// In order; the first is where tickets start unless it is said otherwise.
    statuses: Vec<Status>,
    created_at: Timestamp,
}

impl From<Pipeline> for PipelineView {
    fn from(pipeline: Pipeline) -> Self {
        let Pipeline { id, key, name, statuses, created_at, revision: _ } = pipeline;
        Self { id, key, name, statuses, created_at }
    }
}

/// All that is wrong with a pipeline at once.
pub(super) fn check(pipeline: &Pipeline) -> Result<(), Problem> {
    let wrong = pipeline.problems().into_iter();
    Problem::check_fields(
        wrong.map(|problem| FieldError { pointer: problem.at, code: "invalid_value".to_owned(), detail: problem.text }).collect(),
    )
}

pub(super) fn saving_failed(error: StoreError) -> Problem {
    match error {
        StoreError::Conflict { what: "pipeline key" } => Problem::taken("/key", "another pipeline has this key"),
        StoreError::Conflict { .. } => Problem::stale(),
        other => other.into(),
    }
}
