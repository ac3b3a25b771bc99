//! Chatflows: drafts and their checks, versions, the primary's protection, copies.

use serde_json::{Value, json};

use super::office::{OTHER_PAGE, Office, PAGE, TOKEN, hello, id};

/// Two errors, each in a place of its own.
fn faulty() -> Value {
    json!({
        "spec_version": "1.0",
        "languages": ["en"],
        "start": "welcome",
        "nodes": {
            "welcome": [{ "type": "goto", "node": "nowhere" }],
            "ask": [{ "type": "ask", "text": "Which?", "options": [{ "value": "a", "title": "a title that is longer than it may be" }] }]
        }
    })
}

fn codes(issues: &Value) -> Vec<&str> {
    issues.as_array().unwrap().iter().map(|issue| issue["code"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_chatflow_of_either_kind_begins_as_a_draft_with_a_direct_link() {
    let office = Office::with_page().await;
    for (name, kind, action) in [("menu", "bot", None), ("hello", "live_chat", Some("send_text"))] {
        let body = json!({ "page": PAGE, "name": name, "kind": kind });
        let made = office.post("/v1/chatflows").json(body).send().await;
        let path = made.header("location").to_owned();
        let made = made.expect(201);
        assert_eq!(office.show(&path).await, made);
        for (field, value) in [("kind", json!(kind)), ("active", json!(false)), ("primary", json!(false)), ("published", Value::Null)] {
            assert_eq!(made[field], value, "{field}");
        }
        assert!(made["direct_link"].as_str().unwrap().starts_with("https://m.me/maisonlumen?ref="));
        let draft = office.show(&format!("{path}/draft")).await;
        assert_eq!(draft["nodes"]["welcome"][0]["type"].as_str(), action);
        office.get(&format!("{path}/versions/1")).send().await.refused(404, "not_found");
    }
    let short = json!({ "greeting": { "fr": "Bonjour !" } });
    let body = json!({ "page": PAGE, "name": "accueil", "kind": "live_chat", "live_chat": short });
    let made = office.post("/v1/chatflows").json(body).send().await.expect(201);
    let draft = office.show(&format!("/v1/chatflows/{}/draft", made["id"].as_str().unwrap())).await;
    assert_eq!(draft["nodes"]["welcome"][0]["text"], json!({ "fr": "Bonjour !" }));
}

#[actix_web::test]
async fn a_chatflow_that_makes_no_sense_is_refused() {
    let office = Office::with_page().await;
    let base = json!({ "page": PAGE, "name": "x", "kind": "bot" });
    let cases = [
        (json!({ "colour": 1 }), 422, "invalid_body", "/colour"),
        (json!({ "name": " x" }), 422, "invalid_body", "/name"),
        (json!({ "kind": "robot" }), 422, "invalid_body", "/kind"),
        (json!({ "page": "4711" }), 422, "missing_reference", "/page"),
        (json!({ "document": [] }), 422, "invalid_body", "/document"),
        (json!({ "live_chat": { "greeting": { "en": "a" } } }), 422, "invalid_body", "/live_chat"),
        (json!({ "kind": "live_chat", "document": {}, "live_chat": { "greeting": { "en": "a" } } }), 422, "invalid_body", "/live_chat"),
    ];
    for (change, status, code, pointer) in cases {
        let mut body = base.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let problem = office.post("/v1/chatflows").json(body.clone()).send().await.refused(status, code);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
    let twice = format!(r#"{{"page":"{PAGE}","name":"x","kind":"bot","document":{{"start":"a","start":"b"}}}}"#);
    office.post("/v1/chatflows").header("content-type", "application/json").body(twice).send().await.refused(422, "invalid_body");
    assert_eq!(office.show("/v1/chatflows").await["items"], json!([]));
}

#[actix_web::test]
async fn a_publish_with_errors_lists_every_issue_and_publishes_nothing() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", faulty()).await;
    let problem = office.post(&format!("{path}/publish")).send().await.refused(422, "flow_has_errors");
    let found = codes(&problem["issues"]);
    for code in ["unknown_node", "title_too_long"] {
        assert!(found.contains(&code), "{code} in {found:?}");
    }
    for issue in problem["issues"].as_array().unwrap() {
        assert!(issue["pointer"].is_string() && issue["severity"].is_string() && issue["message"].is_string(), "{issue}");
    }
    assert_eq!(office.show(&path).await["published"], Value::Null);
    assert_eq!(office.show(&format!("{path}/versions")).await["items"], json!([]));
    let draft = office.post(&format!("{path}/check")).send().await.expect(200);
    assert_eq!((&draft["ok"], &draft["issues"]), (&json!(false), &problem["issues"]));
    let body = office.post(&format!("{path}/check")).json(hello("a")).send().await.expect(200);
    assert_eq!(body, json!({ "ok": true, "issues": [] }));
    assert_eq!(office.show(&format!("{path}/draft")).await, faulty(), "a check changes nothing");
}

#[actix_web::test]
async fn each_publish_is_a_new_version_that_never_changes_and_a_rollback_is_one_more() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", hello("one")).await;
    let published = office.post(&format!("{path}/publish")).json(json!({ "note": "first" })).send().await;
    assert_eq!(published.header("location"), format!("{path}/versions/1"));
    let published = published.expect(201);
    assert_eq!((&published["version"]["note"], &published["warnings"]), (&json!("first"), &json!([])));
    office.put(&format!("{path}/draft")).json(hello("two")).send().await.expect(200);
    assert_eq!(office.show(&format!("{path}/versions/1")).await["document"], hello("one"));
    office.post(&format!("{path}/publish")).send().await.expect(201);
    let back = office.post(&format!("{path}/rollback")).json(json!({ "version": 1 })).send().await.expect(201);
    assert_eq!((&back["version"]["number"], &back["version"]["note"]), (&json!(3), &json!("back to version 1")));
    for (number, text) in [(1, "one"), (2, "two"), (3, "one")] {
        assert_eq!(office.show(&format!("{path}/versions/{number}")).await["document"], hello(text));
    }
    assert_eq!(office.show(&path).await["published"], 3);
    assert_eq!(office.show(&format!("{path}/draft")).await, hello("two"), "the draft stays");
    let first = office.show(&format!("{path}/versions?limit=2")).await;
    let numbers = |list: &Value| list["items"].as_array().unwrap().iter().map(|v| v["number"].as_u64().unwrap()).collect::<Vec<_>>();
    let rest = office.show(&format!("{path}/versions?limit=2&after={}", first["next"].as_str().unwrap())).await;
    assert_eq!((numbers(&first), numbers(&rest)), (vec![3, 2], vec![1]));
    office.post(&format!("{path}/rollback")).json(json!({ "version": 9 })).send().await.refused(422, "missing_reference");
}

#[actix_web::test]
async fn warnings_are_told_and_do_not_stop_a_publish() {
    let office = Office::with_page().await;
    let mut document = hello("a");
    document["nodes"]["spare"] = json!([{ "type": "end" }]);
    let path = office.chatflow(PAGE, "menu", document).await;
    let published = office.post(&format!("{path}/publish")).send().await.expect(201);
    assert_eq!(codes(&published["warnings"]), ["unreachable_node"]);
}

#[actix_web::test]
async fn a_second_primary_is_refused_with_the_way_to_switch() {
    let office = Office::with_page().await;
    let new = |name: &str, document: Value| json!({ "page": PAGE, "name": name, "kind": "bot", "document": document, "primary": true });
    office.post("/v1/chatflows").json(new("faulty", faulty())).send().await.refused(422, "flow_has_errors");
    let first = office.post("/v1/chatflows").json(new("first", hello("a"))).send().await.expect(201);
    assert_eq!((&first["primary"], &first["active"], &first["published"]), (&json!(true), &json!(true), &json!(1)));
    let problem = office.post("/v1/chatflows").json(new("second", hello("b"))).send().await.refused(409, "second_primary");
    assert_eq!(problem["primary_chatflow"], first["id"]);
    assert!(problem["detail"].as_str().unwrap().contains("PUT /v1/pages/{id}/primary-chatflow"), "{problem}");
    assert_eq!(office.show("/v1/chatflows").await["items"], json!([first]));
    let by_editor = office.api.client.post("/v1/chatflows").by(&office.editor);
    by_editor.json(new("third", hello("c"))).send().await.refused(403, "forbidden");
}

#[actix_web::test]
async fn a_primary_chatflow_is_neither_deleted_nor_deactivated() {
    let office = Office::open().await;
    let page = office.connect(json!({ "page_access_token": TOKEN })).await.expect(201);
    let path = format!("/v1/chatflows/{}", page["primary_chatflow"].as_str().unwrap());
    let before = office.show(&path).await;
    office.delete(&path).send().await.refused(409, "is_primary");
    office.post(&format!("{path}/deactivate")).send().await.refused(409, "is_primary");
    assert_eq!(office.show(&path).await, before);
    let next = office.live_chatflow(PAGE, "next").await;
    office.put(&format!("/v1/pages/{PAGE}/primary-chatflow")).json(json!({ "chatflow": id(&next) })).send().await.expect(200);
    office.delete(&path).send().await.expect(204);
    office.get(&path).send().await.refused(404, "not_found");
}

#[actix_web::test]
async fn a_chatflow_is_activated_once_it_was_published() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", hello("a")).await;
    office.post(&format!("{path}/activate")).send().await.refused(409, "never_published");
    office.post(&format!("{path}/publish")).send().await.expect(201);
    assert_eq!(office.show(&path).await["active"], false, "publishing does not activate");
    for verb in ["activate", "activate", "deactivate", "deactivate"] {
        let shown = office.post(&format!("{path}/{verb}")).send().await.expect(200);
        assert_eq!(shown["active"], verb == "activate");
    }
}

#[actix_web::test]
async fn who_edits_a_draft_that_moved_is_told_and_changes_nothing() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", hello("a")).await;
    let draft = format!("{path}/draft");
    let tag = office.get(&draft).send().await.header("etag").to_owned();
    let saved = office.put(&draft).header("if-match", &tag).json(hello("b")).send().await;
    let next = saved.header("etag").to_owned();
    saved.expect(200);
    assert_ne!(next, tag);
    office.put(&draft).header("if-match", &tag).json(hello("c")).send().await.refused(412, "stale");
    for verb in ["publish", "activate"] {
        office.post(&format!("{path}/{verb}")).header("if-match", &tag).send().await.refused(412, "stale");
    }
    office.delete(&path).header("if-match", &tag).send().await.refused(412, "stale");
    assert_eq!(office.show(&draft).await, hello("b"));
    office.post(&format!("{path}/publish")).header("if-match", &next).send().await.expect(201);
}

#[actix_web::test]
async fn documents_come_and_go_as_yaml_too() {
    let office = Office::with_page().await;
    let yaml = "page: \"1001\"\nname: menu\nkind: bot\ndocument:\n  spec_version: \"1.0\"\n  languages: [en]\n  start: welcome\n  \
                nodes:\n    welcome:\n      - type: send_text\n        text: Hello!\n      - type: end\n";
    let made = office.post("/v1/chatflows").header("content-type", "application/yaml").body(yaml).send().await.expect(201);
    let draft = format!("/v1/chatflows/{}/draft", made["id"].as_str().unwrap());
    assert_eq!(office.show(&draft).await, hello("Hello!"));
    let text = office.get(&draft).header("accept", "application/yaml").send().await;
    assert_eq!(text.header("content-type"), "application/yaml");
    let text = text.text.replace("Hello!", "Salut !");
    let saved = office.put(&draft).header("content-type", "application/yaml").body(text).send().await.expect(200);
    assert_eq!(saved, json!({ "ok": true, "issues": [] }));
    assert_eq!(office.show(&draft).await, hello("Salut !"));
    let put = |kind: &str, body: &'static str| office.put(&draft).header("content-type", kind).body(body).send();
    put("application/yaml", "a: [").await.refused(400, "malformed_json");
    put("application/yaml", "start: a\nstart: b").await.refused(422, "invalid_body");
    put("application/yaml", "- a").await.refused(422, "invalid_body");
    put("application/json", "a: b").await.refused(400, "malformed_json");
    put("text/plain", "a: b").await.refused(415, "unsupported_media_type");
    put("application/json", "").await.refused(400, "malformed_json");
    assert_eq!(office.show(&draft).await, hello("Salut !"));
}

#[actix_web::test]
async fn a_copy_has_its_own_name_link_and_life() {
    let office = Office::with_page().await;
    office.connect(json!({ "page_access_token": "EAAother", "default_chatflow": false })).await.expect(201);
    let path = office.live_chatflow(PAGE, "menu").await;
    let original = office.show(&path).await;
    let duplicate = format!("{path}/duplicate");
    for name in ["menu (copy)", "menu (copy 2)"] {
        let copy = office.post(&duplicate).send().await.expect(201);
        assert_eq!((&copy["name"], &copy["active"], &copy["published"]), (&json!(name), &json!(false), &Value::Null));
        assert_ne!(copy["direct_link"], original["direct_link"]);
        assert_eq!(office.show(&format!("/v1/chatflows/{}/draft", copy["id"].as_str().unwrap())).await, hello("Hello!"));
    }
    let elsewhere = office.post(&duplicate).json(json!({ "name": "menu", "page": OTHER_PAGE })).send().await.expect(201);
    assert_eq!((&elsewhere["page"], &elsewhere["name"]), (&json!(OTHER_PAGE), &json!("menu")));
    office.post(&duplicate).json(json!({ "name": "menu" })).send().await.refused(409, "conflict");
    office.post(&duplicate).json(json!({ "page": "4711" })).send().await.refused(422, "missing_reference");
}

#[actix_web::test]
async fn a_name_is_changed_and_is_unique_on_its_page() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", hello("a")).await;
    office.chatflow(PAGE, "other", hello("a")).await;
    assert_eq!(office.patch(&path).json(json!({ "name": "carte" })).send().await.expect(200)["name"], "carte");
    let problem = office.patch(&path).json(json!({ "name": "other" })).send().await.refused(409, "conflict");
    assert_eq!(problem["errors"][0]["pointer"], "/name");
    office.patch(&path).json(json!({ "name": "" })).send().await.refused(422, "invalid_body");
    office.patch(&path).json(json!({ "active": true })).send().await.refused(422, "invalid_body");
    assert_eq!(office.show(&path).await["name"], "carte");
}

#[actix_web::test]
async fn every_change_holds_for_the_next_event() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", hello("a")).await;
    for call in [
        office.post(&format!("{path}/publish")),
        office.post(&format!("{path}/activate")),
        office.post(&format!("{path}/rollback")).json(json!({ "version": 1 })),
        office.patch(&path).json(json!({ "name": "carte" })),
        office.post(&format!("{path}/deactivate")),
        office.delete(&path),
    ] {
        let before = office.api.reloaded().len();
        assert!(call.send().await.status.is_success());
        assert_eq!(office.api.reloaded().len(), before + 1);
    }
}

#[actix_web::test]
async fn a_repeated_create_with_its_key_makes_one_chatflow() {
    let office = Office::with_page().await;
    let create = |name: &str| {
        let body = json!({ "page": PAGE, "name": name, "kind": "bot" });
        office.post("/v1/chatflows").header("idempotency-key", "k1").json(body).send()
    };
    let first = create("menu").await.expect(201);
    assert_eq!(create("menu").await.expect(201), first);
    create("other").await.refused(422, "idempotency_key_reused");
    assert_eq!(office.show("/v1/chatflows").await["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_chatflow_may_begin_with_a_template() {
    let office = Office::with_page().await;
    let templates = office.show("/v1/chatflow-templates?limit=3").await;
    assert_eq!((templates["items"].as_array().unwrap().len(), &templates["items"][0]["name"]), (3, &json!("instant-reply")));
    let rest = office.show(&format!("/v1/chatflow-templates?after={}", templates["next"].as_str().unwrap())).await;
    for template in templates["items"].as_array().unwrap().iter().chain(rest["items"].as_array().unwrap()) {
        let name = template["name"].as_str().unwrap();
        let shown = office.show(&format!("/v1/chatflow-templates/{name}")).await;
        assert_eq!((&shown["title"], template["languages"].as_array().map(Vec::len)), (&template["title"], Some(2)), "{name}");
        let body = json!({ "page": PAGE, "name": name, "kind": "bot", "template": name });
        let made = office.post("/v1/chatflows").json(body).send().await.expect(201);
        let path = format!("/v1/chatflows/{}", made["id"].as_str().unwrap());
        assert_eq!(office.show(&format!("{path}/draft")).await, shown["document"], "{name}");
        office.post(&format!("{path}/publish")).send().await.expect(201);
    }
    office.get("/v1/chatflow-templates/nothing").send().await.refused(404, "not_found");
    let body = |more: Value| {
        let mut body = json!({ "page": PAGE, "name": "x", "kind": "bot", "template": "faq" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    office.post("/v1/chatflows").json(body(json!({ "template": "nothing" }))).send().await.refused(422, "missing_reference");
    office.post("/v1/chatflows").json(body(json!({ "document": {} }))).send().await.refused(422, "invalid_body");
}
