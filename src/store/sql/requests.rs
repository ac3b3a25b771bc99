//! The `requests` table. The example to copy: table, row, conversions, trait.

use async_trait::async_trait;
use diesel::prelude::*;

use super::column::{RowOf, json, ms};
use super::{AnyConn, Named, SqlStore};
use crate::domain::Timestamp;
use crate::store::requests::{Begun, RUNNING_LEASE, RecordedAnswer, RequestKey, RequestStore};
use crate::store::{Result, StoreError};

diesel::table! {
    requests (scope, key) {
        scope -> Text,
        key -> Text,
        hash -> Text,
        begun_at -> BigInt,
        status -> Nullable<Integer>,
        headers -> Nullable<Text>,
        body -> Nullable<Text>,
    }
}

const TABLE: &str = "requests";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = requests, treat_none_as_default_value = false)]
struct RequestRow {
    scope: String,
    key: String,
    hash: String,
    begun_at: i64,
    status: Option<i32>,
    headers: Option<String>,
    body: Option<String>,
}

/// The answer, where there is one yet.
impl TryFrom<RequestRow> for Option<RecordedAnswer> {
    type Error = StoreError;

    fn try_from(row: RequestRow) -> Result<Self> {
        let of = RowOf::new(TABLE, &row.key);
        let (Some(status), Some(headers), Some(body)) = (row.status, row.headers, row.body) else { return Ok(None) };
        let status = u16::try_from(status).map_err(|error| of.corrupt("status", error))?;
        Ok(Some(RecordedAnswer { status, headers: of.json("headers", &headers)?, body }))
    }
}

fn find(conn: &mut AnyConn, key: &RequestKey) -> Result<Option<RequestRow>> {
    let query = requests::table.find((&key.scope, &key.key)).select(RequestRow::as_select());
    query.first(conn).optional().of("request")
}

fn begin(conn: &mut AnyConn, key: &RequestKey, hash: &str, now: Timestamp) -> Result<Begun> {
    let row = RequestRow {
        scope: key.scope.clone(),
        key: key.key.clone(),
        hash: hash.to_owned(),
        begun_at: ms(now),
        status: None,
        headers: None,
        body: None,
    };
    // `on_conflict` is one of the few things that need `on_each!`.
    let inserted = on_each!(&mut *conn, conn => diesel::insert_into(requests::table).values(&row).on_conflict_do_nothing().execute(conn));
    if inserted.of("request")? == 1 {
        return Ok(Begun::Fresh);
    }
    let Some(found) = find(conn, key)? else { return Ok(Begun::Running) };
    if found.hash != hash {
        return Ok(Begun::OtherBody);
    }
    let began = found.begun_at;
    if let Some(answer) = Option::<RecordedAnswer>::try_from(found)? {
        return Ok(Begun::Finished(answer));
    }
    if ms(now) - began < RUNNING_LEASE.as_millis() as i64 {
        return Ok(Begun::Running);
    }
    // Taken over by whoever changes the row first.
    let stale = requests::table.find((&key.scope, &key.key)).filter(requests::begun_at.eq(began));
    let taken = diesel::update(stale).set(requests::begun_at.eq(ms(now))).execute(conn).of("request")?;
    Ok(if taken == 1 { Begun::Fresh } else { Begun::Running })
}

fn finish(conn: &mut AnyConn, key: &RequestKey, answer: &RecordedAnswer) -> Result<()> {
    diesel::update(requests::table.find((&key.scope, &key.key)))
        .set((requests::status.eq(i32::from(answer.status)), requests::headers.eq(json(&answer.headers)?), requests::body.eq(&answer.body)))
        .execute(conn)
        .of("request")?;
    Ok(())
}

#[async_trait]
impl RequestStore for SqlStore {
    async fn begin_request(&self, key: RequestKey, hash: String, now: Timestamp) -> Result<Begun> {
        self.write(move |conn| begin(conn, &key, &hash, now)).await
    }

    async fn finish_request(&self, key: RequestKey, answer: RecordedAnswer) -> Result<()> {
        self.write(move |conn| finish(conn, &key, &answer)).await
    }

    async fn abandon_request(&self, key: RequestKey) -> Result<()> {
        self.write(move |conn| {
            let unanswered = requests::table.find((&key.scope, &key.key)).filter(requests::status.is_null());
            diesel::delete(unanswered).execute(conn).of("request")?;
            Ok(())
        })
        .await
    }

    async fn purge_requests(&self, before: Timestamp) -> Result<u64> {
        let gone =
            self.write(move |conn| diesel::delete(requests::table.filter(requests::begun_at.lt(ms(before)))).execute(conn).of("request"));
        Ok(gone.await? as u64)
    }
}
