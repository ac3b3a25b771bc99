//! What the inbox refuses, and that a refusal changes nothing.

use causerie::domain::access::Role;
use serde_json::json;

use super::Desk;
use crate::support::app::ANA;

#[actix_web::test]
async fn only_who_has_a_conversation_answers_in_it() {
    let desk = Desk::open().await;
    desk.reply(&desk.agent, "Not mine yet").await.refused(409, "not_yours");
    desk.act(&desk.agent, "claim").send().await.expect(200);

    let colleague = desk.app.person(Role::Agent).await;
    desk.reply(&colleague, "Me too").await.refused(409, "not_yours");
    for verb in ["claim", "release", "close"] {
        desk.act(&colleague, verb).send().await.refused(409, "not_yours");
    }
    let to_self = json!({ "to": "agent", "agent": colleague.id() });
    desk.act(&colleague, "assign").json(to_self).send().await.refused(409, "not_yours");
    assert_eq!(desk.show().await["owner"]["agent"], desk.agent.id());
    assert_eq!(desk.app.told(ANA), Vec::<String>::new());

    let lead = desk.app.person(Role::Lead).await;
    desk.act(&lead, "claim").send().await.expect(200);
    desk.act(&lead, "release").send().await.expect(200);
    desk.act(&lead, "release").send().await.refused(409, "command_refused");
}

#[actix_web::test]
async fn conversations_go_only_to_those_with_a_service_seat() {
    let desk = Desk::open().await;
    let owner = desk.app.owner.clone();
    desk.act(&owner, "claim").send().await.refused(409, "no_service_seat");
    let body = json!({ "to": "agent", "agent": owner.id() });
    let refused = desk.act(&desk.agent, "assign").json(body).send().await.refused(422, "invalid_body");
    assert_eq!((&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]), (&json!("/agent"), &json!("no_service_seat")));
    let body = json!({ "to": "team", "team": "te_01h455vb4pex5vsknk084sn02q" });
    desk.act(&desk.agent, "assign").json(body).send().await.refused(422, "invalid_body");
    assert_eq!(desk.show().await["owner"]["kind"], "queue");
}

#[actix_web::test]
async fn a_body_that_does_not_fit_is_refused_by_its_field() {
    let desk = Desk::claimed().await;
    let before = desk.transcript().await;
    for (verb, body, pointer) in [
        ("messages", json!({ "text": "Hello", "colour": "red" }), "/colour"),
        ("messages", json!({ "text": "  " }), "/text"),
        ("messages", json!({ "text": "x".repeat(8_001) }), "/text"),
        ("messages", json!({}), ""),
        ("messages", json!({ "text": "a", "attachment": { "kind": "image", "url": "https://example.org/a" } }), ""),
        ("messages", json!({ "attachment": { "kind": "image", "url": "http://example.org/a" } }), "/attachment/url"),
        ("messages", json!({ "attachment": { "kind": "sticker", "url": "https://example.org/a" } }), "/attachment/kind"),
        ("notes", json!({ "text": "" }), "/text"),
        ("notes", json!({ "words": "a" }), "/words"),
    ] {
        let refused = desk.act(&desk.agent, verb).json(body.clone()).send().await.refused(422, "invalid_body");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
    }
    for body in [json!({}), json!({ "to": "nobody" }), json!({ "to": "agent" }), json!({ "to": "queue", "team": "te_x" })] {
        desk.act(&desk.agent, "assign").json(body).send().await.refused(422, "invalid_body");
    }
    desk.app.settle().await;
    assert_eq!(desk.transcript().await, before);
    assert_eq!(desk.app.told(ANA), Vec::<String>::new());
}

#[actix_web::test]
async fn what_does_not_exist_is_not_found() {
    let desk = Desk::open().await;
    let unknown = "/v1/conversations/cv_01h455vb4pex5vsknk084sn02q";
    for path in ["", "/messages", "/session"] {
        desk.app.get(&format!("{unknown}{path}")).send().await.refused(404, "not_found");
    }
    for (verb, body) in [
        ("messages", json!({ "text": "Hello" })),
        ("notes", json!({ "text": "Hello" })),
        ("claim", json!({})),
        ("assign", json!({ "to": "queue" })),
        ("release", json!({})),
        ("close", json!({})),
    ] {
        let call = desk.app.client.post(&format!("{unknown}/{verb}")).by(&desk.agent.token).json(body);
        call.send().await.refused(404, "not_found");
    }
    desk.app.get(&format!("{}/session", desk.path)).send().await.refused(404, "not_found");
    for (path, code) in [
        ("/v1/conversations/tk_01h455vb4pex5vsknk084sn02q", "invalid_path"),
        ("/v1/conversations?owner=nobody", "invalid_query"),
        ("/v1/conversations?agent=you", "invalid_query"),
        ("/v1/conversations?colour=red", "invalid_query"),
        ("/v1/conversations?after=%21", "invalid_query"),
    ] {
        desk.app.get(path).send().await.refused(400, code);
    }
    desk.app.get(&format!("{}/messages?order=desc&since=1", desk.path)).send().await.refused(400, "invalid_query");
}
