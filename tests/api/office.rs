//! A server whose Graph API is the stand-in, with a page that may be connected: for pages, chatflows and links.

use causerie::domain::access::Role;
use causerie::sandbox::{FbPage, Sandbox, StandIn};
use serde_json::{Value, json};

use crate::support::api::TestApi;
use crate::support::http::{Answer, Call};

pub const PAGE: &str = "1001";
pub const OTHER_PAGE: &str = "1002";
pub const TOKEN: &str = "EAAfirst";

pub struct Office {
    pub api: TestApi,
    pub sandbox: Sandbox,
    pub admin: String,
    pub editor: String,
    _stand_in: StandIn,
}

impl Office {
    pub async fn open() -> Self {
        let pages = vec![FbPage::new(PAGE, "Maison Lumen", TOKEN).username("maisonlumen"), FbPage::new(OTHER_PAGE, "Atelier", "EAAother")];
        let clock = TestApi::clock();
        let sandbox = Sandbox::new("77", "test_app_secret", pages, std::sync::Arc::new(clock.clone())).unwrap();
        let stand_in = StandIn::start(sandbox.clone()).unwrap();
        let api = TestApi::at_graph(&stand_in.graph_url(), "77", "test_app_secret", clock).await;
        let (admin, editor) = (api.token(Role::Admin).await, api.token(Role::Editor).await);
        Self { api, sandbox, admin, editor, _stand_in: stand_in }
    }

    /// With the page connected, without a chatflow.
    pub async fn with_page() -> Self {
        let office = Self::open().await;
        office.connect(json!({ "page_access_token": TOKEN, "default_chatflow": false })).await.expect(201);
        office
    }

    pub async fn connect(&self, body: Value) -> Answer {
        self.post("/v1/pages").json(body).send().await
    }

    /// By the admin, who may all of this.
    pub fn get(&self, path: &str) -> Call {
        self.api.client.get(path).by(&self.admin)
    }

    pub fn post(&self, path: &str) -> Call {
        self.api.client.post(path).by(&self.admin)
    }

    pub fn put(&self, path: &str) -> Call {
        self.api.client.put(path).by(&self.admin)
    }

    pub fn patch(&self, path: &str) -> Call {
        self.api.client.patch(path).by(&self.admin)
    }

    pub fn delete(&self, path: &str) -> Call {
        self.api.client.delete(path).by(&self.admin)
    }

    pub async fn show(&self, path: &str) -> Value {
        self.get(path).send().await.expect(200)
    }

    /// A new `bot` with this document, as its path.
    pub async fn chatflow(&self, page: &str, name: &str, document: Value) -> String {
        let body = json!({ "page": page, "name": name, "kind": "bot", "document": document });
        let made = self.post("/v1/chatflows").json(body).send().await;
        let path = made.header("location").to_owned();
        made.expect(201);
        path
    }

    /// As `chatflow`, published and active.
    pub async fn live_chatflow(&self, page: &str, name: &str) -> String {
        let path = self.chatflow(page, name, hello("Hello!")).await;
        self.post(&format!("{path}/publish")).send().await.expect(201);
        self.post(&format!("{path}/activate")).send().await.expect(200);
        path
    }
}

/// A document without a fault that says this.
pub fn hello(text: &str) -> Value {
    json!({
        "spec_version": "1.0",
        "languages": ["en"],
        "start": "welcome",
        "nodes": { "welcome": [{ "type": "send_text", "text": text }, { "type": "end" }] }
    })
}

/// The id that a path ends in.
pub fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}
