use causerie::domain::chatflow::{Chatflow, ChatflowVersion};
use causerie::domain::ids::ChatflowId;
use causerie::domain::rollout::{Rollout, SessionPolicy, VersionPolicy};
use causerie::store::StoreError;
use causerie::store::chatflows::{ChatflowStore, Publication, RolloutChange};
use causerie::store::links::LinkStore;
use causerie::store::pages::PageStore;
use causerie::store::sql::SqlStore;
use serde_json::json;
use uuid::Uuid;

use super::pages::{at, connect, new_chatflow, page};
use crate::support::store::on_each_database;

fn id(n: u128) -> ChatflowId {
    Uuid::from_u128(n).into()
}

async fn find(store: &SqlStore, n: u128) -> Chatflow {
    store.chatflow(id(n)).await.unwrap().unwrap()
}

fn publication(n: u128, expected: i64) -> Publication {
    Publication {
        chatflow: id(n),
        expected,
        document: json!({"é": "new"}),
        note: None,
        by: None,
        at: at(60),
        policy: SessionPolicy::Keep,
        percent: None,
    }
}

#[test]
fn a_draft_changes_and_versions_do_not() {
    on_each_database(|store| async move {
        connect(&store, page("100"), None).await;
        store.insert_chatflow(new_chatflow("100", 1), false).await.unwrap();
        let read = find(&store, 1).await;
        let edited = Chatflow { name: "menu".into(), active: false, draft: json!({"ü": [1.5, null]}), updated_at: at(9), ..read.clone() };
        let revision = store.update_chatflow(&edited).await.unwrap();
        assert_eq!(find(&store, 1).await, Chatflow { revision, ..edited });
        assert_eq!(store.version(id(1), 1).await.unwrap(), new_chatflow("100", 1).version);
        let stale = store.update_chatflow(&read).await;
        assert!(matches!(stale, Err(StoreError::Conflict { what: "chatflow" })), "{stale:?}");
    });
}

#[test]
fn each_publish_is_the_next_number_and_what_new_sessions_start_on() {
    on_each_database(|store| async move {
        connect(&store, page("100"), None).await;
        let mut new = new_chatflow("100", 1);
        (new.chatflow.published, new.version) = (None, None);
        store.insert_chatflow(new, false).await.unwrap();
        assert_eq!(store.published(&"100".into()).await.unwrap(), []);
        for number in 1..=3 {
            let read = find(&store, 1).await;
            assert_eq!(store.publish(publication(1, read.revision)).await.unwrap(), number);
            assert_eq!(find(&store, 1).await.published, Some(number));
        }
        let stale = store.publish(publication(1, 1)).await;
        assert!(matches!(stale, Err(StoreError::Conflict { what: "chatflow" })), "{stale:?}");
        let numbers = |versions: Vec<ChatflowVersion>| versions.iter().map(|version| version.number).collect::<Vec<_>>();
        assert_eq!(numbers(store.versions(id(1), None, 2).await.unwrap()), [3, 2]);
        assert_eq!(numbers(store.versions(id(1), Some(2), 2).await.unwrap()), [1]);
        let current = store.published(&"100".into()).await.unwrap();
        assert_eq!(current, [(find(&store, 1).await, store.version(id(1), 3).await.unwrap().unwrap())]);
    });
}

#[test]
fn of_two_publishes_at_once_one_is_refused() {
    on_each_database(|store| async move {
        connect(&store, page("100"), None).await;
        store.insert_chatflow(new_chatflow("100", 1), false).await.unwrap();
        let both = futures_util::future::join_all((0..4).map(|_| store.publish(publication(1, 1)))).await;
        assert_eq!(both.iter().filter(|published| published.is_ok()).count(), 1, "{both:?}");
        assert_eq!(store.versions(id(1), None, 9).await.unwrap().len(), 2);
    });
}

#[test]
fn a_name_is_unique_on_its_page_among_those_that_are() {
    on_each_database(|store| async move {
        connect(&store, page("100"), None).await;
        connect(&store, page("200"), None).await;
        store.insert_chatflow(new_chatflow("100", 1), false).await.unwrap();
        let mut same = new_chatflow("100", 2);
        same.chatflow.name = "flow 1".into();
        let taken = store.insert_chatflow(same.clone(), false).await;
        assert!(matches!(taken, Err(StoreError::Conflict { what: "chatflow name" })), "{taken:?}");
        let mut elsewhere = new_chatflow("200", 3);
        elsewhere.chatflow.name = "flow 1".into();
        store.insert_chatflow(elsewhere, false).await.unwrap();
        store.delete_chatflow(id(1), 1, at(1)).await.unwrap();
        store.insert_chatflow(same, false).await.unwrap();
        store.insert_chatflow(new_chatflow("100", 4), false).await.unwrap();
        let renamed = store.update_chatflow(&Chatflow { name: "flow 1".into(), ..find(&store, 4).await }).await;
        assert!(matches!(renamed, Err(StoreError::Conflict { what: "chatflow name" })), "{renamed:?}");
    });
}

#[test]
fn a_primary_chatflow_stays_active_and_is_not_deleted() {
    on_each_database(|store| async move {
        connect(&store, page("100"), Some(new_chatflow("100", 1))).await;
        let read = find(&store, 1).await;
        let off = store.update_chatflow(&Chatflow { active: false, ..read.clone() }).await;
        assert!(matches!(off, Err(StoreError::InUse { what: "primary chatflow" })), "{off:?}");
        let gone = store.delete_chatflow(id(1), read.revision, at(1)).await;
        assert!(matches!(gone, Err(StoreError::InUse { what: "primary chatflow" })), "{gone:?}");
        assert_eq!(find(&store, 1).await, read);
    });
}

#[test]
fn a_deleted_chatflow_is_left_only_to_the_sessions_that_run_on_it() {
    on_each_database(|store| async move {
        connect(&store, page("100"), None).await;
        let new = new_chatflow("100", 1);
        store.insert_chatflow(new.clone(), false).await.unwrap();
        let stale = store.delete_chatflow(id(1), 7, at(1)).await;
        assert!(matches!(stale, Err(StoreError::Conflict { what: "chatflow" })), "{stale:?}");
        store.delete_chatflow(id(1), 1, at(1)).await.unwrap();
        assert_eq!(store.chatflow(id(1)).await.unwrap(), None);
        assert_eq!(store.chatflows(None, None, 9).await.unwrap(), []);
        assert_eq!(store.published(&"100".into()).await.unwrap(), []);
        assert_eq!(store.version(id(1), 1).await.unwrap(), new.version);
        assert!(store.link_by_ref(&"100".into(), &new.link.r#ref).await.unwrap().unwrap().revoked);
        for gone in [store.delete_chatflow(id(1), 2, at(1)).await, store.publish(publication(1, 2)).await.map(|_| ())] {
            assert!(matches!(gone, Err(StoreError::Missing { what: "chatflow" })), "{gone:?}");
        }
    });
}

#[test]
fn a_switch_of_the_primary_and_a_deactivation_at_once_never_leave_an_inactive_primary() {
    on_each_database(|store| async move {
        connect(&store, page("100"), Some(new_chatflow("100", 1))).await;
        store.insert_chatflow(new_chatflow("100", 2), false).await.unwrap();
        let (mut page, chatflow) = (store.page(&"100".into()).await.unwrap().unwrap(), find(&store, 2).await);
        page.primary = Some(id(2));
        let off = Chatflow { active: false, ..chatflow };
        let (switched, deactivated) = futures_util::future::join(store.update_page(&page), store.update_chatflow(&off)).await;
        assert!(switched.is_ok() != deactivated.is_ok(), "{switched:?} {deactivated:?}");
    });
}

#[test]
fn chatflows_are_listed_in_parts_and_by_page() {
    on_each_database(|store| async move {
        for id in ["100", "200"] {
            connect(&store, page(id), None).await;
        }
        for (page, n) in [("100", 1), ("200", 2), ("100", 3), ("100", 4)] {
            store.insert_chatflow(new_chatflow(page, n), false).await.unwrap();
        }
        let names = |chatflows: Vec<Chatflow>| chatflows.into_iter().map(|chatflow| chatflow.name).collect::<Vec<_>>();
        assert_eq!(names(store.chatflows(None, None, 3).await.unwrap()), ["flow 1", "flow 2", "flow 3"]);
        assert_eq!(names(store.chatflows(None, Some(id(3)), 3).await.unwrap()), ["flow 4"]);
        assert_eq!(names(store.chatflows(Some(&"100".into()), Some(id(1)), 9).await.unwrap()), ["flow 3", "flow 4"]);
        let nowhere = store.insert_chatflow(new_chatflow("404", 5), false).await;
        assert!(matches!(nowhere, Err(StoreError::Missing { what: "page" })), "{nowhere:?}");
    });
}

#[test]
fn a_rollout_leaves_the_published_version_until_it_is_finished() {
    on_each_database(|store| async move {
        connect(&store, page("100"), Some(new_chatflow("100", 1))).await;
        let begin = |revision, percent| Publication { policy: SessionPolicy::Migrate, percent: Some(percent), ..publication(1, revision) };
        assert_eq!(store.publish(begin(find(&store, 1).await.revision, 10)).await.unwrap(), 2);
        let part = find(&store, 1).await;
        assert_eq!((part.published, part.rollout), (Some(1), Some(Rollout { version: 2, percent: 10 })));
        let change = |revision, change| store.change_rollout(id(1), revision, change, at(70));
        assert_eq!(change(part.revision, RolloutChange::Percent(25)).await.unwrap(), part.revision + 1);
        let stale = change(part.revision, RolloutChange::Finish).await;
        assert!(matches!(stale, Err(StoreError::Conflict { what: "chatflow" })), "{stale:?}");
        let raised = find(&store, 1).await;
        assert_eq!(raised.rollout, Some(Rollout { version: 2, percent: 25 }));
        change(raised.revision, RolloutChange::Abort(SessionPolicy::Restart)).await.unwrap();
        let aborted = find(&store, 1).await;
        assert_eq!((aborted.published, aborted.rollout), (Some(1), None));
        let none = change(aborted.revision, RolloutChange::Finish).await;
        assert!(matches!(none, Err(StoreError::Missing { what: "rollout" })), "{none:?}");
        // An aborted version keeps its number.
        assert_eq!(store.publish(begin(aborted.revision, 50)).await.unwrap(), 3);
        change(aborted.revision + 1, RolloutChange::Finish).await.unwrap();
        let finished = find(&store, 1).await;
        assert_eq!((finished.published, finished.rollout), (Some(3), None));
        assert_eq!(store.version(id(1), 3).await.unwrap().unwrap().policy, SessionPolicy::Migrate);
        let mut policies = store.version_policies(&"100".into()).await.unwrap();
        policies.sort_by_key(|policy| policy.number);
        let asks = |number, withdrawn| VersionPolicy { chatflow: id(1), number, policy: SessionPolicy::Migrate, withdrawn };
        assert_eq!(policies, [asks(2, Some(SessionPolicy::Restart)), asks(3, None)]);
    });
}
