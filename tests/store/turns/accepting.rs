use causerie::domain::ids::PageId;
use causerie::on_each;
use causerie::store::sql::conn::{Purpose, Target};
use causerie::store::turns::{Accepted, Ending, StoredEvent, TurnStore};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use futures_util::future::join_all;

use super::fixture::{at, done, event, words};
use crate::support::store::{on_each_database, on_each_url, open};

/// The migration that made an event's key a hash.
const HASHED: &str = "20261122001700";

fn is_new(accepted: &Accepted) -> bool {
    matches!(accepted, Accepted::New(_))
}

#[test]
fn events_are_accepted_once_each_and_in_order() {
    on_each_database(|store| async move {
        let batch = vec![event(1, "ana", "m1"), event(2, "ben", "m2"), event(3, "ana", "m1"), event(4, "ana", "m4")];
        let answers = store.accept(batch.clone()).await.unwrap();
        assert_eq!(answers.iter().map(is_new).collect::<Vec<_>>(), [true, true, false, true]);
        let again = store.accept(batch.clone()).await.unwrap();
        assert!(again.iter().all(|answer| *answer == Accepted::Duplicate));

        let pending = store.pending_events(at(1), 10).await.unwrap();
        let seqs: Vec<i64> = pending.iter().map(|event| event.seq).collect();
        assert!(seqs.is_sorted());
        let wanted: Vec<Accepted> = pending.into_iter().map(Accepted::New).collect();
        assert_eq!(wanted, [answers[0].clone(), answers[1].clone(), answers[3].clone()], "what is read is what was answered");
        assert!(store.accept(Vec::new()).await.unwrap().is_empty());
    });
}

#[test]
fn a_key_is_its_pages_own_and_outlives_the_events_ending() {
    on_each_database(|store| async move {
        let mut elsewhere = event(2, "ana", "m1");
        elsewhere.event.page = PageId::new("2002");
        let answers = store.accept(vec![event(1, "ana", "m1"), elsewhere]).await.unwrap();
        assert!(answers.iter().all(is_new));
        store.end_event(event(1, "", "").id, done()).await.unwrap();
        assert_eq!(store.accept(vec![event(3, "ana", "m1")]).await.unwrap(), [Accepted::Duplicate]);
    });
}

#[test]
fn of_the_same_event_delivered_many_times_at_once_one_is_new() {
    on_each_url(|url| async move {
        let (one, two) = (open(&url), open(&url));
        let answers = join_all((0..40).map(|n| {
            let store = if n % 2 == 0 { &one } else { &two };
            store.accept(vec![event(n, "ana", "m1"), event(100 + n, "ana", &format!("own-{n}"))])
        }))
        .await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().filter(|answer| is_new(&answer[0])).count(), 1);
        assert!(answers.iter().all(|answer| is_new(&answer[1])), "the others of the delivery are not lost with it");
    });
}

#[test]
fn the_sweep_finds_what_waits_oldest_first_and_nothing_that_ended() {
    on_each_database(|store| async move {
        let mut late = event(9, "ana", "late");
        late.received_at = at(60);
        let batch = (1..=4).map(|n| event(n, "ana", &format!("m{n}"))).chain([late]).collect();
        store.accept(batch).await.unwrap();
        store.end_event(event(2, "", "").id, Ending::Ignored { reason: "echo".into() }).await.unwrap();
        store.end_event(event(3, "", "").id, Ending::Parked { error: "boom".into() }).await.unwrap();

        let keys = |events: Vec<StoredEvent>| events.into_iter().map(|event| event.event.dedupe).collect::<Vec<_>>();
        assert_eq!(keys(store.pending_events(at(60), 10).await.unwrap()), ["m1", "m4"]);
        assert_eq!(keys(store.pending_events(at(60), 1).await.unwrap()), ["m1"]);
        assert_eq!(keys(store.pending_events(at(61), 10).await.unwrap()), ["m1", "m4", "late"]);

        let backlog = store.backlog().await.unwrap();
        assert_eq!((backlog.pending_events, backlog.parked_events), (3, 1));
        store.end_event(event(2, "", "").id, done()).await.unwrap();
        let endings =
            words(&store, "SELECT ending || COALESCE(' ' || reason, '') AS word FROM events WHERE ending IS NOT NULL ORDER BY seq").await;
        assert_eq!(endings, ["ignored echo", "parked boom"], "the first ending stands");
    });
}

#[test]
fn failed_turns_are_counted() {
    on_each_database(|store| async move {
        store.accept(vec![event(1, "ana", "m1")]).await.unwrap();
        let id = event(1, "", "").id;
        assert_eq!(store.count_attempt(id).await.unwrap(), 1);
        assert_eq!(store.count_attempt(id).await.unwrap(), 2);
        assert_eq!(store.pending_events(at(1), 1).await.unwrap()[0].attempts, 2);
        assert_eq!(store.count_attempt(event(7, "", "").id).await.unwrap(), 0, "nobody's event");
    });
}

#[test]
fn an_event_is_still_known_after_its_key_became_a_hash() {
    on_each_url(|url| async move {
        open(&url).accept(vec![event(1, "ana", "m1")]).await.unwrap();
        let target = Target::parse(&url).unwrap();
        let folder = format!("{}/migrations/{}", env!("CARGO_MANIFEST_DIR"), if target.is_postgres() { "postgres" } else { "sqlite" });
        let migrations = FileBasedMigrations::from_path(folder).unwrap();
        let mut conn = target.open(Purpose::Migrate).unwrap();
        while on_each!(&mut conn, conn => conn.revert_last_migration(migrations.clone())).unwrap().to_string() != HASHED {}
        drop(conn);
        let answers = open(&url).accept(vec![event(2, "ana", "m1"), event(3, "ana", "m3")]).await.unwrap();
        assert_eq!(answers.iter().map(is_new).collect::<Vec<_>>(), [false, true]);
    });
}
