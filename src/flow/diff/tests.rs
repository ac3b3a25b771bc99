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
