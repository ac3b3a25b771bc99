//! What a flow's author does at the desk: check a document, compare two, chat with one.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use causerie::clock::{Clock, SystemClock};
use causerie::domain::event::CalloutResult;
use causerie::flow;
use causerie::flow::check::{Checked, Env, Issue, Severity};
use causerie::simulator::{self, Options};
use clap::Args;
use serde_json::json;

use super::say;

/// How to chat with a flow.
#[derive(Args)]
pub struct Chat {
    /// JSON or YAML.
    #[arg(value_name = "FLOW")]
    file: PathBuf,
    /// The visitor's locale, e.g. `fr_CA`; without it the flow's first language.
    #[arg(long)]
    locale: Option<String>,
    /// The visitor's first name.
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    /// An agent is online; else transfers find nobody.
    #[arg(long)]
    agent_online: bool,
    /// Show what was considered, and why it was taken or not.
    #[arg(long)]
    explain: bool,
    /// Begin at this node.
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// What is by chance is decided by this number: the same one gives the same chat.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Answer HTTP calls to URLs that begin so: `--fake https://shop.example/='{"state":"sent"}'`. Others are asked for.
    #[arg(long, value_name = "URL=JSON", value_parser = fake)]
    fake: Vec<(String, CalloutResult)>,
    /// Another chatflow that this one may call, by its `name`, or its file's without the ending.
    #[arg(long, value_name = "FLOW")]
    with: Vec<PathBuf>,
}

/// Chats until the input ends.
pub fn simulate(chat: &Chat) -> anyhow::Result<ExitCode> {
    let options = Options {
        at: SystemClock.now(),
        seed: chat.seed,
        locale: chat.locale.clone(),
        first_name: chat.first_name.clone(),
        agent_online: chat.agent_online,
        explain: chat.explain,
        node: chat.node.clone(),
        fakes: chat.fake.clone(),
        others: chat.with.iter().map(|file| other(file)).collect::<anyhow::Result<_>>()?,
    };
    simulator::simulate(&read(&chat.file)?, std::io::stdin().lock(), std::io::stdout().lock(), options)?;
    Ok(ExitCode::SUCCESS)
}

/// As `causerie test` names it.
fn other(file: &Path) -> anyhow::Result<(String, String)> {
    let text = read(file)?;
    let own = flow::parse(&text).ok().and_then(|document| document["name"].as_str().map(str::to_owned));
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((own.unwrap_or(stem), text))
}

fn fake(text: &str) -> Result<(String, CalloutResult), String> {
    // The JSON begins after the first `=` that is followed by JSON: a URL may hold one too.
    let split = text.match_indices('=').find_map(|(at, _)| {
        let (url, body) = (text.get(..at)?, text.get(at + 1..)?);
        Some((url, serde_json::from_str(body).ok()?))
    });
    let (url, body) = split.ok_or("a URL, `=`, and JSON are expected")?;
    Ok((url.to_owned(), CalloutResult::Answered { status: 200, body }))
}

/// Prints every issue of every file; fails where one is an error.
pub fn check(files: &[impl AsRef<Path>], as_json: bool) -> anyhow::Result<ExitCode> {
    let mut good = true;
    for file in files.iter().map(AsRef::as_ref) {
        let issues = check_text(&read(file)?).issues;
        let errors = issues.iter().filter(|issue| issue.severity == Severity::Error).count();
        good &= errors == 0;
        for issue in &issues {
            say(&line(file, issue, as_json)?)?;
        }
        if !as_json {
            say(&format!("{}: {errors} errors, {} warnings", file.display(), issues.len() - errors))?;
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints what differs; fails where something does, as `diff` itself.
pub fn diff(old: &Path, new: &Path, as_json: bool) -> anyhow::Result<ExitCode> {
    let document = |file: &Path| match flow::parse(&read(file)?) {
        Ok(document) => Ok(document),
        Err(issue) => Err(anyhow::anyhow!("{}: {issue}", file.display())),
    };
    let found = flow::diff::diff(&document(old)?, &document(new)?);
    say(if as_json { serde_json::to_string(&found)? } else { found.to_string() }.trim_end())?;
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check_text(text: &str) -> Checked {
    match flow::parse(text) {
        Ok(document) => flow::check(&document, &Env::default()),
        Err(issue) => Checked::refused(issue),
    }
}

fn line(file: &Path, issue: &Issue, as_json: bool) -> anyhow::Result<String> {
    if !as_json {
        return Ok(format!("{}: {issue}", file.display()));
    }
    let mut line = json!({ "file": file });
    if let (Some(line), serde_json::Value::Object(issue)) = (line.as_object_mut(), serde_json::to_value(issue)?) {
        line.extend(issue);
    }
    Ok(line.to_string())
}

/// The file's text; `-` is standard input.
pub fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.with_context(|| format!("cannot read `{}`", file.display()))?;
    Ok(text)
}
