//! Many jobs share one transaction: what one does must not touch another.

use std::sync::mpsc;

use causerie::domain::ids::PageId;
use causerie::store::StoreError;
use causerie::store::turns::TurnStore;
use diesel::prelude::*;
use futures_util::future::{join_all, poll_immediate};

use super::fixture::{at, event, number, run};
use crate::support::store::on_each_database;

#[test]
fn jobs_that_fail_or_panic_never_sink_their_neighbours() {
    on_each_database(|store| async move {
        run(&store, "CREATE TABLE marks (n BIGINT NOT NULL UNIQUE)").await;
        let jobs = (0..200_i64).map(|n| {
            store.write(move |conn| {
                diesel::sql_query("INSERT INTO marks (n) VALUES ($1)").bind::<diesel::sql_types::BigInt, _>(n).execute(conn)?;
                match n % 10 {
                    3 => Err(StoreError::InUse { what: "mark" }),
                    5 => panic!("a job's own mistake"),
                    // Fails in the database, which on PostgreSQL spoils the transaction.
                    7 => Ok(diesel::sql_query("INSERT INTO marks (n) VALUES (0)").execute(conn).map(|_| n)?),
                    _ => Ok(n),
                }
            })
        });
        let ends = join_all(jobs.collect::<Vec<_>>()).await;
        for (n, end) in (0..).zip(&ends) {
            match n % 10 {
                3 => assert!(matches!(end, Err(StoreError::InUse { .. })), "{n}: {end:?}"),
                5 => assert!(matches!(end, Err(StoreError::Unavailable(_))), "{n}: {end:?}"),
                7 => assert!(matches!(end, Err(StoreError::Conflict { .. })), "{n}: {end:?}"),
                _ => assert!(matches!(end, Ok(kept) if *kept == n), "{n}: {end:?}"),
            }
        }
        assert_eq!(number(&store, "SELECT COUNT(*) AS number FROM marks").await, 140);
        assert_eq!(number(&store, "SELECT COUNT(*) AS number FROM marks WHERE n % 10 IN (3, 5, 7)").await, 0);
    });
}

#[test]
fn a_full_queue_is_said_at_once_and_the_writer_goes_on() {
    on_each_database(|store| async move {
        let (go, wait) = mpsc::channel::<()>();
        let wait = std::sync::Mutex::new(wait);
        let blocking = store.write(move |_| {
            let _ = wait.lock().unwrap().recv();
            Ok(())
        });
        let mut blocking = Box::pin(blocking);
        assert!(poll_immediate(&mut blocking).await.is_none());
        let mut waiting = Vec::new();
        let refused = loop {
            let mut job = Box::pin(store.write(|_| Ok(())));
            match poll_immediate(&mut job).await {
                None => waiting.push(job),
                Some(end) => break end,
            }
        };
        assert!(matches!(refused, Err(StoreError::Overloaded)), "{refused:?}");
        assert!(waiting.len() > 1_000);
        go.send(()).unwrap();
        blocking.await.unwrap();
        assert!(join_all(waiting).await.into_iter().all(|end| end.is_ok()));
        store.write(|_| Ok(())).await.unwrap();
    });
}

#[test]
fn a_read_that_panics_or_fails_leaves_the_others_alone() {
    on_each_database(|store| async move {
        for _ in 0..10 {
            let end = store.read(|_| -> causerie::store::Result<()> { panic!("a query's own mistake") }).await;
            assert!(matches!(end, Err(StoreError::Unavailable(_))), "{end:?}");
            let end = store.read(|conn| Ok(diesel::sql_query("SELECT nonsense").execute(conn)?)).await;
            assert!(matches!(end, Err(StoreError::Unavailable(_))), "{end:?}");
        }
        assert_eq!(number(&store, "SELECT COUNT(*) AS number FROM events").await, 0);
    });
}

#[test]
fn a_reader_cannot_write() {
    on_each_database(|store| async move {
        let end = store.read(|conn| Ok(diesel::sql_query("DELETE FROM events").execute(conn)?)).await;
        assert!(end.is_err(), "{end:?}");
    });
}

#[test]
fn a_lost_connection_is_replaced() {
    let database = crate::support::postgres::Database::create();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = crate::support::store::open(database.url());
    runtime.block_on(async {
        for round in 0..5 {
            store.accept(vec![event(round, "ana", &format!("m{round}"))]).await.unwrap();
            number(&store, "SELECT COUNT(*) AS number FROM events").await;
            // The readers' connections end too; reading notices at its next query and is asked again by its caller.
            let others = "SELECT COUNT(pg_terminate_backend(pid)) AS number FROM pg_stat_activity \
                          WHERE application_name = 'causerie writer' AND datname = current_database()";
            assert!(number(&store, others).await >= 1);
        }
        let mut elsewhere = event(99, "ben", "m99");
        elsewhere.event.page = PageId::new("2002");
        store.accept(vec![elsewhere]).await.unwrap();
        assert_eq!(store.pending_events(at(1), 99).await.unwrap().len(), 6);
    });
}
