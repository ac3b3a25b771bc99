use causerie::domain::event::{CalloutResult, Inbound};
use causerie::domain::ids::Psid;
use causerie::flow::effect::CalloutRequest;
use causerie::store::StoreError;
use causerie::store::turns::{NewCallout, SessionChange, TurnStore};

use super::fixture::{Thread, at, event, page, run, statuses, words};
use crate::support::store::on_each_database;

#[test]
fn a_conversation_that_cannot_be_read_says_which_column() {
    on_each_database(|store| async move {
        for (statement, table, column) in [
            ("UPDATE conversations SET owner = 'nobody'", "conversations", "owner"),
            ("UPDATE conversations SET owner = 'agent'", "conversations", "owner"),
            ("UPDATE conversations SET owner = 'bot', status = 'ajar'", "conversations", "status"),
            ("UPDATE conversations SET status = 'open', link_id = 'lk_1'", "conversations", "link_id"),
            ("UPDATE conversations SET link_id = NULL, last_activity_at = 9223372036854775807", "conversations", "last_activity_at"),
            ("UPDATE conversations SET last_activity_at = 0, session = '{\"v\":1}'", "conversations", "session"),
            ("UPDATE contacts SET labels = 'x'", "contacts", "labels"),
            ("DELETE FROM contacts", "conversations", "contact_id"),
        ] {
            let psid = format!("{table} {column} {}", statement.len());
            let mut thread = Thread::new(&psid);
            let session = thread.session();
            let mut commit = thread.turn();
            commit.session = SessionChange::Put(Box::new(session));
            store.commit(commit).await.unwrap();
            run(&store, statement).await;
            let error = store.load(&page(), &Psid::new(psid.as_str())).await.unwrap_err();
            let owner = if table == "contacts" { thread.contact.id.to_string() } else { thread.conversation.id.to_string() };
            assert!(
                matches!(&error, StoreError::Corrupt { table: t, column: c, id, .. } if (*t, *c, id) == (table, column, &owner)),
                "{statement}: {error:?}"
            );
            run(&store, "DELETE FROM conversations").await;
            run(&store, "DELETE FROM contacts").await;
        }
    });
}

#[test]
fn an_event_that_cannot_be_read_is_parked_and_the_others_are_found() {
    on_each_database(|store| async move {
        store.accept((1..=3).map(|n| event(n, "ana", &format!("m{n}"))).collect()).await.unwrap();
        run(&store, "UPDATE events SET body = '{\"kind\":1}' WHERE seq = 2").await;
        let found = store.pending_events(at(1), 9).await.unwrap();
        assert_eq!(found.iter().map(|event| event.event.dedupe.as_str()).collect::<Vec<_>>(), ["m1", "m3"]);
        let parked = words(&store, "SELECT reason AS word FROM events WHERE ending = 'parked'").await;
        assert!(parked.len() == 1 && parked[0].contains("events.body"), "{parked:?}");
    });
}

#[test]
fn a_message_that_cannot_be_read_fails_and_those_behind_it_go_on() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        let said = ana.bot_says(&store, &["un", "deux", "trois"]).await;
        run(&store, "UPDATE outbox SET body = '[]' WHERE seq IN (1, 2)").await;
        assert!(store.claim_due(at(0), at(10), 9).await.unwrap().is_empty());
        assert!(store.claim_due(at(0), at(10), 9).await.unwrap().is_empty());
        let third = store.claim_due(at(0), at(10), 9).await.unwrap();
        assert_eq!(third[0].message, said[2]);
        let statuses = statuses(&store).await;
        assert!(statuses[0].starts_with("failed corrupt outbox.body") && statuses[1].starts_with("failed"), "{statuses:?}");
    });
}

#[test]
fn a_callout_that_cannot_be_read_returns_as_failed() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        let request = CalloutRequest { method: "GET".into(), url: "u".into(), timeout_ms: 1, ..CalloutRequest::default() };
        let mut commit = ana.turn();
        commit.callouts = (0..2).map(|_| NewCallout { id: ana.ids.next(), request: request.clone() }).collect();
        let ids: Vec<_> = commit.callouts.iter().map(|new| new.id).collect();
        store.commit(commit).await.unwrap();
        run(&store, format!("UPDATE callouts SET request = '' WHERE id = '{}'", ids[0])).await;
        let claimed = store.claim_callouts(at(0), at(10), 9).await.unwrap();
        assert_eq!(claimed.iter().map(|callout| callout.id).collect::<Vec<_>>(), ids[1..]);
        let found = store.pending_events(at(1), 9).await.unwrap();
        assert!(
            matches!(&found[0].event.what, Inbound::CalloutReturned { callout, result: CalloutResult::Refused { .. } } if *callout == ids[0])
        );
    });
}
