//! `openapi/admin.v1.json` is what the code says. `UPDATE=1 cargo test openapi` writes it anew.

use std::collections::BTreeSet;
use std::path::Path;

use causerie::api::document::document;
use serde_json::Value;

fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
    })
}

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/admin.v1.json");
    let text = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "openapi/admin.v1.json is out of date: run `UPDATE=1 cargo test openapi` and read the difference");
}

#[test]
fn every_operation_is_described() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = BTreeSet::new();
    for (place, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name.to_owned()), "{place}: `{name}` is the name of another operation too");
        let plain = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        assert!(plain, "{place}: `{name}` is not of the form verb_noun");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty() && !text.ends_with('.')), "{place}: no summary");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{place}: one tag");
        let good = operation["responses"].as_object().unwrap().keys().any(|status| status.starts_with('2'));
        assert!(good, "{place}: no good answer");
        let described = operation["responses"].as_object().unwrap().values().all(|answer| answer["description"].is_string());
        assert!(described, "{place}: an answer without a description");
        assert!(operation["responses"]["default"].is_object(), "{place}: no bad answer");
        for path_parameter in place.split('/').filter(|part| part.starts_with('{')) {
            let name = path_parameter.trim_matches(['{', '}']);
            let listed = operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == name);
            assert!(listed, "{place}: the parameter `{name}` is not described");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "path") {
            assert!(place.contains(&format!("{{{}}}", parameter["name"].as_str().unwrap())), "{place}: {parameter} is not in the path");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, document: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "`{reference}` leads nowhere");
                }
                fields.values().for_each(|value| walk(value, document));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, document)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
}

/// The gate and the router must always mean the same operation.
#[test]
fn no_two_operations_of_one_method_match_one_path() {
    let document = document();
    let all: Vec<String> = operations(&document).map(|(place, _)| place).collect();
    for (n, one) in all.iter().enumerate() {
        for other in &all[n + 1..] {
            let (one_parts, other_parts): (Vec<_>, Vec<_>) = (one.split('/').collect(), other.split('/').collect());
            let both = one_parts.len() == other_parts.len()
                && one_parts.iter().zip(&other_parts).all(|(a, b)| a == b || a.starts_with('{') || b.starts_with('{'));
            assert!(!both, "`{one}` and `{other}` match the same path");
        }
    }
}

/// A query that a handler reads and its `params` do not name is not in the document.
#[test]
fn every_query_is_described() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api")];
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            for part in source.split("query: Query<").skip(1) {
                let name = part.split('>').next().unwrap();
                let described = source.split("params(").skip(1).any(|params| params.lines().next().unwrap().contains(name));
                assert!(described, "{}: `{name}` is not among the `params`", path.display());
                found += 1;
            }
        }
    }
    assert!(found > 8, "{found} queries");
}
