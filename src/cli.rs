//! Commands that need no server: what a flow's author does at the desk.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use causerie::flow;
use causerie::flow::check::{Checked, Env, Issue, Severity};
use serde_json::json;

use crate::say;

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

fn check_text(text: &str) -> Checked {
    match flow::parse(text) {
        Ok(document) => flow::check(&document, &Env::default()),
        Err(issue) => Checked { flow: None, issues: vec![issue] },
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
fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.with_context(|| format!("cannot read `{}`", file.display()))?;
    Ok(text)
}
