//! The `pipelines` table.

use std::collections::BTreeMap;

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::column::{RowOf, json, ms};
use super::tickets::tickets;
use super::{AnyConn, Named, SqlStore};
use crate::domain::ids::PipelineId;
use crate::domain::ticket::Pipeline;
use crate::store::pipelines::PipelineStore;
use crate::store::{Result, StoreError};

diesel::table! {
    pipelines (id) {
        id -> Text,
        key -> Text,
        name -> Text,
        statuses -> Text,
        revision -> BigInt,
        created_at -> BigInt,
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = pipelines)]
struct PipelineRow {
    id: String,
    key: String,
    name: String,
    statuses: String,
    revision: i64,
    created_at: i64,
}

impl TryFrom<PipelineRow> for Pipeline {
    type Error = StoreError;

    fn try_from(row: PipelineRow) -> Result<Self> {
        let of = RowOf::new("pipelines", &row.id);
        Ok(Self {
            id: of.id("id", &row.id)?,
            statuses: of.json("statuses", &row.statuses)?,
            revision: row.revision,
            created_at: of.time("created_at", row.created_at)?,
            key: row.key,
            name: row.name,
        })
    }
}

fn load_all(conn: &mut AnyConn) -> Result<Vec<Pipeline>> {
    let rows: Vec<PipelineRow> = pipelines::table.order(pipelines::key).select(PipelineRow::as_select()).load(conn).of("pipeline")?;
    rows.into_iter().map(Pipeline::try_from).collect()
}

fn load(conn: &mut AnyConn, id: PipelineId) -> Result<Option<Pipeline>> {
    let found = pipelines::table.find(id.to_string()).select(PipelineRow::as_select());
    let row: Option<PipelineRow> = found.first(conn).optional().of("pipeline")?;
    row.map(Pipeline::try_from).transpose()
}

fn insert(conn: &mut AnyConn, pipeline: &Pipeline) -> Result<()> {
    let row = PipelineRow {
        id: pipeline.id.to_string(),
        key: pipeline.key.clone(),
        name: pipeline.name.clone(),
        statuses: json(&pipeline.statuses)?,
        revision: pipeline.revision,
        created_at: ms(pipeline.created_at),
    };
    diesel::insert_into(pipelines::table).values(&row).execute(conn).of("pipeline key")?;
    Ok(())
}

fn update(conn: &mut AnyConn, pipeline: &Pipeline) -> Result<i64> {
    let (id, next) = (pipeline.id.to_string(), pipeline.revision + 1);
    let as_read = pipelines::table.find(&id).filter(pipelines::revision.eq(pipeline.revision));
    let values = (
        pipelines::key.eq(&pipeline.key),
        pipelines::name.eq(&pipeline.name),
        pipelines::statuses.eq(json(&pipeline.statuses)?),
        pipelines::revision.eq(next),
    );
    if diesel::update(as_read).set(values).execute(conn).of("pipeline key")? == 0 {
        return Err(StoreError::Conflict { what: "pipeline" });
    }
    if counts(conn, pipeline.id)?.keys().any(|used| pipeline.status(used).is_none()) {
        return Err(StoreError::InUse { what: "status" });
    }
    for status in &pipeline.statuses {
        let inside = tickets::table
            .filter(tickets::pipeline_id.eq(&id))
            .filter(tickets::status.eq(&status.key))
            .filter(tickets::closed.ne(status.closed));
        diesel::update(inside).set(tickets::closed.eq(status.closed)).execute(conn).of("ticket")?;
    }
    Ok(next)
}

fn delete(conn: &mut AnyConn, id: PipelineId, expected: i64) -> Result<()> {
    let as_read = pipelines::table.find(id.to_string()).filter(pipelines::revision.eq(expected));
    match diesel::delete(as_read).execute(conn).unless_used("pipeline")? {
        0 => Err(StoreError::Conflict { what: "pipeline" }),
        _ => Ok(()),
    }
}

fn counts(conn: &mut AnyConn, id: PipelineId) -> Result<BTreeMap<String, i64>> {
    let inside = tickets::table.filter(tickets::pipeline_id.eq(id.to_string()));
    let rows: Vec<(String, i64)> = inside.group_by(tickets::status).select((tickets::status, count_star())).load(conn).of("ticket")?;
    Ok(rows.into_iter().collect())
}

#[async_trait]
impl PipelineStore for SqlStore {
    async fn pipelines(&self) -> Result<Vec<Pipeline>> {
        self.read(load_all).await
    }

    async fn pipeline(&self, id: PipelineId) -> Result<Option<Pipeline>> {
        self.read(move |conn| load(conn, id)).await
    }

    async fn insert_pipeline(&self, pipeline: &Pipeline) -> Result<()> {
        let pipeline = pipeline.clone();
        self.write(move |conn| insert(conn, &pipeline)).await
    }

    async fn update_pipeline(&self, pipeline: &Pipeline) -> Result<i64> {
        let pipeline = pipeline.clone();
        self.write(move |conn| update(conn, &pipeline)).await
    }

    async fn delete_pipeline(&self, id: PipelineId, expected: i64) -> Result<()> {
        self.write(move |conn| delete(conn, id, expected)).await
    }

    async fn status_counts(&self, pipeline: PipelineId) -> Result<BTreeMap<String, i64>> {
        self.read(move |conn| counts(conn, pipeline)).await
    }
}
