use causerie::domain::Timestamp;
use causerie::domain::transfer::{Otherwise, Rule, RuleSet, Strategy, Target};
use causerie::store::StoreError;
use causerie::store::rules::RuleStore;
use uuid::Uuid;

use crate::support::store::on_each_database;

fn rule(target: Target) -> Rule {
    Rule {
        name: "r".into(),
        when: Some("locale == 'fr'".into()),
        target,
        strategy: Strategy::RoundRobin,
        only_online: false,
        otherwise: Otherwise::Ticket,
    }
}

fn set(n: u128, name: &str, page: Option<&str>) -> RuleSet {
    let rules = vec![
        rule(Target::Agent { agent: Uuid::from_u128(n).into() }),
        rule(Target::Team { team: Uuid::from_u128(n).into() }),
        rule(Target::LastAgent),
        rule(Target::Queue { team: None }),
        rule(Target::PageInbox),
    ];
    RuleSet {
        id: Uuid::from_u128(n).into(),
        name: name.into(),
        page: page.map(Into::into),
        rules,
        revision: 1,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn a_page_may_name_its_own_sets_before_the_shared_ones() {
    on_each_database(|store| async move {
        let sets = [set(1, "default", None), set(2, "vip", Some("107")), set(3, "default", Some("108")), set(4, "default", Some("107"))];
        for set in &sets {
            store.insert_rule_set(set).await.unwrap();
        }
        let [shared, vip, _, own] = sets.clone();
        assert_eq!(store.rule_sets_for(&"107".into()).await.unwrap(), [own, vip.clone(), shared.clone()]);
        assert_eq!(store.rule_sets_for(&"999".into()).await.unwrap(), [shared]);
        assert_eq!(store.rule_sets().await.unwrap().len(), 4);
        assert_eq!(store.rule_set(vip.id).await.unwrap(), Some(vip));
        for taken in [set(9, "default", None), set(9, "vip", Some("107"))] {
            let refused = store.insert_rule_set(&taken).await;
            assert!(matches!(refused, Err(StoreError::Conflict { what: "rule set name" })), "{refused:?}");
        }
        store.insert_rule_set(&set(9, "vip", None)).await.unwrap();
    });
}

#[test]
fn the_sets_that_name_a_user_or_a_team_are_found() {
    on_each_database(|store| async move {
        store.insert_rule_set(&set(1, "a", None)).await.unwrap();
        store.insert_rule_set(&set(2, "b", None)).await.unwrap();
        assert_eq!(store.rule_sets_naming_user(Uuid::from_u128(2).into()).await.unwrap(), [set(2, "b", None)]);
        assert_eq!(store.rule_sets_naming_team(Uuid::from_u128(1).into()).await.unwrap(), [set(1, "a", None)]);
        assert_eq!(store.rule_sets_naming_user(Uuid::from_u128(3).into()).await.unwrap(), []);
    });
}

#[test]
fn a_stale_change_of_rules_changes_nothing() {
    on_each_database(|store| async move {
        store.insert_rule_set(&set(1, "a", None)).await.unwrap();
        let changed = RuleSet { name: "b".into(), page: Some("107".into()), rules: vec![rule(Target::Nobody)], ..set(1, "a", None) };
        assert_eq!(store.update_rule_set(&changed).await.unwrap(), 2);
        assert_eq!(store.rule_set(changed.id).await.unwrap(), Some(RuleSet { revision: 2, ..changed.clone() }));
        let stale = store.update_rule_set(&set(1, "a", None)).await;
        assert!(matches!(stale, Err(StoreError::Conflict { what: "rule set" })), "{stale:?}");
        let stale = store.delete_rule_set(changed.id, 1).await;
        assert!(matches!(stale, Err(StoreError::Conflict { what: "rule set" })), "{stale:?}");
        store.delete_rule_set(changed.id, 2).await.unwrap();
        assert_eq!(store.rule_set(changed.id).await.unwrap(), None);
    });
}
