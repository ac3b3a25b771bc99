use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::domain::contact::Contact;
use crate::flow::session::Entry;

fn with<T>(variables: Value, run: impl FnOnce(&Scope<'_>) -> T) -> T {
    let variables: BTreeMap<String, Value> = serde_json::from_value(variables).unwrap();
    let at = "2026-03-01T09:30:00Z".parse().unwrap();
    let mut contact = Contact::new(uuid::Uuid::from_u128(1).into(), "1".into(), "2".into(), at);
    contact.profile.first_name = Some("Zoé".into());
    contact.attributes.insert("vip".into(), true.into());
    contact.labels.insert("new".into());
    let entry = Entry { r#ref: Some("flyer".into()), ..Entry::default() };
    run(&Scope {
        contact: &contact,
        variables: &variables,
        declared: None,
        locale: "fr_CA",
        chatflow: None,
        chatflow_name: Some("Accueil"),
        entry: &entry,
        page_name: "La Page",
        last_text: "bonjour",
        at,
    })
}

fn holds(source: &str, variables: Value) -> Result<bool, String> {
    let expression = Expression::compile(source)?;
    with(variables, |scope| expression.holds(scope))
}

#[test]
fn a_comparison_with_something_unset_is_false_and_zero_is_a_value() {
    for (source, expected) in [
        ("x == 1", false),
        ("x != 1", false),
        ("x < 1", false),
        ("x > 1", false),
        ("null < 1", false),
        ("null >= null", false),
        ("x in [1]", false),
        ("x not in [1]", false),
        ("not (x == 1)", true),
        ("x == 1 or zero == 0", true),
        ("x == none", true),
        ("null == none", true),
        ("zero == none", false),
        ("zero != none", true),
        ("x is defined", false),
        ("zero is defined", true),
        ("zero < 1", true),
        ("zero <= 0 and zero >= 0", true),
        ("x.y.z == 1", false),
        ("x", false),
        ("(x | default(5)) == 5", true),
        ("(null | default(5)) == 5", true),
    ] {
        assert_eq!(holds(source, json!({ "zero": 0, "null": null })), Ok(expected), "{source}");
    }
}

#[test]
fn text_that_reads_as_a_number_counts_as_one_beside_a_number() {
    for (source, expected) in [
        ("five < 10", true),
        ("five > 10", false),
        ("five == 5", true),
        ("five == '5'", true),
        ("word < 10", false),
        ("word > 10", false),
        ("1 < 2 < 3", true),
        ("5 in [1, five]", true),
        ("'b' in 'abc'", true),
        ("five * 2 == 10", true),
    ] {
        assert_eq!(holds(source, json!({ "five": "5", "word": "x" })), Ok(expected), "{source}");
    }
}

#[test]
fn the_surroundings_are_there_by_name() {
    for source in [
        "contact.first_name == 'Zoé'",
        "contact.name == 'Zoé'",
        "contact.vip",
        "contact.attributes.vip",
        "contact['first_name'] == 'Zoé'",
        "'new' in contact.labels",
        "contact.last_name is not defined",
        "locale == 'fr_CA'",
        "link.ref == 'flyer'",
        "page.name == 'La Page'",
        "chatflow.name == 'Accueil'",
        "last_text == 'bonjour'",
        "now | date('%H:%M', 2) == '11:30'",
        "(now | date('%H') | int) < 12",
        "'2026-05-01' | date('%d/%m/%Y') == '01/05/2026'",
        "'a b/c' | urlencode == 'a%20b%2Fc'",
        "['a', 'b'] | join('-') == 'a-b'",
        "order.items[0].price == 3",
    ] {
        assert_eq!(holds(source, json!({ "order": { "items": [{ "price": 3 }] } })), Ok(true), "{source}");
    }
}

#[test]
fn what_would_grow_without_bound_is_refused() {
    let long = json!({ "a": "a".repeat(30_000) });
    for source in ["a * 100000000", "'x' * 9 == 1", "[1] * 100000000", "a | replace('a', 'aaaa')", "[a, a, a] | join"] {
        let outcome = holds(source, long.clone());
        assert!(outcome.is_err(), "{source}: {outcome:?}");
    }
    let template = Expression::compile("a").unwrap();
    let mut text = String::new();
    assert!(with(long, |scope| template.write(scope, &mut Capped::new(&mut text, 100))).is_err());
    assert!(text.len() <= 100);
}

#[test]
fn what_is_no_expression_is_refused_when_compiled() {
    let long = format!("a == '{}'", "x".repeat(2_000));
    for source in ["", "a ==", "{{ a }}", "a | shell", "range(3)", "a is prime", "a b", "'", long.as_str()] {
        assert!(Expression::compile(source).is_err(), "{source}");
    }
}

#[test]
fn the_names_of_its_variables_are_known() {
    let expression = Expression::compile("topic == 'x' and contact.vip and order.id > now and topic").unwrap();
    let mut names: Vec<&str> = expression.variables().collect();
    names.sort_unstable();
    assert_eq!(names, ["order", "topic"]);
}

fn values() -> Vec<Value> {
    let scalars = json!([null, true, false, 0, 5, -3, 5.5, 1e300, 9_007_199_254_740_993_i64, u64::MAX]);
    let texts = json!(["", "x", "5", " 5 ", "5.0", "é/ &"]);
    let nested = json!([[], [1], {}, { "k": "v" }, { "k": null }, { "k": { "k": 1 } }]);
    [scalars, texts, nested].iter().flat_map(|values| values.as_array().unwrap().clone()).collect()
}

/// The simple forms are computed by hand; they must mean what they mean in minijinja.
#[test]
fn the_quick_forms_mean_what_the_language_means() {
    let values = values();
    let mut sources: Vec<String> = Vec::new();
    for path in [
        "v",
        "v.k",
        "v.k.k",
        "contact.first_name",
        "contact.first_name.k",
        "contact.vip",
        "contact.last_name",
        "locale",
        "last_text",
        "unset",
    ] {
        sources.push(path.to_owned());
        sources.extend([format!("{path} | default('-')"), format!("{path} | d(\"\")"), format!("{path} | urlencode")]);
        for operator in ["==", "!=", "<", "<=", ">", ">="] {
            sources.extend(["'x'", "'5'", "''", "5", "0", "007"].map(|constant| format!("{path} {operator} {constant}")));
        }
    }
    for source in &sources {
        let quick = Expression::compile(source).unwrap();
        assert!(quick.quick.is_some(), "{source}");
        let mut slow = Expression::compile(source).unwrap();
        slow.quick = None;
        for value in &values {
            with(json!({ "v": value }), |scope| {
                assert_eq!(quick.holds(scope), slow.holds(scope), "{source} holds with {value}");
                assert_eq!(quick.evaluate(scope), slow.evaluate(scope), "{source} with {value}");
                let written = |expression: &Expression| {
                    let mut text = String::new();
                    let outcome = expression.write(scope, &mut Capped::new(&mut text, 1_000));
                    (outcome, text)
                };
                assert_eq!(written(&quick), written(&slow), "{source} written with {value}");
            });
        }
    }
}
