//! What an agent does all day, and what the visitor gets of it.

use causerie::clock::Clock;
use causerie::domain::access::Role;
use causerie::domain::people::Team;
use causerie::store::people::PeopleStore;
use serde_json::json;
use uuid::Uuid;

use super::{Desk, hours, queue_app};
use crate::support::app::{ANA, BEN};

#[actix_web::test]
async fn a_conversation_is_claimed_answered_noted_and_given_back() {
    let desk = Desk::open().await;
    let shown = desk.show().await;
    assert_eq!((&shown["owner"]["kind"], &shown["status"]), (&json!("queue"), &json!("open")));
    assert_eq!(shown["preview"], "Bonjour, where is my order?");
    assert_eq!(shown["window"]["standard_until"], "2026-03-03T09:00:00Z");
    assert_eq!(shown["window"]["human_agent_until"], "2026-03-09T09:00:00Z");

    let claimed = desk.act(&desk.agent, "claim").send().await.expect(200);
    assert_eq!(claimed["owner"], json!({ "kind": "agent", "agent": desk.agent.id() }));
    let said = desk.reply(&desk.agent, "On its way, Ana.").await.expect(201);
    assert_eq!((&said["by"], &said["agent"], &said["kind"]), (&json!("agent"), &json!(desk.agent.id()), &json!("text")));
    let note = desk.act(&desk.agent, "notes").json(json!({ "text": "regular customer" })).send().await.expect(201);
    assert_eq!((&note["kind"], &note["status"]), (&json!("note"), &json!("internal")));
    assert_eq!(desk.app.told(ANA), ["On its way, Ana."]);

    let released = desk.act(&desk.agent, "release").send().await.expect(200);
    assert_eq!(released["owner"], json!({ "kind": "bot" }));
    assert_eq!(released["last_agent"], desk.agent.id());
    let lines = desk.transcript().await;
    let kinds: Vec<&str> = lines.iter().map(|(_, kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["text", "line", "line", "text", "note", "line"], "{lines:?}");
}

#[actix_web::test]
async fn a_reply_shows_how_far_it_got() {
    let desk = Desk::claimed().await;
    let said = desk.reply(&desk.agent, "On its way.").await.expect(201);
    let line = || async {
        let since = said["position"].as_i64().unwrap() - 1;
        let page = desk.app.get(&format!("{}/messages?since={since}", desk.path)).send().await.expect(200);
        page["items"][0].clone()
    };
    assert_eq!(line().await["id"], said["id"]);
    assert!(["sent", "delivered"].contains(&line().await["status"].as_str().unwrap()), "{}", line().await);
    desk.app.clock.advance(hours(1));
    desk.app.sandbox.visitor_reads(ANA).unwrap();
    desk.app.settle().await;
    assert_eq!(line().await["status"], "read");
}

#[actix_web::test]
async fn an_attachment_is_sent_as_one() {
    let desk = Desk::claimed().await;
    let body = json!({ "attachment": { "kind": "image", "url": "https://example.org/label.png" } });
    desk.act(&desk.agent, "messages").json(body).send().await.expect(201);
    desk.app.settle().await;
    let sent = desk.app.sandbox.sent_to(ANA);
    let attachment = &sent[0].message()["attachment"];
    assert_eq!((&attachment["type"], &attachment["payload"]["url"]), (&json!("image"), &json!("https://example.org/label.png")));
}

#[actix_web::test]
async fn a_long_reply_becomes_bubbles_in_order() {
    let desk = Desk::claimed().await;
    let text = (0..900).map(|n| format!("{n:04}")).collect::<Vec<_>>().join(" ");
    desk.reply(&desk.agent, &text).await.expect(201);
    let told = desk.app.told(ANA);
    assert!(told.len() > 1 && told.iter().all(|bubble| bubble.chars().count() <= 2_000));
    assert_eq!(told.join(" "), text);
}

#[actix_web::test]
async fn words_of_a_person_go_out_for_seven_days_with_the_tag_that_allows_it() {
    let desk = Desk::claimed().await;
    let tag = || desk.app.sandbox.sent_to(ANA).last().map(|sent| (sent.body["messaging_type"].clone(), sent.body["tag"].clone()));
    desk.reply(&desk.agent, "Today.").await.expect(201);
    assert_eq!(tag().unwrap().0, "RESPONSE");
    desk.app.pass(hours(30)).await;
    desk.reply(&desk.agent, "Tomorrow.").await.expect(201);
    assert_eq!(tag().unwrap(), (json!("MESSAGE_TAG"), json!("HUMAN_AGENT")));
    desk.app.pass(hours(6 * 24)).await;
    let refused = desk.reply(&desk.agent, "Too late.").await.refused(409, "window_closed");
    assert!(refused["detail"].as_str().unwrap().contains("7 days"), "{refused}");
    assert_eq!(desk.app.told(ANA), ["Today.", "Tomorrow."]);
}

#[actix_web::test]
async fn a_reply_that_is_sent_twice_with_one_key_arrives_once() {
    let desk = Desk::claimed().await;
    let reply = |text: &str| desk.act(&desk.agent, "messages").header("idempotency-key", "r1").json(json!({ "text": text }));
    let (first, again) = (reply("Once.").send().await.expect(201), reply("Once.").send().await.expect(201));
    assert_eq!(first, again);
    reply("Twice.").send().await.refused(422, "idempotency_key_reused");
    desk.app.settle().await;
    assert_eq!(desk.app.told(ANA), ["Once."]);
}

#[actix_web::test]
async fn a_closed_conversation_opens_when_the_visitor_writes_again() {
    let desk = Desk::claimed().await;
    let closed = desk.act(&desk.agent, "close").send().await.expect(200);
    assert_eq!((&closed["status"], &closed["owner"]["kind"]), (&json!("closed"), &json!("bot")));
    desk.app.sandbox.visitor_says(ANA, "One more thing").unwrap();
    desk.app.settle().await;
    let shown = desk.show().await;
    assert_eq!((&shown["status"], &shown["owner"]["kind"]), (&json!("open"), &json!("queue")));
}

#[actix_web::test]
async fn a_conversation_is_handed_to_a_colleague_and_into_a_teams_queue() {
    let desk = Desk::claimed().await;
    let (colleague, lead) = (desk.app.person(Role::Agent).await, desk.app.person(Role::Lead).await);
    let to_colleague = json!({ "to": "agent", "agent": colleague.id() });
    let given = desk.act(&desk.agent, "assign").json(to_colleague).send().await.expect(200);
    assert_eq!(given["owner"]["agent"], colleague.id());

    let team =
        Team { id: Uuid::from_u128(1).into(), name: "Returns".into(), members: vec![], revision: 1, created_at: desk.app.clock.now() };
    desk.app.app.store().insert_team(&team).await.unwrap();
    let team = team.id.to_string();
    let queued = desk.act(&lead, "assign").json(json!({ "to": "team", "team": team })).send().await.expect(200);
    assert_eq!(queued["owner"], json!({ "kind": "queue", "team": team }));
    let open = desk.act(&lead, "assign").json(json!({ "to": "queue" })).send().await.expect(200);
    assert_eq!(open["owner"], json!({ "kind": "queue" }));
}

#[actix_web::test]
async fn each_agent_finds_their_own_and_what_waits() {
    let app = queue_app().await;
    let agent = app.person(Role::Agent).await;
    for (visitor, words) in [(ANA, "first"), (BEN, "second")] {
        app.sandbox.visitor_says(visitor, words).unwrap();
        app.settle().await;
        app.clock.advance(hours(1));
    }
    let list = |query: &str| {
        let call = app.client.get(&format!("/v1/conversations{query}")).by(&agent.token);
        async move {
            let page = call.send().await.expect(200);
            let previews = page["items"].as_array().unwrap().iter().map(|one| one["preview"].as_str().unwrap().to_owned());
            previews.collect::<Vec<_>>()
        }
    };
    assert_eq!(list("").await, ["second", "first"]);
    let id = app.conversation(ANA).await["id"].as_str().unwrap().to_owned();
    app.client.post(&format!("/v1/conversations/{id}/claim")).by(&agent.token).send().await.expect(200);
    assert_eq!(list("?owner=queue").await, ["second"]);
    assert_eq!(list("?agent=me").await.len(), 1);
    assert_eq!(list(&format!("?agent={}&status=open&page=1001", agent.id())).await.len(), 1);
    assert_eq!(list("?page=1002").await, Vec::<String>::new());
    assert_eq!(list("?limit=1").await.len(), 1);
}
