//! A flow as a drawing, without a server.

use std::path::PathBuf;
use std::process::ExitCode;

use causerie::flow;
use causerie::flow::diagram::{chart, mermaid, svg};
use clap::Args;

use super::author::read;
use super::say;

/// What to draw.
#[derive(Args)]
pub struct Diagram {
    /// JSON or YAML; `-` is standard input.
    #[arg(value_name = "FLOW")]
    file: PathBuf,
    /// As text for Mermaid instead of an SVG picture.
    #[arg(long)]
    mermaid: bool,
}

/// Prints the drawing.
pub fn diagram(wanted: &Diagram) -> anyhow::Result<ExitCode> {
    let document = flow::parse(&read(&wanted.file)?).map_err(|issue| anyhow::anyhow!("{issue}"))?;
    let chart = chart(&document);
    let drawing = if wanted.mermaid { mermaid(&chart) } else { svg(&chart) };
    say(drawing.trim_end())
}
