//! The tests' own PostgreSQL.

use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};

use crate::support::postgres::Database;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[test]
fn each_test_has_an_empty_database_of_its_own() {
    let (one, two) = (Database::create(), Database::create());
    let mut first = PgConnection::establish(one.url()).unwrap();
    let mut second = PgConnection::establish(two.url()).unwrap();
    sql_query("CREATE TABLE only_here (id BIGINT)").execute(&mut first).unwrap();
    for (connection, expected) in [(&mut first, 1), (&mut second, 0)] {
        let found: Count = sql_query("SELECT count(*) AS n FROM pg_tables WHERE schemaname = 'public'").get_result(connection).unwrap();
        assert_eq!(found.n, expected);
    }
}
