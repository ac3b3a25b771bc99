use causerie::domain::Timestamp;
use causerie::domain::contact::Contact;
use causerie::domain::conversation::{Conversation, ConversationStatus, Owner};
use causerie::domain::event::{Inbound, InboundEvent, MessageIn};
use causerie::domain::ids::PageId;
use causerie::domain::message::{Author, Message, MessageBody, MessageStatus};
use causerie::store::inbox::{ConversationFilter, InboxStore, ListPlace, OwnerKind, Reading};
use causerie::store::sql::SqlStore;
use causerie::store::turns::{Accepted, Commit, Committed, Ending, Facts, NewEvent, SessionChange, Take, TurnStore};
use uuid::Uuid;

use crate::support::store::on_each_database;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

pub(super) fn conversation(n: u128, owner: Owner, last: i64) -> Conversation {
    Conversation {
        id: Uuid::from_u128(n).into(),
        contact: Uuid::from_u128(100 + n).into(),
        page: PageId::from(if n.is_multiple_of(2) { "even" } else { "odd" }),
        psid: format!("psid-{n}").as_str().into(),
        version: 5,
        owner,
        status: ConversationStatus::Open,
        last_agent: None,
        window_opened_at: Some(at(last)),
        next_seq: 4,
        last_activity_at: at(last),
        preview: format!("hello {n}"),
        chatflow: None,
        link: None,
        created_at: at(0),
    }
}

fn message(conversation: &Conversation, n: i64) -> (i64, Message) {
    let id = Uuid::from_u128(conversation.id.uuid().as_u128() * 1_000 + n.unsigned_abs() as u128);
    let body = MessageBody::Note { text: format!("line {n}") };
    let (author, status) = (Author::System, MessageStatus::Internal);
    let message = Message { id: id.into(), conversation: conversation.id, at: at(n), author, body, status, mid: None, reason: None };
    (n, message)
}

pub(super) async fn insert(store: &SqlStore, conversation: Conversation) {
    let contact = Contact::new(conversation.contact, conversation.page.clone(), conversation.psid.clone(), at(0));
    let commit = Commit {
        take: Take::Nothing,
        messages: (1..=3).map(|n| message(&conversation, n)).collect(),
        conversation,
        expected: None,
        contact: Some(contact),
        session: SessionChange::Keep,
        outbox: Vec::new(),
        claim_until: None,
        cancel_queued: false,
        tickets: Vec::new(),
        ticket_update: None,
        emitted: Vec::new(),
        set_timers: Vec::new(),
        cancel_timers: Vec::new(),
        callouts: Vec::new(),
        assign: None,
        facts: Facts::default(),
        explanation: None,
    };
    assert!(matches!(store.commit(commit).await.unwrap(), Committed::Done { .. }));
}

/// Five conversations; 2 and 3 share the time of their last activity.
async fn five(store: &SqlStore) {
    let (ana, returns) = (Uuid::from_u128(7).into(), Uuid::from_u128(8).into());
    for (n, owner, last) in [
        (1, Owner::Bot, 10),
        (2, Owner::Queue { team: Some(returns) }, 20),
        (3, Owner::Queue { team: None }, 20),
        (4, Owner::Agent { user: ana }, 30),
        (5, Owner::External { until: at(99) }, 5),
    ] {
        insert(store, conversation(n, owner, last)).await;
    }
}

#[test]
fn conversations_are_listed_newest_first_without_gap_or_repeat() {
    on_each_database(|store| async move {
        five(&store).await;
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.conversations(&ConversationFilter::default(), after, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(ListPlace { last_activity_at: last.conversation.last_activity_at, id: last.conversation.id });
            seen.extend(page.into_iter().map(|listed| {
                assert_eq!(listed.contact.id, listed.conversation.contact);
                listed.conversation.id.uuid().as_u128()
            }));
        }
        assert_eq!(seen, [4, 3, 2, 1, 5]);
    });
}

#[test]
fn each_filter_narrows_the_list() {
    on_each_database(|store| async move {
        five(&store).await;
        let filter = ConversationFilter::default;
        for (filter, expected) in [
            (ConversationFilter { page: Some("odd".into()), ..filter() }, vec![3, 1, 5]),
            (ConversationFilter { owner: Some(OwnerKind::Queue), ..filter() }, vec![3, 2]),
            (ConversationFilter { owner: Some(OwnerKind::External), ..filter() }, vec![5]),
            (ConversationFilter { team: Some(Uuid::from_u128(8).into()), ..filter() }, vec![2]),
            (ConversationFilter { agent: Some(Uuid::from_u128(7).into()), ..filter() }, vec![4]),
            (ConversationFilter { status: Some(ConversationStatus::Closed), ..filter() }, vec![]),
            (ConversationFilter { status: Some(ConversationStatus::Open), owner: Some(OwnerKind::Bot), ..filter() }, vec![1]),
        ] {
            let found = store.conversations(&filter, None, 10).await.unwrap();
            let ids: Vec<u128> = found.iter().map(|listed| listed.conversation.id.uuid().as_u128()).collect();
            assert_eq!(ids, expected, "{filter:?}");
        }
    });
}

#[test]
fn a_conversation_is_found_by_its_id_as_its_actor_loads_it() {
    on_each_database(|store| async move {
        let stored = conversation(1, Owner::Bot, 10);
        insert(&store, stored.clone()).await;
        let by_id = store.conversation(stored.id).await.unwrap();
        assert_eq!(by_id, store.load(&stored.page, &stored.psid).await.unwrap());
        assert_eq!(by_id.unwrap().conversation, stored);
        assert_eq!(store.conversation(Uuid::from_u128(2).into()).await.unwrap(), None);
    });
}

#[test]
fn a_transcript_is_read_from_either_end() {
    on_each_database(|store| async move {
        insert(&store, conversation(1, Owner::Bot, 10)).await;
        insert(&store, conversation(2, Owner::Bot, 10)).await;
        for (reading, expected) in [
            (Reading::Backwards { before: None }, vec![3, 2]),
            (Reading::Backwards { before: Some(2) }, vec![1]),
            (Reading::Forwards { after: None }, vec![1, 2]),
            (Reading::Forwards { after: Some(2) }, vec![3]),
            (Reading::Forwards { after: Some(3) }, vec![]),
        ] {
            let found = store.transcript(Uuid::from_u128(1).into(), reading, 2).await.unwrap();
            assert!(found.iter().all(|(n, line)| line.body == MessageBody::Note { text: format!("line {n}") }));
            assert_eq!(found.iter().map(|(position, _)| *position).collect::<Vec<_>>(), expected, "{reading:?}");
        }
    });
}

#[test]
fn a_parked_event_is_shown_and_can_be_retried_once() {
    on_each_database(|store| async move {
        let what = Inbound::Message(MessageIn { mid: "m1".into(), ..MessageIn::default() });
        let event = InboundEvent { page: "odd".into(), psid: None, at: at(0), dedupe: "m1".into(), standby: false, what };
        let id = Uuid::from_u128(1).into();
        let accepted = store.accept(vec![NewEvent { id, received_at: at(0), event }]).await.unwrap();
        let [Accepted::New(stored)] = accepted.as_slice() else { panic!("{accepted:?}") };
        assert_eq!(store.parked_events(None, 10).await.unwrap(), []);
        assert_eq!(store.retry_parked(id).await.unwrap(), None);

        store.count_attempt(id).await.unwrap();
        store.end_event(id, Ending::Parked { error: "it broke".into() }).await.unwrap();
        let parked = store.parked_events(None, 10).await.unwrap();
        assert_eq!((parked[0].event.id, parked[0].error.as_str(), parked.len()), (id, "it broke", 1));
        assert_eq!(store.parked_events(Some(stored.seq), 10).await.unwrap(), []);

        assert_eq!(store.retry_parked(id).await.unwrap().as_ref(), Some(stored));
        assert_eq!(store.retry_parked(id).await.unwrap(), None);
        assert_eq!(store.pending_events(at(1), 10).await.unwrap(), std::slice::from_ref(stored));
    });
}
