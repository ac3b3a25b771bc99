//! The documents to start from: each is a good example, in both languages, and proves itself.

use causerie::flow::check::{Env, check};
use causerie::flow::gallery::{STARTERS, starter};
use causerie::flow::parse;
use causerie::flow::translation::{State, table};
use causerie::rehearsal::Chatflow;
use causerie::rehearsal::test::run;

use super::beside;

#[test]
fn every_template_checks_without_an_issue_and_lacks_no_translation() {
    assert!(STARTERS.len() >= 8);
    for starter in STARTERS {
        let document = parse(starter.source()).unwrap_or_else(|issue| panic!("{}: {issue}", starter.name));
        let checked = check(&document, &Env::default());
        assert_eq!(checked.issues, [], "{}", starter.name);
        assert_eq!(document["languages"], serde_json::json!(["fr", "en"]), "{}", starter.name);
        for row in table(&document, "en").texts {
            assert_eq!(row.state, State::Translated, "{} {}", starter.name, row.pointer);
        }
    }
    let files = std::fs::read_dir(beside("../../src/flow/gallery")).unwrap();
    for file in files {
        let path = file.unwrap().path();
        assert!(starter(path.file_stem().unwrap().to_str().unwrap()).is_some(), "{} is not listed", path.display());
    }
}

#[test]
fn every_template_passes_its_tests_in_both_languages() {
    for starter in STARTERS {
        let document = starter.document();
        let checked = check(&document, &Env::default());
        let visitors: Vec<bool> = document["tests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|test| test["visitor"]["locale"].as_str().is_some_and(|locale| locale.starts_with("en")))
            .collect();
        assert!(visitors.contains(&true) && visitors.contains(&false), "{}: a test in each language", starter.name);
        let own = Chatflow { id: None, name: starter.name.to_owned(), flow: checked.flow.unwrap() };
        let proven = run(&own, &checked.tests, "/tests", &[]);
        let failed: Vec<_> = proven.failed().collect();
        assert!(failed.is_empty() && proven.tests.len() == visitors.len(), "{}: {failed:#?}", starter.name);
    }
}
