//! Flows to start from, on the command line.

use std::process::ExitCode;

use anyhow::bail;
use causerie::flow::gallery::{STARTERS, starter};
use clap::Args;

use super::say;

/// Which one.
#[derive(Args)]
pub struct Templates {
    /// Print this one; without it they are listed.
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub fn templates(wanted: &Templates) -> anyhow::Result<ExitCode> {
    let Some(name) = &wanted.name else {
        let lines: Vec<String> = STARTERS.iter().map(|starter| format!("{:<20} {}", starter.name, starter.about.en)).collect();
        return say(&lines.join("\n"));
    };
    let Some(found) = starter(name) else {
        bail!("there is no template `{name}`; known are: {}", STARTERS.iter().map(|starter| starter.name).collect::<Vec<_>>().join(", "));
    };
    say(found.source().trim_end())
}
