//! The `explanations` table. Its rows are inserted by the turn's commit.

use async_trait::async_trait;
use diesel::prelude::*;

use super::column::{RowOf, json, ms};
use super::turns::tables::{explanations, messages};
use super::{AnyConn, Named, SqlStore};
use crate::domain::Timestamp;
use crate::domain::ids::{ConversationId, MessageId};
use crate::store::explanations::{Explanation, ExplanationStore, NewExplanation};
use crate::store::{Result, StoreError};

#[derive(Insertable)]
#[diesel(table_name = explanations, treat_none_as_default_value = false)]
pub(in crate::store::sql) struct NewExplanationRow {
    conversation_id: String,
    at: i64,
    first_message: i64,
    next_message: i64,
    lines: String,
}

impl NewExplanationRow {
    pub(in crate::store::sql) fn of(conversation: &str, new: &NewExplanation) -> Result<Self> {
        let (first_message, next_message) = new.messages;
        Ok(Self { conversation_id: conversation.to_owned(), at: ms(new.at), first_message, next_message, lines: json(&new.lines)? })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = explanations)]
struct ExplanationRow {
    seq: i64,
    at: i64,
    first_message: i64,
    next_message: i64,
    lines: String,
}

impl TryFrom<ExplanationRow> for Explanation {
    type Error = StoreError;

    fn try_from(row: ExplanationRow) -> Result<Self> {
        let id = row.seq.to_string();
        let of = RowOf::new("explanations", &id);
        let messages = (row.first_message, row.next_message);
        Ok(Self { seq: row.seq, at: of.time("at", row.at)?, messages, lines: of.json("lines", &row.lines)? })
    }
}

fn of_message(conn: &mut AnyConn, conversation: &str, message: &str) -> Result<Option<Option<ExplanationRow>>> {
    let place = messages::table.filter(messages::id.eq(message)).filter(messages::conversation_id.eq(conversation));
    let Some(position) = place.select(messages::seq).first::<i64>(conn).optional().of("message")? else { return Ok(None) };
    let row = explanations::table
        .filter(explanations::conversation_id.eq(conversation))
        .filter(explanations::first_message.le(position))
        .filter(explanations::next_message.gt(position))
        .order(explanations::seq.desc())
        .select(ExplanationRow::as_select())
        .first(conn)
        .optional()
        .of("explanation")?;
    Ok(Some(row))
}

/// The oldest stand first: only those are looked at.
fn purge(conn: &mut AnyConn, before: i64, limit: u32) -> Result<u64> {
    let oldest = explanations::table.order(explanations::seq).limit(limit.into()).select((explanations::seq, explanations::at));
    let rows: Vec<(i64, i64)> = oldest.load(conn).of("explanation")?;
    let Some((last, _)) = rows.iter().take_while(|(_, at)| *at < before).last() else { return Ok(0) };
    let gone = diesel::delete(explanations::table.filter(explanations::seq.le(last))).execute(conn).of("explanation")?;
    Ok(u64::try_from(gone).unwrap_or(0))
}

#[async_trait]
impl ExplanationStore for SqlStore {
    async fn explanations(&self, conversation: ConversationId, before: Option<i64>, limit: u32) -> Result<Vec<Explanation>> {
        let rows = self.read(move |conn| {
            explanations::table
                .filter(explanations::conversation_id.eq(conversation.to_string()))
                .filter(explanations::seq.lt(before.unwrap_or(i64::MAX)))
                .order(explanations::seq.desc())
                .limit(limit.into())
                .select(ExplanationRow::as_select())
                .load(conn)
                .of("explanation")
        });
        rows.await?.into_iter().map(Explanation::try_from).collect()
    }

    async fn explanation(&self, conversation: ConversationId, message: MessageId) -> Result<Option<Option<Explanation>>> {
        let found = self.read(move |conn| of_message(conn, &conversation.to_string(), &message.to_string())).await?;
        found.map(|row| row.map(Explanation::try_from).transpose()).transpose()
    }

    async fn purge_explanations(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(move |conn| purge(conn, ms(before), limit)).await
    }
}
