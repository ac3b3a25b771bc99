//! An `UPDATE` whose prepared statement is kept.
//!
//! diesel prepares every `UPDATE` anew, because a changeset may set other columns each time. The hot path's never do,
//! and preparing costs several times the update itself. The cache goes by the statement's text, so a changeset that
//! does vary is merely another statement.

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

/// Found by its text: what is set is not part of the type.
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::{InstrumentationEvent, SimpleConnection};
    use diesel::prelude::*;

    use super::update;
    use crate::store::sql::turns::tables::timers;

    static KEPT: AtomicUsize = AtomicUsize::new(0);

    #[test]
    fn an_update_is_prepared_once_however_often_it_runs() -> Result<(), Box<dyn std::error::Error>> {
        let mut conn = SqliteConnection::establish(":memory:")?;
        conn.batch_execute("CREATE TABLE timers (id TEXT, psid TEXT); INSERT INTO timers VALUES ('1', 'a'), ('2', 'a')")?;
        conn.set_instrumentation(|event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::CacheQuery { .. }) {
                KEPT.fetch_add(1, Ordering::Relaxed);
            }
        });
        for (id, psid) in [("1", "b"), ("2", "c"), ("3", "d")] {
            let changed = update(timers::table.filter(timers::id.eq(id)), timers::psid.eq(psid)).execute(&mut conn)?;
            assert_eq!(changed, usize::from(id < "3"));
        }
        assert_eq!(KEPT.load(Ordering::Relaxed), 1);
        let psids: Vec<String> = timers::table.select(timers::psid).order(timers::id).load(&mut conn)?;
        assert_eq!(psids, ["b", "c"]);
        Ok(())
    }
}
