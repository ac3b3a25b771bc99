//! Pages: connecting, what Meta refuses, pausing, the primary chatflow, disconnecting.

use causerie::domain::page::{GET_STARTED_PAYLOAD, PageSettings};
use causerie::sandbox::{Fault, FaultRule, On};
use causerie::store::pages::PageStore;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::office::{OTHER_PAGE, Office, PAGE, TOKEN, id};

const SHOWN: &str = "/v1/pages/1001";

async fn stored_token(office: &Office) -> Option<String> {
    let token = office.api.store.token(&PAGE.into()).await.unwrap();
    token.map(|token| token.expose_secret().to_owned())
}

async fn block(office: &Office) {
    let mut page = office.api.store.page(&PAGE.into()).await.unwrap().unwrap();
    page.block("the token is dead", page.created_at);
    office.api.store.update_page(&page).await.unwrap();
}

/// The items of the checklist that are not ok.
async fn faults(office: &Office) -> Vec<String> {
    let check = office.show(&format!("{SHOWN}/check")).await;
    let items = check["items"].as_array().unwrap();
    let faults: Vec<_> = items.iter().filter(|item| item["ok"] == false).map(|item| item["item"].as_str().unwrap().to_owned()).collect();
    assert_eq!(check["ok"], faults.is_empty());
    assert!(items.iter().all(|item| item["ok"] == true || item["hint"].is_string()), "{check}");
    faults
}

#[actix_web::test]
async fn a_connected_page_answers_at_once_and_its_links_are_not_lost() {
    let office = Office::open().await;
    let made = office.connect(json!({ "page_access_token": TOKEN })).await;
    assert_eq!(made.header("location"), SHOWN);
    assert!(!made.text.contains(TOKEN));
    let page = made.expect(201);
    assert_eq!((&page["state"], &page["username"]), (&json!("active"), &json!("maisonlumen")));
    assert_eq!(page["settings"], serde_json::to_value(PageSettings::default()).unwrap());
    let chatflow = office.show(&format!("/v1/chatflows/{}", page["primary_chatflow"].as_str().unwrap())).await;
    for (field, value) in [("kind", json!("live_chat")), ("active", json!(true)), ("primary", json!(true)), ("published", json!(1))] {
        assert_eq!(chatflow[field], value, "{field}");
    }
    let link = chatflow["direct_link"].as_str().unwrap();
    assert!(link.strip_prefix("https://m.me/maisonlumen?ref=").is_some_and(|code| code.len() >= 16), "{link}");
    assert_eq!(faults(&office).await, [""; 0]);
    let at_meta = office.sandbox.snapshot().pages[PAGE].clone();
    assert_eq!(at_meta.get_started(), Some(GET_STARTED_PAYLOAD));
    assert_eq!(stored_token(&office).await.as_deref(), Some(TOKEN));
    assert_eq!(office.api.reloaded(), [PAGE]);
    assert!(!office.get(SHOWN).send().await.text.contains(TOKEN));
}

#[actix_web::test]
async fn a_page_may_be_connected_without_a_chatflow_or_with_its_own_words() {
    let office = Office::open().await;
    let settings = json!({ "away_message": "We are closed." });
    let page = office.connect(json!({ "page_access_token": TOKEN, "default_chatflow": false, "settings": settings })).await.expect(201);
    assert_eq!((&page["primary_chatflow"], &page["settings"]["away_message"]), (&Value::Null, &json!("We are closed.")));
    assert_eq!(faults(&office).await, ["primary_chatflow"]);
    let words = json!({ "greeting": { "de": "Guten Tag!" }, "available": { "de": "Gleich kommt jemand." } });
    let page = office.connect(json!({ "page_access_token": "EAAother", "live_chat": words })).await.expect(201);
    let document = office.show(&format!("/v1/chatflows/{}/draft", page["primary_chatflow"].as_str().unwrap())).await;
    assert_eq!(document["nodes"]["welcome"][0]["text"]["de"], "Guten Tag!");
    assert_eq!(document["languages"], json!(["de"]));
}

#[actix_web::test]
async fn a_get_started_button_of_the_pages_own_is_left_alone() {
    let office = Office::open().await;
    let own = json!({ "payload": "OURS" });
    office.sandbox.change(|world, _| world.pages.get_mut(PAGE).unwrap().profile.insert("get_started".into(), own));
    office.connect(json!({ "page_access_token": TOKEN })).await.expect(201);
    assert_eq!(office.sandbox.snapshot().pages[PAGE].get_started(), Some("OURS"));
}

#[actix_web::test]
async fn what_meta_refuses_names_the_step_and_connects_nothing() {
    let office = Office::open().await;
    let fault = |path: &str, fault| FaultRule::next(fault).on(On::Path(path.into()));
    let cases = [
        ("EAAunknown", None, "token", 422, "token_refused"),
        (TOKEN, Some(fault("subscribed_apps", Fault::code(200, None))), "subscription", 422, "permission_missing"),
        (TOKEN, Some(fault("subscribed_apps", Fault::code(190, 460))), "subscription", 422, "token_refused"),
        (TOKEN, Some(fault("messenger_profile", Fault::code(100, None))), "get_started", 422, "graph_refused"),
        (TOKEN, Some(fault("messenger_profile", Fault::Status(502))), "get_started", 503, "graph_unavailable"),
        (TOKEN, Some(fault("subscribed_apps", Fault::code(80006, None))), "subscription", 503, "graph_unavailable"),
    ];
    for (token, rule, step, status, code) in cases {
        let name = format!("{step} {code}");
        if let Some(rule) = rule {
            office.sandbox.fault(rule);
        }
        let answer = office.connect(json!({ "page_access_token": token })).await;
        assert!(!answer.text.contains(token), "{name}");
        assert_eq!(answer.header("retry-after").is_empty(), status != 503, "{name}");
        let problem = answer.refused(status, code);
        assert_eq!(problem["step"], step, "{problem}");
        assert_eq!(office.show("/v1/pages").await["items"], json!([]), "{name}");
        assert_eq!(office.show("/v1/chatflows").await["items"], json!([]), "{name}");
        office.sandbox.clear_faults();
    }
}

#[actix_web::test]
async fn a_body_that_makes_no_sense_is_refused_before_meta_is_asked() {
    let office = Office::open().await;
    let cases = [
        (json!({}), "/page_access_token"),
        (json!({ "page_access_token": TOKEN, "colour": "red" }), "/colour"),
        (json!({ "page_access_token": TOKEN, "settings": { "sends_per_second": 0 } }), "/settings/sends_per_second"),
        (json!({ "page_access_token": TOKEN, "settings": { "sends": 1 } }), "/settings/sends"),
        (
            json!({ "page_access_token": TOKEN, "settings": { "bindings": [{ "payload": "X", "chatflow": "cf_01h455vb4pex5vsknk084sn02q" }] } }),
            "/settings/bindings",
        ),
        (json!({ "page_access_token": TOKEN, "live_chat": { "greeting": {} } }), "/live_chat/greeting"),
        (json!({ "page_access_token": TOKEN, "default_chatflow": false, "live_chat": { "greeting": { "en": "a" } } }), "/live_chat"),
    ];
    for (body, pointer) in cases {
        let problem = office.connect(body.clone()).await.refused(422, "invalid_body");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
    let long = json!({ "greeting": { "en": "a".repeat(6000) } });
    let problem = office.connect(json!({ "page_access_token": TOKEN, "live_chat": long })).await.refused(422, "flow_has_errors");
    assert!(!problem["issues"].as_array().unwrap().is_empty());
    assert_eq!(office.sandbox.snapshot().pages[PAGE].get_started(), None, "Meta's side is as it was");
}

#[actix_web::test]
async fn connecting_again_replaces_the_token_and_what_was_held_goes_out() {
    let office = Office::open().await;
    let first = office.connect(json!({ "page_access_token": TOKEN })).await.expect(201);
    block(&office).await;
    office.sandbox.new_token(PAGE, "EAAsecond");
    assert_eq!(faults(&office).await, ["state", "token", "subscription", "get_started"]);
    let again = office.connect(json!({ "page_access_token": "EAAsecond" })).await.expect(200);
    assert_eq!((&again["state"], &again["primary_chatflow"]), (&json!("active"), &first["primary_chatflow"]));
    assert_eq!(stored_token(&office).await.as_deref(), Some("EAAsecond"));
    assert_eq!(office.api.released(), [PAGE]);
    assert_eq!(office.show("/v1/chatflows").await["items"].as_array().unwrap().len(), 1, "no second default chatflow");
    assert_eq!(faults(&office).await, [""; 0]);
}

#[actix_web::test]
async fn a_paused_page_stays_paused_until_it_is_resumed() {
    let office = Office::open().await;
    office.connect(json!({ "page_access_token": TOKEN })).await.expect(201);
    for _ in 0..2 {
        assert_eq!(office.post(&format!("{SHOWN}/pause")).send().await.expect(200)["state"], "paused");
    }
    assert_eq!(faults(&office).await, ["state"]);
    assert_eq!(office.connect(json!({ "page_access_token": TOKEN })).await.expect(200)["state"], "paused");
    assert!(office.api.released().is_empty());
    assert_eq!(office.post(&format!("{SHOWN}/resume")).send().await.expect(200)["state"], "active");
    assert_eq!(office.api.released(), [PAGE]);
}

#[actix_web::test]
async fn a_blocked_page_is_resumed_only_with_a_token_that_works() {
    let office = Office::with_page().await;
    block(&office).await;
    let shown = office.show(SHOWN).await;
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("blocked"), &json!("the token is dead")));
    office.sandbox.revoke_token(PAGE, 460);
    office.post(&format!("{SHOWN}/resume")).send().await.refused(422, "token_refused");
    assert_eq!(office.show(SHOWN).await["state"], "blocked");
    office.sandbox.new_token(PAGE, TOKEN);
    assert_eq!(office.post(&format!("{SHOWN}/resume")).send().await.expect(200)["state"], "active");
}

#[actix_web::test]
async fn a_disconnected_page_keeps_its_data_and_goes_on_when_it_is_connected_again() {
    let office = Office::open().await;
    let first = office.connect(json!({ "page_access_token": TOKEN })).await.expect(201);
    office.delete(SHOWN).header("if-match", "\"1\"").send().await.refused(412, "stale");
    office.delete(SHOWN).send().await.expect(204);
    assert_eq!(stored_token(&office).await, None);
    assert_eq!(office.show(SHOWN).await["state"], "disconnected");
    assert_eq!(faults(&office).await, ["state", "token"]);
    for verb in ["pause", "resume"] {
        office.post(&format!("{SHOWN}/{verb}")).send().await.refused(409, "page_disconnected");
    }
    assert_eq!(office.show("/v1/chatflows").await["items"].as_array().unwrap().len(), 1);
    let again = office.connect(json!({ "page_access_token": TOKEN })).await.expect(200);
    assert_eq!((&again["state"], &again["primary_chatflow"]), (&json!("active"), &first["primary_chatflow"]));
    assert_eq!(faults(&office).await, [""; 0]);
}

#[actix_web::test]
async fn a_dead_token_does_not_keep_a_page_from_being_disconnected() {
    let office = Office::with_page().await;
    office.sandbox.revoke_token(PAGE, 460);
    office.delete(SHOWN).send().await.expect(204);
    assert_eq!(office.show(SHOWN).await["state"], "disconnected");
}

#[actix_web::test]
async fn settings_change_one_by_one_and_only_within_their_range() {
    let office = Office::with_page().await;
    let read = office.get(SHOWN).send().await;
    let tag = read.header("etag").to_owned();
    let change = json!({ "settings": { "away_message": "Back at 9.", "external_mute_hours": 2 } });
    let changed = office.patch(SHOWN).header("if-match", &tag).json(change.clone()).send().await.expect(200);
    let mut expected = read.body["settings"].clone();
    (expected["away_message"], expected["external_mute_hours"]) = (json!("Back at 9."), json!(2));
    assert_eq!(changed["settings"], expected);
    office.patch(SHOWN).header("if-match", &tag).json(change).send().await.refused(412, "stale");
    let problem = office.patch(SHOWN).json(json!({ "settings": { "external_mute_hours": 0, "sends_per_second": 999 } })).send().await;
    let problem = problem.refused(422, "invalid_body");
    let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/settings/external_mute_hours", "/settings/sends_per_second"]);
    office.patch(SHOWN).json(json!({ "name": "x" })).send().await.refused(422, "invalid_body");
    let rules = json!({ "transfer_rules": "tr_01h455vb4pex5vsknk084sn02q" });
    office.patch(SHOWN).json(rules).send().await.refused(422, "missing_reference");
    assert_eq!(office.show(SHOWN).await["settings"], expected);
    let cleared = office.patch(SHOWN).json(json!({ "settings": { "away_message": null } })).send().await.expect(200);
    assert_eq!(cleared["settings"]["away_message"], Value::Null);
}

#[actix_web::test]
async fn a_page_binds_payloads_and_keywords_to_its_active_chatflows() {
    let office = Office::with_page().await;
    office.connect(json!({ "page_access_token": "EAAother", "default_chatflow": false })).await.expect(201);
    let (sale, foreign) = (office.live_chatflow(PAGE, "sale").await, office.live_chatflow(OTHER_PAGE, "foreign").await);
    let off = office.live_chatflow(PAGE, "off").await;
    office.post(&format!("{off}/deactivate")).send().await.expect(200);
    let bind = |bindings: Value| office.patch(SHOWN).json(json!({ "settings": { "bindings": bindings } })).send();
    let bindings = json!([
        { "payload": "SALE", "keywords": ["sale", "Soldes !"], "chatflow": id(&sale) },
        { "payload": "VIP", "chatflow": id(&sale), "node": "welcome" },
    ]);
    assert_eq!(bind(bindings.clone()).await.expect(200)["settings"]["bindings"], bindings);
    assert_eq!(office.show(SHOWN).await["settings"]["bindings"], bindings);
    let bad = [
        (json!([{ "payload": "X", "chatflow": id(&foreign) }]), vec!["/0/chatflow"]),
        (json!([{ "payload": "X", "chatflow": id(&off) }]), vec!["/0/chatflow"]),
        (json!([{ "payload": "X", "chatflow": "cf_01h455vb4pex5vsknk084sn02q" }]), vec!["/0/chatflow"]),
        (json!([{ "payload": "X", "chatflow": id(&sale), "node": "nowhere" }]), vec!["/0/node"]),
        (json!([{ "chatflow": id(&sale) }]), vec!["/0"]),
        (
            json!([{ "keywords": ["Soldes"], "chatflow": id(&sale) }, { "keywords": ["soldes!"], "chatflow": id(&sale), "node": "no" }]),
            vec!["/1/node", "/1/keywords"],
        ),
        (json!([{ "payload": "X", "chatflow": id(&sale) }, { "payload": "X", "chatflow": id(&sale) }]), vec!["/1/payload"]),
    ];
    for (bindings, places) in bad {
        let problem = bind(bindings.clone()).await.refused(422, "invalid_body");
        let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
        let expected: Vec<_> = places.iter().map(|place| json!(format!("/settings/bindings{place}"))).collect();
        assert_eq!(pointers, expected, "{bindings}");
    }
    assert_eq!(office.show(SHOWN).await["settings"]["bindings"], bindings);
    // The page's check says when one can no longer do what it says.
    office.post(&format!("{sale}/deactivate")).send().await.expect(200);
    assert!(faults(&office).await.contains(&"bindings".to_owned()));
    assert_eq!(bind(json!([])).await.expect(200)["settings"]["bindings"], json!([]));
    assert!(!faults(&office).await.contains(&"bindings".to_owned()));
}

#[actix_web::test]
async fn the_primary_chatflow_is_switched_only_to_one_that_can_answer() {
    let office = Office::open().await;
    let first = office.connect(json!({ "page_access_token": TOKEN })).await.expect(201)["primary_chatflow"].clone();
    office.connect(json!({ "page_access_token": "EAAother", "default_chatflow": false })).await.expect(201);
    let draft = office.chatflow(PAGE, "draft", super::office::hello("a")).await;
    let off = office.live_chatflow(PAGE, "off").await;
    office.post(&format!("{off}/deactivate")).send().await.expect(200);
    let foreign = office.live_chatflow(OTHER_PAGE, "foreign").await;
    let unknown = "cf_01h455vb4pex5vsknk084sn02q";
    let path = format!("{SHOWN}/primary-chatflow");
    for (chatflow, status, code) in [
        (id(&draft), 409, "never_published"),
        (id(&off), 409, "chatflow_inactive"),
        (id(&foreign), 422, "invalid_body"),
        (unknown, 422, "missing_reference"),
    ] {
        office.put(&path).json(json!({ "chatflow": chatflow })).send().await.refused(status, code);
        assert_eq!(office.show(SHOWN).await["primary_chatflow"], first);
    }
    let second = office.live_chatflow(PAGE, "second").await;
    let tag = office.get(SHOWN).send().await.header("etag").to_owned();
    let switch = || office.put(&path).header("if-match", &tag).json(json!({ "chatflow": id(&second) })).send();
    assert_eq!(switch().await.expect(200)["primary_chatflow"], id(&second));
    switch().await.refused(412, "stale");
    let primaries = office.show(&format!("/v1/chatflows?page={PAGE}")).await;
    let primaries: Vec<_> = primaries["items"].as_array().unwrap().iter().filter(|flow| flow["primary"] == true).collect();
    assert_eq!(primaries.len(), 1);
    assert_eq!(primaries[0]["id"], id(&second));
}

#[actix_web::test]
async fn only_who_administers_changes_pages_and_every_page_is_listed() {
    let office = Office::open().await;
    office
        .api
        .client
        .post("/v1/pages")
        .by(&office.editor)
        .json(json!({ "page_access_token": TOKEN }))
        .send()
        .await
        .refused(403, "forbidden");
    for token in [TOKEN, "EAAother"] {
        office.connect(json!({ "page_access_token": token, "default_chatflow": false })).await.expect(201);
    }
    let first = office.show("/v1/pages?limit=1").await;
    let second = office.show(&format!("/v1/pages?limit=1&after={}", first["next"].as_str().unwrap())).await;
    assert_eq!((&first["items"][0]["id"], &second["items"][0]["id"]), (&json!(PAGE), &json!(OTHER_PAGE)));
    assert_eq!(second["next"], Value::Null);
    office.get("/v1/pages/4711").send().await.refused(404, "not_found");
}
