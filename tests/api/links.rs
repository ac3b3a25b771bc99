//! Links: one from birth, more per campaign, revoked when they are to end.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::office::{Office, PAGE, hello, id};

async fn office() -> (Office, String) {
    let office = Office::with_page().await;
    let chatflow = office.live_chatflow(PAGE, "menu").await;
    (office, id(&chatflow).to_owned())
}

async fn direct(office: &Office, chatflow: &str) -> Value {
    office.show(&format!("/v1/links?chatflow={chatflow}")).await["items"][0].clone()
}

#[actix_web::test]
async fn a_campaigns_link_opens_its_chatflow_at_its_node_with_its_variables() {
    let (office, chatflow) = office().await;
    let body = json!({
        "chatflow": chatflow, "label": "Affiche d'été", "variables": { "topic": "returns", "n": 3 },
        "locale": "fr_CA", "node": "welcome", "expires_at": "2030-01-01T00:00:00Z"
    });
    let made = office.post("/v1/links").json(body.clone()).send().await;
    let path = made.header("location").to_owned();
    let made = made.expect(201);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(made[field], *value, "{field}");
    }
    let code = made["ref"].as_str().unwrap();
    assert!(code.len() >= 16 && code.chars().all(|c| c.is_ascii_alphanumeric() || "-_=".contains(c)), "{code}");
    assert_eq!(made["url"], format!("https://m.me/maisonlumen?ref={code}"));
    assert_eq!((&made["direct"], &made["live"], &made["page"]), (&json!(false), &json!(true), &json!(PAGE)));
    assert_eq!(office.show(&path).await, made);
    let listed = office.show(&format!("/v1/links?chatflow={chatflow}&page={PAGE}")).await["items"].clone();
    let listed = listed.as_array().unwrap();
    assert_eq!((listed.len(), listed.contains(&made)), (2, true));
    let direct = listed.iter().find(|link| link["direct"] == true).unwrap();
    assert_eq!(direct["url"], office.show(&format!("/v1/chatflows/{chatflow}")).await["direct_link"]);
    let again = office.post("/v1/links").json(json!({ "chatflow": chatflow })).send().await.expect(201);
    assert_ne!(again["ref"], made["ref"]);
}

#[actix_web::test]
async fn everything_wrong_with_a_link_is_said_at_once() {
    let (office, chatflow) = office().await;
    let body = json!({
        "chatflow": chatflow, "label": "", "variables": { "a b": 1, "long": "x".repeat(3000) },
        "locale": "français", "node": "nowhere", "expires_at": "2020-01-01T00:00:00Z"
    });
    let problem = office.post("/v1/links").json(body).send().await.refused(422, "invalid_body");
    let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/label", "/locale", "/variables/a b", "/variables/long", "/expires_at", "/node"]);
    office.post("/v1/links").json(json!({ "chatflow": chatflow, "ref": "mine" })).send().await.refused(422, "invalid_body");
    let unknown = json!({ "chatflow": "cf_01h455vb4pex5vsknk084sn02q" });
    office.post("/v1/links").json(unknown).send().await.refused(422, "missing_reference");
    assert_eq!(office.show("/v1/links").await["items"].as_array().unwrap().len(), 1);
    office.get("/v1/links/lk_01h455vb4pex5vsknk084sn02q").send().await.refused(404, "not_found");
}

#[actix_web::test]
async fn a_link_changes_but_not_what_it_opens() {
    let (office, chatflow) = office().await;
    let made = office.post("/v1/links").json(json!({ "chatflow": chatflow, "label": "a", "locale": "fr" })).send().await;
    let (path, tag) = (made.header("location").to_owned(), made.header("etag").to_owned());
    let change = json!({ "label": null, "variables": { "topic": "x" } });
    let changed = office.patch(&path).header("if-match", &tag).json(change.clone()).send().await.expect(200);
    assert_eq!((&changed["label"], &changed["locale"], &changed["ref"]), (&Value::Null, &json!("fr"), &made.body["ref"]));
    assert_eq!(changed["variables"], json!({ "topic": "x" }));
    office.patch(&path).header("if-match", &tag).json(change).send().await.refused(412, "stale");
    office.patch(&path).json(json!({ "chatflow": chatflow })).send().await.refused(422, "invalid_body");
    office.patch(&path).json(json!({ "node": "nowhere" })).send().await.refused(422, "invalid_body");
    assert_eq!(office.show(&path).await, changed);
}

#[actix_web::test]
async fn a_link_ends_by_revoking_or_by_its_time_and_a_direct_link_by_neither() {
    let (office, chatflow) = office().await;
    let soon = json!({ "chatflow": chatflow, "expires_at": "2026-12-31T00:00:00Z" });
    let expiring = office.post("/v1/links").json(soon).send().await.header("location").to_owned();
    let revoked = office.post("/v1/links").json(json!({ "chatflow": chatflow })).send().await.header("location").to_owned();
    for _ in 0..2 {
        office.delete(&revoked).send().await.expect(204);
    }
    let shown = office.show(&revoked).await;
    assert_eq!((&shown["revoked"], &shown["live"]), (&json!(true), &json!(false)));
    assert_eq!(office.show(&expiring).await["live"], true);
    office.api.clock.advance(SignedDuration::from_hours(24 * 3650));
    let admin = office.api.token(causerie::domain::access::Role::Admin).await;
    let shown = office.api.client.get(&expiring).by(&admin).send().await.expect(200);
    assert_eq!((&shown["revoked"], &shown["live"]), (&json!(false), &json!(false)));
}

#[actix_web::test]
async fn a_chatflows_own_link_lives_and_ends_with_it() {
    let (office, chatflow) = office().await;
    let link = direct(&office, &chatflow).await;
    let path = format!("/v1/links/{}", link["id"].as_str().unwrap());
    office.delete(&path).send().await.refused(409, "direct_link");
    office.patch(&path).json(json!({ "expires_at": "2030-01-01T00:00:00Z" })).send().await.refused(409, "direct_link");
    assert_eq!(office.show(&path).await, link);
    assert_eq!(office.patch(&path).json(json!({ "locale": "fr" })).send().await.expect(200)["locale"], "fr");
    office.delete(&format!("/v1/chatflows/{chatflow}")).send().await.expect(204);
    assert_eq!(office.show(&path).await["live"], false);
}

#[actix_web::test]
async fn a_link_of_a_draft_knows_the_drafts_nodes() {
    let office = Office::with_page().await;
    let chatflow = office.chatflow(PAGE, "menu", hello("a")).await;
    let body = |node: &str| json!({ "chatflow": id(&chatflow), "node": node });
    office.post("/v1/links").json(body("welcome")).send().await.expect(201);
    office.post("/v1/links").json(body("else")).send().await.refused(422, "invalid_body");
}
