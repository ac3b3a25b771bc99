//! The command line. Each command reads the settings, names the adapters it needs, and ends with an exit code.

mod cli;

use std::path::PathBuf;
use std::process::ExitCode;

use causerie::config::Settings;
use causerie::demo;
use causerie::flow::reference::{markdown, reference};
use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;

use cli::author::{self, Chat};
use cli::draw::{self, Diagram};
use cli::gallery::{self, Templates};
use cli::proof::{self, Proof};
use cli::server::{self, NewOwner};
use cli::translate::{self, Translations};
use cli::{complain, say};

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
        /// The reference of the language of flow documents instead, as Markdown.
        #[arg(long, conflicts_with = "flow_schema")]
        flow_language: bool,
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
    /// Run the tests of flow documents: scripted conversations with a virtual clock and faked HTTP calls
    ///
    /// Those in the documents (`tests`) and in files beside them (`FLOW.tests.json`, `.yaml`, `.yml`). Exit code 1 where one
    /// fails: it says which line of it, what it expects and what came.
    Test(Proof),
    /// Show what differs between two flow documents, by node and action
    ///
    /// Exit code 1 where something differs.
    Diff {
        /// JSON or YAML; `-` is standard input.
        #[arg(value_name = "OLD")]
        old: PathBuf,
        #[arg(value_name = "NEW")]
        new: PathBuf,
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Chat with a flow in the terminal: type, tap, let time pass, see what it would send, ask and hand over
    ///
    /// The same interpreter as on the server, with a clock that jumps. Nothing is sent, stored or called.
    Simulate(Chat),
    /// Draw a flow: nodes, ways, loops, what nothing leads to; an SVG picture or Mermaid text
    Diagram(Diagram),
    /// List the flows to start from, or print one
    Templates(Templates),
    /// List a flow's texts in a language, write them for translators, or take them back
    ///
    /// Without --export or --import, lists every text with its state; exit code 1 where a translation is missing.
    Translations(Translations),
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
    let settings = || Settings::load(cli.config.as_deref(), std::env::vars());
    match cli.command {
        Command::Serve => server::serve(settings()?),
        Command::Demo(Demo { listen, data, json }) => server::demo(settings()?, demo::Options { listen, data, json }),
        Command::Migrate { dry_run } => server::migrate(&settings()?, dry_run),
        Command::CreateOwner(CreateOwner { email, name, password }) => {
            server::create_owner(&settings()?, NewOwner { email, name, password })
        }
        Command::Openapi { flow_schema: true, .. } => say(&serde_json::to_string_pretty(&causerie::flow::schema::schema())?),
        Command::Openapi { flow_language: true, .. } => say(markdown(&reference()).trim_end()),
        Command::Openapi { .. } => say(&serde_json::to_string_pretty(&causerie::api::document::document())?),
        Command::Check { files, json } => author::check(&files, json),
        Command::Test(wanted) => proof::test(&wanted),
        Command::Diff { old, new, json } => author::diff(&old, &new, json),
        Command::Simulate(chat) => author::simulate(&chat),
        Command::Diagram(wanted) => draw::diagram(&wanted),
        Command::Templates(wanted) => gallery::templates(&wanted),
        Command::Translations(wanted) => translate::translations(&wanted),
    }
}
