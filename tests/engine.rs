//! The flow language: documents that check, conversations that run.

use causerie::flow::{check, parse};

#[test]
fn the_example_checks_without_errors() {
    let document = parse(include_str!("flows/example.json")).unwrap();
    let checked = check::check(&document, &check::Env::default());
    assert!(checked.flow.is_some(), "{:#?}", checked.issues);
    assert_eq!(checked.issues, [], "{:#?}", checked.issues);
}
