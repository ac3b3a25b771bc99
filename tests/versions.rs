//! A new version while sessions run, on the running server: who stays, who moves, who begins anew, and who gets it at all.

use serde_json::{Value, json};

use crate::support::app::{ANA, PAGE, TestApp};

/// A greeting, a question with an option, an answer: every text names its version.
fn flow(version: &str, question: &str) -> Value {
    let option = json!({ "value": "blue", "title": "Blue" });
    json!({
        "spec_version": "1.0",
        "languages": ["en"],
        "session": { "on_complete": "restart" },
        "start": "hello",
        "variables": { "shade": { "type": "text", "default": format!("of {version}") } },
        "nodes": {
            "hello": [{ "type": "send_text", "text": format!("{version} hello") }, { "type": "goto", "node": question }],
            question: [
                { "type": "send_text", "text": format!("{version} colours") },
                { "type": "ask", "save": "colour", "text": format!("{version} which?"), "options": [option] },
                { "type": "send_text", "text": format!("{version} got {{{{ colour }}}} {{{{ shade }}}}") }
            ]
        }
    })
}

struct Shop {
    app: TestApp,
    path: String,
}

impl Shop {
    /// Version 1 answers on the page.
    async fn open() -> Self {
        let app = TestApp::start().await;
        app.connect_page().await;
        let body = json!({ "page": PAGE, "name": "colours", "kind": "bot", "document": flow("v1", "colour") });
        let id = app.post("/v1/chatflows", body).send().await.expect(201)["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/chatflows/{id}");
        app.post(&format!("{path}/publish"), json!({})).send().await.expect(201);
        app.post(&format!("{path}/activate"), json!({})).send().await.expect(200);
        app.put(&format!("/v1/pages/{PAGE}/primary-chatflow"), json!({ "chatflow": id })).send().await.expect(200);
        Self { app, path }
    }

    async fn publish(&self, document: Value, body: Value) {
        self.app.put(&format!("{}/draft", self.path), document).send().await.expect(200);
        self.app.post(&format!("{}/publish", self.path), body).send().await.expect(201);
    }

    async fn act(&self, path: &str, body: Value) {
        self.app.post(&format!("{}{path}", self.path), body).send().await.expect(200);
    }

    /// What the visitor is told after this.
    async fn after<T>(&self, psid: &str, act: impl FnOnce(&causerie::sandbox::Sandbox) -> T) -> Vec<String> {
        let before = self.app.told(psid).len();
        act(&self.app.sandbox);
        self.app.settle_pauses().await;
        self.app.told(psid).split_off(before)
    }

    async fn begin(&self, psid: &str) -> Vec<String> {
        self.app.sandbox.introduce(PAGE, psid, causerie::sandbox::Person::new("Ana", "Silva", "en_US"));
        self.after(psid, |sandbox| sandbox.get_started(psid).unwrap()).await
    }

    async fn says(&self, psid: &str, text: &str) -> Vec<String> {
        self.after(psid, |sandbox| sandbox.visitor_says(psid, text).unwrap()).await
    }
}

#[actix_web::test]
async fn a_running_session_stays_on_its_version_unless_a_publish_says_otherwise() {
    let shop = Shop::open().await;
    assert_eq!(shop.begin(ANA).await, ["v1 hello", "v1 colours", "v1 which?"]);
    shop.publish(flow("v2", "colour"), json!({})).await;
    assert_eq!(shop.says(ANA, "blue").await, ["v1 got blue of v1"]);
    assert_eq!(shop.says(ANA, "again").await, ["v2 hello", "v2 colours", "v2 which?"]);
}

#[actix_web::test]
async fn a_session_moves_to_the_same_node_of_the_new_version() {
    let shop = Shop::open().await;
    shop.begin(ANA).await;
    let mut next = flow("v2", "colour");
    // The question is another action of its node now, and there is a variable more.
    next["nodes"]["colour"].as_array_mut().unwrap().remove(0);
    next["nodes"]["colour"][1]["text"] = json!("v2 got {{ colour }} {{ shade }} {{ depth }}");
    next["variables"]["depth"] = json!({ "type": "text", "default": "deep" });
    shop.publish(next, json!({ "sessions": "migrate" })).await;
    // The button was made by version 1, and its option is one of the question still.
    let told = shop.after(ANA, |sandbox| sandbox.tap(ANA, "Blue").unwrap()).await;
    assert_eq!(told, ["v2 got blue of v1 deep"]);
    assert_eq!(shop.app.conversation(ANA).await["session"]["version"], 2);
}

#[actix_web::test]
async fn a_session_whose_node_is_gone_stays_and_that_is_reported_once() {
    let shop = Shop::open().await;
    shop.begin(ANA).await;
    shop.publish(flow("v2", "renamed"), json!({ "sessions": "migrate" })).await;
    assert_eq!(shop.says(ANA, "what?").await.len(), 1, "the question again");
    assert_eq!(shop.says(ANA, "blue").await, ["v1 got blue of v1"]);
    let path = format!("/v1/conversations/{}/messages", shop.app.conversation(ANA).await["id"].as_str().unwrap());
    let messages = shop.app.get(&path).send().await.expect(200);
    let reports: Vec<&str> = messages["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["event"] == "report")
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert_eq!(reports, ["the session stays on version 1 of its chatflow, version 2 cannot take it: it has no node `colour`"]);
}

#[actix_web::test]
async fn a_session_begins_anew_where_the_new_version_says_so() {
    let shop = Shop::open().await;
    shop.begin(ANA).await;
    shop.publish(flow("v2", "colour"), json!({ "sessions": "restart" })).await;
    assert_eq!(shop.says(ANA, "blue").await, ["v2 hello", "v2 colours", "v2 which?"]);
    assert_eq!(shop.says(ANA, "blue").await, ["v2 got blue of v2"]);
}

#[actix_web::test]
async fn a_call_begins_anew_where_the_called_chatflow_says_so_and_its_caller_waits() {
    let shop = Shop::open().await;
    let caller = json!({
        "spec_version": "1.0",
        "start": "first",
        "variables": { "colour": { "type": "text" } },
        "nodes": { "first": [
            { "type": "send_text", "text": "caller" }, { "type": "call", "chatflow": "colours" }, { "type": "send_text", "text": "back with {{ colour }}" }] }
    });
    let body = json!({ "page": PAGE, "name": "caller", "kind": "bot", "document": caller });
    let id = shop.app.post("/v1/chatflows", body).send().await.expect(201)["id"].as_str().unwrap().to_owned();
    shop.app.post(&format!("/v1/chatflows/{id}/publish"), json!({})).send().await.expect(201);
    shop.app.post(&format!("/v1/chatflows/{id}/activate"), json!({})).send().await.expect(200);
    shop.app.put(&format!("/v1/pages/{PAGE}/primary-chatflow"), json!({ "chatflow": id })).send().await.expect(200);
    const BEN: &str = "2002";
    for psid in [ANA, BEN] {
        assert_eq!(shop.begin(psid).await, ["caller", "v1 hello", "v1 colours", "v1 which?"]);
    }
    shop.publish(flow("v2", "colour"), json!({ "sessions": "restart" })).await;
    assert_eq!(shop.says(ANA, "blue").await, ["v2 hello", "v2 colours", "v2 which?"]);
    assert_eq!(shop.says(ANA, "blue").await, ["v2 got blue of v1", "back with blue"]);
    // An option of the version before is past, and the call begins anew all the same.
    let told = shop.after(BEN, |sandbox| sandbox.tap(BEN, "Blue").unwrap()).await;
    assert_eq!(told[1..], ["v2 hello", "v2 colours", "v2 which?"], "{told:?}");
    assert_eq!(shop.after(BEN, |sandbox| sandbox.tap(BEN, "Blue").unwrap()).await, ["v2 got blue of v1", "back with blue"]);
}

#[actix_web::test]
async fn a_rollout_is_for_the_same_contacts_each_time_and_ends_for_all() {
    let shop = Shop::open().await;
    let visitors: Vec<String> = (0..12).map(|n| format!("30{n:02}")).collect();
    for psid in &visitors {
        assert_eq!(shop.begin(psid).await[0], "v1 hello");
        shop.says(psid, "blue").await;
    }
    shop.publish(flow("v2", "colour"), json!({ "rollout": 50 })).await;
    let mut first = Vec::new();
    for psid in &visitors {
        first.push(shop.says(psid, "again").await[0].clone());
        shop.says(psid, "blue").await;
    }
    let new = first.iter().filter(|text| *text == "v2 hello").count();
    assert!((1..=11).contains(&new), "{first:?}");
    for (psid, before) in visitors.iter().zip(&first) {
        assert_eq!(shop.says(psid, "again").await[0], *before, "the same contacts");
    }
    let chosen = visitors.iter().zip(&first).find(|(_, text)| *text == "v2 hello").unwrap().0;
    // Those who are in a session on it begin anew on the version that stays.
    shop.act("/rollout/abort", json!({ "sessions": "restart" })).await;
    assert_eq!(shop.says(chosen, "blue").await[0], "v1 hello");
    shop.publish(flow("v3", "colour"), json!({ "rollout": 1, "sessions": "restart" })).await;
    shop.act("/rollout/finish", json!({})).await;
    for psid in &visitors {
        assert_eq!(shop.says(psid, "blue").await[0], "v3 hello");
    }
}
