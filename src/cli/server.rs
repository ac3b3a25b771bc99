//! Commands on a server's settings: run it, prepare its database, let its owner in.

use std::io::{BufRead, IsTerminal};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use causerie::api::{password, users};
use causerie::app::{App, Parts, vault_of};
use causerie::clock::{Clock, SystemClock};
use causerie::config::{LogFormat, Settings};
use causerie::demo;
use causerie::domain::access::{Role, User};
use causerie::domain::ids::IdMaker;
use causerie::store::access::AccessStore;
use causerie::store::sql::SqlStore;
use causerie::store::sql::conn::{self, Target};
use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::EnvFilter;

use super::{allocator, say};

/// Who shall be the owner; without a password it is asked for.
pub struct NewOwner {
    pub email: String,
    pub name: String,
    pub password: Option<SecretString>,
}

pub fn serve(settings: Settings) -> anyhow::Result<ExitCode> {
    prepare(&settings)?;
    block_on(with_memory_given_back(run_server(settings)))
}

pub fn demo(mut settings: Settings, options: demo::Options) -> anyhow::Result<ExitCode> {
    // What the demo prints is what its reader came for.
    if std::env::var_os("CAUSERIE_SERVER_LOG").is_none() {
        settings.server.log = "warn".to_owned();
    }
    start_log(&settings)?;
    block_on(with_memory_given_back(demo::run(settings, options)))?;
    Ok(ExitCode::SUCCESS)
}

pub fn migrate(settings: &Settings, dry_run: bool) -> anyhow::Result<ExitCode> {
    prepare(settings)?;
    let target = Target::parse(settings.database.url.expose_secret())?;
    let names = conn::pending_migrations(&target)?;
    if names.is_empty() {
        return say("the schema is up to date");
    }
    if !dry_run {
        conn::migrate(&target)?;
    }
    say(&names.join("\n"))?;
    Ok(if dry_run { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

pub fn create_owner(settings: &Settings, owner: NewOwner) -> anyhow::Result<ExitCode> {
    prepare(settings)?;
    block_on(make_owner(settings, owner))
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}

async fn with_memory_given_back<T>(work: impl Future<Output = T>) -> T {
    let giving = actix_web::rt::spawn(allocator::give_back());
    let done = work.await;
    giving.abort();
    done
}

fn prepare(settings: &Settings) -> anyhow::Result<()> {
    start_log(settings)?;
    make_folders(settings)
}

async fn run_server(settings: Settings) -> anyhow::Result<ExitCode> {
    for missing in missing_from(&settings) {
        tracing::warn!("`{missing}` is not set: Meta's webhooks are refused until it is");
    }
    let public_url = settings.server.public_url.clone();
    let app = App::start(settings, Parts { clock: Arc::new(SystemClock), listener: None, extra: None }).await?;
    tracing::info!(address = %app.address(), "listening on {}", app.base_url());
    if let Some(url) = &public_url {
        tracing::info!("the callback address for the app's dashboard is {url}/webhooks/messenger");
    }
    app.run().await?;
    Ok(ExitCode::SUCCESS)
}

/// What Meta's side cannot work without.
fn missing_from(settings: &Settings) -> Vec<&'static str> {
    let meta = [("meta.app_secret", settings.meta.app_secret.is_none()), ("meta.verify_token", settings.meta.verify_token.is_none())];
    meta.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name).collect()
}

async fn make_owner(settings: &Settings, owner: NewOwner) -> anyhow::Result<ExitCode> {
    let password = match owner.password {
        Some(password) => password,
        None => ask_password()?,
    };
    let email = users::check_new(&owner.email, &owner.name, &password)?;
    let clock = SystemClock;
    let id = IdMaker::new(clock.now(), getrandom::u64()?).next();
    let user =
        User { id, email, name: owner.name, role: Role::Owner, service_seat: false, active: true, revision: 1, created_at: clock.now() };
    let store = SqlStore::open(settings.database.url.expose_secret(), Arc::new(vault_of(settings)?))?;
    let hash = password::hash_now(&password)?;
    store.create_user(user, hash).await.context("the owner was not made")?;
    say(&format!("{id} may sign in now"))
}

fn ask_password() -> anyhow::Result<SecretString> {
    if std::io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password("Password (10 to 200 characters): ")?.into());
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned().into())
}

/// The folders of the SQLite file and of the key, which are made with them.
fn make_folders(settings: &Settings) -> anyhow::Result<()> {
    let database = settings.database.url.expose_secret().strip_prefix("sqlite:").map(Path::new);
    let key = settings.vault.key.is_none().then_some(settings.vault.key_file.as_path());
    for folder in [database, key].into_iter().flatten().filter_map(Path::parent) {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    }
    Ok(())
}

/// To standard error, so that what a command prints stays clean. A panic is logged as well, in one line.
fn start_log(settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.server.log).context("`server.log` is no filter")?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.server.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or("no text");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic at {place}: {text}");
    }));
    Ok(())
}
