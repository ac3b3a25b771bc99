use causerie::domain::Timestamp;
use causerie::domain::chatflow::{Chatflow, ChatflowKind, ChatflowVersion};
use causerie::domain::ids::ChatflowId;
use causerie::domain::link::Link;
use causerie::domain::page::{Page, PageSettings, PageState};
use causerie::domain::rollout::SessionPolicy;
use causerie::store::StoreError;
use causerie::store::chatflows::{ChatflowStore, NewChatflow};
use causerie::store::links::LinkStore;
use causerie::store::pages::{NewPage, PageStore};
use causerie::store::sql::SqlStore;
use causerie::store::sql::pages::pages;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use uuid::Uuid;

use crate::support::store::on_each_database;

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

pub fn page(id: &str) -> Page {
    Page {
        id: id.into(),
        name: "Maison Lenoir".into(),
        username: Some("maison.lenoir".into()),
        state: PageState::Active,
        primary: None,
        rules: None,
        settings: PageSettings::default(),
        revision: 1,
        created_at: at(0),
    }
}

/// Born published, active, with a direct link; `n` makes its ids, name and ref.
pub fn new_chatflow(page: &str, n: u8) -> NewChatflow {
    let id: ChatflowId = Uuid::from_u128(u128::from(n)).into();
    let chatflow = Chatflow {
        id,
        page: page.into(),
        name: format!("flow {n}"),
        kind: ChatflowKind::Bot,
        active: true,
        draft: json!({"é": n}),
        published: Some(1),
        rollout: None,
        revision: 1,
        created_at: at(0),
        updated_at: at(0),
    };
    let version = ChatflowVersion {
        chatflow: id,
        number: 1,
        document: json!({"é": n}),
        note: Some("first".into()),
        published_by: Some(Uuid::from_u128(9).into()),
        published_at: at(0),
        policy: SessionPolicy::Keep,
        withdrawn: None,
    };
    let link = Link::direct(Uuid::from_u128(u128::from(n)).into(), page.into(), id, [n; 12], at(0));
    NewChatflow { chatflow, version: Some(version), link }
}

pub async fn connect(store: &SqlStore, page: Page, chatflow: Option<NewChatflow>) {
    store.connect(NewPage { page, token: SecretString::from("EAAtoken"), chatflow }).await.unwrap();
}

#[test]
fn a_page_is_connected_with_its_token_and_its_default_chatflow() {
    on_each_database(|store| async move {
        let new = new_chatflow("100", 1);
        connect(&store, page("100"), Some(new.clone())).await;
        let found = store.page(&"100".into()).await.unwrap().unwrap();
        assert_eq!(found, Page { primary: Some(new.chatflow.id), revision: 2, ..page("100") });
        assert_eq!(store.token(&"100".into()).await.unwrap().unwrap().expose_secret(), "EAAtoken");
        assert_eq!(store.chatflow(new.chatflow.id).await.unwrap(), Some(new.chatflow.clone()));
        assert_eq!(store.version(new.chatflow.id, 1).await.unwrap(), new.version);
        assert_eq!(store.direct_links(&[new.chatflow.id]).await.unwrap(), [new.link]);
        let again = store.connect(NewPage { page: page("100"), token: SecretString::from("other"), chatflow: None }).await;
        assert!(matches!(again, Err(StoreError::Conflict { what: "page" })), "{again:?}");
        assert_eq!(store.token(&"100".into()).await.unwrap().unwrap().expose_secret(), "EAAtoken", "a refused connect changes nothing");
    });
}

#[test]
fn a_page_is_changed_by_who_read_it_last() {
    on_each_database(|store| async move {
        connect(&store, page("100"), None).await;
        let read = store.page(&"100".into()).await.unwrap().unwrap();
        let settings = PageSettings { away_message: Some("Nous répondons dès 9 h.".into()), ..PageSettings::default() };
        let blocked = PageState::Blocked { reason: "token".into(), since: at(5) };
        let changed = Page { username: None, settings, state: blocked, ..read.clone() };
        let revision = store.update_page(&changed).await.unwrap();
        assert_eq!(store.page(&"100".into()).await.unwrap().unwrap(), Page { revision, ..changed });
        let stale = store.update_page(&Page { name: "late".into(), ..read }).await;
        assert!(matches!(stale, Err(StoreError::Conflict { what: "page" })), "{stale:?}");
    });
}

#[test]
fn only_a_published_active_chatflow_of_the_page_becomes_primary() {
    on_each_database(|store| async move {
        connect(&store, page("100"), Some(new_chatflow("100", 1))).await;
        connect(&store, page("200"), None).await;
        store.insert_chatflow(new_chatflow("100", 2), false).await.unwrap();
        let mut off = new_chatflow("100", 3);
        off.chatflow.active = false;
        let foreign = new_chatflow("200", 4);
        let mut draft = new_chatflow("100", 5);
        (draft.chatflow.published, draft.version) = (None, None);
        for new in [&off, &foreign, &draft] {
            store.insert_chatflow(new.clone(), false).await.unwrap();
        }
        let read = store.page(&"100".into()).await.unwrap().unwrap();
        for (chatflow, fits) in [(3, false), (4, false), (5, false), (77, false), (2, true)] {
            let chatflow: ChatflowId = Uuid::from_u128(chatflow).into();
            let switched = store.update_page(&Page { primary: Some(chatflow), ..read.clone() }).await;
            assert_eq!(switched.is_ok(), fits, "{chatflow} {switched:?}");
        }
        assert_eq!(store.page(&"100".into()).await.unwrap().unwrap().primary, Some(Uuid::from_u128(2).into()));
    });
}

#[test]
fn a_second_chatflow_is_not_born_primary() {
    on_each_database(|store| async move {
        connect(&store, page("100"), None).await;
        store.insert_chatflow(new_chatflow("100", 1), true).await.unwrap();
        let second = store.insert_chatflow(new_chatflow("100", 2), true).await;
        assert!(matches!(second, Err(StoreError::InUse { what: "primary chatflow" })), "{second:?}");
        assert_eq!(store.chatflow(Uuid::from_u128(2).into()).await.unwrap(), None, "it was not created either");
        assert_eq!(store.page(&"100".into()).await.unwrap().unwrap().primary, Some(Uuid::from_u128(1).into()));
    });
}

#[test]
fn a_token_is_replaced_forgotten_and_never_stored_in_the_clear() {
    on_each_database(|store| async move {
        connect(&store, page("100"), None).await;
        let id = "100".into();
        store.set_token(&id, SecretString::from("EAAnew")).await.unwrap();
        assert_eq!(store.token(&id).await.unwrap().unwrap().expose_secret(), "EAAnew");
        let column = store.read(|conn| Ok(pages::table.select(pages::token).first::<Option<String>>(conn)?));
        let stored = column.await.unwrap().unwrap();
        assert!(!stored.contains("EAAnew"), "{stored}");
        connect(&store, page("200"), None).await;
        let moved = store.write(move |conn| {
            diesel::update(pages::table.find("200")).set(pages::token.eq(&stored)).execute(conn)?;
            Ok(())
        });
        moved.await.unwrap();
        let opened = store.token(&"200".into()).await;
        assert!(matches!(opened, Err(StoreError::Corrupt { column: "token", .. })), "a token moved to another page does not open");
        let read = store.page(&id).await.unwrap().unwrap();
        store.update_page_and_token(&read, None).await.unwrap();
        assert!(store.token(&id).await.unwrap().is_none());
        let unknown = store.set_token(&"404".into(), SecretString::from("EAAnew")).await;
        assert!(matches!(unknown, Err(StoreError::Missing { what: "page" })), "{unknown:?}");
        assert!(store.token(&"404".into()).await.unwrap().is_none());
    });
}

#[test]
fn pages_are_listed_in_parts() {
    on_each_database(|store| async move {
        for id in ["300", "100", "200"] {
            connect(&store, page(id), None).await;
        }
        let ids = |pages: Vec<Page>| pages.iter().map(|page| page.id.to_string()).collect::<Vec<_>>();
        assert_eq!(ids(store.pages(None, 2).await.unwrap()), ["100", "200"]);
        assert_eq!(ids(store.pages(Some(&"200".into()), 2).await.unwrap()), ["300"]);
    });
}
