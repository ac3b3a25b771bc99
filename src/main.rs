//! The command line. Each command reads the settings, names the adapters it needs, and ends with an exit code.

#![forbid(unsafe_code)]

mod cli;

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
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
use clap::{Args, Parser, Subcommand};
use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::EnvFilter;

/// Actor messages between threads are about four times as fast as with glibc's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A self-hosted chatflow server for Facebook Messenger.
///
/// Settings come from a TOML file and from CAUSERIE_… environment variables, which win; causerie.sample.toml lists them all.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    /// The settings file; without it there are only the defaults and the environment.
    #[arg(long, global = true, value_name = "FILE", env = "CAUSERIE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server until it is told to stop, then finish what is under way
    ///
    /// Brings the database's schema up to date first. Prepare it with create-owner, and with the app secret and the
    /// verify token of the Facebook app.
    Serve,
    /// Try everything on one port: a Messenger in the browser, a seeded page, an agent's desk; no Facebook Page needed
    Demo(Demo),
    /// Bring the database's schema up to date, and say what was done
    ///
    /// `serve` does the same at its start; this is for those who want it as a step of its own.
    Migrate {
        /// Only say what would be done; exit code 1 if there is anything.
        #[arg(long)]
        dry_run: bool,
    },
    /// Make a user who may do everything; the first step on a new server
    ///
    /// The password is asked for, or read from standard input's first line where that is no terminal, or taken from
    /// CAUSERIE_OWNER_PASSWORD.
    CreateOwner(CreateOwner),
    /// Print the OpenAPI document of the admin API
    Openapi {
        /// The JSON Schema of flow documents instead.
        #[arg(long)]
        flow_schema: bool,
    },
    /// Check flow documents and print every issue, with its place and a hint
    ///
    /// Exit code 1 where there is an error; warnings are printed and pass. What only the server knows (pipelines, rules,
    /// other chatflows) is checked when a flow is published.
    Check {
        /// JSON or YAML; `-` is standard input.
        #[arg(required = true, value_name = "FLOW")]
        files: Vec<PathBuf>,
        /// One JSON object per issue and line.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Demo {
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: std::net::SocketAddr,
    /// Keep everything in this folder and go on with it the next time; without it nothing is kept.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print addresses, ids and sign-ins as one JSON line, once ready
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct CreateOwner {
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    #[arg(long)]
    name: String,
    #[arg(long, env = "CAUSERIE_OWNER_PASSWORD", hide_env_values = true, hide = true)]
    password: Option<SecretString>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // These need no settings.
    match cli.command {
        Command::Openapi { flow_schema: false } => return say(&serde_json::to_string_pretty(&causerie::api::document::document())?),
        Command::Openapi { flow_schema: true } => return say(&serde_json::to_string_pretty(&causerie::flow::schema::schema())?),
        Command::Check { files, json } => return cli::check(&files, json),
        _ => {}
    }
    let mut settings = Settings::load(cli.config.as_deref(), std::env::vars())?;
    if let Command::Demo(demo) = cli.command {
        if std::env::var_os("CAUSERIE_SERVER_LOG").is_none() {
            settings.server.log = "warn".to_owned();
        }
        start_log(&settings)?;
        let options = demo::Options { listen: demo.listen, data: demo.data, json: demo.json };
        actix_web::rt::System::new().block_on(demo::run(settings, options))?;
        return Ok(ExitCode::SUCCESS);
    }
    start_log(&settings)?;
    make_folders(&settings)?;
    match cli.command {
        Command::Serve => actix_web::rt::System::new().block_on(serve(settings)),
        Command::Migrate { dry_run } => migrate(&settings, dry_run),
        Command::CreateOwner(owner) => actix_web::rt::System::new().block_on(create_owner(&settings, owner)),
        Command::Openapi { .. } | Command::Check { .. } | Command::Demo(_) => Ok(ExitCode::SUCCESS),
    }
}

async fn serve(settings: Settings) -> anyhow::Result<ExitCode> {
    for missing in missing_from(&settings) {
        tracing::warn!("`{missing}` is not set: Meta's webhooks are refused until it is");
    }
    let app = App::start(settings, Parts { clock: Arc::new(SystemClock), listener: None, extra: None }).await?;
    tracing::info!(address = %app.address(), "listening on {}", app.base_url());
    app.run().await?;
    Ok(ExitCode::SUCCESS)
}

/// What Meta's side cannot work without.
fn missing_from(settings: &Settings) -> Vec<&'static str> {
    let meta = [("meta.app_secret", settings.meta.app_secret.is_none()), ("meta.verify_token", settings.meta.verify_token.is_none())];
    meta.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name).collect()
}

fn migrate(settings: &Settings, dry_run: bool) -> anyhow::Result<ExitCode> {
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

async fn create_owner(settings: &Settings, owner: CreateOwner) -> anyhow::Result<ExitCode> {
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

/// The folders of the SQLite file and of the key, which are made with them.
fn make_folders(settings: &Settings) -> anyhow::Result<()> {
    let database = settings.database.url.expose_secret().strip_prefix("sqlite:").map(Path::new);
    let key = settings.vault.key.is_none().then_some(settings.vault.key_file.as_path());
    for folder in [database, key].into_iter().flatten().filter_map(Path::parent) {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    }
    Ok(())
}

fn ask_password() -> anyhow::Result<SecretString> {
    if std::io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password("Password (10 to 200 characters): ")?.into());
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned().into())
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

/// What the command was asked for. A reader who has gone (`| head`) is no failure.
fn say(text: &str) -> anyhow::Result<ExitCode> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn complain(text: &str) {
    // Nobody is left to be told if this fails.
    let _ = writeln!(std::io::stderr(), "causerie: {text}");
}
