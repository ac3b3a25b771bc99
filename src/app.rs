//! Puts the server together: picks the adapters, starts the actors, binds HTTP, and stops it all in order.
//!
//! The only place beside `main.rs` that names an adapter. Start with [`App::start`].

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web;
use actix_web::{App as WebApp, HttpServer};
use async_trait::async_trait;
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::actors::callouts::Caller;
use crate::actors::handle::Parts as ActorParts;
use crate::actors::{Actors, Options};
use crate::api;
use crate::api::document::document;
use crate::api::state::Api;
use crate::callout::circuit::HostState;
use crate::callout::filled::Secrets;
use crate::callout::{CalloutClient, CalloutSettings};
use crate::clock::SharedClock;
use crate::config::Settings;
use crate::domain::Timestamp;
use crate::domain::event::CalloutResult;
use crate::flow::effect::CalloutRequest;
use crate::flow::token::TokenKey;
use crate::housekeeping;
use crate::messenger::client::{GraphClient, GraphSettings};
use crate::runtime::{HostObservation, Runtime};
use crate::store::sql::SqlStore;
use crate::vault::Vault;

/// Routes beside the server's own: the sandbox, in the demo and in tests.
pub type Extra = Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>;

/// What differs between the real server, the demo and tests.
pub struct Parts {
    pub clock: SharedClock,
    /// Already bound, where the address must be known before the start; else the settings' address is bound.
    pub listener: Option<TcpListener>,
    pub extra: Option<Extra>,
}

/// A running server.
pub struct App {
    address: SocketAddr,
    http: ServerHandle,
    actors: Arc<Actors>,
    store: SqlStore,
    drain: Duration,
    housekeeping: actix_rt::task::JoinHandle<()>,
    serving: actix_rt::task::JoinHandle<std::io::Result<()>>,
}

impl App {
    /// Migrates the database, starts the actors, then listens: who can connect is answered.
    ///
    /// # Errors
    /// What could not be opened, read or bound, with its cause.
    pub async fn start(settings: Settings, parts: Parts) -> anyhow::Result<Self> {
        let described = describe();
        let settings = Arc::new(settings);
        let vault = Arc::new(vault_of(&settings)?);
        let store = open_store(&settings, vault.clone()).await?;
        let graph = Arc::new(GraphClient::new(graph_settings(&settings))?);
        let seed = getrandom::u64()?;
        let actors = Actors::start(ActorParts {
            store: Arc::new(store.clone()),
            clock: parts.clock.clone(),
            graph: graph.clone(),
            caller: Arc::new(CalloutClient::new(callout_settings(&settings))?),
            token_key: TokenKey::new(&vault.derive("option tokens")?),
            options: options_of(&settings),
            seed,
        });
        let actors = Arc::new(actors.await?);
        let state = web::Data::new(Api::new(
            Arc::new(store.clone()),
            parts.clock.clone(),
            settings.clone(),
            graph,
            actors.clone() as Arc<dyn Runtime>,
            &vault.derive("access tokens")?,
            described.await.unwrap_or_else(|_| document()),
        )?);
        let listener = match parts.listener {
            Some(listener) => listener,
            None => TcpListener::bind(settings.server.listen)?,
        };
        let address = listener.local_addr()?;
        let server = listen(listener, &settings, state, parts.extra)?;
        let (http, drain) = (server.handle(), Duration::from_secs(settings.server.drain_seconds.into()));
        let housekeeping = actix_rt::spawn(housekeeping::keep(Arc::new(store.clone()), parts.clock, settings.explanations.kept()));
        Ok(Self { address, http, actors, store, drain, housekeeping, serving: actix_rt::spawn(server) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn runtime(&self) -> Arc<Actors> {
        self.actors.clone()
    }

    pub fn store(&self) -> SqlStore {
        self.store.clone()
    }

    /// Serves until the process is told to stop (interrupt, terminate), then drains.
    ///
    /// # Errors
    /// The HTTP server's.
    pub async fn run(self) -> anyhow::Result<()> {
        stop_signal().await;
        tracing::info!("stopping: running turns finish, the rest waits in the store");
        self.stop().await
    }

    /// No new requests, then no new turns; what runs finishes; the rest waits in the store (P10).
    ///
    /// # Errors
    /// The HTTP server's.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.http.stop(true).await;
        self.housekeeping.abort();
        self.actors.drain(self.drain).await;
        self.serving.await??;
        Ok(())
    }
}

#[async_trait]
impl Caller for CalloutClient {
    async fn call(&self, request: &CalloutRequest, secrets: &Secrets, now: Timestamp) -> CalloutResult {
        CalloutClient::call(self, request, secrets, now).await
    }

    fn hosts(&self) -> Vec<HostObservation> {
        let seen = |state: HostState| HostObservation {
            host: state.host,
            failures: state.failures,
            open_until: state.open_until.map(|until| until.to_string()),
        };
        CalloutClient::hosts(self).into_iter().map(seen).collect()
    }
}

/// Returns when the process is told to stop: interrupt or terminate.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(interrupted.await),
    }
}

/// The key from the settings, else from its file, which is made at the first start.
///
/// # Errors
/// A key that is no key, a file that cannot be read or written.
pub fn vault_of(settings: &Settings) -> anyhow::Result<Vault> {
    Ok(match &settings.vault.key {
        Some(key) => Vault::from_text(key.expose_secret())?,
        None => Vault::from_file_or_new(&settings.vault.key_file)?,
    })
}

/// The API's document, made beside the rest of the start, of which it is the half. Not on a pooled thread: one that ends
/// gives its memory back. No answer comes where the system has no thread for it.
fn describe() -> oneshot::Receiver<Value> {
    let (done, described) = oneshot::channel();
    let make = move || drop(done.send(document()));
    if let Err(error) = std::thread::Builder::new().name("describe".to_owned()).spawn(make) {
        tracing::debug!(%error, "no thread describes the API");
    }
    described
}

/// Opens and migrates the database, off the async threads.
///
/// # Errors
/// The store's.
pub async fn open_store(settings: &Settings, vault: Arc<Vault>) -> anyhow::Result<SqlStore> {
    let url = settings.database.url.clone();
    Ok(tokio::task::spawn_blocking(move || SqlStore::open(url.expose_secret(), vault)).await??)
}

fn graph_settings(settings: &Settings) -> GraphSettings {
    GraphSettings {
        base_url: settings.meta.graph_url.clone(),
        version: settings.meta.graph_version.clone(),
        app_id: settings.meta.app_id.clone(),
        app_secret: settings.meta.app_secret.clone(),
        timeout: Duration::from_millis(settings.sending.timeout_ms.into()),
        idle_connections: settings.sending.in_flight as usize,
        ..GraphSettings::default()
    }
}

fn callout_settings(settings: &Settings) -> CalloutSettings {
    CalloutSettings {
        allow_private: settings.callouts.allow_private,
        timeout: Duration::from_millis(settings.callouts.timeout_ms.into()),
        answer_bytes: settings.callouts.answer_bytes,
        breaker_failures: settings.callouts.breaker_failures,
        breaker_pause: SignedDuration::from_secs(settings.callouts.breaker_seconds.into()),
    }
}

/// Where nothing is set, half the cores: HTTP, conversations, the store's writer and its disk share them, and every thread
/// more than there is work for costs switches and cold caches (a fifth of the CPU time of a webhook, on two cores).
fn threads(set: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    if set == 0 { cores.div_ceil(2) } else { set }
}

fn options_of(settings: &Settings) -> Options {
    let millis = |ms: u32| Duration::from_millis(ms.into());
    Options {
        shards: threads(settings.actors.arbiters),
        idle: Duration::from_secs(settings.actors.idle_seconds.into()),
        queue_per_conversation: settings.limits.mailbox,
        events_in_flight: settings.limits.waiting_events,
        sends_per_page: settings.sending.in_flight as usize,
        send_timeout: millis(settings.sending.timeout_ms),
        echo_grace: millis(settings.sending.echo_grace_ms),
        lease: millis(settings.sending.lease_ms),
        send_attempts: settings.sending.attempts,
        callouts_in_flight: settings.callouts.in_flight.max(1) as usize,
        away_after: settings.people.away_after(),
        app_id: settings.meta.app_id.clone(),
        explain: settings.explanations.kept().is_some(),
        ..Options::default()
    }
}

fn listen(
    listener: TcpListener,
    settings: &Settings,
    state: web::Data<Api>,
    extra: Option<Extra>,
) -> anyhow::Result<actix_web::dev::Server> {
    let make = move || {
        let extra = extra.clone();
        WebApp::new()
            .configure(move |config| {
                if let Some(extra) = extra {
                    extra(config);
                }
            })
            .configure(api::configure(state.clone()))
    };
    let server = HttpServer::new(make).workers(threads(settings.server.workers)).disable_signals();
    Ok(server.shutdown_timeout(u64::from(settings.server.drain_seconds)).listen(listener)?.run())
}
