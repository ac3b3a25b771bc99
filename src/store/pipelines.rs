//! Pipelines: the statuses that tickets move through.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::Result;
use crate::domain::ids::PipelineId;
use crate::domain::ticket::Pipeline;

#[async_trait]
pub trait PipelineStore: Send + Sync {
    /// By key.
    async fn pipelines(&self) -> Result<Vec<Pipeline>>;

    async fn pipeline(&self, id: PipelineId) -> Result<Option<Pipeline>>;

    /// `Conflict` where the key is taken.
    async fn insert_pipeline(&self, pipeline: &Pipeline) -> Result<()>;

    /// Writes key, name and statuses. `pipeline.revision` is the one that was read; the one returned is the next.
    /// `Conflict` where it moved meanwhile or the key is taken, `InUse` where a status that a ticket is in would vanish.
    /// Tickets follow where a status becomes closed or open.
    async fn update_pipeline(&self, pipeline: &Pipeline) -> Result<i64>;

    /// `InUse` while it has tickets.
    async fn delete_pipeline(&self, id: PipelineId, expected: i64) -> Result<()>;

    /// How many tickets are in each status; a status without tickets is absent.
    async fn status_counts(&self, pipeline: PipelineId) -> Result<BTreeMap<String, i64>>;
}
