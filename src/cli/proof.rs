//! `causerie test`: runs the tests of flow documents, and says what is not as they expect.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use causerie::flow;
use causerie::flow::check::{Checked, Env, Severity};
use causerie::flow::script::{FlowTest, base_of, read_tests};
use causerie::rehearsal::Chatflow;
use causerie::rehearsal::test::{TestResult, TestRun, run};
use clap::Args;
use serde_json::{Value, json};

use super::author::read;
use super::say;

/// Which tests to run, and how to tell what came of them.
#[derive(Args)]
pub struct Proof {
    /// JSON or YAML; `-` is standard input. Those that are given together may call each other by name.
    #[arg(required = true, value_name = "FLOW")]
    files: Vec<PathBuf>,
    /// Only tests whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Show every conversation, not only those that fail.
    #[arg(long)]
    verbose: bool,
    /// One JSON object per file and line.
    #[arg(long)]
    json: bool,
}

/// A file with its flow, and the lists of tests that go with it.
struct Subject {
    file: PathBuf,
    name: String,
    checked: Checked,
    /// File, pointer of the list, tests.
    tests: Vec<(PathBuf, &'static str, Arc<[FlowTest]>)>,
    /// What is wrong with a list beside it.
    wrong: Vec<String>,
}

/// Runs the tests in the documents and in the files beside them (`FLOW.tests.json`, `.yaml`, `.yml`); fails where one does,
/// or where a document has errors.
pub fn test(proof: &Proof) -> anyhow::Result<ExitCode> {
    let subjects: Vec<Subject> = proof.files.iter().map(|file| Subject::load(file)).collect::<anyhow::Result<_>>()?;
    let (mut passed, mut failed, mut good) = (0, 0, true);
    for subject in &subjects {
        let others: Vec<Chatflow> = subjects.iter().filter(|other| other.file != subject.file).filter_map(Subject::chatflow).collect();
        let told = subject.run(proof, &others)?;
        passed += told.passed;
        failed += told.failed;
        good &= told.good;
    }
    if !proof.json {
        say(&format!("{passed} passed, {failed} failed"))?;
    }
    Ok(if good && failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Default)]
struct Told {
    passed: usize,
    failed: usize,
    good: bool,
}

impl Subject {
    fn load(file: &Path) -> anyhow::Result<Self> {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let (document, checked) = match flow::parse(&read(file)?) {
            Ok(document) => {
                let checked = flow::check(&document, &Env::default());
                (document, checked)
            }
            Err(issue) => (Value::Null, Checked::refused(issue)),
        };
        let name = document["name"].as_str().map_or_else(|| stem.clone(), str::to_owned);
        let mut subject = Self { file: file.to_owned(), name, tests: Vec::new(), wrong: Vec::new(), checked };
        if !subject.checked.tests.is_empty() {
            subject.tests.push((file.to_owned(), "/tests", subject.checked.tests.clone()));
        }
        for ending in ["json", "yaml", "yml"] {
            let beside = file.with_file_name(format!("{stem}.tests.{ending}"));
            if beside.is_file() {
                subject.add(beside, &document)?;
            }
        }
        Ok(subject)
    }

    fn add(&mut self, file: PathBuf, document: &Value) -> anyhow::Result<()> {
        let shown = file.display().to_string();
        match flow::parse(&read(&file)?) {
            Err(issue) => self.wrong.push(format!("{shown}: {issue}")),
            Ok(list) => match read_tests(document, &list) {
                Ok(tests) => self.tests.push((file, base_of(&list), tests.into())),
                Err(issues) => self.wrong.extend(issues.iter().map(|issue| format!("{shown}: {issue}"))),
            },
        }
        Ok(())
    }

    fn chatflow(&self) -> Option<Chatflow> {
        Some(Chatflow { id: None, name: self.name.clone(), flow: self.checked.flow.clone()? })
    }

    fn run(&self, proof: &Proof, others: &[Chatflow]) -> anyhow::Result<Told> {
        let mut runs = Vec::new();
        if let Some(own) = self.chatflow() {
            for (file, base, tests) in &self.tests {
                let mut ran = run(&own, tests, base, others);
                ran.tests.retain(|test| proof.only.as_ref().is_none_or(|part| test.name.contains(part.as_str())));
                runs.push((file, ran));
            }
        }
        let results = || runs.iter().flat_map(|(_, ran)| &ran.tests);
        let failed = results().filter(|test| !test.passed).count();
        let good = self.checked.flow.is_some() && self.wrong.is_empty();
        let told = Told { passed: results().count() - failed, failed, good };
        if proof.json {
            say(&self.as_json(&runs, &told).to_string())?;
        } else {
            self.tell(&runs, proof.verbose)?;
        }
        Ok(told)
    }

    fn as_json(&self, runs: &[(&PathBuf, TestRun)], told: &Told) -> Value {
        let tests: Vec<Value> = runs
            .iter()
            .flat_map(|(file, ran)| ran.tests.iter().map(move |test| (file, test)))
            .map(|(file, test)| {
                let mut line = json!(test);
                line["file"] = json!(file);
                line
            })
            .collect();
        json!({ "file": self.file, "passed": told.good && told.failed == 0, "issues": self.issues(), "tests": tests })
    }

    /// Errors only: a warning is `check`'s to tell.
    fn issues(&self) -> Vec<String> {
        let errors = self.checked.issues.iter().filter(|issue| issue.severity == Severity::Error);
        errors.map(|issue| format!("{}: {issue}", self.file.display())).chain(self.wrong.iter().cloned()).collect()
    }

    fn tell(&self, runs: &[(&PathBuf, TestRun)], verbose: bool) -> anyhow::Result<()> {
        say(&self.file.display().to_string())?;
        for issue in self.issues() {
            say(&format!("  ✗ {issue}"))?;
        }
        if runs.iter().all(|(_, ran)| ran.tests.is_empty()) && self.wrong.is_empty() && self.checked.flow.is_some() {
            say("  (no tests)")?;
        }
        for (file, ran) in runs {
            for test in &ran.tests {
                tell_test(file, test, verbose)?;
            }
        }
        Ok(())
    }
}

fn tell_test(file: &Path, test: &TestResult, verbose: bool) -> anyhow::Result<()> {
    say(&format!("  {} {}", if test.passed { "✓" } else { "✗" }, test.name))?;
    for failure in &test.failures {
        say(&format!("      {}#{}: {}", file.display(), failure.pointer, failure.message))?;
    }
    if verbose || !test.passed {
        for line in test.transcript.iter().flat_map(|line| line.lines()) {
            say(&format!("        {line}"))?;
        }
    }
    Ok(())
}
