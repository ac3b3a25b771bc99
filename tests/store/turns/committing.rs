use std::collections::BTreeMap;
use std::sync::Arc;

use causerie::domain::access::{Role, User};
use causerie::domain::conversation::{ConversationStatus, Owner};
use causerie::domain::emitted::Emitted;
use causerie::domain::ids::{PageId, Psid, UserId};
use causerie::domain::message::Author;
use causerie::domain::ticket::{Pipeline, Priority, Source, Status, Ticket, TicketChange};
use causerie::store::access::AccessStore;
use causerie::store::emitted::{EmittedFilter, EmittedStore};
use causerie::store::people::PeopleStore;
use causerie::store::pipelines::PipelineStore;
use causerie::store::sql::SqlStore;
use causerie::store::tickets::{TicketFilter, TicketStore};
use causerie::store::turns::{Assign, Commit, Committed, Ending, Loaded, NewTicket, SessionChange, Take, TicketUpdate, TurnStore};
use futures_util::future::join_all;
use uuid::Uuid;

use super::fixture::{Thread, accepted, at, done, event, fresh, number, page, stored, words};
use crate::support::store::{on_each_database, on_each_url, open};

const NOTHING_CLAIMED: Committed = Committed::Done { claimed: None };

async fn load(store: &SqlStore, psid: &str) -> Option<Loaded> {
    store.load(&page(), &Psid::new(psid)).await.unwrap()
}

#[test]
fn what_a_turn_commits_is_what_is_loaded() {
    on_each_database(|store| async move {
        assert_eq!(load(&store, "ana").await, None);
        let mut ana = Thread::new("ana");
        let agent: UserId = Uuid::from_u128(1).into();
        ana.contact.labels.insert("vip".into());
        ana.contact.attributes.insert("size".into(), serde_json::json!(4.5));
        ana.contact.profile.first_name = Some("Ana".into());
        ana.conversation.owner = Owner::Agent { user: agent };
        ana.conversation.last_agent = Some(agent);
        ana.conversation.status = ConversationStatus::Closed;
        ana.conversation.chatflow = Some(ana.ids.next());
        ana.conversation.link = Some(ana.ids.next());
        ana.conversation.preview = "salut ☺".into();
        let session = ana.session();
        let mut commit = ana.turn();
        commit.session = SessionChange::Put(Box::new(session.clone()));
        assert_eq!(store.commit(commit).await.unwrap(), NOTHING_CLAIMED);

        let loaded = load(&store, "ana").await.unwrap();
        let wanted = Loaded { conversation: ana.conversation.clone(), contact: ana.contact.clone(), session: Some(session.clone()) };
        assert_eq!(loaded, wanted);
        assert_eq!(store.address(ana.conversation.id).await.unwrap(), Some((page(), Psid::new("ana"))));
        assert_eq!(store.load(&PageId::new("2002"), &Psid::new("ana")).await.unwrap(), None);

        for owner in
            [Owner::Queue { team: Some(ana.ids.next()) }, Owner::Queue { team: None }, Owner::External { until: at(9) }, Owner::Bot]
        {
            ana.conversation.owner = owner;
            ana.conversation.link = None;
            ana.contact.locale = Some("en".into());
            let mut commit = ana.turn();
            commit.contact = Some(ana.contact.clone());
            assert_eq!(store.commit(commit).await.unwrap(), NOTHING_CLAIMED);
            let loaded = load(&store, "ana").await.unwrap();
            assert_eq!(
                (loaded.conversation, loaded.contact, loaded.session),
                (ana.conversation.clone(), ana.contact.clone(), Some(session.clone()))
            );
        }
        let mut commit = ana.turn();
        commit.session = SessionChange::Clear;
        store.commit(commit).await.unwrap();
        assert_eq!(load(&store, "ana").await.unwrap().session, None);
    });
}

/// A commit that would leave a trace in every table.
fn full(thread: &mut Thread, take: Take) -> Commit {
    let mut commit = thread.turn();
    commit.take = take;
    commit.conversation.preview = "must not be".into();
    thread.contact.labels.insert("must not be".into());
    commit.contact = Some(thread.contact.clone());
    commit.session = SessionChange::Put(Box::new(thread.session()));
    thread.say(&mut commit, Author::Bot, "must not be");
    commit.set_timers = vec![causerie::store::turns::NewTimer { id: thread.ids.next(), due_at: at(5) }];
    commit
}

async fn is_untouched(store: &SqlStore, before: &Loaded) {
    assert_eq!(load(store, before.contact.psid.as_str()).await.as_ref(), Some(before));
    assert_eq!(number(store, "SELECT COUNT(*) AS number FROM messages").await, 0);
    let backlog = store.backlog().await.unwrap();
    assert_eq!((backlog.queued_messages, backlog.timers), (0, 0));
}

#[test]
fn a_turn_on_an_old_version_changes_nothing() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        store.commit(ana.turn()).await.unwrap();
        let slow = ana.clone();
        store.commit(ana.turn()).await.unwrap();
        let before = load(&store, "ana").await.unwrap();

        let later = fresh(event(2, "ana", "m2"));
        assert_eq!(store.commit(full(&mut slow.clone(), later)).await.unwrap(), Committed::Stale);
        let waiting = accepted(&store, event(1, "ana", "m1")).await;
        assert_eq!(store.commit(full(&mut slow.clone(), stored(&waiting, done()))).await.unwrap(), Committed::Stale);
        is_untouched(&store, &before).await;
        assert_eq!(store.pending_events(at(1), 9).await.unwrap().len(), 1, "the one still waits, the other was never accepted");

        let mut again = Thread::new("ana");
        assert_eq!(store.commit(full(&mut again, Take::Nothing)).await.unwrap(), Committed::Stale, "somebody else made the conversation");
        is_untouched(&store, &before).await;
    });
}

#[test]
fn an_event_is_taken_once() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        let waiting = accepted(&store, event(1, "ana", "m1")).await;
        let stored = stored(&waiting, Ending::Ignored { reason: "standby".into() });
        let mut commit = ana.turn();
        commit.take = stored.clone();
        assert_eq!(store.commit(commit).await.unwrap(), NOTHING_CLAIMED);
        let mut commit = ana.turn();
        commit.take = Take::Fresh { event: Arc::new(event(2, "ana", "m2")), ending: done() };
        assert_eq!(store.commit(commit).await.unwrap(), NOTHING_CLAIMED);
        let endings = words(&store, "SELECT ending || COALESCE(' ' || reason, '') AS word FROM events ORDER BY seq").await;
        assert_eq!(endings, ["ignored standby", "done"]);

        let before = load(&store, "ana").await.unwrap();
        for take in [stored, Take::Fresh { event: Arc::new(event(3, "ana", "m2")), ending: done() }] {
            assert_eq!(store.commit(full(&mut ana.clone(), take)).await.unwrap(), Committed::Taken);
            is_untouched(&store, &before).await;
        }
        assert!(store.pending_events(at(1), 9).await.unwrap().is_empty(), "a fresh event is accepted already ended");
    });
}

#[test]
fn of_two_turns_on_one_version_one_wins() {
    on_each_url(|url| async move {
        let (one, two) = (open(&url), open(&url));
        let mut ana = Thread::new("ana");
        let first = ana.turn();
        let both = join_all([one.commit(first.clone()), two.commit(first)]).await;
        assert_eq!(both.into_iter().filter(|end| matches!(end, Ok(Committed::Done { .. }))).count(), 1, "of two that make it");
        for _ in 0..20 {
            let turn = ana.turn();
            let both = join_all([one.commit(turn.clone()), two.commit(turn.clone()), one.commit(turn)]).await;
            let both: Vec<_> = both.into_iter().map(Result::unwrap).collect();
            assert_eq!(both.iter().filter(|end| **end == NOTHING_CLAIMED).count(), 1, "{both:?}");
            assert_eq!(both.iter().filter(|end| **end == Committed::Stale).count(), 2, "{both:?}");
        }
    });
}

#[test]
fn refused_turns_do_not_touch_their_neighbours() {
    on_each_database(|store| async move {
        let mut threads: Vec<Thread> = (0..60).map(|n| Thread::new(&format!("v{n}"))).collect();
        join_all(threads.iter_mut().map(|thread| store.commit(thread.turn()))).await;
        // Every third is stale, every fifth takes an event that was taken.
        let ended = accepted(&store, event(1, "v0", "m1")).await;
        store.end_event(ended.id, done()).await.unwrap();
        let commits = threads.iter_mut().enumerate().map(|(n, thread)| {
            let mut commit = thread.turn();
            thread.say(&mut commit, Author::Bot, "oui");
            if n % 5 == 0 {
                commit.take = stored(&ended, done());
            } else if n % 3 == 0 {
                commit.expected = Some(4_000);
            }
            store.commit(commit)
        });
        let ends: Vec<Committed> = join_all(commits.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect();
        for (n, end) in ends.iter().enumerate() {
            let wanted = if n % 5 == 0 {
                Committed::Taken
            } else if n % 3 == 0 {
                Committed::Stale
            } else {
                NOTHING_CLAIMED
            };
            assert_eq!(*end, wanted, "{n}");
        }
        let done = ends.iter().filter(|end| **end == NOTHING_CLAIMED).count();
        assert_eq!(number(&store, "SELECT COUNT(*) AS number FROM messages").await, done as i64);
        assert_eq!(store.backlog().await.unwrap().queued_messages, done as i64);
    });
}

async fn agent(store: &SqlStore) -> UserId {
    let id: UserId = Uuid::from_u128(1).into();
    let user = User {
        id,
        email: "ana@example.org".into(),
        name: "Ana".into(),
        role: Role::Agent,
        service_seat: true,
        active: true,
        revision: 1,
        created_at: at(0),
    };
    store.create_user(user, "hash".into()).await.unwrap();
    id
}

fn transfer(thread: &mut Thread, agent: UserId, capacity: Option<u32>) -> Commit {
    thread.conversation.owner = Owner::Agent { user: agent };
    let mut commit = thread.turn();
    commit.assign = Some(Assign { agent, capacity, at: at(3) });
    commit
}

#[test]
fn transfers_that_race_for_the_last_slot_never_both_win() {
    on_each_url(|url| async move {
        let (one, two) = (open(&url), open(&url));
        let agent = agent(&one).await;
        let mut threads: Vec<Thread> = (0..12).map(|n| Thread::new(&format!("v{n}"))).collect();
        for thread in &mut threads {
            one.commit(thread.turn()).await.unwrap();
        }
        let commits = threads.iter_mut().enumerate().map(|(n, thread)| {
            let store = if n % 2 == 0 { &one } else { &two };
            store.commit(transfer(thread, agent, Some(3)))
        });
        let ends: Vec<_> = join_all(commits.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(ends.iter().filter(|end| **end == NOTHING_CLAIMED).count(), 3, "{ends:?}");
        assert_eq!(ends.iter().filter(|end| **end == Committed::NoCapacity).count(), 9, "{ends:?}");
        assert_eq!(one.agent(agent).await.unwrap().unwrap().load, 3);
    });
}

#[test]
fn a_full_agent_is_refused_unless_a_person_decides_or_the_conversation_is_theirs() {
    on_each_database(|store| async move {
        let agent = agent(&store).await;
        let (mut ana, mut ben) = (Thread::new("ana"), Thread::new("ben"));
        assert_eq!(store.commit(transfer(&mut ana, agent, Some(1))).await.unwrap(), NOTHING_CLAIMED);
        assert_eq!(store.commit(transfer(&mut ana, agent, Some(1))).await.unwrap(), NOTHING_CLAIMED, "already theirs");
        assert_eq!(store.agent(agent).await.unwrap().unwrap().agent.last_assigned_at, Some(at(3)));

        let waiting = accepted(&store, event(1, "ben", "m1")).await;
        let mut refused = transfer(&mut ben.clone(), agent, Some(1));
        refused.take = stored(&waiting, done());
        refused.assign = Some(Assign { agent, capacity: Some(1), at: at(4) });
        assert_eq!(store.commit(refused).await.unwrap(), Committed::NoCapacity);
        assert_eq!(load(&store, "ben").await, None);
        assert_eq!(store.pending_events(at(1), 9).await.unwrap().len(), 1, "its event still waits");
        assert_eq!(store.agent(agent).await.unwrap().unwrap().agent.last_assigned_at, Some(at(3)), "and round robin knows nothing of it");

        assert_eq!(store.commit(transfer(&mut ben, agent, None)).await.unwrap(), NOTHING_CLAIMED);
    });
}

async fn pipeline(store: &SqlStore) -> Pipeline {
    let status = |key: &str, closed| Status { key: key.into(), name: key.into(), closed, next: Vec::new() };
    let pipeline = Pipeline {
        id: Uuid::from_u128(5).into(),
        key: "support".into(),
        name: "Support".into(),
        statuses: vec![status("new", false), status("done", true)],
        revision: 1,
        created_at: at(0),
    };
    store.insert_pipeline(&pipeline).await.unwrap();
    pipeline
}

fn new_ticket(thread: &mut Thread, pipeline: &Pipeline, unless_open: bool) -> NewTicket {
    let source = Source::Flow { chatflow: thread.ids.next(), version: 1, node: "handoff".into() };
    let ticket = Ticket {
        id: thread.ids.next(),
        number: 0,
        pipeline: pipeline.id,
        status: "new".into(),
        subject: "Où est mon colis".into(),
        description: String::new(),
        priority: Priority::Normal,
        page: Some(page()),
        contact: Some(thread.contact.id),
        conversation: Some(thread.conversation.id),
        assignee: None,
        team: None,
        fields: BTreeMap::new(),
        source: source.clone(),
        closed: false,
        revision: 1,
        created_at: at(0),
        updated_at: at(0),
    };
    let what = "opened".to_owned();
    let change =
        TicketChange { ticket: ticket.id, at: at(0), by: source, what, field: None, from: None, to: Some("new".into()), overridden: false };
    NewTicket { ticket, change, unless_open }
}

#[test]
fn tickets_of_turns_are_numbered_without_a_gap_and_one_stays_open_per_conversation() {
    on_each_url(|url| async move {
        let (one, two) = (open(&url), open(&url));
        let pipeline = pipeline(&one).await;
        let mut threads: Vec<Thread> = (0..20).map(|n| Thread::new(&format!("v{n}"))).collect();
        let commits = threads.iter_mut().enumerate().map(|(n, thread)| {
            let mut commit = thread.turn();
            commit.tickets = vec![new_ticket(thread, &pipeline, true), new_ticket(thread, &pipeline, true)];
            if n % 2 == 0 { one.commit(commit) } else { two.commit(commit) }
        });
        for end in join_all(commits.collect::<Vec<_>>()).await {
            assert_eq!(end.unwrap(), NOTHING_CLAIMED);
        }
        let mut commit = threads[0].turn();
        commit.tickets = vec![new_ticket(&mut threads[0], &pipeline, true), new_ticket(&mut threads[0], &pipeline, false)];
        one.commit(commit).await.unwrap();
        let found = one.tickets(&TicketFilter::default(), None, 100).await.unwrap();
        let mut numbers: Vec<i64> = found.iter().map(|ticket| ticket.number).collect();
        numbers.reverse();
        assert_eq!(numbers, (1..=21).collect::<Vec<i64>>());
        let mine = found.iter().filter(|ticket| ticket.conversation == Some(threads[0].conversation.id)).count();
        assert_eq!(mine, 2, "the second because it was asked for");
    });
}

#[test]
fn a_ticket_that_somebody_changed_meanwhile_makes_the_turn_stale() {
    on_each_database(|store| async move {
        let pipeline = pipeline(&store).await;
        let mut ana = Thread::new("ana");
        let mut commit = ana.turn();
        commit.tickets = vec![new_ticket(&mut ana, &pipeline, true)];
        store.commit(commit).await.unwrap();
        let read = store.tickets(&TicketFilter::default(), None, 1).await.unwrap().remove(0);
        store.update_ticket(&Ticket { subject: "by hand".into(), ..read.clone() }, &[], None).await.unwrap();

        let by_flow = |ticket: &Ticket| TicketUpdate {
            ticket: Ticket { status: "done".into(), closed: true, ..ticket.clone() },
            changes: Vec::new(),
        };
        let mut late = ana.turn();
        late.ticket_update = Some(by_flow(&read));
        assert_eq!(store.commit(late.clone()).await.unwrap(), Committed::Stale);
        let fresh = store.ticket(read.id).await.unwrap().unwrap();
        assert_eq!((fresh.subject.as_str(), fresh.status.as_str()), ("by hand", "new"));
        late.ticket_update = Some(by_flow(&fresh));
        assert_eq!(store.commit(late).await.unwrap(), NOTHING_CLAIMED);
        let after = store.ticket(read.id).await.unwrap().unwrap();
        assert_eq!((after.subject.as_str(), after.status.as_str(), after.revision), ("by hand", "done", 3));
    });
}

#[test]
fn what_a_turn_tells_the_world_is_read_in_order() {
    on_each_database(|store| async move {
        let mut threads = [Thread::new("ana"), Thread::new("ben")];
        let mut told = Vec::new();
        for (n, name) in ["asked", "answered", "asked"].into_iter().enumerate() {
            let thread = &mut threads[n % 2];
            let mut commit = thread.turn();
            let emitted = |thread: &mut Thread, data| Emitted {
                id: thread.ids.next(),
                at: at(3),
                name: name.into(),
                data,
                page: page(),
                contact: thread.contact.id,
                conversation: thread.conversation.id,
                session: thread.ids.next(),
                chatflow: thread.ids.next(),
                version: 7,
                node: "é".into(),
            };
            commit.emitted = vec![emitted(thread, serde_json::json!({ "n": n })), emitted(thread, serde_json::json!({}))];
            told.extend(commit.emitted.clone());
            store.commit(commit).await.unwrap();
        }
        told.reverse();
        let read = |filter: EmittedFilter, before, limit| {
            let store = store.clone();
            async move { store.emitted(&filter, before, limit).await.unwrap() }
        };
        let all = read(EmittedFilter::default(), None, 100).await;
        assert_eq!(all.iter().map(|(_, event)| event.clone()).collect::<Vec<_>>(), told);
        assert_eq!(read(EmittedFilter::default(), Some(all[1].0), 2).await, all[2..4]);
        let bens = EmittedFilter { conversation: Some(threads[1].conversation.id), ..EmittedFilter::default() };
        assert_eq!(read(bens, None, 100).await, all[2..4]);
        let asked = EmittedFilter { name: Some("asked".into()), page: Some(page()), ..EmittedFilter::default() };
        assert_eq!(read(asked, None, 100).await.len(), 4);
        let elsewhere = EmittedFilter { page: Some(PageId::new("9")), ..EmittedFilter::default() };
        assert_eq!(read(elsewhere, None, 100).await, []);
    });
}

#[test]
fn watermarks_only_go_forward() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        store.commit(ana.turn()).await.unwrap();
        for (delivered, read) in [(Some(at(5)), None), (Some(at(3)), Some(at(4))), (None, Some(at(2))), (Some(at(6)), None)] {
            let mut commit = ana.turn();
            commit.facts.delivered_until = delivered;
            commit.facts.read_until = read;
            assert_eq!(store.commit(commit).await.unwrap(), NOTHING_CLAIMED);
        }
        assert_eq!(number(&store, "SELECT delivered_until AS number FROM conversations").await, at(6).as_millisecond());
        assert_eq!(number(&store, "SELECT read_until AS number FROM conversations").await, at(4).as_millisecond());
    });
}
