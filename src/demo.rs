//! `causerie demo`: the whole server on one port, with a Messenger to chat in and a shop's chatflows to chat with.
//!
//! The server is the real one ([`App`]); only its Graph base URL points to the sandbox beside it. What the demo shows is
//! made through the admin REST API by [`seed`], so that it is also a check of that API. Start with [`run`].

mod cast;
mod client;
mod folder;
mod report;
mod seed;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use crate::app::{self, App, Parts};
use crate::clock::{SharedClock, SystemClock};
use crate::config::Settings;
use crate::sandbox::{self, Manners, Sandbox};
use cast::{APP_ID, APP_SECRET, VERIFY_TOKEN};
use folder::Folder;

/// How long a stop waits for what is being sent.
const LAST_SENDS: Duration = Duration::from_secs(5);

/// What the command line may choose.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port 0 is any free one.
    pub listen: SocketAddr,
    /// Keeps everything here; without it a temporary folder that is gone at the end.
    pub data: Option<PathBuf>,
    /// One JSON line instead of words.
    pub json: bool,
}

/// Starts everything, prints where it is, and serves until the process is told to stop.
///
/// # Errors
/// What could not be opened, bound or made, with its cause.
pub async fn run(settings: Settings, options: Options) -> anyhow::Result<()> {
    let demo = Demo::start(settings, &options).await?;
    report::print(&demo.made, options.json)?;
    demo.serve().await
}

/// A running demo.
pub struct Demo {
    app: App,
    sandbox: Sandbox,
    folder: Folder,
    made: seed::Made,
}

impl Demo {
    /// # Errors
    /// As [`run`].
    pub async fn start(settings: Settings, options: &Options) -> anyhow::Result<Self> {
        let clock: SharedClock = Arc::new(SystemClock);
        let listener = TcpListener::bind(options.listen).with_context(|| format!("cannot listen on {}", options.listen))?;
        let base_url = format!("http://{}", reachable(listener.local_addr()?));
        let folder = Folder::open(options.data.clone())?;
        let sandbox = match folder.kept()? {
            Some(world) => Sandbox::resume(world, clock.clone())?,
            None => Sandbox::new(APP_ID, APP_SECRET, vec![cast::page()], clock.clone())?,
        };
        sandbox.manners(Manners { receipts: true, ..Manners::default() });
        sandbox.set_public_url(&format!("{base_url}/sandbox"));
        cast::introduce(&sandbox);
        let beside = sandbox.clone();
        let parts = Parts {
            clock: clock.clone(),
            listener: Some(listener),
            extra: Some(Arc::new(move |config| {
                config.configure(sandbox::configure(beside.clone()));
            })),
        };
        let app = App::start(adapted(settings, &base_url, &folder), parts).await?;
        seed::owner(&app.store(), &clock).await?;
        sandbox
            .subscribe_app(&format!("{base_url}/webhooks/messenger"), VERIFY_TOKEN)
            .await
            .map_err(|error| anyhow::anyhow!("the webhook endpoint did not answer the handshake: {}", error.message))?;
        let made = seed::everything(&base_url, options.data.as_deref()).await?;
        cast::offer(&sandbox, made.offers());
        folder.keep(sandbox.clone());
        Ok(Self { app, sandbox, folder, made })
    }

    /// Until the process is told to stop; then drains.
    async fn serve(self) -> anyhow::Result<()> {
        app::stop_signal().await;
        // Open pages listen for changes; the drain would wait for them.
        self.sandbox.close();
        // What is being sent goes to the Graph API on this very port: it must end before the port closes.
        self.app.runtime().drain(LAST_SENDS).await;
        self.app.stop().await?;
        self.folder.save(&self.sandbox)
    }
}

/// Where the server itself and a browser beside it reach what listens on all addresses.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), address.port()),
        _ => address,
    }
}

/// The given settings, with what makes it a demo: its own database, key and app, and the sandbox as the Graph API.
fn adapted(mut settings: Settings, base_url: &str, folder: &Folder) -> Settings {
    settings.server.public_url = Some(base_url.to_owned());
    settings.database.url = format!("sqlite:{}", folder.path().join("causerie.sqlite3").display()).into();
    settings.vault.key = None;
    settings.vault.key_file = folder.path().join("causerie.key");
    settings.meta.app_id = Some(APP_ID.to_owned());
    settings.meta.app_secret = Some(APP_SECRET.to_owned().into());
    settings.meta.verify_token = Some(VERIFY_TOKEN.to_owned().into());
    settings.meta.graph_url = format!("{base_url}/sandbox/graph");
    // The demo's shop is on this very machine.
    settings.callouts.allow_private = true;
    // Its agents have no laptops that they could close.
    settings.people.away_minutes = 0;
    settings
}
