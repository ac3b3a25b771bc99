use std::collections::{BTreeMap, BTreeSet};

use causerie::domain::ids::LinkId;
use causerie::domain::link::Link;
use causerie::store::StoreError;
use causerie::store::chatflows::ChatflowStore;
use causerie::store::links::{LinkFilter, LinkStore};
use causerie::store::sql::SqlStore;
use serde_json::json;
use uuid::Uuid;

use super::pages::{at, connect, new_chatflow, page};
use crate::support::store::on_each_database;

/// Two pages; chatflows 1 and 2 on the first, 3 on the second, each with its direct link of the same number.
async fn chatflows(store: &SqlStore) {
    for id in ["100", "200"] {
        connect(store, page(id), None).await;
    }
    for (page, n) in [("100", 1), ("100", 2), ("200", 3)] {
        store.insert_chatflow(new_chatflow(page, n), false).await.unwrap();
    }
}

fn campaign(n: u8) -> Link {
    Link {
        label: Some("Affiche d'été".into()),
        direct: false,
        variables: BTreeMap::from([("topic".to_owned(), json!("returns"))]),
        locale: Some("fr".into()),
        node: Some("track".into()),
        expires_at: Some(at(3600)),
        ..Link::direct(Uuid::from_u128(u128::from(n)).into(), "100".into(), Uuid::from_u128(1).into(), [n; 12], at(1))
    }
}

#[test]
fn a_link_is_found_by_its_ref_on_its_page_only() {
    on_each_database(|store| async move {
        chatflows(&store).await;
        let link = campaign(9);
        store.insert_link(&link).await.unwrap();
        assert_eq!(store.link(link.id).await.unwrap(), Some(link.clone()));
        assert_eq!(store.link_by_ref(&"100".into(), &link.r#ref).await.unwrap(), Some(link.clone()));
        assert_eq!(store.link_by_ref(&"200".into(), &link.r#ref).await.unwrap(), None);
        assert_eq!(store.link_by_ref(&"100".into(), "nothing").await.unwrap(), None);
        let direct = store.direct_links(&[link.chatflow, Uuid::from_u128(3).into()]).await.unwrap();
        let ids: BTreeSet<LinkId> = direct.into_iter().map(|link| link.id).collect();
        assert_eq!(ids, [1, 3].map(|n| Uuid::from_u128(n).into()).into());
        assert_eq!(store.direct_links(&[]).await.unwrap(), []);
    });
}

#[test]
fn a_ref_opens_one_link_and_a_chatflow_has_one_direct_link() {
    on_each_database(|store| async move {
        chatflows(&store).await;
        store.insert_link(&campaign(9)).await.unwrap();
        let same_ref = Link { id: Uuid::from_u128(10).into(), ..campaign(9) };
        let second_direct = Link { direct: true, ..campaign(11) };
        for link in [same_ref, second_direct] {
            let taken = store.insert_link(&link).await;
            assert!(matches!(taken, Err(StoreError::Conflict { what: "link" })), "{taken:?}");
        }
        let nowhere = store.insert_link(&Link { chatflow: Uuid::from_u128(77).into(), ..campaign(12) }).await;
        assert!(matches!(nowhere, Err(StoreError::Missing { what: "link" })), "{nowhere:?}");
    });
}

#[test]
fn a_link_is_changed_by_who_read_it_last() {
    on_each_database(|store| async move {
        chatflows(&store).await;
        store.insert_link(&campaign(9)).await.unwrap();
        let changed =
            Link { label: None, locale: None, node: None, expires_at: None, revoked: true, variables: BTreeMap::new(), ..campaign(9) };
        let revision = store.update_link(&changed).await.unwrap();
        assert_eq!(store.link(changed.id).await.unwrap(), Some(Link { revision, ..changed }));
        let stale = store.update_link(&campaign(9)).await;
        assert!(matches!(stale, Err(StoreError::Conflict { what: "link" })), "{stale:?}");
    });
}

#[test]
fn links_are_listed_by_page_and_chatflow_in_parts() {
    on_each_database(|store| async move {
        chatflows(&store).await;
        store.insert_link(&campaign(9)).await.unwrap();
        let link = |n: u128| LinkId::from_uuid(Uuid::from_u128(n));
        let (page, chatflow) = (Some("100".into()), Some(Uuid::from_u128(1).into()));
        let cases: [(LinkFilter, Option<u128>, u32, &[u128]); 5] = [
            (LinkFilter::default(), None, 3, &[1, 2, 3]),
            (LinkFilter::default(), Some(3), 3, &[9]),
            (LinkFilter { page: page.clone(), chatflow: None }, None, 9, &[1, 2, 9]),
            (LinkFilter { page: None, chatflow }, None, 9, &[1, 9]),
            (LinkFilter { page: Some("200".into()), chatflow }, None, 9, &[]),
        ];
        for (filter, after, limit, expected) in cases {
            let found = store.links(filter.clone(), after.map(link), limit).await.unwrap();
            let expected: Vec<_> = expected.iter().map(|n| link(*n)).collect();
            assert_eq!(found.iter().map(|link| link.id).collect::<Vec<_>>(), expected, "{filter:?}");
        }
    });
}
