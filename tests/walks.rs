//! The two walks of the architecture (`src/lib.rs`), end to end over real HTTP: someone taps a button, and an admin
//! switches a page's primary chatflow.

use causerie::domain::access::Role;
use causerie::sandbox::Person as Visitor;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::app::{ANA, BEN, PAGE, Person, TestApp};

fn example() -> Value {
    serde_json::from_str(include_str!("flows/example.json")).unwrap()
}

fn says(text: &str) -> Value {
    json!({
        "spec_version": "1.0",
        "languages": ["en"],
        "session": { "timeout": "24h", "on_complete": "restart" },
        "variables": { "name": { "type": "text" } },
        "start": "hello",
        "nodes": { "hello": [
            { "type": "ask", "save": "name", "text": format!("{text} Who are you?") },
            { "type": "send_text", "text": format!("{text} Nice to meet you, {{{{ name }}}}.") }
        ] }
    })
}

/// A shop: a page, a pipeline, an agent who is online, rules, and the example of the design as the primary chatflow.
struct Shop {
    app: TestApp,
    agent: Person,
}

impl Shop {
    async fn open() -> Self {
        let app = TestApp::with(|settings| settings.sign_in.access_minutes = 60 * 24 * 30).await;
        let agent = app.person(Role::Agent).await;
        app.put(&format!("/v1/agents/{}/presence", agent.id()), json!({ "presence": "online" })).send().await.expect(200);
        let status = |key: &str, closed: bool, next: &[&str]| json!({ "key": key, "name": key, "closed": closed, "next": next });
        let statuses = json!([status("new", false, &["open"]), status("open", false, &["solved"]), status("solved", true, &["open"])]);
        let pipeline = json!({ "key": "support", "name": "Support", "statuses": statuses });
        app.post("/v1/pipelines", pipeline).send().await.expect(201);
        let team = json!({ "name": "Advisors", "members": [agent.id()] });
        let team = app.post("/v1/teams", team).send().await.expect(201)["id"].clone();
        let rule = json!({ "name": "advisors", "target": { "to": "team", "team": team }, "otherwise": "away" });
        let rules = app.post("/v1/transfer-rules", json!({ "name": "advisors first", "rules": [rule] })).send().await.expect(201);
        app.connect_page().await;
        app.patch(&format!("/v1/pages/{PAGE}"), json!({ "transfer_rules": rules["id"] })).send().await.expect(200);
        let shop = Self { app, agent };
        let example = shop.chatflow("welcome", &example()).await;
        shop.make_primary(&example).await;
        for (psid, name, locale) in [(ANA, "Ana", "fr_FR"), (BEN, "Ben", "en_US")] {
            shop.app.sandbox.introduce(PAGE, psid, Visitor::new(name, "Silva", locale));
        }
        shop
    }

    /// Created, published and active; its id.
    async fn chatflow(&self, name: &str, document: &Value) -> String {
        let body = json!({ "page": PAGE, "name": name, "kind": "bot", "document": document });
        let id = self.app.post("/v1/chatflows", body).send().await.expect(201)["id"].as_str().unwrap().to_owned();
        self.app.post(&format!("/v1/chatflows/{id}/publish"), json!({})).send().await.expect(201);
        self.app.post(&format!("/v1/chatflows/{id}/activate"), json!({})).send().await.expect(200);
        id
    }

    async fn make_primary(&self, chatflow: &str) {
        self.app.put(&format!("/v1/pages/{PAGE}/primary-chatflow"), json!({ "chatflow": chatflow })).send().await.expect(200);
    }

    /// What the visitor does, and all that follows, pauses between bubbles included. What they were told meanwhile.
    async fn after<T>(&self, psid: &str, act: impl FnOnce(&causerie::sandbox::Sandbox) -> T) -> Vec<String> {
        let before = self.app.told(psid).len();
        act(&self.app.sandbox);
        self.app.settle_pauses().await;
        self.app.told(psid).split_off(before)
    }

    async fn as_agent(&self, path: &str, body: Value) -> Value {
        let call = self.app.client.post(path).by(&self.agent.token).json(body);
        let answer = call.send().await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        self.app.settle_pauses().await;
        answer.body
    }
}

#[actix_web::test]
async fn someone_taps_a_button_is_answered_handed_over_helped_and_given_back() {
    let shop = Shop::open().await;
    let told = shop.after(ANA, |sandbox| sandbox.get_started(ANA).unwrap()).await;
    assert_eq!(told, ["Bonjour Ana !", "Que puis-je faire pour vous ?"]);

    // The tap: answered by the flow, a ticket is opened, and the rules give the conversation to the agent.
    let told = shop.after(ANA, |sandbox| sandbox.tap(ANA, "Parler à quelqu'un").unwrap()).await;
    assert_eq!(told, ["Un conseiller arrive."]);
    let shown = shop.app.conversation(ANA).await;
    let path = format!("/v1/conversations/{}", shown["id"].as_str().unwrap());
    assert_eq!(shown["owner"], json!({ "kind": "agent", "agent": shop.agent.id() }));
    assert_eq!(shown["session"]["variables"]["topic"], "human");
    assert_eq!(shown["session"]["waits_for"], "people");
    assert_eq!(shown["came_from"]["chatflow_name"], "welcome");
    assert_eq!(shown["visitor"]["locale"], "fr_FR");
    let ticket = shown["open_tickets"][0].clone();
    assert_eq!((&ticket["number"], &ticket["subject"], &ticket["status"]), (&json!(1), &json!("human"), &json!("new")));
    let ticket = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let source = shop.app.get(&ticket).send().await.expect(200)["source"].clone();
    assert_eq!((&source["by"], &source["version"], &source["node"]), (&json!("flow"), &json!(1), &json!("handoff")));

    // The same tap delivered again changes nothing.
    let tap = shop.app.sandbox.webhooks().iter().rev().find(|hook| hook.body.to_string().contains("quick_reply")).unwrap().number;
    assert_eq!(shop.after(ANA, |sandbox| sandbox.redeliver(tap)).await, Vec::<String>::new());
    let tickets = shop.app.get("/v1/tickets").send().await.expect(200);
    assert_eq!(tickets["items"].as_array().unwrap().len(), 1);

    // While a person has it, the bot is silent; the person's words arrive.
    assert_eq!(shop.after(ANA, |sandbox| sandbox.visitor_says(ANA, "Vous êtes là ?").unwrap()).await, Vec::<String>::new());
    shop.as_agent(&format!("{path}/messages"), json!({ "text": "Oui, que puis-je faire ?" })).await;
    assert_eq!(shop.app.told(ANA).last().unwrap(), "Oui, que puis-je faire ?");

    // The ticket moves as its pipeline allows, and only so.
    let skip = shop.app.client.post(&format!("{ticket}/transitions")).by(&shop.agent.token).json(json!({ "to": "solved" }));
    skip.send().await.refused(409, "illegal_transition");
    shop.as_agent(&format!("{ticket}/transitions"), json!({ "to": "open" })).await;
    shop.as_agent(&format!("{ticket}/transitions"), json!({ "to": "solved", "comment": "answered" })).await;
    let history = shop.app.get(&format!("{ticket}/history")).send().await.expect(200);
    let moves: Vec<&Value> = history["items"].as_array().unwrap().iter().map(|change| &change["to"]).filter(|to| to.is_string()).collect();
    assert_eq!(moves, ["new", "open", "solved"]);

    // Given back: the flow goes on behind its transfer, which was its end; a further message lands with the people.
    let released = shop.as_agent(&format!("{path}/release"), json!({})).await;
    assert_eq!((&released["owner"]["kind"], &released["last_agent"]), (&json!("bot"), &json!(shop.agent.id())));
    assert_eq!(shop.after(ANA, |sandbox| sandbox.visitor_says(ANA, "Merci !").unwrap()).await, Vec::<String>::new());
    assert_eq!(shop.app.conversation(ANA).await["owner"], json!({ "kind": "queue" }));
    // A day later the session is over, and the primary chatflow greets again.
    shop.as_agent(&format!("{path}/claim"), json!({})).await;
    shop.as_agent(&format!("{path}/release"), json!({})).await;
    shop.app.pass(SignedDuration::from_hours(25)).await;
    let told = shop.after(ANA, |sandbox| sandbox.visitor_says(ANA, "Bonjour").unwrap()).await;
    assert_eq!(told, ["Bonjour Ana !", "Que puis-je faire pour vous ?"]);

    // Every bubble reached Meta once, in the order of the transcript.
    let lines = shop.app.get(&format!("{path}/messages?order=asc&limit=200")).send().await.expect(200);
    let sent = lines["items"].as_array().unwrap().iter().filter(|line| ["bot", "agent"].contains(&line["by"].as_str().unwrap()));
    let sent: Vec<&str> = sent.map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(shop.app.told(ANA), sent);
}

#[actix_web::test]
async fn nobody_is_there_and_the_flow_says_so() {
    let shop = Shop::open().await;
    shop.app.put(&format!("/v1/agents/{}/presence", shop.agent.id()), json!({ "presence": "away" })).send().await.expect(200);
    shop.after(BEN, |sandbox| sandbox.visitor_says(BEN, "hi").unwrap()).await;
    let told = shop.after(BEN, |sandbox| sandbox.tap(BEN, "Talk to someone").unwrap()).await;
    assert_eq!(told, ["We answer from 9 am."]);
    assert_eq!(shop.app.conversation(BEN).await["owner"]["kind"], "bot");
}

#[actix_web::test]
async fn an_admin_switches_the_primary_chatflow_and_only_new_sessions_notice() {
    let shop = Shop::open().await;
    let (old, new) = (shop.chatflow("old", &says("Old.")).await, shop.chatflow("new", &says("New.")).await);
    shop.make_primary(&old).await;
    assert_eq!(shop.after(BEN, |sandbox| sandbox.visitor_says(BEN, "hi").unwrap()).await, ["Old. Who are you?"]);

    let page = format!("/v1/pages/{PAGE}");
    let seen = shop.app.get(&page).send().await;
    let tag = seen.header("etag").to_owned();
    assert_eq!(seen.expect(200)["primary_chatflow"], old);
    let switch = |chatflow: &str, tag: &str| {
        let call = shop.app.put(&format!("{page}/primary-chatflow"), json!({ "chatflow": chatflow }));
        call.header("if-match", tag).send()
    };
    let switched = switch(&new, &tag).await;
    assert_ne!(switched.header("etag"), tag);
    assert_eq!(switched.expect(200)["primary_chatflow"], new);
    switch(&old, &tag).await.refused(412, "stale");

    // Ben's session stays on what it began with; Ana and, once his is over, Ben meet the new one.
    assert_eq!(shop.after(BEN, |sandbox| sandbox.visitor_says(BEN, "Ben").unwrap()).await, ["Old. Nice to meet you, Ben."]);
    assert_eq!(shop.after(ANA, |sandbox| sandbox.visitor_says(ANA, "salut").unwrap()).await, ["New. Who are you?"]);
    shop.app.pass(SignedDuration::from_hours(25)).await;
    assert_eq!(shop.after(BEN, |sandbox| sandbox.visitor_says(BEN, "again").unwrap()).await, ["New. Who are you?"]);

    // The primary one can be neither deleted nor switched off, and an analyst switches nothing.
    shop.app.client.delete(&format!("/v1/chatflows/{new}")).by(&shop.app.owner.token).send().await.refused(409, "is_primary");
    shop.app.post(&format!("/v1/chatflows/{new}/deactivate"), json!({})).send().await.refused(409, "is_primary");
    let analyst = shop.app.person(Role::Analyst).await;
    let call = shop.app.client.put(&format!("{page}/primary-chatflow")).by(&analyst.token).json(json!({ "chatflow": old }));
    call.send().await.refused(403, "forbidden");
    assert_eq!(shop.app.get(&page).send().await.expect(200)["primary_chatflow"], new);
}

#[actix_web::test]
async fn after_people_had_the_conversation_for_long_the_question_may_still_be_answered() {
    let shop = Shop::open().await;
    let mut document = says("Hi.");
    document["session"]["timeout"] = json!("1h");
    let brief = shop.chatflow("brief", &document).await;
    shop.make_primary(&brief).await;
    assert_eq!(shop.after(BEN, |sandbox| sandbox.visitor_says(BEN, "hello").unwrap()).await, ["Hi. Who are you?"]);
    let path = format!("/v1/conversations/{}", shop.app.conversation(BEN).await["id"].as_str().unwrap());
    shop.as_agent(&format!("{path}/claim"), json!({})).await;
    shop.app.pass(SignedDuration::from_hours(3)).await;
    shop.as_agent(&format!("{path}/release"), json!({})).await;
    assert_eq!(shop.app.told(BEN).last().unwrap(), "Hi. Who are you?");
    shop.app.pass(SignedDuration::from_mins(50)).await;
    assert_eq!(shop.after(BEN, |sandbox| sandbox.visitor_says(BEN, "Ben").unwrap()).await, ["Hi. Nice to meet you, Ben."]);
}

#[actix_web::test]
async fn a_menu_entry_opens_the_chatflow_that_the_page_binds_it_to_and_the_explanation_says_so() {
    let shop = Shop::open().await;
    let sale = shop.chatflow("sale", &says("Sale.")).await;
    let bindings = json!([{ "payload": "MENU_SALE", "keywords": ["sale"], "chatflow": sale }]);
    shop.app.patch(&format!("/v1/pages/{PAGE}"), json!({ "settings": { "bindings": bindings } })).send().await.expect(200);
    shop.after(BEN, |sandbox| sandbox.visitor_says(BEN, "hello").unwrap()).await;
    let told = shop.after(BEN, |sandbox| sandbox.postback(BEN, "The sale", "MENU_SALE").unwrap()).await;
    assert_eq!(told, ["Sale. Who are you?"]);
    let shown = shop.app.conversation(BEN).await;
    assert_eq!(shown["came_from"]["chatflow_name"], "sale");
    let path = format!("/v1/conversations/{}/explanations", shown["id"].as_str().unwrap());
    let explained = shop.app.get(&path).send().await.expect(200).to_string();
    assert!(explained.contains("payload `MENU_SALE` is bound to `sale`"), "{explained}");
}
