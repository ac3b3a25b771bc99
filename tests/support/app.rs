//! The whole server under test: real HTTP on a free port, actors, an SQLite file, the Graph API stand-in, and a clock
//! that stands until a test moves it.
//!
//! ```text
//! let app = TestApp::start().await;
//! let page = app.connect_page().await;                 // through the admin API
//! app.sandbox.visitor_says(ANA, "Bonjour").unwrap();   // a signed webhook
//! app.settle().await;                                  // everything that follows has happened
//! assert_eq!(app.sandbox.texts_to(ANA), ["…"]);
//! ```

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use causerie::app::{App, Parts};
use causerie::clock::{Clock, ManualClock, SharedClock};
use causerie::config::Settings;
use causerie::domain::access::{Role, User};
use causerie::domain::ids::IdMaker;
use causerie::runtime::Runtime;
use causerie::sandbox::{FbPage, Sandbox, StandIn};
use causerie::store::access::AccessStore;
use causerie::store::turns::TurnStore;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::api::{PASSWORD, hash};
use super::http::{Call, Client};
use super::store::Folder;

pub const PAGE: &str = "1001";
pub const OTHER_PAGE: &str = "1002";
/// Visitors of [`PAGE`].
pub const ANA: &str = "2001";
pub const BEN: &str = "2002";
const APP: &str = "77";
pub const SECRET: &str = "test_app_secret";
pub const VERIFY_TOKEN: &str = "test_verify_token";
/// Real time that anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct TestApp {
    pub client: Client,
    pub clock: ManualClock,
    pub sandbox: Sandbox,
    pub app: App,
    /// Signed in as an owner.
    pub owner: Person,
    settings: Settings,
    _stand_in: StandIn,
    folder: Folder,
}

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub struct Person {
    pub user: User,
    pub token: String,
}

impl Person {
    pub fn id(&self) -> String {
        self.user.id.to_string()
    }
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With settings other than a test's usual ones.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::with_clock(change, |clock| Arc::new(clock)).await
    }

    /// As [`Self::with`], and the server reads the test's clock through something.
    pub async fn with_clock(change: impl FnOnce(&mut Settings), read: impl FnOnce(ManualClock) -> SharedClock) -> Self {
        let clock = ManualClock::at("2026-03-02T09:00:00Z".parse().unwrap());
        let pages = vec![
            FbPage::new(PAGE, "Maison Lumen", "EAApage1001").username("maisonlumen"),
            FbPage::new(OTHER_PAGE, "Atelier Nord", "EAApage1002"),
        ];
        let sandbox = Sandbox::new(APP, SECRET, pages, Arc::new(clock.clone())).unwrap();
        let stand_in = StandIn::start(sandbox.clone()).unwrap();
        let folder = Folder::new();
        let mut settings = settings(&folder, &stand_in);
        change(&mut settings);
        let app = start(settings.clone(), read(clock.clone())).await;
        sandbox.subscribe_app(&format!("{}/webhooks/messenger", app.base_url()), VERIFY_TOKEN).await.unwrap();
        let client = Client::new(app.base_url());
        let owner = sign_in(&app, &client, &clock, Role::Owner, false).await;
        Self { client, clock, sandbox, app, owner, settings, _stand_in: stand_in, folder }
    }

    /// Stops the server as an operator does and starts it anew on the same data: what was only in memory is gone.
    pub async fn restart(self) -> Self {
        let Self { clock, sandbox, app, owner, settings, _stand_in, folder, .. } = self;
        app.stop().await.unwrap();
        let app = start(settings.clone(), Arc::new(clock.clone())).await;
        sandbox.subscribe_app(&format!("{}/webhooks/messenger", app.base_url()), VERIFY_TOKEN).await.unwrap();
        let client = Client::new(app.base_url());
        Self { client, clock, sandbox, app, owner, settings, _stand_in, folder }
    }

    /// Somebody new of this role; agents and leads have a service seat.
    pub async fn person(&self, role: Role) -> Person {
        sign_in(&self.app, &self.client, &self.clock, role, matches!(role, Role::Agent | Role::Lead)).await
    }

    pub fn get(&self, path: &str) -> Call {
        self.client.get(path).by(&self.owner.token)
    }

    pub fn post(&self, path: &str, body: Value) -> Call {
        self.client.post(path).by(&self.owner.token).json(body)
    }

    pub fn put(&self, path: &str, body: Value) -> Call {
        self.client.put(path).by(&self.owner.token).json(body)
    }

    pub fn patch(&self, path: &str, body: Value) -> Call {
        self.client.patch(path).by(&self.owner.token).json(body)
    }

    /// Connects [`PAGE`] as an admin would; it gets its default chatflow.
    pub async fn connect_page(&self) -> Value {
        self.post("/v1/pages", json!({ "page_access_token": "EAApage1001" })).send().await.expect(201)
    }

    /// Waits until every webhook was answered and nothing is due or under way. The clock stands meanwhile.
    pub async fn settle(&self) {
        within(async {
            loop {
                assert!(self.sandbox.until_delivered(PATIENCE).await, "a webhook was not taken: {:?}", self.sandbox.webhooks());
                let before = self.sandbox.webhooks().len();
                self.app.runtime().settle().await;
                // Sends are echoed by webhooks of their own.
                if self.sandbox.webhooks().len() == before {
                    return;
                }
            }
        })
        .await;
    }

    /// Moves the clock on, then settles.
    pub async fn pass(&self, time: SignedDuration) {
        self.clock.advance(time);
        self.settle().await;
    }

    /// Settles, and lets the pauses between bubbles pass as well: until nothing waits to be sent, or half a minute is over.
    pub async fn settle_pauses(&self) {
        self.settle().await;
        for _ in 0..60 {
            if self.app.store().backlog().await.unwrap().queued_messages == 0 {
                return;
            }
            self.pass(SignedDuration::from_millis(500)).await;
        }
    }

    /// What the visitor has been told since the start, in order.
    pub fn told(&self, psid: &str) -> Vec<String> {
        self.sandbox.texts_to(psid)
    }

    /// The conversation of a visitor, as the inbox lists it.
    pub async fn conversation(&self, psid: &str) -> Value {
        let (page, psid) = (PAGE.into(), psid.into());
        let loaded = self.app.store().load(&page, &psid).await.unwrap().expect("the visitor has a conversation");
        self.get(&format!("/v1/conversations/{}", loaded.conversation.id)).send().await.expect(200)
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

fn settings(folder: &Folder, stand_in: &StandIn) -> Settings {
    let mut settings = Settings::default();
    settings.database.url = format!("sqlite:{}", folder.path().join("test.sqlite3").display()).into();
    settings.vault.key_file = folder.path().join("test.key");
    settings.server.listen = "127.0.0.1:0".parse().unwrap();
    settings.server.workers = 1;
    settings.server.drain_seconds = 1;
    settings.actors.arbiters = 2;
    settings.meta.app_id = Some(APP.into());
    settings.meta.app_secret = Some(SECRET.into());
    settings.meta.verify_token = Some(VERIFY_TOKEN.into());
    settings.meta.graph_url = stand_in.graph_url();
    settings
}

async fn start(settings: Settings, clock: SharedClock) -> App {
    App::start(settings, Parts { clock, listener: None, extra: None }).await.unwrap()
}

async fn sign_in(app: &App, client: &Client, clock: &ManualClock, role: Role, service_seat: bool) -> Person {
    let now = clock.now();
    let id = IdMaker::new(now, getrandom::u64().unwrap()).next();
    let (email, name) = (format!("{id}@example.org"), format!("{} {id}", role.word()));
    let user = User { id, email: email.clone(), name, role, service_seat, active: true, revision: 1, created_at: now };
    app.store().create_user(user.clone(), hash()).await.unwrap();
    let tokens = client.post("/v1/auth/login").json(json!({ "email": email, "password": PASSWORD })).send().await.expect(200);
    Person { user, token: tokens["access_token"].as_str().unwrap().to_owned() }
}

/// Fails a test that would wait for ever.
async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it settles")
}
