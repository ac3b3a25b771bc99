use std::collections::BTreeMap;

use causerie::domain::event::{CalloutResult, Inbound};
use causerie::domain::ids::{CalloutId, Psid, TimerId};
use causerie::flow::effect::CalloutRequest;
use causerie::store::turns::{Backlog, NewCallout, NewTimer, StoredEvent, TurnStore};
use futures_util::future::join_all;

use super::fixture::{Thread, at, event, page};
use crate::support::store::{on_each_database, on_each_url, open};

fn request() -> CalloutRequest {
    CalloutRequest {
        method: "GET".into(),
        url: "https://shop.example/orders/é".into(),
        headers: BTreeMap::from([("accept".into(), "*/*".into())]),
        body: None,
        timeout_ms: 5_000,
        retries: 2,
        ..CalloutRequest::default()
    }
}

fn timers(thread: &mut Thread, due: &[i64]) -> Vec<NewTimer> {
    due.iter().map(|&due| NewTimer { id: thread.ids.next(), due_at: at(due) }).collect()
}

fn is_timer(event: &StoredEvent, timer: TimerId) -> bool {
    event.event.what == Inbound::TimerFired { timer } && event.event.dedupe == format!("timer:{timer}")
}

#[test]
fn a_due_timer_becomes_one_event_of_its_conversation() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        let mut commit = ana.turn();
        commit.set_timers = timers(&mut ana, &[5, 3, 60, 4]);
        let set = commit.set_timers.clone();
        store.commit(commit).await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), Some(at(3)));
        let mut commit = ana.turn();
        commit.cancel_timers = vec![set[3].id];
        store.commit(commit).await.unwrap();

        assert!(store.fire_timers(at(2), 10).await.unwrap().is_empty());
        let fired = store.fire_timers(at(5), 1).await.unwrap();
        assert!(fired.len() == 1 && is_timer(&fired[0], set[1].id), "the first due first");
        let event = &fired[0].event;
        assert_eq!((&event.page, &event.psid, event.at), (&page(), &Some(Psid::new("ana")), at(5)));
        let rest = store.fire_timers(at(5), 10).await.unwrap();
        assert!(rest.len() == 1 && is_timer(&rest[0], set[0].id));
        assert!(store.fire_timers(at(5), 10).await.unwrap().is_empty());
        let pending = store.pending_events(at(6), 10).await.unwrap();
        assert_eq!(pending, [fired, rest].concat(), "they wait like any other event");
        assert_eq!(store.backlog().await.unwrap().timers, 1);
    });
}

#[test]
fn of_two_sweeps_at_once_one_fires_a_timer() {
    on_each_url(|url| async move {
        let (one, two) = (open(&url), open(&url));
        let mut ana = Thread::new("ana");
        let mut commit = ana.turn();
        commit.set_timers = timers(&mut ana, &[1; 30]);
        one.commit(commit).await.unwrap();
        let sweeps = join_all((0..10).map(|n| if n % 2 == 0 { &one } else { &two }.fire_timers(at(1), 4))).await;
        let mut fired: Vec<StoredEvent> = sweeps.into_iter().flat_map(Result::unwrap).collect();
        fired.extend(one.fire_timers(at(1), 30).await.unwrap());
        assert_eq!(fired.len(), 30);
        assert_eq!(one.pending_events(at(2), 99).await.unwrap().len(), 30);
    });
}

#[test]
fn a_callout_is_claimed_retried_and_ends_as_one_event() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        let id: CalloutId = ana.ids.next();
        let mut commit = ana.turn();
        commit.callouts = vec![NewCallout { id, request: request() }];
        store.commit(commit).await.unwrap();
        let claim = |now: i64| store.claim_callouts(at(now), at(now + 10), 10);
        let claimed = claim(0).await.unwrap();
        assert_eq!(claimed.len(), 1);
        let callout = &claimed[0];
        assert_eq!((callout.id, &callout.page, &callout.psid, callout.attempts), (id, &page(), &Psid::new("ana"), 0));
        assert_eq!(callout.request, request());
        assert!(claim(9).await.unwrap().is_empty());
        assert_eq!(claim(10).await.unwrap()[0].attempts, 1, "its caller died");
        store.retry_callout(id, at(15)).await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), Some(at(15)));
        assert_eq!(claim(15).await.unwrap()[0].attempts, 2);

        let result = CalloutResult::Answered { status: 200, body: serde_json::json!({"state": "lost"}) };
        let ends = join_all((0..4).map(|_| store.finish_callout(id, result.clone(), at(16)))).await;
        let ends: Vec<StoredEvent> = ends.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(ends.len(), 1);
        assert_eq!(ends[0].event.what, Inbound::CalloutReturned { callout: id, result });
        assert_eq!(ends[0].event.dedupe, format!("callout:{id}"));
        assert_eq!(store.pending_events(at(17), 9).await.unwrap(), ends);
        assert!(claim(1_000).await.unwrap().is_empty());
    });
}

#[test]
fn the_backlog_counts_what_waits_and_the_next_due_is_the_nearest() {
    on_each_database(|store| async move {
        assert_eq!(store.next_due().await.unwrap(), None);
        assert_eq!(store.backlog().await.unwrap(), Backlog::default());
        let mut ana = Thread::new("ana");
        let said = ana.bot_says(&store, &["un", "deux"]).await;
        let mut commit = ana.turn();
        commit.set_timers = timers(&mut ana, &[30, -5]);
        commit.callouts = vec![NewCallout { id: ana.ids.next(), request: request() }];
        store.commit(commit).await.unwrap();
        store.accept(vec![event(1, "ana", "m1")]).await.unwrap();
        let wanted = Backlog { pending_events: 1, queued_messages: 2, timers: 2, callouts: 1, ..Backlog::default() };
        assert_eq!(store.backlog().await.unwrap(), wanted);
        store.claim_callouts(at(0), at(20), 1).await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), Some(at(-5)));
        store.fire_timers(at(0), 9).await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), Some(at(0)), "the first message");
        let first = store.claim_due(at(0), at(10), 9).await.unwrap();
        assert_eq!(first[0].message, said[0]);
        assert_eq!(store.next_due().await.unwrap(), Some(at(10)), "its claim's end");
    });
}
