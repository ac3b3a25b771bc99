//! Walk 2 through the whole server: what an admin changes holds for the next visitor.

use causerie::sandbox::Person;
use causerie::store::pages::PageStore;
use causerie::store::turns::TurnStore;
use serde_json::{Value, json};

use crate::support::app::{PAGE, TestApp};

const SHOWN: &str = "/v1/pages/1001";

/// Somebody who has never been here.
fn stranger(app: &TestApp, locale: &str) -> String {
    let psid = app.sandbox.look(|world| format!("{}", 9000 + world.threads.len()));
    app.sandbox.introduce(PAGE, &psid, Person::new("Zoé", "Martin", locale));
    psid
}

/// What a stranger who says hello is told.
async fn hello(app: &TestApp) -> Vec<String> {
    let psid = stranger(app, "en_US");
    app.sandbox.visitor_says(&psid, "hello").unwrap();
    app.settle_pauses().await;
    app.told(&psid)
}

/// What a stranger who comes by this link is told.
async fn by_link(app: &TestApp, url: &str) -> Vec<String> {
    let psid = stranger(app, "en_US");
    app.sandbox.start_by_link(&psid, url.split_once("?ref=").unwrap().1).unwrap();
    app.settle_pauses().await;
    app.told(&psid)
}

fn saying(text: &str) -> Value {
    json!({
        "spec_version": "1.0",
        "languages": ["en"],
        "variables": { "topic": { "type": "text" } },
        "start": "welcome",
        "nodes": {
            "welcome": [{ "type": "send_text", "text": text }, { "type": "end" }],
            "topics": [{ "type": "send_text", "text": "About {{ topic }}." }, { "type": "end" }]
        }
    })
}

/// A published, active chatflow that says this: its path and its direct link.
async fn chatflow(app: &TestApp, name: &str, text: &str) -> (String, String) {
    let body = json!({ "page": PAGE, "name": name, "kind": "bot", "document": saying(text) });
    let made = app.post("/v1/chatflows", body).send().await.expect(201);
    let path = format!("/v1/chatflows/{}", made["id"].as_str().unwrap());
    app.post(&format!("{path}/publish"), json!({})).send().await.expect(201);
    app.post(&format!("{path}/activate"), json!(null)).send().await.expect(200);
    (path, made["direct_link"].as_str().unwrap().to_owned())
}

async fn make_primary(app: &TestApp, path: &str) {
    let body = json!({ "chatflow": path.rsplit('/').next().unwrap() });
    app.put(&format!("{SHOWN}/primary-chatflow"), body).send().await.expect(200);
}

#[actix_web::test]
async fn a_page_answers_from_the_moment_it_is_connected_in_the_visitors_language() {
    let app = TestApp::start().await;
    app.connect_page().await;
    for (locale, greeting) in [("fr_FR", "Bonjour et merci pour votre message !"), ("en_US", "Hello, and thank you for your message!")] {
        let psid = stranger(&app, locale);
        app.sandbox.get_started(&psid).unwrap();
        app.settle_pauses().await;
        let told = app.told(&psid);
        assert_eq!((told.first().map(String::as_str), told.len()), (Some(greeting), 2), "{told:?}");
    }
}

#[actix_web::test]
async fn a_publish_a_rollback_and_a_switch_hold_for_the_next_visitor() {
    let app = TestApp::start().await;
    app.connect_page().await;
    let (menu, link) = chatflow(&app, "menu", "one").await;
    assert_eq!(by_link(&app, &link).await, ["one"]);
    app.put(&format!("{menu}/draft"), saying("two")).send().await.expect(200);
    assert_eq!(by_link(&app, &link).await, ["one"], "a draft is nobody's answer");
    app.post(&format!("{menu}/publish"), json!({})).send().await.expect(201);
    assert_eq!(by_link(&app, &link).await, ["two"]);
    app.post(&format!("{menu}/rollback"), json!({ "version": 1 })).send().await.expect(201);
    assert_eq!(by_link(&app, &link).await, ["one"]);
    assert_ne!(hello(&app).await, ["one"]);
    make_primary(&app, &menu).await;
    assert_eq!(hello(&app).await, ["one"]);
}

#[actix_web::test]
async fn a_link_opens_its_chatflow_until_it_ends_and_then_the_primary_answers() {
    let app = TestApp::start().await;
    app.connect_page().await;
    let (primary, _) = chatflow(&app, "primary", "the primary").await;
    make_primary(&app, &primary).await;
    let (menu, direct) = chatflow(&app, "menu", "the menu").await;
    let body = json!({ "chatflow": menu.rsplit('/').next().unwrap(), "node": "topics", "variables": { "topic": "returns" } });
    let campaign = app.post("/v1/links", body).send().await;
    let (path, url) = (campaign.header("location").to_owned(), campaign.body["url"].as_str().unwrap().to_owned());
    assert_eq!(by_link(&app, &url).await, ["About returns."]);
    app.patch(&path, json!({ "variables": { "topic": "sizes" } })).send().await.expect(200);
    assert_eq!(by_link(&app, &url).await, ["About sizes."]);
    app.client.delete(&path).by(&app.owner.token).send().await.expect(204);
    assert_eq!(by_link(&app, &url).await, ["the primary"]);
    assert_eq!(by_link(&app, &direct).await, ["the menu"]);
    app.post(&format!("{menu}/deactivate"), json!(null)).send().await.expect(200);
    assert_eq!(by_link(&app, &direct).await, ["the primary"]);
    app.post(&format!("{menu}/activate"), json!(null)).send().await.expect(200);
    assert_eq!(by_link(&app, &direct).await, ["the menu"]);
    app.client.delete(&menu).by(&app.owner.token).send().await.expect(204);
    assert_eq!(by_link(&app, &direct).await, ["the primary"]);
}

#[actix_web::test]
async fn a_paused_page_is_silent_and_a_disconnected_one_takes_no_notice() {
    let app = TestApp::start().await;
    app.connect_page().await;
    let (primary, _) = chatflow(&app, "primary", "the primary").await;
    make_primary(&app, &primary).await;
    let away = json!({ "settings": { "away_message": "We are away." } });
    app.post(&format!("{SHOWN}/pause"), json!(null)).send().await.expect(200);
    assert_eq!(hello(&app).await, [""; 0]);
    app.patch(SHOWN, away).send().await.expect(200);
    assert_eq!(hello(&app).await, ["We are away."]);
    app.post(&format!("{SHOWN}/resume"), json!(null)).send().await.expect(200);
    assert_eq!(hello(&app).await, ["the primary"]);
    app.client.delete(SHOWN).by(&app.owner.token).send().await.expect(204);
    assert!(app.app.store().token(&PAGE.into()).await.unwrap().is_none());
    // Meta was not told, or not in time: its events still come.
    app.sandbox.change(|world, _| world.pages.get_mut(PAGE).unwrap().subscription = causerie::sandbox::Subscription::all());
    let psid = stranger(&app, "en_US");
    app.sandbox.visitor_says(&psid, "hello").unwrap();
    app.settle_pauses().await;
    assert_eq!(app.told(&psid), [""; 0]);
    assert_eq!(app.app.store().load(&PAGE.into(), &psid.as_str().into()).await.unwrap(), None);
    app.post("/v1/pages", json!({ "page_access_token": "EAApage1001" })).send().await.expect(200);
    assert_eq!(hello(&app).await, ["the primary"]);
}

#[actix_web::test]
async fn what_a_dead_token_held_goes_out_once_the_page_is_connected_again() {
    let app = TestApp::start().await;
    app.connect_page().await;
    let (primary, _) = chatflow(&app, "primary", "the primary").await;
    make_primary(&app, &primary).await;
    app.sandbox.revoke_token(PAGE, 460);
    let psid = stranger(&app, "en_US");
    app.sandbox.visitor_says(&psid, "hello").unwrap();
    app.settle().await;
    assert_eq!(app.told(&psid), [""; 0]);
    let page = app.get(SHOWN).send().await.expect(200);
    assert_eq!(page["state"], "blocked", "{page}");
    app.post(&format!("{SHOWN}/resume"), json!(null)).send().await.refused(422, "token_refused");
    app.sandbox.new_token(PAGE, "EAAnew");
    app.post("/v1/pages", json!({ "page_access_token": "EAAnew" })).send().await.expect(200);
    app.settle_pauses().await;
    assert_eq!(app.told(&psid), ["the primary"]);
}
