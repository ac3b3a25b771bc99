use causerie::domain::ids::{MessageId, UserId};
use causerie::domain::message::{Author, OutboxItem};
use causerie::store::sql::SqlStore;
use causerie::store::turns::{Commit, Committed, SendOutcome, TurnStore};
use futures_util::future::join_all;
use uuid::Uuid;

use super::fixture::{Thread, at, page, statuses};
use crate::support::store::{on_each_database, on_each_url, open};

fn sent(mid: &str) -> SendOutcome {
    SendOutcome::Sent { mid: Some(mid.into()) }
}

fn reason() -> String {
    "because".to_owned()
}

/// Everything that is due at `now`, claimed for ten seconds.
async fn due(store: &SqlStore, now: i64) -> Vec<OutboxItem> {
    store.claim_due(at(now), at(now + 10), 100).await.unwrap()
}

async fn record(store: &SqlStore, item: &OutboxItem, outcome: SendOutcome, now: i64) -> Option<OutboxItem> {
    store.record_send(item, outcome, at(now), at(now + 10)).await.unwrap()
}

fn ids(items: &[OutboxItem]) -> Vec<MessageId> {
    items.iter().map(|item| item.message).collect()
}

fn claimed(committed: Committed) -> Option<OutboxItem> {
    let Committed::Done { claimed } = committed else { panic!("{committed:?}") };
    claimed
}

async fn in_outbox(store: &SqlStore) -> (i64, i64) {
    let backlog = store.backlog().await.unwrap();
    (backlog.queued_messages, backlog.held_messages)
}

#[test]
fn messages_leave_one_by_one_in_their_order() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        let mut commit = ana.turn();
        let said: Vec<MessageId> = ["un", "deux", "trois"].into_iter().map(|text| ana.say(&mut commit, Author::Bot, text)).collect();
        commit.claim_until = Some(at(10));
        let wanted = commit.outbox.clone();
        let first = claimed(store.commit(commit).await.unwrap()).unwrap();
        assert_eq!(first, OutboxItem { claimed_until: Some(at(10)), ..wanted[0].clone() });
        assert!(due(&store, 1).await.is_empty(), "the first is claimed, and nothing overtakes it");

        let second = record(&store, &first, sent("mid1"), 2).await.unwrap();
        assert_eq!(second, OutboxItem { claimed_until: Some(at(12)), ..wanted[1].clone() });
        assert!(due(&store, 3).await.is_empty());
        let third = record(&store, &second, SendOutcome::Failed { reason: reason() }, 3).await.unwrap();
        assert_eq!(third.message, said[2]);
        assert_eq!(record(&store, &third, SendOutcome::Sent { mid: None }, 4).await, None);
        assert_eq!(statuses(&store).await, ["sent", "failed because", "sent"]);
        assert_eq!(in_outbox(&store).await, (0, 0));
    });
}

#[test]
fn a_turn_claims_nothing_while_older_messages_wait() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        let first = ana.bot_says(&store, &["un"]).await;
        let mut commit = ana.turn();
        ana.say(&mut commit, Author::Bot, "deux");
        commit.claim_until = Some(at(10));
        assert_eq!(claimed(store.commit(commit).await.unwrap()), None);
        assert_eq!(ids(&due(&store, 0).await), first);
    });
}

#[test]
fn a_claim_holds_until_it_runs_out_and_then_leaves_a_doubt() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        ana.bot_says(&store, &["un", "deux"]).await;
        let first = due(&store, 0).await.remove(0);
        assert_eq!((first.attempts, first.doubtful), (0, false));
        assert!(due(&store, 9).await.is_empty());
        assert_eq!(record(&store, &first, SendOutcome::Unknown, 9).await, None);
        let again = due(&store, 10).await;
        assert_eq!(ids(&again), [first.message], "the same, and not the one behind it");
        assert_eq!((again[0].attempts, again[0].doubtful, again[0].claimed_until), (1, true, Some(at(20))));
        let again = due(&store, 20).await.remove(0);
        assert_eq!((again.attempts, again.doubtful), (2, true));
    });
}

#[test]
fn a_retry_waits_for_its_time_and_keeps_its_place() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        ana.bot_says(&store, &["un", "deux"]).await;
        let first = due(&store, 0).await.remove(0);
        assert_eq!(record(&store, &first, SendOutcome::Retry { at: at(30), reason: reason() }, 1).await, None);
        assert!(due(&store, 29).await.is_empty());
        assert_eq!(store.next_due().await.unwrap(), Some(at(30)));
        assert_eq!(statuses(&store).await, ["queued because", "queued"]);
        let again = due(&store, 30).await.remove(0);
        assert_eq!((again.message, again.attempts, again.doubtful), (first.message, 1, false), "nothing reached Meta: no doubt");
    });
}

#[test]
fn what_is_put_off_waits_for_its_time_as_if_it_had_not_been_claimed() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        ana.bot_says(&store, &["un", "deux"]).await;
        let later = |time, reason| SendOutcome::Later { at: at(time), reason };
        let first = due(&store, 0).await.remove(0);
        assert_eq!((first.attempts, first.pause_ms), (0, 250));
        assert_eq!(record(&store, &first, later(3_600, None), 1).await, None);
        assert!(due(&store, 3_599).await.is_empty(), "nothing overtakes it");
        assert_eq!(store.next_due().await.unwrap(), Some(at(3_600)));
        assert_eq!(statuses(&store).await, ["queued", "queued"]);
        let again = due(&store, 3_600).await.remove(0);
        let as_before = (again.message, again.attempts, again.doubtful, again.pause_ms);
        assert_eq!(as_before, (first.message, 0, false, 0), "no attempt, no doubt, and it has paused enough");

        // A doubt from before stays, and people may be told why it waits.
        let doubtful = due(&store, 3_610).await.remove(0);
        assert_eq!(record(&store, &again, later(3_700, None), 3_611).await, None, "of a claim that was taken over");
        assert_eq!(record(&store, &doubtful, later(3_620, Some(reason())), 3_612).await, None);
        assert_eq!(statuses(&store).await, ["queued because", "queued"]);
        let again = due(&store, 3_620).await.remove(0);
        assert_eq!((again.attempts, again.doubtful), (1, true));
    });
}

#[test]
fn what_is_held_waits_for_its_page_and_so_does_all_behind_it() {
    on_each_database(|store| async move {
        let (mut ana, mut ben) = (Thread::new("ana"), Thread::new("ben"));
        ana.bot_says(&store, &["un", "deux"]).await;
        ben.bot_says(&store, &["ein"]).await;
        for item in due(&store, 0).await {
            record(&store, &item, SendOutcome::Held { reason: reason() }, 1).await;
        }
        assert_eq!(in_outbox(&store).await, (1, 2));
        assert!(due(&store, 100_000).await.is_empty());
        assert_eq!(store.next_due().await.unwrap(), None);
        ana.bot_says(&store, &["trois"]).await;
        assert!(due(&store, 100_000).await.is_empty(), "a later turn does not overtake what is held");

        assert!(!store.release_one_held(&"2002".into(), at(100_000)).await.unwrap());
        assert!(store.release_one_held(&page(), at(100_000)).await.unwrap());
        let probe = due(&store, 100_000).await;
        assert_eq!(probe.len(), 1);
        record(&store, &probe[0], SendOutcome::Held { reason: reason() }, 100_000).await;

        assert_eq!(store.release_held(&"2002".into(), at(100_000)).await.unwrap(), 0);
        assert_eq!(store.release_held(&page(), at(100_000)).await.unwrap(), 2);
        assert!(statuses(&store).await.iter().all(|status| status == "queued"));
        let released = due(&store, 100_000).await;
        assert_eq!(released.len(), 2);
        assert!(released.iter().all(|item| !item.doubtful));
        assert_eq!(store.release_held(&page(), at(100_000)).await.unwrap(), 0);
    });
}

#[test]
fn more_held_messages_than_one_transaction_takes_are_all_released() {
    on_each_database(|store| async move {
        let mut threads: Vec<Thread> = (0..1_203).map(|n| Thread::new(&format!("v{n}"))).collect();
        join_all(threads.iter_mut().map(|thread| thread.bot_says(&store, &["un"]))).await;
        let items = store.claim_due(at(0), at(10), 5_000).await.unwrap();
        assert_eq!(items.len(), 1_203);
        join_all(items.iter().map(|item| store.record_send(item, SendOutcome::Held { reason: reason() }, at(1), at(10)))).await;
        assert_eq!(store.release_held(&page(), at(2)).await.unwrap(), 1_203);
    });
}

#[test]
fn that_it_was_sent_holds_whoever_says_it_and_other_late_words_do_not() {
    on_each_database(|store| async move {
        for late in [
            SendOutcome::Retry { at: at(15), reason: reason() },
            SendOutcome::Later { at: at(15), reason: Some(reason()) },
            SendOutcome::Held { reason: reason() },
            SendOutcome::Failed { reason: reason() },
            SendOutcome::Unknown,
        ] {
            let mut ana = Thread::new(&format!("{late:?}"));
            ana.bot_says(&store, &["un", "deux"]).await;
            let first = due(&store, 0).await.remove(0);
            let taken_over = due(&store, 10).await.remove(0);
            assert_eq!(record(&store, &first, late, 11).await, None);
            assert!(due(&store, 19).await.is_empty(), "the second claim holds");
            let next = record(&store, &first, sent("mid1"), 19).await.unwrap();
            assert_eq!(next.seq, 2);
            assert_eq!(
                record(&store, &taken_over, SendOutcome::Failed { reason: reason() }, 19).await,
                None,
                "the next is claimed already"
            );
            assert_eq!(record(&store, &next, sent("mid2"), 20).await, None);
        }
        assert!(statuses(&store).await.iter().all(|status| status == "sent"));
    });
}

fn echo(thread: &mut Thread, message: MessageId) -> Commit {
    let mut commit = thread.turn();
    commit.facts.echoed = Some((message, "mid1".into()));
    commit
}

#[test]
fn an_echo_ends_its_message_whatever_was_believed() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        ana.bot_says(&store, &["un", "deux"]).await;
        let first = due(&store, 0).await.remove(0);
        store.commit(echo(&mut ana, first.message)).await.unwrap();
        assert_eq!(statuses(&store).await, ["sent", "queued"]);
        let next = record(&store, &first, sent("mid1"), 1).await.expect("its sender goes on with the next");
        assert_eq!(next.seq, 2);
        record(&store, &next, SendOutcome::Failed { reason: reason() }, 2).await;
        store.commit(echo(&mut ana, next.message)).await.unwrap();
        assert_eq!(statuses(&store).await, ["sent", "sent"], "Meta knows better than we did");

        let third = ana.bot_says(&store, &["trois", "quatre"]).await;
        due(&store, 3).await;
        store.commit(echo(&mut ana, third[0])).await.unwrap();
        assert_eq!(ids(&due(&store, 4).await), [third[1]], "found by the sweep where its sender died");
    });
}

#[test]
fn an_echo_says_nothing_about_other_conversations() {
    on_each_database(|store| async move {
        let (mut ana, mut ben) = (Thread::new("ana"), Thread::new("ben"));
        let said = ana.bot_says(&store, &["un"]).await;
        store.commit(ben.turn()).await.unwrap();
        assert_eq!(store.commit(echo(&mut ben, said[0])).await.unwrap(), Committed::Done { claimed: None });
        assert_eq!(statuses(&store).await, ["queued"]);
        assert_eq!(ids(&due(&store, 0).await), said);
    });
}

#[test]
fn a_takeover_cancels_what_the_bot_queued_and_nobody_claimed() {
    on_each_database(|store| async move {
        let agent = Author::Agent { user: UserId::from_uuid(Uuid::from_u128(1)) };
        let mut ana = Thread::new("ana");
        ana.bot_says(&store, &["un", "deux"]).await;
        let flying = due(&store, 0).await.remove(0);
        let mut commit = ana.turn();
        ana.say(&mut commit, agent, "bonjour");
        store.commit(commit).await.unwrap();
        let mut commit = ana.turn();
        commit.cancel_queued = true;
        let own = ana.say(&mut commit, agent, "je prends");
        commit.claim_until = Some(at(10));
        assert_eq!(claimed(store.commit(commit).await.unwrap()), None, "one is on its way, and another agent's waits");
        assert_eq!(statuses(&store).await, ["queued", "cancelled", "queued", "queued"]);
        let next = record(&store, &flying, sent("mid1"), 1).await.unwrap();
        assert_eq!(next.author, agent);
        assert_eq!(record(&store, &next, sent("mid2"), 2).await.unwrap().message, own);

        // Held and put back ones go too; then what a person says is the first.
        let mut ben = Thread::new("ben");
        ben.bot_says(&store, &["ein", "zwei"]).await;
        let first = due(&store, 3).await.remove(0);
        record(&store, &first, SendOutcome::Held { reason: reason() }, 3).await;
        let mut commit = ben.turn();
        let waiting = ben.say(&mut commit, agent, "hallo");
        store.commit(commit).await.unwrap();
        let mut commit = ben.turn();
        commit.cancel_queued = true;
        store.commit(commit).await.unwrap();
        assert_eq!(ids(&due(&store, 4).await), [waiting]);
    });
}

#[test]
fn a_message_that_is_due_later_holds_up_those_behind_it() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        let mut commit = ana.turn();
        for text in ["un", "deux", "trois"] {
            ana.say(&mut commit, Author::Bot, text);
        }
        commit.outbox[1].due_at = at(50);
        store.commit(commit).await.unwrap();
        let first = due(&store, 0).await.remove(0);
        assert_eq!(record(&store, &first, sent("mid1"), 1).await, None);
        assert_eq!(store.next_due().await.unwrap(), Some(at(50)));
        assert!(due(&store, 49).await.is_empty());
        assert_eq!(due(&store, 50).await[0].seq, 2);
    });
}

#[test]
fn a_claim_takes_the_longest_waiting_first_and_no_more_than_asked() {
    on_each_database(|store| async move {
        for (n, psid) in ["a", "b", "c"].into_iter().enumerate() {
            let mut thread = Thread::new(psid);
            let mut commit = thread.turn();
            thread.say(&mut commit, Author::Bot, psid);
            commit.outbox[0].due_at = at(3 - n as i64);
            store.commit(commit).await.unwrap();
        }
        let items = store.claim_due(at(9), at(20), 2).await.unwrap();
        assert_eq!(items.iter().map(|item| item.psid.as_str()).collect::<Vec<_>>(), ["c", "b"]);
        assert_eq!(due(&store, 9).await.len(), 1);
    });
}

#[test]
fn sweepers_at_once_never_claim_the_same_message() {
    on_each_url(|url| async move {
        let (one, two) = (open(&url), open(&url));
        let mut threads: Vec<Thread> = (0..100).map(|n| Thread::new(&format!("v{n}"))).collect();
        join_all(threads.iter_mut().map(|thread| thread.bot_says(&one, &["un", "deux"]))).await;
        let sweeps = join_all((0..20).map(|n| if n % 2 == 0 { &one } else { &two }.claim_due(at(0), at(10), 9))).await;
        let mut claimed: Vec<OutboxItem> = sweeps.into_iter().flat_map(Result::unwrap).collect();
        claimed.extend(due(&one, 0).await);
        assert!(claimed.iter().all(|item| item.seq == 1 && !item.doubtful));
        let mut ids = ids(&claimed);
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), claimed.len()), (100, 100));
    });
}

#[test]
fn a_message_queued_while_the_last_one_is_being_recorded_is_not_forgotten() {
    on_each_url(|url| async move {
        let (one, two) = (open(&url), open(&url));
        let mut ana = Thread::new("ana");
        for round in 0..60 {
            ana.bot_says(&one, &["un"]).await;
            let first = due(&one, round).await.remove(0);
            let mut commit = ana.turn();
            let queued = ana.say(&mut commit, Author::Bot, "deux");
            let (recorded, committed) =
                futures_util::future::join(one.record_send(&first, sent("mid1"), at(round), at(round + 10)), two.commit(commit)).await;
            committed.unwrap();
            let next = match recorded.unwrap() {
                Some(next) => next,
                None => due(&two, round).await.pop().expect("found by the sweep"),
            };
            assert_eq!(next.message, queued);
            assert_eq!(record(&one, &next, sent("mid2"), round).await, None);
        }
    });
}
