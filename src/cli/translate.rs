//! A flow's texts to translators and back, without a server.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use causerie::flow;
use causerie::flow::check::Env;
use causerie::flow::translation::{self, State, Table};
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::author::read;
use super::{complain, say};

/// A flow's texts in a language.
#[derive(Args)]
pub struct Translations {
    /// JSON or YAML; `-` is standard input.
    #[arg(value_name = "FLOW")]
    file: PathBuf,
    /// The language, e.g. `de` or `fr_CA`.
    #[arg(long)]
    locale: String,
    /// Print the table as a file for translators.
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "import")]
    export: Option<Format>,
    /// Print the flow with the translations of this file (CSV or XLIFF) in it; all of them, or what is wrong with each.
    #[arg(long, value_name = "FILE")]
    import: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Xliff,
}

/// Exit code 1 where something is missing, or cannot be taken.
pub fn translations(wanted: &Translations) -> anyhow::Result<ExitCode> {
    let Some(locale) = translation::locale(&wanted.locale) else { bail!("`{}` is not a locale: write `fr` or `fr_CA`", wanted.locale) };
    let text = read(&wanted.file)?;
    let document = flow::parse(&text).map_err(|issue| anyhow::anyhow!("{issue}"))?;
    let table = translation::table(&document, &locale);
    if let Some(file) = &wanted.import {
        return import(&document, &table, &read(file)?, text.trim_start().starts_with('{'));
    }
    match wanted.export {
        Some(Format::Csv) => say(translation::csv::write(&table).trim_end()),
        Some(Format::Xliff) => say(translation::xliff::write(&table).trim_end()),
        None => list(&table),
    }
}

fn list(table: &Table) -> anyhow::Result<ExitCode> {
    for row in &table.texts {
        let text = row.target.as_deref().unwrap_or(&row.source);
        say(&format!("{:<10} {}: {}", row.state.word(), row.pointer, text.replace('\n', "\\n")))?;
    }
    let count = |state| table.texts.iter().filter(|row| row.state == state).count();
    let (missing, shared) = (count(State::Missing), count(State::Shared));
    let Table { texts, source_locale, locale } = table;
    say(&format!("{} texts from `{source_locale}` to `{locale}`, {missing} missing, {shared} the same in every language", texts.len()))?;
    Ok(if missing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn import(document: &Value, table: &Table, file: &str, as_json: bool) -> anyhow::Result<ExitCode> {
    let xml = file.trim_start_matches('\u{feff}').trim_start().starts_with('<');
    let changes = if xml { translation::xliff::read(file, table) } else { translation::csv::read(file) };
    match changes.and_then(|changes| translation::apply(document, &table.locale, &Env::default(), &changes)) {
        Ok(after) if as_json => say(&serde_json::to_string_pretty(&after)?),
        Ok(after) => say(serde_norway::to_string(&after).context("the flow cannot be written as YAML")?.trim_end()),
        Err(refused) => {
            for refusal in refused {
                complain(&format!("{} {}: {}", refusal.place, refusal.code, refusal.detail));
            }
            Ok(ExitCode::FAILURE)
        }
    }
}
