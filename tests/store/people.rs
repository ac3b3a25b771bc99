use causerie::domain::Timestamp;
use causerie::domain::access::{Role, User};
use causerie::domain::conversation::{Conversation, ConversationStatus, Owner};
use causerie::domain::ids::UserId;
use causerie::domain::people::{Agent, Presence, Team};
use causerie::store::StoreError;
use causerie::store::access::AccessStore;
use causerie::store::people::{DEFAULT_CAPACITY, PeopleStore};
use causerie::store::sql::SqlStore;
use uuid::Uuid;

use super::inbox::{conversation, insert};
use crate::support::store::on_each_database;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

fn user(n: u128) -> UserId {
    Uuid::from_u128(n).into()
}

pub(super) async fn seat(store: &SqlStore, n: u128, name: &str, service_seat: bool, active: bool) {
    let email = format!("{n}@example.org");
    let user = User { id: user(n), email, name: name.into(), role: Role::Agent, service_seat, active, revision: 1, created_at: at(0) };
    store.create_user(user, "hash".into()).await.unwrap();
}

fn team(n: u128, name: &str, members: &[u128]) -> Team {
    Team {
        id: Uuid::from_u128(n).into(),
        name: name.into(),
        members: members.iter().map(|&n| user(n)).collect(),
        revision: 1,
        created_at: at(0),
    }
}

#[test]
fn a_team_keeps_its_members_in_order_and_a_stale_change_is_refused() {
    on_each_database(|store| async move {
        for n in 1..=3 {
            seat(&store, n, "P", true, true).await;
        }
        store.insert_team(&team(10, "Returns", &[3, 1])).await.unwrap();
        store.insert_team(&team(11, "Billing", &[])).await.unwrap();
        assert_eq!(store.teams().await.unwrap(), [team(11, "Billing", &[]), team(10, "Returns", &[3, 1])]);

        let changed = team(10, "Retours", &[2, 3, 1]);
        assert_eq!(store.update_team(&changed).await.unwrap(), 2);
        assert_eq!(store.team(changed.id).await.unwrap(), Some(Team { revision: 2, ..changed.clone() }));
        assert!(matches!(store.update_team(&changed).await, Err(StoreError::Conflict { what: "team" })));

        for taken in [store.insert_team(&team(12, "Billing", &[])).await, store.update_team(&team(11, "Retours", &[])).await.map(|_| ())] {
            assert!(matches!(taken, Err(StoreError::Conflict { what: "team name" })), "{taken:?}");
        }
        let stranger = store.insert_team(&team(12, "Other", &[99])).await;
        assert!(matches!(stranger, Err(StoreError::Missing { what: "team member" })), "{stranger:?}");
        assert_eq!(store.team(team(12, "", &[]).id).await.unwrap(), None, "nothing of it was kept");

        assert!(matches!(store.delete_team(changed.id, 1).await, Err(StoreError::Conflict { what: "team" })));
        store.delete_team(changed.id, 2).await.unwrap();
        assert_eq!(store.teams().await.unwrap().len(), 1);
    });
}

#[test]
fn the_roster_holds_every_active_user_with_a_seat() {
    on_each_database(|store| async move {
        seat(&store, 1, "Zoé", true, true).await;
        seat(&store, 2, "Ana", true, true).await;
        seat(&store, 3, "Out", true, false).await;
        seat(&store, 4, "Boss", false, true).await;
        store.insert_team(&team(10, "Returns", &[1, 3, 4])).await.unwrap();
        let roster = store.roster().await.unwrap();
        let names: Vec<_> = roster.agents.iter().map(|on_duty| (on_duty.agent.name.as_str(), on_duty.load)).collect();
        assert_eq!(names, [("Ana", 0), ("Zoé", 0)]);
        assert_eq!(roster.teams, [team(10, "Returns", &[1, 3, 4])]);
        assert_eq!(store.agent(user(2)).await.unwrap(), Some(roster.agents[0].clone()));
        for nobody in [3, 4, 5] {
            assert_eq!(store.agent(user(nobody)).await.unwrap(), None);
        }
    });
}

#[test]
fn a_seat_starts_with_the_defaults_and_keeps_what_is_set() {
    on_each_database(|store| async move {
        seat(&store, 1, "Ana", true, true).await;
        let new = store.agent(user(1)).await.unwrap().unwrap().agent;
        let expected = Agent {
            user: user(1),
            name: "Ana".into(),
            presence: Presence::Offline,
            seen_at: None,
            capacity: DEFAULT_CAPACITY,
            languages: vec![],
            last_assigned_at: None,
            revision: 0,
        };
        assert_eq!(new, expected);
        let set = Agent { capacity: 2, languages: vec!["fr".into(), "en".into()], ..new };
        assert_eq!(store.update_agent(&set).await.unwrap(), 1);
        assert!(matches!(store.update_agent(&set).await, Err(StoreError::Conflict { what: "agent" })));
        store.set_presence(user(1), Presence::Online, at(7)).await.unwrap();
        let found = store.agent(user(1)).await.unwrap().unwrap().agent;
        assert_eq!(found, Agent { presence: Presence::Online, seen_at: Some(at(7)), revision: 1, ..set });
        for (seen, kept) in [(9, 9), (8, 9)] {
            store.note_seen(user(1), at(seen)).await.unwrap();
            assert_eq!(store.agent(user(1)).await.unwrap().unwrap().agent.seen_at, Some(at(kept)), "it never goes back");
        }
        store.note_seen(user(2), at(9)).await.unwrap();
        let nobody = store.set_presence(user(2), Presence::Online, at(7)).await;
        assert!(matches!(nobody, Err(StoreError::Missing { .. })), "{nobody:?}");
    });
}

#[test]
fn an_agents_load_is_the_open_conversations_they_own() {
    on_each_database(|store| async move {
        seat(&store, 1, "Ana", true, true).await;
        seat(&store, 2, "Ben", true, true).await;
        for n in 1..=3 {
            insert(&store, conversation(n, Owner::Agent { user: user(1) }, 10)).await;
        }
        let closed = Conversation { status: ConversationStatus::Closed, ..conversation(4, Owner::Agent { user: user(1) }, 10) };
        insert(&store, closed).await;
        insert(&store, conversation(5, Owner::Agent { user: user(2) }, 10)).await;
        insert(&store, Conversation { last_agent: Some(user(2)), ..conversation(6, Owner::Bot, 10) }).await;
        let roster = store.roster().await.unwrap();
        let loads: Vec<_> = roster.agents.iter().map(|on_duty| (on_duty.agent.name.as_str(), on_duty.load)).collect();
        assert_eq!(loads, [("Ana", 3), ("Ben", 1)]);
    });
}

#[test]
fn a_team_whose_queue_somebody_waits_in_stays() {
    on_each_database(|store| async move {
        let returns = team(10, "Returns", &[]);
        store.insert_team(&returns).await.unwrap();
        insert(&store, conversation(1, Owner::Queue { team: Some(returns.id) }, 10)).await;
        assert!(matches!(store.delete_team(returns.id, 1).await, Err(StoreError::InUse { what: "team" })));
        let other = team(11, "Billing", &[]);
        store.insert_team(&other).await.unwrap();
        store.delete_team(other.id, 1).await.unwrap();
        assert_eq!(store.teams().await.unwrap(), [returns]);
    });
}
