use std::collections::BTreeMap;

use causerie::domain::Timestamp;
use causerie::domain::ids::{ConversationId, PipelineId, TicketId};
use causerie::domain::people::Team;
use causerie::domain::ticket::{Comment, Pipeline, Priority, Source, Status, Ticket, TicketChange};
use causerie::store::StoreError;
use causerie::store::people::PeopleStore;
use causerie::store::pipelines::PipelineStore;
use causerie::store::sql::SqlStore;
use causerie::store::tickets::{TicketFilter, TicketStore};
use serde_json::json;
use uuid::Uuid;

use super::people::seat;
use crate::support::store::on_each_database;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

fn status(key: &str, closed: bool, next: &[&str]) -> Status {
    Status { key: key.into(), name: key.to_uppercase(), closed, next: next.iter().map(|&key| key.into()).collect() }
}

fn pipeline() -> Pipeline {
    Pipeline {
        id: PipelineId::from_uuid(Uuid::from_u128(1)),
        key: "support".into(),
        name: "Support".into(),
        statuses: vec![status("new", false, &["done"]), status("done", true, &[])],
        revision: 1,
        created_at: at(0),
    }
}

fn ticket(n: u128) -> Ticket {
    Ticket {
        id: TicketId::from_uuid(Uuid::from_u128(n)),
        number: 0,
        pipeline: pipeline().id,
        status: "new".into(),
        subject: format!("Order {n}"),
        description: String::new(),
        priority: Priority::Normal,
        page: Some("107".into()),
        contact: Some(Uuid::from_u128(50 + n).into()),
        conversation: Some(Uuid::from_u128(n).into()),
        assignee: None,
        team: None,
        fields: BTreeMap::from([("order".into(), json!({ "id": n.to_string() }))]),
        source: Source::Flow { chatflow: Uuid::from_u128(8).into(), version: 3, node: "help".into() },
        closed: false,
        revision: 1,
        created_at: at(0),
        updated_at: at(0),
    }
}

fn person() -> Source {
    Source::User { user: Uuid::from_u128(9).into() }
}

async fn open(store: &SqlStore, ticket: &Ticket, unless_open: bool) -> Option<i64> {
    store.insert_ticket(ticket, &TicketChange::opened(ticket), unless_open).await.unwrap()
}

async fn numbers(store: &SqlStore, filter: TicketFilter) -> Vec<i64> {
    store.tickets(&filter, None, 50).await.unwrap().into_iter().map(|ticket| ticket.number).collect()
}

#[test]
fn a_ticket_gets_the_next_number_and_reads_back_whole() {
    on_each_database(|store| async move {
        store.insert_pipeline(&pipeline()).await.unwrap();
        assert_eq!(store.pipelines().await.unwrap(), [pipeline()]);
        for n in 1..=3 {
            assert_eq!(open(&store, &ticket(n), true).await, Some(i64::try_from(n).unwrap()));
        }
        assert_eq!(store.ticket(ticket(2).id).await.unwrap(), Some(Ticket { number: 2, ..ticket(2) }));
        assert_eq!(store.ticket(ticket(4).id).await.unwrap(), None);
        assert_eq!(store.history(ticket(2).id, 0, 9).await.unwrap(), [(1, TicketChange::opened(&ticket(2)))]);
        let nowhere = Ticket { pipeline: Uuid::from_u128(77).into(), ..ticket(5) };
        let refused = store.insert_ticket(&nowhere, &TicketChange::opened(&nowhere), false).await;
        assert!(matches!(refused, Err(StoreError::Missing { what: "ticket" })), "{refused:?}");
        assert_eq!(open(&store, &ticket(6), true).await, Some(4), "a refused one takes no number");
    });
}

#[test]
fn a_conversation_has_one_open_ticket_unless_asked_otherwise() {
    on_each_database(|store| async move {
        store.insert_pipeline(&pipeline()).await.unwrap();
        let second = Ticket { conversation: ticket(1).conversation, ..ticket(2) };
        let third = Ticket { conversation: ticket(1).conversation, ..ticket(3) };
        assert_eq!(open(&store, &ticket(1), true).await, Some(1));
        assert_eq!(open(&store, &second, true).await, None);
        assert_eq!(store.ticket(second.id).await.unwrap(), None);
        assert_eq!(open(&store, &second, false).await, Some(2));
        for number in [1, 2] {
            let open = store.ticket(TicketId::from_uuid(Uuid::from_u128(number))).await.unwrap().unwrap();
            store.update_ticket(&Ticket { closed: true, status: "done".into(), ..open }, &[], None).await.unwrap();
        }
        assert_eq!(open(&store, &third, true).await, Some(3), "the others are closed");
        let nobodys = |n| Ticket { conversation: None, ..ticket(n) };
        assert_eq!((open(&store, &nobodys(4), true).await, open(&store, &nobodys(5), true).await), (Some(4), Some(5)));
    });
}

#[test]
fn tickets_opened_at_once_share_no_number() {
    on_each_database(|store| async move {
        store.insert_pipeline(&pipeline()).await.unwrap();
        let one_conversation: Option<ConversationId> = ticket(1).conversation;
        let tickets: Vec<Ticket> = (1..=10).map(|n| Ticket { conversation: one_conversation, ..ticket(n) }).collect();
        let alone = futures_util::future::join_all(tickets.iter().map(|ticket| open(&store, ticket, true))).await;
        assert_eq!(alone.into_iter().flatten().collect::<Vec<_>>(), [1]);
        let more: Vec<Ticket> = (11..=20).map(ticket).collect();
        let mut all: Vec<_> = futures_util::future::join_all(more.iter().map(|ticket| open(&store, ticket, true))).await;
        all.sort();
        assert_eq!(all, (2..=11).map(Some).collect::<Vec<_>>());
    });
}

#[test]
fn a_change_is_kept_with_its_history_or_refused_when_stale() {
    on_each_database(|store| async move {
        seat(&store, 9, "Ana", true, true).await;
        store.insert_pipeline(&pipeline()).await.unwrap();
        open(&store, &ticket(1), true).await;
        let read = store.ticket(ticket(1).id).await.unwrap().unwrap();
        let mut changed = Ticket { subject: "Été".into(), priority: Priority::High, ..read.clone() };
        let mut changes = changed.edits_since(&read, &person(), at(5));
        let step = pipeline();
        changes.push(changed.moved(&step.move_to(&read, "done", false).unwrap(), &person(), at(5)));
        let comment =
            Comment { id: Uuid::from_u128(3).into(), ticket: read.id, by: Uuid::from_u128(9).into(), at: at(5), text: "sent again".into() };
        assert_eq!(store.update_ticket(&changed, &changes, Some(&comment)).await.unwrap(), 2);
        assert_eq!(store.ticket(read.id).await.unwrap(), Some(Ticket { revision: 2, updated_at: at(5), ..changed.clone() }));
        let stale = store.update_ticket(&changed, &changes, Some(&comment)).await;
        assert!(matches!(stale, Err(StoreError::Conflict { what: "ticket" })), "{stale:?}");

        let said = Comment { id: Uuid::from_u128(4).into(), at: at(6), ..comment.clone() };
        store.insert_comment(&said, &TicketChange::commented(&changed, &person(), at(6))).await.unwrap();
        assert_eq!(store.comments(read.id, 0, 9).await.unwrap(), [(1, comment), (2, said)]);
        let history = store.history(read.id, 0, 9).await.unwrap();
        let told: Vec<_> =
            history.iter().map(|(seq, change)| (*seq, change.what.as_str(), change.field.as_deref(), change.to.as_deref())).collect();
        assert_eq!(
            told,
            [
                (1, "opened", None, Some("new")),
                (2, "edited", Some("subject"), Some("Été")),
                (3, "edited", Some("priority"), Some("high")),
                (4, "moved", None, Some("done")),
                (5, "commented", None, None),
            ]
        );
        assert_eq!(history[3].1.by, person());
        assert_eq!(store.history(read.id, 2, 1).await.unwrap(), [history[2].clone()], "pages go on where they ended");
        let nowhere =
            Comment { id: Uuid::from_u128(5).into(), ticket: ticket(2).id, by: Uuid::from_u128(9).into(), at: at(6), text: "x".into() };
        let missing = store.insert_comment(&nowhere, &TicketChange::commented(&ticket(2), &person(), at(6))).await;
        assert!(matches!(missing, Err(StoreError::Missing { what: "ticket" })), "{missing:?}");
    });
}

#[test]
fn a_list_keeps_to_its_filter_and_pages_from_the_newest() {
    on_each_database(|store| async move {
        store.insert_pipeline(&pipeline()).await.unwrap();
        let any = TicketFilter::default;
        let list = [
            ticket(1),
            Ticket { subject: "COMMANDE ÉGARÉE 100%".into(), priority: Priority::Urgent, ..ticket(2) },
            Ticket { status: "done".into(), closed: true, page: None, ..ticket(3) },
            Ticket { conversation: ticket(1).conversation, ..ticket(4) },
        ];
        for ticket in &list {
            open(&store, ticket, false).await;
        }
        for (filter, expected) in [
            (any(), vec![4, 3, 2, 1]),
            (TicketFilter { pipeline: Some(pipeline().id), ..any() }, vec![4, 3, 2, 1]),
            (TicketFilter { pipeline: Some(Uuid::from_u128(7).into()), ..any() }, vec![]),
            (TicketFilter { status: Some("new".into()), ..any() }, vec![4, 2, 1]),
            (TicketFilter { closed: Some(true), ..any() }, vec![3]),
            (TicketFilter { closed: Some(false), priority: Some(Priority::Urgent), ..any() }, vec![2]),
            (TicketFilter { page: Some("107".into()), ..any() }, vec![4, 2, 1]),
            (TicketFilter { contact: ticket(2).contact, ..any() }, vec![2]),
            (TicketFilter { conversation: ticket(1).conversation, ..any() }, vec![4, 1]),
            (TicketFilter { unassigned: true, ..any() }, vec![4, 3, 2, 1]),
            (TicketFilter { assignee: Some(Uuid::from_u128(9).into()), ..any() }, vec![]),
            (TicketFilter { team: Some(Uuid::from_u128(9).into()), ..any() }, vec![]),
            (TicketFilter { text: Some("égarée".into()), ..any() }, vec![2]),
            (TicketFilter { text: Some("0%".into()), ..any() }, vec![2]),
            (TicketFilter { text: Some("order_".into()), ..any() }, vec![]),
        ] {
            assert_eq!(numbers(&store, filter.clone()).await, expected, "{filter:?}");
        }
        let page = store.tickets(&any(), Some(4), 2).await.unwrap();
        assert_eq!(page.iter().map(|ticket| ticket.number).collect::<Vec<_>>(), [3, 2]);
    });
}

#[test]
fn a_pipeline_keeps_the_statuses_that_tickets_are_in() {
    on_each_database(|store| async move {
        store.insert_pipeline(&pipeline()).await.unwrap();
        let twin = Pipeline { id: Uuid::from_u128(2).into(), ..pipeline() };
        assert!(matches!(store.insert_pipeline(&twin).await, Err(StoreError::Conflict { what: "pipeline key" })));
        open(&store, &ticket(1), true).await;
        assert_eq!(store.status_counts(pipeline().id).await.unwrap(), BTreeMap::from([("new".into(), 1)]));

        let without_new = Pipeline { statuses: vec![status("done", true, &[])], ..pipeline() };
        assert!(matches!(store.update_pipeline(&without_new).await, Err(StoreError::InUse { what: "status" })));
        assert_eq!(store.pipeline(pipeline().id).await.unwrap(), Some(pipeline()), "nothing was changed");

        let new_is_closed = Pipeline { statuses: vec![status("new", true, &[])], ..pipeline() };
        assert_eq!(store.update_pipeline(&new_is_closed).await.unwrap(), 2);
        assert!(store.ticket(ticket(1).id).await.unwrap().unwrap().closed, "its tickets follow");
        assert!(matches!(store.update_pipeline(&pipeline()).await, Err(StoreError::Conflict { what: "pipeline" })));

        assert!(matches!(store.delete_pipeline(pipeline().id, 2).await, Err(StoreError::InUse { what: "pipeline" })));
        store.insert_pipeline(&Pipeline { key: "sales".into(), ..twin.clone() }).await.unwrap();
        assert!(matches!(store.delete_pipeline(twin.id, 9).await, Err(StoreError::Conflict { what: "pipeline" })));
        store.delete_pipeline(twin.id, 1).await.unwrap();
        assert_eq!(store.pipelines().await.unwrap().len(), 1);
    });
}

#[test]
fn a_team_with_open_tickets_stays_and_closed_ones_lose_it() {
    on_each_database(|store| async move {
        store.insert_pipeline(&pipeline()).await.unwrap();
        let team = Team { id: Uuid::from_u128(4).into(), name: "Returns".into(), members: vec![], revision: 1, created_at: at(0) };
        store.insert_team(&team).await.unwrap();
        let inside = Ticket { team: Some(team.id), ..ticket(1) };
        open(&store, &inside, true).await;
        assert_eq!(numbers(&store, TicketFilter { team: Some(team.id), ..TicketFilter::default() }).await, [1]);
        assert!(matches!(store.delete_team(team.id, 1).await, Err(StoreError::InUse { what: "team" })));
        let found = store.ticket(inside.id).await.unwrap().unwrap();
        store.update_ticket(&Ticket { closed: true, status: "done".into(), ..found }, &[], None).await.unwrap();
        store.delete_team(team.id, 1).await.unwrap();
        assert_eq!(store.ticket(inside.id).await.unwrap().unwrap().team, None);
    });
}
