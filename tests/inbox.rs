//! The inbox over real HTTP: what agents see and do, and what the visitor gets of it.

mod collected;
mod refusals;
mod work;

use causerie::domain::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::app::{ANA, Person, TestApp};
use crate::support::http::{Answer, Call};

/// A page where every message lands in the queue at once: nobody is online, and no flow speaks before the transfer.
async fn queue_app() -> TestApp {
    let app = TestApp::with(|settings| settings.sign_in.access_minutes = 60 * 24 * 30).await;
    app.post("/v1/pages", json!({ "page_access_token": "EAApage1001", "default_chatflow": false })).send().await.expect(201);
    app
}

/// An app with one conversation, Ana's, in the queue, and an agent.
struct Desk {
    app: TestApp,
    /// `/v1/conversations/{id}`
    path: String,
    agent: Person,
}

impl Desk {
    async fn open() -> Self {
        let app = queue_app().await;
        app.sandbox.visitor_says(ANA, "Bonjour, where is my order?").unwrap();
        app.settle().await;
        let path = format!("/v1/conversations/{}", app.conversation(ANA).await["id"].as_str().unwrap());
        let agent = app.person(Role::Agent).await;
        Self { app, path, agent }
    }

    async fn claimed() -> Self {
        let desk = Self::open().await;
        desk.act(&desk.agent, "claim").send().await.expect(200);
        desk
    }

    fn act(&self, who: &Person, verb: &str) -> Call {
        self.app.client.post(&format!("{}/{verb}", self.path)).by(&who.token)
    }

    async fn reply(&self, who: &Person, text: &str) -> Answer {
        let answer = self.act(who, "messages").json(json!({ "text": text })).send().await;
        self.app.settle().await;
        answer
    }

    async fn show(&self) -> Value {
        self.app.get(&self.path).send().await.expect(200)
    }

    /// Oldest first: who, kind, text.
    async fn transcript(&self) -> Vec<(String, String, String)> {
        let page = self.app.get(&format!("{}/messages?order=asc&limit=100", self.path)).send().await.expect(200);
        let word = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
        page["items"].as_array().unwrap().iter().map(|line| (word(line, "by"), word(line, "kind"), word(line, "text"))).collect()
    }
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}
