//! The HTTP side over a real store on a free port, with a manual clock and no actors: for what the admin API decides alone.

use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use async_trait::async_trait;
use causerie::api::state::Api;
use causerie::clock::ManualClock;
use causerie::config::Settings;
use causerie::domain::Timestamp;
use causerie::domain::access::{Role, SignIn, User};
use causerie::domain::command::Command;
use causerie::domain::ids::{ConversationId, IdMaker, PageId};
use causerie::messenger::client::{GraphClient, GraphSettings};
use causerie::runtime::{CommandDone, CommandError, Observation, Runtime};
use causerie::store::StoreError;
use causerie::store::access::AccessStore;
use causerie::store::sql::SqlStore;
use causerie::store::turns::{NewEvent, StoredEvent};
use jiff::SignedDuration;

use super::http::Client;
use super::store::{Folder, sqlite_store};

pub const PASSWORD: &str = "correct horse battery";

pub struct TestApi {
    pub client: Client,
    pub clock: ManualClock,
    pub store: SqlStore,
    pub api: web::Data<Api>,
    told: Arc<Told>,
    server: ServerHandle,
    _folder: Folder,
}

impl TestApi {
    pub async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        // Nobody listens there.
        let graph = GraphSettings { base_url: "http://127.0.0.1:9".into(), ..GraphSettings::default() };
        Self::build(settings, graph, Self::clock()).await
    }

    /// With a Graph API at this address, for the app with this id and secret.
    pub async fn at_graph(base_url: &str, app: &str, secret: &str, clock: ManualClock) -> Self {
        let mut settings = Settings::default();
        settings.meta.app_id = Some(app.to_owned());
        let (base_url, app_id) = (base_url.to_owned(), Some(app.to_owned()));
        let graph = GraphSettings { base_url, app_id, app_secret: Some(secret.into()), ..GraphSettings::default() };
        Self::build(settings, graph, clock).await
    }

    pub fn clock() -> ManualClock {
        ManualClock::at("2026-03-01T09:00:00Z".parse().unwrap())
    }

    async fn build(settings: Settings, graph: GraphSettings, clock: ManualClock) -> Self {
        let (store, folder) = sqlite_store();
        let graph = GraphClient::new(graph).unwrap();
        let told = Arc::new(Told::default());
        let actors = Arc::new(NoActors(told.clone()));
        let seed = [7; 32];
        let api = Api::new(
            Arc::new(store.clone()),
            Arc::new(clock.clone()),
            Arc::new(settings),
            Arc::new(graph),
            actors,
            &seed,
            causerie::api::document::document(),
        );
        let api = web::Data::new(api.unwrap());
        let shared = api.clone();
        let server = HttpServer::new(move || App::new().configure(causerie::api::configure(shared.clone())));
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let client = Client::new(format!("http://{}", server.addrs()[0]));
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { client, clock, store, api, told, server: handle, _folder: folder }
    }

    /// The pages that the actors were told to read anew, in order.
    pub fn reloaded(&self) -> Vec<String> {
        self.told.reloaded.lock().unwrap().clone()
    }

    /// The pages whose held messages were released.
    pub fn released(&self) -> Vec<String> {
        self.told.released.lock().unwrap().clone()
    }

    /// A new user of this role and an access token for them.
    pub async fn user(&self, role: Role) -> (User, String) {
        let now = causerie::clock::Clock::now(&self.clock);
        let mut ids = IdMaker::new(now, getrandom::u64().unwrap());
        let id = ids.next();
        let (email, name) = (format!("{id}@example.org"), format!("{} {id}", role.word()));
        let user = User { id, email, name, role, service_seat: false, active: true, revision: 1, created_at: now };
        self.store.create_user(user.clone(), hash()).await.unwrap();
        (user.clone(), self.sign_in(&user, now).await)
    }

    /// A token only.
    pub async fn token(&self, role: Role) -> String {
        self.user(role).await.1
    }

    /// A further sign-in of the user.
    pub async fn sign_in(&self, user: &User, now: Timestamp) -> String {
        let id = IdMaker::new(now, getrandom::u64().unwrap()).next();
        let expires_at = now + SignedDuration::from_hours(24 * 30);
        let sign_in = SignIn { id, user: user.id, token_hash: id.to_string(), created_at: now, expires_at };
        self.store.open_sign_in(sign_in).await.unwrap();
        self.api.tokens.issue(user.id, id, now).unwrap().0
    }
}

impl Drop for TestApi {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

/// Of [`PASSWORD`]; once for all tests, as it is slow on purpose.
pub fn hash() -> String {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    HASH.get_or_init(|| causerie::api::password::hash_now(&PASSWORD.into()).unwrap()).clone()
}

/// What the actors would have done.
#[derive(Default)]
struct Told {
    reloaded: Mutex<Vec<String>>,
    released: Mutex<Vec<String>>,
}

/// Takes note of what it is told about pages, and carries out nothing.
struct NoActors(Arc<Told>);

#[async_trait]
impl Runtime for NoActors {
    fn nudge(&self, _: Vec<StoredEvent>) {}

    async fn deliver(&self, _: Vec<NewEvent>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn reload(&self, page: &PageId) -> Result<(), StoreError> {
        self.0.reloaded.lock().unwrap().push(page.to_string());
        Ok(())
    }

    async fn reload_all(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release_held(&self, page: &PageId) -> Result<(), StoreError> {
        self.0.released.lock().unwrap().push(page.to_string());
        Ok(())
    }

    async fn command(&self, _: ConversationId, _: Command) -> Result<CommandDone, CommandError> {
        Err(CommandError::NotFound)
    }

    async fn observe(&self) -> Observation {
        Observation::default()
    }

    async fn settle(&self) {}
}
