//! Statements that are prepared once and found again without being written out.
//!
//! diesel keeps a prepared statement where the type of a query says all of its text, which is so for most selects. An
//! `UPDATE`'s type does not (a changeset may set other columns each time), so it is prepared anew at every use, which
//! costs several times the update itself; an `ON CONFLICT`'s does not either, and its text is made each time to be
//! looked up. The hot path's statements never vary: [`kept!`] names each by the place where it stands.

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::query_builder::{AsChangeset, AstPass, IntoUpdateTarget, QueryFragment, QueryId};
use diesel::{QueryResult, QuerySource, RunQueryDsl};

pub struct Update<Table, Where, Set> {
    table: Table,
    where_clause: Where,
    set: Set,
}

/// `update(table.filter(…), changes).execute(conn)`, on one of the two connections (see `on_each!`).
pub fn update<Target, Changes>(target: Target, changes: Changes) -> Update<FromClause<Target>, Target::WhereClause, Changes::Changeset>
where
    Target: IntoUpdateTarget,
    Changes: AsChangeset<Target = Target::Table>,
{
    let target = target.into_update_target();
    Update { table: target.table.from_clause(), where_clause: target.where_clause, set: changes.as_changeset() }
}

type FromClause<Target> = <<Target as diesel::associations::HasTable>::Table as QuerySource>::FromClause;

/// What is set is not part of the type: found by its text, unless it is [`kept!`].
impl<Table, Where, Set> QueryId for Update<Table, Where, Set> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Table, Where, Set, DB> QueryFragment<DB> for Update<Table, Where, Set>
where
    DB: Backend,
    Table: QueryFragment<DB>,
    Where: QueryFragment<DB>,
    Set: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE ");
        self.table.walk_ast(out.reborrow())?;
        out.push_sql(" SET ");
        self.set.walk_ast(out.reborrow())?;
        self.where_clause.walk_ast(out)
    }
}

impl<Table, Where, Set, Conn> RunQueryDsl<Conn> for Update<Table, Where, Set> {}

/// A statement under the name of the place where it stands; made by [`kept!`].
pub struct Kept<Place, Query> {
    query: Query,
    place: PhantomData<Place>,
}

/// `kept!(statement).execute(conn)`: the text of the first use at this place is the text of all. So nothing in the
/// statement may come and go with a value: no `Option` in a changeset that leaves its column out, no boxed filter. Only
/// for statements whose answer is a count.
macro_rules! kept {
    ($query:expr) => {{
        struct Here;
        $crate::store::sql::cached::kept::<Here, _>($query)
    }};
}

pub fn kept<Place: 'static, Query>(query: Query) -> Kept<Place, Query> {
    Kept { query, place: PhantomData }
}

impl<Place: 'static, Query> QueryId for Kept<Place, Query> {
    type QueryId = Place;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Place, Query, DB> QueryFragment<DB> for Kept<Place, Query>
where
    DB: Backend,
    Query: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }
}

impl<Place, Query, Conn> RunQueryDsl<Conn> for Kept<Place, Query> {}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use diesel::connection::{InstrumentationEvent, SimpleConnection};
    use diesel::prelude::*;

    use super::update;
    use crate::store::sql::turns::tables::timers;

    static PREPARED: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[test]
    fn a_kept_statement_is_prepared_once_however_often_it_runs() -> Result<(), Box<dyn std::error::Error>> {
        let mut conn = SqliteConnection::establish(":memory:")?;
        conn.batch_execute("CREATE TABLE timers (id TEXT, psid TEXT); INSERT INTO timers VALUES ('1', 'a'), ('2', 'a')")?;
        conn.set_instrumentation(|event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { sql, .. } = event
                && let Ok(mut prepared) = PREPARED.lock()
            {
                prepared.push(sql.to_owned());
            }
        });
        let mut rename =
            |id: &str, psid: &str| kept!(update(timers::table.filter(timers::id.eq(id)), timers::psid.eq(psid))).execute(&mut conn);
        for (id, psid) in [("1", "b"), ("2", "c"), ("3", "d")] {
            assert_eq!(rename(id, psid)?, usize::from(id < "3"));
        }
        // Another place, another statement, though its type is the same.
        let other = kept!(update(timers::table.filter(timers::id.eq("1")), timers::psid.eq("e"))).execute(&mut conn)?;
        assert_eq!(other, 1);
        assert_eq!(PREPARED.lock().map(|prepared| prepared.len()).unwrap_or_default(), 2);
        let psids: Vec<String> = timers::table.select(timers::psid).order(timers::id).load(&mut conn)?;
        assert_eq!(psids, ["e", "c"]);
        Ok(())
    }
}
