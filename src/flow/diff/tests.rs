use serde_json::json;

use super::*;

fn document(nodes: Value) -> Value {
    json!({ "spec_version": "1.0", "start": "a", "nodes": nodes })
}

fn text(old: Value, new: Value) -> String {
    diff(&old, &new).to_string()
}

#[test]
fn the_same_documents_do_not_differ() {
    let one = document(json!({ "a": [{ "type": "end" }] }));
    assert!(diff(&one, &one).is_empty());
    assert_eq!(text(one.clone(), one), "no differences\n");
}

#[test]
fn an_action_put_in_between_is_one_change() {
    let old = document(json!({ "a": [{ "type": "send_text", "text": "1" }, { "type": "send_text", "text": "2" }, { "type": "end" }] }));
    let new = document(json!({ "a": [
        { "type": "send_text", "text": "1" }, { "type": "delay", "for": "3s" }, { "type": "send_text", "text": "2" }, { "type": "end" }] }));
    assert_eq!(text(old, new), "~ node `a`\n  + 1 delay {\"for\":\"3s\"}\n");
}

#[test]
fn a_changed_action_says_which_of_its_fields_changed() {
    let ask = |options: Value, attempts: u8| json!({ "type": "ask", "save": "x", "attempts": attempts, "options": options });
    let old = document(json!({ "a": [ask(json!([{ "title": "A" }, { "title": "B" }]), 2), { "type": "end" }] }));
    let new = document(json!({ "a": [ask(json!([{ "title": "A" }, { "title": "New" }, { "title": "B" }]), 3), { "type": "end" }] }));
    assert_eq!(text(old, new), "~ node `a`\n  ~ 0 ask\n      ~ /attempts: 2 → 3\n      + /options/1: {\"title\":\"New\"}\n");
}

#[test]
fn nodes_come_go_and_get_new_names() {
    let old = document(json!({ "a": [{ "type": "end" }], "old": [{ "type": "set", "to": 1 }], "gone": [{ "type": "end", "x": 1 }] }));
    let new = document(json!({ "a": [{ "type": "end" }], "new": [{ "type": "set", "to": 1 }], "more": [{ "type": "goto", "node": "a" }] }));
    let expected = "= node `old` is now `new`\n+ node `more`\n  + 0 goto {\"node\":\"a\"}\n- node `gone`\n  - 0 end {\"x\":1}\n";
    assert_eq!(text(old, new), expected);
}

#[test]
fn an_action_may_move_within_its_node() {
    let (x, y, z) = (json!({ "type": "set", "to": 1 }), json!({ "type": "end" }), json!({ "type": "goto", "node": "a" }));
    let found = diff(&document(json!({ "a": [x, y, z] })), &document(json!({ "a": [y, z, x] })));
    let moved = &found.nodes[0].actions;
    assert_eq!(moved.len(), 1, "{moved:?}");
    assert_eq!((moved[0].change, moved[0].from, moved[0].to), (Changed::Moved, Some(0), Some(2)));
    assert_eq!(found.to_string(), "~ node `a`\n  > 0 → 2 set\n");
}

#[test]
fn an_order_that_counts_is_a_difference_and_any_other_is_none() {
    let set = |first: &str, second: &str| format!(r#"{{ "type": "set", "values": {{ "{first}": 1, "{second}": 2 }} }}"#);
    let one = |set: &str| document(json!({ "a": [serde_json::from_str::<Value>(set).unwrap(), { "type": "end" }] }));
    let (ab, ba) = (r#"{ "type": "set", "values": { "a": 1, "b": 2 } }"#, r#"{ "values": { "b": 2, "a": 1 }, "type": "set" }"#);
    assert_eq!(text(one(ab), one(ba)), "~ node `a`\n  ~ 0 set\n      > /values: [\"a\",\"b\"] → [\"b\",\"a\"]\n");
    let added = r#"{ "type": "set", "values": { "b": 2, "c": 3, "a": 4 } }"#;
    let expected =
        "~ node `a`\n  ~ 0 set\n      ~ /values/a: 1 → 4\n      + /values/c: 3\n      > /values: [\"a\",\"b\"] → [\"b\",\"a\"]\n";
    assert_eq!(text(one(ab), one(added)), expected);
    // Under another name it is another node, not a renamed one.
    let named = |name: &str, first: &str, second: &str| {
        document(serde_json::from_str(&format!(r#"{{ "{name}": [{}] }}"#, set(first, second))).unwrap())
    };
    assert!(text(named("x", "a", "b"), named("y", "b", "a")).starts_with("+ node `y`"));
    assert!(text(named("x", "a", "b"), named("y", "a", "b")).starts_with("= node `x` is now `y`"));
    let data = |data: &str| one(&format!(r#"{{ "type": "emit_event", "name": "e", "data": {data} }}"#));
    assert!(diff(&data(r#"{ "a": 1, "b": 2 }"#), &data(r#"{ "b": 2, "a": 1 }"#)).is_empty());
    let test = |agents: &str| -> Value {
        serde_json::from_str(&format!(r#"{{ "nodes": {{}}, "tests": [{{ "name": "t", "agents": {agents} }}] }}"#)).unwrap()
    };
    let (ana, ben) = (test(r#"{ "Ana": "online", "Ben": "online" }"#), test(r#"{ "Ben": "online", "Ana": "online" }"#));
    assert_eq!(text(ana, ben), "> /tests/0/agents: [\"Ana\",\"Ben\"] → [\"Ben\",\"Ana\"]\n");
}

#[test]
fn what_surrounds_the_nodes_is_compared_by_pointer() {
    let mut old = document(json!({}));
    let mut new = old.clone();
    old["variables"] = json!({ "a/b": { "type": "text" }, "gone": {} });
    new["variables"] = json!({ "a/b": { "type": "email" } });
    new["session"] = json!({ "timeout": "1h" });
    let expected = "~ /variables/a~1b/type: \"text\" → \"email\"\n- /variables/gone: {}\n+ /session: {\"timeout\":\"1h\"}\n";
    assert_eq!(text(old, new), expected);
}

#[test]
fn what_is_no_document_is_compared_all_the_same() {
    assert!(diff(&Value::Null, &json!([])).is_empty());
    let found = diff(&json!({ "nodes": { "a": 7 } }), &json!({ "nodes": { "a": [] } }));
    assert_eq!(found.nodes.len(), 1);
}
