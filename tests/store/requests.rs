use causerie::domain::Timestamp;
use causerie::store::requests::{Begun, RUNNING_LEASE, RecordedAnswer, RequestKey, RequestStore};
use jiff::SignedDuration;

use crate::support::store::on_each_database;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

fn key(scope: &str) -> RequestKey {
    RequestKey { scope: scope.into(), key: "k1".into() }
}

fn answer() -> RecordedAnswer {
    RecordedAnswer { status: 201, headers: vec![("etag".into(), "\"1\"".into())], body: "{\"é\":1}".into() }
}

#[test]
fn a_request_is_begun_once_and_its_answer_is_given_again() {
    on_each_database(|store| async move {
        let begin = |scope: &str, hash: &str, now| store.begin_request(key(scope), hash.into(), now);
        assert_eq!(begin("ana", "h", at(0)).await.unwrap(), Begun::Fresh);
        assert_eq!(begin("ana", "h", at(1)).await.unwrap(), Begun::Running);
        assert_eq!(begin("ana", "other", at(1)).await.unwrap(), Begun::OtherBody);
        assert_eq!(begin("ben", "other", at(1)).await.unwrap(), Begun::Fresh, "a key is its scope's own");
        store.finish_request(key("ana"), answer()).await.unwrap();
        assert_eq!(begin("ana", "h", at(2)).await.unwrap(), Begun::Finished(answer()));
        assert_eq!(begin("ana", "other", at(2)).await.unwrap(), Begun::OtherBody);
    });
}

#[test]
fn of_two_at_once_one_is_fresh() {
    on_each_database(|store| async move {
        let both = futures_util::future::join_all((0..8).map(|_| store.begin_request(key("ana"), "h".into(), at(0)))).await;
        let fresh = both.into_iter().filter(|begun| matches!(begun, Ok(Begun::Fresh))).count();
        assert_eq!(fresh, 1);
    });
}

#[test]
fn an_abandoned_or_dead_request_frees_its_key() {
    on_each_database(|store| async move {
        let begin = |now| store.begin_request(key("ana"), "h".into(), now);
        assert_eq!(begin(at(0)).await.unwrap(), Begun::Fresh);
        store.abandon_request(key("ana")).await.unwrap();
        assert_eq!(begin(at(1)).await.unwrap(), Begun::Fresh);
        let lease = RUNNING_LEASE + SignedDuration::from_secs(1);
        assert_eq!(begin(at(1) + lease).await.unwrap(), Begun::Fresh, "its process is dead by now");
        assert_eq!(begin(at(2) + lease).await.unwrap(), Begun::Running);
    });
}

#[test]
fn an_answer_outlives_abandoning_and_goes_with_age() {
    on_each_database(|store| async move {
        store.begin_request(key("ana"), "h".into(), at(0)).await.unwrap();
        store.finish_request(key("ana"), answer()).await.unwrap();
        store.abandon_request(key("ana")).await.unwrap();
        assert_eq!(store.purge_requests(at(0)).await.unwrap(), 0);
        assert_eq!(store.begin_request(key("ana"), "h".into(), at(5)).await.unwrap(), Begun::Finished(answer()));
        assert_eq!(store.purge_requests(at(1)).await.unwrap(), 1);
        assert_eq!(store.begin_request(key("ana"), "h".into(), at(5)).await.unwrap(), Begun::Fresh);
    });
}
