//! The Graph API stand-in keeps Meta's limits, windows, errors and order: what every other test relies on.

mod graph;
mod webhooks;

use std::sync::Arc;

use causerie::clock::ManualClock;
use causerie::sandbox::{FbPage, Sandbox, StandIn};
use serde_json::{Value, json};

pub const PAGE: &str = "1001";
pub const PSID: &str = "2002";
pub const SECRET: &str = "test_app_secret";

/// A stand-in with one subscribed page, a clock that stands, and a client that signs as it should.
pub struct Bench {
    pub sandbox: Sandbox,
    pub clock: ManualClock,
    pub stand_in: StandIn,
    pub client: reqwest::Client,
}

impl Bench {
    pub fn start() -> Self {
        let clock = ManualClock::at("2026-11-22T09:00:00Z".parse().unwrap());
        let page = FbPage::new(PAGE, "Maison Lumen", "EAAtoken").username("maisonlumen").subscribed();
        let sandbox = Sandbox::new("77", SECRET, vec![page], Arc::new(clock.clone())).unwrap();
        let stand_in = StandIn::start(sandbox.clone()).unwrap();
        Self { sandbox, clock, stand_in, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}/v26.0/{path}", self.stand_in.graph_url())
    }

    /// With the page's token and its proof.
    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let proof = "d6c4deea04dad311877a7fc71b2040fadb5f611475eeec72bb3c0bfad16d5e04";
        let query = [("access_token", "EAAtoken"), ("appsecret_proof", proof)];
        let answer = self.client.post(self.url(path)).query(&query).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn send(&self, extra: Value) -> (u16, Value) {
        let mut body = json!({ "recipient": { "id": PSID }, "messaging_type": "RESPONSE" });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        self.post("me/messages", body).await
    }
}
