use std::cell::Cell;

use serde_json::{Value, json};

use super::*;
use crate::domain::contact::Contact;
use crate::domain::people::{Agent, OnDuty, Presence, Roster, Team};
use crate::flow::session::{Entry, Values};

fn with<T>(variables: Value, run: impl FnOnce(&Scope<'_>) -> T) -> T {
    let variables: Values = serde_json::from_value(variables).unwrap();
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
        people: People::default(),
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
fn a_time_is_written_where_it_is_read_and_summer_time_is_known() {
    let zones = json!({ "january": "2026-01-05T07:30:00Z", "july": "2026-07-06T07:30:00Z", "place": "Europe/Paris", "far": "5.5", "odd": "Europe/Paname" });
    for (source, expected) in [
        ("january | date('%H:%M', 'Europe/Paris') == '08:30'", true),
        ("july | date('%H:%M', 'Europe/Paris') == '09:30'", true),
        ("july | date('%H:%M', place) == '09:30'", true),
        ("july | date('%H:%M %Z', 'America/Toronto') == '03:30 EDT'", true),
        ("july | date('%H:%M', 'europe/paris') == '09:30'", true),
        ("july | date('%H:%M', far) == '13:00'", true),
        ("july | date('%H:%M', unset) == '07:30'", true),
        ("'2026-07-06' | date('%d', 'Asia/Tokyo') == '06'", true),
    ] {
        assert_eq!(holds(source, zones.clone()), Ok(expected), "{source}");
    }
    let told = holds("now | date('%H', odd)", zones).unwrap_err();
    assert!(told.contains("there is no time zone `Europe/Paname`"), "{told}");
}

#[test]
fn times_and_dates_are_reckoned_with() {
    for source in [
        "(now | plus('3d')) == '2026-03-04T09:30:00Z'",
        "(now | plus('-90m') | date('%H:%M')) == '08:00'",
        "('2026-02-27' | plus('2d')) == '2026-03-01'",
        "('23:30' | plus('1h') | date('%H:%M')) == '00:30'",
        "('2026-03-02' | plus('0d')) > (now | date)",
        "((now | timestamp) - ('2026-03-01' | timestamp)) / 3600 == 9.5",
        "unset | plus('1d') is not defined and unset | timestamp is not defined",
    ] {
        assert_eq!(holds(source, json!({})), Ok(true), "{source}");
    }
    for source in ["'2026-02-27' | plus('5h')", "'soon' | plus('1d')", "now | plus(by)", "'14:30' | timestamp", "'9999-12-31' | plus('2d')"]
    {
        assert!(holds(source, json!({ "by": "3 weeks" })).is_err(), "{source}");
    }
}

#[test]
fn a_pattern_is_taken_as_it_is_written() {
    let values = json!({ "order": "AB123456", "n": 42, "text": "call me back" });
    for (source, expected) in [
        (r"order is matching('^[A-Z]{2}\d{6}$')", true),
        (r"order is matching('^\d+$')", false),
        (r"order is not matching('^\d+$') and n is matching '^\d\d$'", true),
        (r"text is matching('\bback\b')", true),
        (r"text is matching('\bcal\b')", false),
        (r"(text | upper) is matching('(?i)call') == true", true),
        (r"text is matching('\'') or text is matching('l{2}')", true),
        ("unset is matching('')", false),
    ] {
        assert_eq!(holds(source, values.clone()), Ok(expected), "{source}");
    }
    for source in ["a is matching('[')", "a is matching('(?=x)')", "a is matching('(a{1000}){1000}')", "a is matching(b)"] {
        assert!(Expression::compile(source).unwrap_err().contains("pattern"), "{source}");
    }
}

#[test]
fn what_a_call_answered_is_picked_from() {
    let values = json!({ "items": [
        { "id": 1, "title": "Lamp", "price": { "amount": 30 }, "open": true },
        { "id": 2, "title": "Chair", "price": { "amount": "45" }, "open": false },
        { "id": 3, "price": null },
    ], "chosen": "2", "wanted": [1, 3], "text": "abc" });
    for source in [
        "(items | map(attribute='title') | join(', ')) == 'Lamp, Chair'",
        "(items | map(attribute='title', default='?') | join) == 'LampChair?'",
        "(items | map(attribute='price.amount') | length) == 2",
        "(items | selectattr('id', '==', chosen) | first).title == 'Chair'",
        "(items | selectattr('price.amount', '>', 29) | map(attribute='id') | join('+')) == '1+2'",
        "(items | selectattr('id', 'in', wanted) | length) == 2",
        "(items | selectattr('id', '!=', 1) | length) == 2",
        "(items | selectattr('open') | map(attribute='id') | first) == 1",
        "unset | map(attribute='id') is not defined and unset | selectattr('id') is not defined",
    ] {
        assert_eq!(holds(source, values.clone()), Ok(true), "{source}");
    }
    for source in [
        "items | map('title')",
        "items | map(attribut='title')",
        "items | selectattr('id', chosen, 1)",
        "chosen | map(attribute='x') | first is defined",
    ] {
        let outcome = holds(source, values.clone());
        assert_ne!(outcome, Ok(true), "{source}");
    }
}

fn on_duty(n: u128, presence: Presence, load: u32) -> OnDuty {
    let agent = Agent {
        user: uuid::Uuid::from_u128(n).into(),
        name: format!("Agent {n}"),
        presence,
        seen_at: None,
        capacity: 2,
        languages: Vec::new(),
        last_assigned_at: None,
        revision: 1,
    };
    OnDuty { agent, load }
}

#[test]
fn who_is_there_is_known_and_asked_for_only_where_it_is_named() {
    let agents = vec![on_duty(1, Presence::Online, 2), on_duty(2, Presence::Online, 1), on_duty(3, Presence::Away, 0)];
    let (id, created_at) = (uuid::Uuid::from_u128(9).into(), "2026-03-01T09:30:00Z".parse().unwrap());
    let team = |name: &str, members: &[u128]| {
        let members = members.iter().map(|n| uuid::Uuid::from_u128(*n).into()).collect();
        Team { id, name: name.to_owned(), members, revision: 1, created_at }
    };
    let roster = Roster { agents, teams: vec![team("Sales", &[1, 3]), team("After sales", &[2])] };
    for (source, named) in [
        ("agents.online == 2 and agents.free == 1", true),
        ("agents.teams.Sales.online == 1 and agents.teams['Sales'].free == 0", true),
        ("agents.teams['After sales'].free > 0", true),
        ("agents.teams['Returns'].online is not defined", true),
        ("agents", true),
        ("now is defined and link.ref == 'flyer'", false),
    ] {
        let expression = Expression::compile(source).unwrap();
        let missed = Cell::new(false);
        with(json!({}), |scope| {
            let there = Scope { people: People { roster: Some(&roster), missed: Some(&missed) }, ..*scope };
            assert_eq!((expression.holds(&there), missed.get()), (Ok(true), false), "{source}");
            let unknown = Scope { people: People { roster: None, missed: Some(&missed) }, ..*scope };
            let _ = expression.holds(&unknown);
            assert_eq!(missed.get(), named, "{source}");
        });
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
