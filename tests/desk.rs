//! From a flow's `transfer` and `create_ticket` to people and tickets, through the whole server.

use causerie::domain::access::Role;
use causerie::sandbox::Person as Face;
use serde_json::{Value, json};

use crate::support::app::{ANA, BEN, PAGE, Person, TestApp};

/// Opens a ticket, then transfers.
fn flow() -> Value {
    json!({ "spec_version": "1.0", "languages": ["en"], "start": "help", "nodes": { "help": [
        { "type": "create_ticket", "pipeline": "support", "subject": "{{ last_text }}", "priority": "high", "fields": { "page": "{{ page.name }}" } },
        { "type": "transfer", "rules": "desk", "available": { "en": "Someone is coming." }, "unavailable": { "en": "Nobody is here." } } ] } })
}

struct Desk {
    app: TestApp,
    agents: Vec<Person>,
    team: Value,
    /// `/v1/transfer-rules/{id}`
    rules: String,
}

impl Desk {
    /// A team of two online agents with one slot each, and rules that give to the least busy.
    async fn open() -> Self {
        let app = TestApp::with(|settings| settings.sign_in.access_minutes = 600).await;
        let agents = vec![app.person(Role::Agent).await, app.person(Role::Agent).await];
        for agent in &agents {
            let path = format!("/v1/agents/{}", agent.id());
            app.patch(&path, json!({ "capacity": 1 })).send().await.expect(200);
            let online = json!({ "presence": "online" });
            app.client.put(&format!("{path}/presence")).by(&agent.token).json(online).send().await.expect(200);
        }
        let members: Vec<String> = agents.iter().map(Person::id).collect();
        let team = app.post("/v1/teams", json!({ "name": "Returns", "members": members })).send().await.expect(201);
        let statuses = json!([{ "key": "new", "name": "New", "next": ["done"] }, { "key": "done", "name": "Done", "closed": true }]);
        app.post("/v1/pipelines", json!({ "key": "support", "name": "Support", "statuses": statuses })).send().await.expect(201);
        let rule = json!({ "name": "returns", "target": { "to": "team", "team": team["id"] }, "otherwise": "queue" });
        let made = app.post("/v1/transfer-rules", json!({ "name": "desk", "rules": [rule] })).send().await;
        let rules = made.header("location").to_owned();
        made.expect(201);
        app.post("/v1/pages", json!({ "page_access_token": "EAApage1001", "default_chatflow": false })).send().await.expect(201);
        let chatflow = json!({ "page": PAGE, "name": "Help", "kind": "bot", "document": flow(), "primary": true });
        app.post("/v1/chatflows", chatflow).send().await.expect(201);
        Self { app, agents, team, rules }
    }

    async fn says(&self, psid: &str, text: &str) {
        self.app.sandbox.visitor_says(psid, text).unwrap();
        self.app.settle().await;
    }

    async fn owner(&self, psid: &str) -> Value {
        self.app.conversation(psid).await["owner"].clone()
    }

    async fn tickets(&self) -> Vec<Value> {
        let list = self.app.get("/v1/tickets").send().await.expect(200);
        list["items"].as_array().unwrap().clone()
    }

    fn queue(&self) -> Value {
        json!({ "kind": "queue", "team": self.team["id"] })
    }
}

fn visitors(app: &TestApp, many: usize) -> Vec<String> {
    let psids: Vec<String> = (0..many).map(|n| format!("31{n:02}")).collect();
    for psid in &psids {
        app.sandbox.introduce(PAGE, psid, Face::new("Vi", "Sitor", "en_US"));
    }
    psids
}

#[actix_web::test]
async fn a_transfer_goes_to_the_least_busy_until_all_are_full_and_explain_agrees() {
    let desk = Desk::open().await;
    let psids = visitors(&desk.app, 3);
    let mut given = Vec::new();
    for psid in &psids[..2] {
        desk.says(psid, "a parcel is late").await;
        let owner = desk.owner(psid).await;
        assert_eq!(owner["kind"], "agent", "{owner}");
        given.push(owner["agent"].as_str().unwrap().to_owned());
    }
    given.sort();
    let mut both: Vec<String> = desk.agents.iter().map(Person::id).collect();
    both.sort();
    assert_eq!(given, both, "one each");
    assert_eq!(desk.app.told(&psids[0]), ["Someone is coming."]);

    let explained = desk.app.post(&format!("{}/explain", desk.rules), json!({})).send().await.expect(200);
    assert_eq!(explained["destination"], json!({ "to": "queue", "team": desk.team["id"] }));
    let line = explained["because"][0].as_str().unwrap();
    assert!(line.contains("nobody can take it") && line.contains("is full, 1 of 1"), "{line}");
    desk.says(&psids[2], "mine too").await;
    assert_eq!(desk.owner(&psids[2]).await, desk.queue());

    let first = desk.app.conversation(&psids[0]).await;
    let close = format!("/v1/conversations/{}/close", first["id"].as_str().unwrap());
    desk.app.post(&close, json!({})).send().await.expect(200);
    let again = json!({ "conversation": first["id"] });
    let explained = desk.app.post(&format!("{}/explain", desk.rules), again).send().await.expect(200);
    assert_eq!(explained["destination"]["agent"], first["owner"]["agent"], "a closed conversation frees its slot");
}

#[actix_web::test]
async fn transfers_at_once_never_both_win_the_last_slot() {
    let desk = Desk::open().await;
    let psids = visitors(&desk.app, 12);
    for psid in &psids {
        desk.app.sandbox.visitor_says(psid, "help").unwrap();
    }
    desk.app.settle().await;
    let mut kinds = Vec::new();
    for psid in &psids {
        kinds.push(desk.owner(psid).await["kind"].as_str().unwrap().to_owned());
    }
    let count = |kind: &str| kinds.iter().filter(|found| *found == kind).count();
    assert_eq!((count("agent"), count("queue")), (2, 10), "{kinds:?}");
    for agent in &desk.agents {
        let shown = desk.app.get(&format!("/v1/agents/{}", agent.id())).send().await.expect(200);
        assert_eq!(shown["load"], 1);
    }
}

#[actix_web::test]
async fn a_change_of_rules_holds_for_the_next_transfer() {
    let desk = Desk::open().await;
    let rules = json!({ "rules": [{ "name": "open", "target": { "to": "queue" } }] });
    desk.app.patch(&desk.rules, rules).send().await.expect(200);
    desk.says(ANA, "help").await;
    assert_eq!(desk.owner(ANA).await["kind"], "queue");
    let to_ticket = json!({ "rules": [{ "name": "gone", "when": "contact.first_name == 'Nobody'", "target": { "to": "nobody" } },
        { "name": "last", "target": { "to": "last_agent" }, "otherwise": "ticket" }] });
    desk.app.patch(&desk.rules, to_ticket).send().await.expect(200);
    desk.says(BEN, "help").await;
    let transcript = format!("/v1/conversations/{}/messages?order=asc", desk.app.conversation(BEN).await["id"].as_str().unwrap());
    let lines = desk.app.get(&transcript).send().await.expect(200);
    let told = lines["items"]
        .as_array()
        .unwrap()
        .iter()
        .any(|line| line["text"].as_str().is_some_and(|text| text.contains("rule 2 `last`: last agent, nobody")));
    assert!(told, "the transcript says why: {lines}");
    assert_eq!(desk.tickets().await.len(), 2, "the flow's own ticket is the conversation's open one: the rule opens no second");
}

#[actix_web::test]
async fn a_rule_that_finds_nobody_opens_a_ticket_for_the_team() {
    let desk = Desk::open().await;
    for agent in &desk.agents {
        desk.app.put(&format!("/v1/agents/{}/presence", agent.id()), json!({ "presence": "offline" })).send().await.expect(200);
    }
    let rule = json!({ "name": "returns", "target": { "to": "team", "team": desk.team["id"] }, "otherwise": "ticket" });
    desk.app.patch(&desk.rules, json!({ "rules": [rule] })).send().await.expect(200);
    let only_transfer = json!({ "spec_version": "1.0", "languages": ["en"], "start": "a",
        "nodes": { "a": [{ "type": "transfer", "rules": "desk", "unavailable": { "en": "Nobody is here." } }] } });
    let chatflows = desk.app.get(&format!("/v1/chatflows?page={PAGE}")).send().await.expect(200);
    let path = format!("/v1/chatflows/{}", chatflows["items"][0]["id"].as_str().unwrap());
    desk.app.put(&format!("{path}/draft"), only_transfer).send().await.expect(200);
    desk.app.post(&format!("{path}/publish"), json!({})).send().await.expect(201);
    desk.says(ANA, "help").await;
    assert_eq!((desk.owner(ANA).await, desk.app.told(ANA)), (desk.queue(), vec!["Nobody is here.".to_owned()]));
    let tickets = desk.tickets().await;
    assert_eq!(
        (tickets.len(), &tickets[0]["team"], &tickets[0]["source"]),
        (1, &desk.team["id"], &json!({ "by": "rule", "rules": "desk" }))
    );
    let why = tickets[0]["description"].as_str().unwrap();
    assert!(why.contains("is offline"), "{why}");
}

#[actix_web::test]
async fn a_flows_ticket_is_worked_on_and_a_conversation_has_one_open() {
    let desk = Desk::open().await;
    desk.says(ANA, "My parcel is late").await;
    let tickets = desk.tickets().await;
    let [ticket] = tickets.as_slice() else { panic!("{tickets:?}") };
    assert_eq!((&ticket["subject"], &ticket["priority"], &ticket["page"]), (&json!("My parcel is late"), &json!("high"), &json!(PAGE)));
    assert_eq!(
        (&ticket["fields"], &ticket["source"]["by"], &ticket["source"]["node"]),
        (&json!({ "page": "Maison Lumen" }), &json!("flow"), &json!("help"))
    );
    let conversation = desk.app.conversation(ANA).await;
    assert_eq!(ticket["conversation"], conversation["id"]);

    let agent = &desk.agents[0];
    let create = |another: bool| {
        let body = json!({ "pipeline": "support", "subject": "More", "conversation": conversation["id"], "another": another });
        desk.app.client.post("/v1/tickets").by(&agent.token).json(body).send()
    };
    let refused = create(false).await.refused(409, "open_ticket_exists");
    assert_eq!(refused["ticket"], json!({ "id": ticket["id"], "number": ticket["number"] }));
    let second = create(true).await.expect(201);
    assert_eq!((&second["page"], &second["contact"]), (&json!(PAGE), &ticket["contact"]));
    for ticket in [ticket, &second] {
        let path = format!("/v1/tickets/{}/transitions", ticket["id"].as_str().unwrap());
        desk.app.client.post(&path).by(&agent.token).json(json!({ "to": "done" })).send().await.expect(200);
    }
    assert_eq!(create(false).await.expect(201)["number"], json!(3), "the others are done");
}

#[actix_web::test]
async fn whoever_closed_the_laptop_gets_no_more_conversations() {
    let desk = Desk::open().await;
    desk.app.pass(jiff::SignedDuration::from_mins(31)).await;
    desk.says(ANA, "I have a question").await;
    assert_eq!(desk.owner(ANA).await["kind"], "queue", "both said that they are online, and nobody has seen them since");
    // One of them is back: anything they ask for says so.
    let agent = &desk.agents[1];
    let path = format!("/v1/agents/{}/presence", agent.id());
    desk.app.client.put(&path).by(&agent.token).json(json!({ "presence": "online" })).send().await.expect(200);
    desk.says(BEN, "So do I").await;
    assert_eq!(desk.owner(BEN).await, json!({ "kind": "agent", "agent": agent.id() }));
}
