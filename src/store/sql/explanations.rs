//! The `explanations` table. Its rows are inserted by the turn's commit; each names the conversation's one before, and the
//! conversation its newest.

use async_trait::async_trait;
use diesel::backend::Backend;
use diesel::expression::AppearsOnTable;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Nullable};
use diesel::sqlite::Sqlite;

use super::column::{RowOf, json, ms};
use super::turns::message::place_of;
use super::turns::tables::{conversations, explanations};
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

/// The conversation's row is to be written next, with [`Newest`].
pub(in crate::store::sql) fn insert(conn: &mut AnyConn, row: &NewExplanationRow) -> Result<()> {
    let before = conversations::table.filter(conversations::id.eq(&row.conversation_id)).select(conversations::explained);
    let values = (row, explanations::previous.eq(before.single_value()));
    on_each!(conn, conn => kept!(diesel::insert_into(explanations::table).values(values)).execute(conn)).of("explanation")?;
    Ok(())
}

/// What a conversation's `explained` is set to: the number of the row that this connection inserted last, or what it was.
/// SQLite keeps a journal of every statement with `RETURNING`, which takes longer than the insert itself.
pub(in crate::store::sql) struct Newest {
    /// The row is an explanation of this conversation.
    pub inserted: bool,
}

impl Newest {
    fn say<'b, DB>(&'b self, mut out: AstPass<'_, 'b, DB>, last: &str) -> QueryResult<()>
    where
        bool: ToSql<Bool, DB>,
        DB: Backend + HasSqlType<Bool>,
    {
        out.push_sql("CASE WHEN ");
        out.push_bind_param::<Bool, _>(&self.inserted)?;
        out.push_sql(" THEN ");
        out.push_sql(last);
        out.push_sql(" ELSE explained END");
        Ok(())
    }
}

impl Expression for Newest {
    type SqlType = Nullable<BigInt>;
}

impl AppearsOnTable<conversations::table> for Newest {}

impl QueryFragment<Sqlite> for Newest {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.say(out, "last_insert_rowid()")
    }
}

impl QueryFragment<Pg> for Newest {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.say(out, "lastval()")
    }
}

/// A conversation's explanations, from the newest on. Ends where the older ones were swept.
struct Chain<'a> {
    conn: &'a mut AnyConn,
    conversation: &'a str,
    next: Option<i64>,
}

impl<'a> Chain<'a> {
    fn from_newest(conn: &'a mut AnyConn, conversation: &'a str) -> Result<Self> {
        let row = conversations::table.filter(conversations::id.eq(conversation)).select(conversations::explained);
        let newest: Option<Option<i64>> = row.first(conn).optional().of("conversation")?;
        Ok(Self { conn, conversation, next: newest.flatten() })
    }

    /// Those before the one of this `seq`.
    fn before(conn: &'a mut AnyConn, conversation: &'a str, seq: i64) -> Result<Self> {
        let mut chain = Self { conn, conversation, next: Some(seq) };
        chain.next()?;
        Ok(chain)
    }

    fn next(&mut self) -> Result<Option<ExplanationRow>> {
        let Some(seq) = self.next.take() else { return Ok(None) };
        let this = explanations::table.filter(explanations::seq.eq(seq)).filter(explanations::conversation_id.eq(self.conversation));
        let columns = (ExplanationRow::as_select(), explanations::previous);
        let found: Option<(ExplanationRow, Option<i64>)> = this.select(columns).first(self.conn).optional().of("explanation")?;
        let Some((row, previous)) = found else { return Ok(None) };
        // The number of one that was swept may have been given again.
        self.next = previous.filter(|previous| *previous < seq);
        Ok(Some(row))
    }
}

fn list(conn: &mut AnyConn, conversation: &str, before: Option<i64>, limit: u32) -> Result<Vec<ExplanationRow>> {
    let mut chain = match before {
        Some(seq) => Chain::before(conn, conversation, seq)?,
        None => Chain::from_newest(conn, conversation)?,
    };
    let mut listed = Vec::new();
    while listed.len() < limit as usize
        && let Some(one) = chain.next()?
    {
        listed.push(one);
    }
    Ok(listed)
}

fn of_message(conn: &mut AnyConn, conversation: &str, message: &str) -> Result<Option<Option<ExplanationRow>>> {
    let Some(position) = place_of(conn, conversation, message)? else { return Ok(None) };
    let mut chain = Chain::from_newest(conn, conversation)?;
    while let Some(one) = chain.next()? {
        if one.first_message <= position {
            return Ok(Some((position < one.next_message).then_some(one)));
        }
    }
    Ok(Some(None))
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
        let rows = self.read(move |conn| list(conn, &conversation.to_string(), before, limit));
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
