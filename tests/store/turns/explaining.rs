//! What turns considered: written with them, found by message, gone by age.

use causerie::domain::ids::MessageId;
use causerie::domain::message::Author;
use causerie::flow::trace::TraceLine;
use causerie::store::explanations::{ExplanationStore, NewExplanation};
use causerie::store::sql::SqlStore;
use causerie::store::turns::{Committed, TurnStore};

use super::fixture::{Thread, at};
use crate::support::store::on_each_database;

/// A turn at this second in which the bot says these, and why.
async fn turn(store: &SqlStore, thread: &mut Thread, second: i64, texts: &[&str]) -> Vec<MessageId> {
    let mut commit = thread.turn();
    let first = thread.conversation.next_seq;
    let said = texts.iter().map(|text| thread.say(&mut commit, Author::Bot, text)).collect();
    let lines = vec![TraceLine::routing("session", true, format!("turn {second}"))];
    commit.explanation = Some(NewExplanation { at: at(second), messages: (first, thread.conversation.next_seq), lines });
    assert_eq!(store.commit(commit).await.unwrap(), Committed::Done { claimed: None });
    said
}

#[test]
fn an_explanation_is_found_by_each_message_of_its_turn() {
    on_each_database(|store| async move {
        let (mut ana, mut ben) = (Thread::new("ana"), Thread::new("ben"));
        let first = turn(&store, &mut ana, 1, &["a", "b"]).await;
        turn(&store, &mut ben, 2, &["c"]).await;
        turn(&store, &mut ana, 3, &[]).await;
        let unexplained = ana.bot_says(&store, &["d"]).await;
        let last = turn(&store, &mut ana, 4, &["e"]).await;
        let because = async |message: MessageId| {
            let found = store.explanation(ana.conversation.id, message).await.unwrap();
            found.map(|kept| kept.map(|explanation| explanation.lines[0].because.clone().into_owned()))
        };
        for message in first {
            assert_eq!(because(message).await, Some(Some("turn 1".to_owned())));
        }
        assert_eq!(because(last[0]).await, Some(Some("turn 4".to_owned())));
        assert_eq!(because(unexplained[0]).await, Some(None));
        assert_eq!(because(ana.ids.next()).await, None);
        let listed = store.explanations(ana.conversation.id, None, 2).await.unwrap();
        assert_eq!(
            listed.iter().map(|explanation| (explanation.at, explanation.messages)).collect::<Vec<_>>(),
            [(at(4), (4, 5)), (at(3), (3, 3))]
        );
        let older = store.explanations(ana.conversation.id, Some(listed[1].seq), 9).await.unwrap();
        assert_eq!(older.len(), 1);
    });
}

#[test]
fn old_explanations_go_a_part_at_a_time() {
    on_each_database(|store| async move {
        let mut ana = Thread::new("ana");
        for second in 1..=5 {
            turn(&store, &mut ana, second, &["a"]).await;
        }
        assert_eq!(store.purge_explanations(at(1), 10).await.unwrap(), 0);
        assert_eq!(store.purge_explanations(at(4), 2).await.unwrap(), 2);
        assert_eq!(store.purge_explanations(at(4), 2).await.unwrap(), 1);
        assert_eq!(store.explanations(ana.conversation.id, None, 9).await.unwrap().len(), 2);
    });
}
