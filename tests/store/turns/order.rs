//! A visitor's events are taken in the order in which they became durable, whoever takes them.

use causerie::domain::ids::{PageId, Psid};
use causerie::store::turns::{Commit, Committed, Take, TurnStore};

use super::fixture::{Thread, accepted, at, done, event, fresh, page, stored};
use crate::support::store::{on_each_database, on_each_url, open};

const NOTHING_CLAIMED: Committed = Committed::Done { claimed: None };

fn turn(thread: &Thread, take: Take) -> Commit {
    Commit { take, ..thread.clone().turn() }
}

#[test]
fn a_turn_that_an_earlier_event_waits_before_is_refused_and_changes_nothing() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        store.commit(ana.turn()).await.unwrap();
        let first = accepted(&store, event(1, "ana", "m1")).await;
        let second = accepted(&store, event(2, "ana", "m2")).await;
        assert_eq!(store.commit(turn(&ana, fresh(event(3, "ana", "m3")))).await.unwrap(), Committed::Behind);
        assert_eq!(store.commit(turn(&ana, stored(&second, done()))).await.unwrap(), Committed::Behind);
        let version = store.load(&page(), &Psid::new("ana")).await.unwrap().unwrap().conversation.version;
        assert_eq!(version, ana.conversation.version);
        assert_eq!(store.pending_events(at(1), 9).await.unwrap(), [first.clone(), second.clone()], "the third was never accepted");

        for event in [first, second] {
            assert_eq!(store.commit(turn(&ana, stored(&event, done()))).await.unwrap(), NOTHING_CLAIMED);
            ana.turn();
        }
        assert_eq!(store.commit(turn(&ana, fresh(event(3, "ana", "m3")))).await.unwrap(), NOTHING_CLAIMED);
    });
}

#[test]
fn a_conversation_is_not_begun_by_a_later_event() {
    on_each_database(|store| async move {
        let ana = Thread::new("ana");
        let first = accepted(&store, event(1, "ana", "m1")).await;
        assert_eq!(store.commit(turn(&ana, fresh(event(2, "ana", "m2")))).await.unwrap(), Committed::Behind);
        assert_eq!(store.load(&page(), &Psid::new("ana")).await.unwrap(), None);
        assert_eq!(store.commit(turn(&ana, stored(&first, done()))).await.unwrap(), NOTHING_CLAIMED);
    });
}

#[test]
fn what_waits_for_others_or_has_ended_or_comes_later_is_in_nobodys_way() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        store.commit(ana.turn()).await.unwrap();
        let mut elsewhere = event(1, "ana", "m1");
        elsewhere.event.page = PageId::new("2002");
        accepted(&store, elsewhere).await;
        accepted(&store, event(2, "ben", "m2")).await;
        let parked = accepted(&store, event(3, "ana", "m3")).await;
        store.end_event(parked.id, done()).await.unwrap();
        let waiting = accepted(&store, event(4, "ana", "m4")).await;
        accepted(&store, event(5, "ana", "m5")).await;
        assert_eq!(store.commit(turn(&ana, Take::Nothing)).await.unwrap(), NOTHING_CLAIMED, "a person's order");
        ana.turn();
        assert_eq!(store.commit(turn(&ana, stored(&waiting, done()))).await.unwrap(), NOTHING_CLAIMED);
    });
}

#[test]
fn what_one_node_accepted_comes_before_what_another_gets_later() {
    on_each_url(|url| async move {
        let (one, two) = (open(&url), open(&url));
        let mut ana = Thread::new("ana");
        one.commit(ana.turn()).await.unwrap();
        let first = accepted(&one, event(1, "ana", "m1")).await;
        // The other node's cache is as good as the row: the version has not moved.
        assert_eq!(two.commit(turn(&ana, fresh(event(2, "ana", "m2")))).await.unwrap(), Committed::Behind);
        assert_eq!(two.pending_of(&page(), &Psid::new("ana"), i64::MAX, 9).await.unwrap(), [first]);
    });
}

#[test]
fn a_visitors_pending_events_are_found_in_order_up_to_a_place_and_a_number() {
    on_each_database(|store| async move {
        let mut all = Vec::new();
        for n in 0..5 {
            all.push(accepted(&store, event(n, "ana", &format!("m{n}"))).await);
            accepted(&store, event(n + 10, "ben", &format!("b{n}"))).await;
        }
        store.end_event(all.remove(1).id, done()).await.unwrap();
        let (page, ana) = (page(), Psid::new("ana"));
        let of = async |before, limit| store.pending_of(&page, &ana, before, limit).await.unwrap();
        assert_eq!(of(i64::MAX, 9).await, all);
        assert_eq!(of(i64::MAX, 2).await, all[..2]);
        assert_eq!(of(all[2].seq, 9).await, all[..2], "the one itself is not before itself");
    });
}
