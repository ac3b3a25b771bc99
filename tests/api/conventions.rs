//! What holds for every endpoint, shown on one or two.

use causerie::clock::Clock;
use causerie::domain::access::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::api::{PASSWORD, TestApi};

fn somebody(email: &str) -> Value {
    json!({ "email": email, "name": "Somebody", "role": "agent", "password": PASSWORD })
}

#[actix_web::test]
async fn an_unknown_field_is_refused_by_its_pointer_and_changes_nothing() {
    let api = TestApi::start().await;
    let token = api.token(Role::Owner).await;
    let mut body = somebody("a@example.org");
    body["colour"] = json!("red");
    let problem = api.client.post("/v1/users").by(&token).json(body).send().await.refused(422, "invalid_body");
    assert_eq!(problem["errors"][0]["pointer"], "/colour");
    assert_eq!(problem["errors"][0]["code"], "unknown_field");
    assert_eq!(problem["type"], "urn:causerie:problem:invalid_body");
    let users = api.client.get("/v1/users").by(&token).send().await.expect(200);
    assert_eq!(users["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn all_wrong_fields_are_named_at_once() {
    let api = TestApi::start().await;
    let token = api.token(Role::Owner).await;
    let body = json!({ "email": "nobody", "name": "", "role": "agent", "password": "short" });
    let problem = api.client.post("/v1/users").by(&token).json(body).send().await.refused(422, "invalid_body");
    let pointers: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/email", "/name", "/password"]);
}

#[actix_web::test]
async fn what_is_no_request_of_ours_is_told_why() {
    let api = TestApi::start().await;
    let token = api.token(Role::Owner).await;
    let client = &api.client;
    client.get("/v1/nothing").by(&token).send().await.refused(404, "not_found");
    assert_ne!(client.get("/v1/users").send().await.header("x-request-id"), "");
    client.get("/elsewhere").send().await.refused(404, "not_found");
    let answer = client.put("/v1/users").by(&token).send().await;
    assert_eq!(answer.header("allow"), "GET, POST");
    answer.refused(405, "method_not_allowed");
    client.get("/v1/users/cf_01h455vb4pex5vsknk084sn02q").by(&token).send().await.refused(400, "invalid_path");
    client.get("/v1/users/us_01h455vb4pex5vsknk084sn02q").by(&token).send().await.refused(404, "not_found");
    client.get("/v1/users?colour=red").by(&token).send().await.refused(400, "invalid_query");
    client.get("/v1/users?role=king").by(&token).send().await.refused(400, "invalid_query");
    client.get("/v1/users?limit=1000").by(&token).send().await.refused(400, "invalid_query");
    client.post("/v1/users").by(&token).body("{").send().await.refused(400, "malformed_json");
    let form = client.post("/v1/users").by(&token).header("content-type", "text/plain").body("{}");
    form.send().await.refused(415, "unsupported_media_type");
    let huge = client.post("/v1/users").by(&token).body(" ".repeat(api.api.settings.limits.admin_body_bytes + 1));
    huge.send().await.refused(413, "body_too_large");
}

#[actix_web::test]
async fn a_stale_if_match_changes_nothing() {
    let api = TestApi::start().await;
    let (user, token) = api.user(Role::Owner).await;
    let path = format!("/v1/users/{}", user.id);
    let shown = api.client.get(&path).by(&token).send().await;
    let tag = shown.header("etag").to_owned();
    let change = |name: &str, tag: &str| api.client.patch(&path).by(&token).header("if-match", tag).json(json!({ "name": name }));
    let changed = change("First", &tag).send().await;
    assert_ne!(changed.header("etag"), tag);
    changed.expect(200);
    change("Second", &tag).send().await.refused(412, "stale");
    assert_eq!(api.client.get(&path).by(&token).send().await.expect(200)["name"], "First");
}

#[actix_web::test]
async fn of_two_changes_at_once_without_if_match_none_is_half_done() {
    let api = TestApi::start().await;
    let (user, token) = api.user(Role::Owner).await;
    let path = format!("/v1/users/{}", user.id);
    let change = |name: String| api.client.patch(&path).by(&token).json(json!({ "name": name })).send();
    let answers = futures_util::future::join_all((0..6).map(|n| change(format!("Name {n}")))).await;
    for answer in answers {
        match answer.status.as_u16() {
            200 => {}
            _ => drop(answer.refused(412, "stale")),
        }
    }
}

#[actix_web::test]
async fn a_repeated_request_is_done_once_and_answered_twice() {
    let api = TestApi::start().await;
    let token = api.token(Role::Owner).await;
    let create = |key: &str, email: &str| api.client.post("/v1/users").by(&token).header("idempotency-key", key).json(somebody(email));
    let first = create("k1", "a@example.org").send().await;
    assert_eq!(first.header("idempotent-replayed"), "");
    let again = create("k1", "a@example.org").send().await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    for name in ["location", "etag", "content-type"] {
        assert_eq!(first.header(name), again.header(name), "{name}");
        assert_ne!(first.header(name), "", "{name}");
    }
    assert_eq!(first.expect(201), again.expect(201));

    create("k1", "b@example.org").send().await.refused(422, "idempotency_key_reused");
    create("k2", "a@example.org").send().await.refused(409, "conflict");
    create("k2", "b@example.org").send().await.expect(201);
    create("é", "c@example.org").send().await.refused(400, "invalid_header");

    let other = api.token(Role::Owner).await;
    let by_other = api.client.post("/v1/users").by(&other).header("idempotency-key", "k1").json(somebody("d@example.org"));
    by_other.send().await.expect(201);
}

#[actix_web::test]
async fn an_answer_is_kept_for_a_day() {
    let api = TestApi::start().await;
    let (user, token) = api.user(Role::Owner).await;
    let create = |token: String, email: &'static str| {
        api.client.post("/v1/users").by(&token).header("idempotency-key", "k").json(somebody(email)).send()
    };
    create(token.clone(), "a@example.org").await.expect(201);
    api.clock.advance(SignedDuration::from_hours(24));
    causerie::housekeeping::tidy(&api.store, Clock::now(&api.clock), None).await.unwrap();
    let token = api.sign_in(&user, Clock::now(&api.clock)).await;
    assert_eq!(create(token.clone(), "a@example.org").await.header("idempotent-replayed"), "true");
    api.clock.advance(SignedDuration::from_secs(1));
    causerie::housekeeping::tidy(&api.store, Clock::now(&api.clock), None).await.unwrap();
    create(token, "b@example.org").await.expect(201);
}

#[actix_web::test]
async fn many_at_once_with_one_key_make_one_thing() {
    let api = TestApi::start().await;
    let token = api.token(Role::Owner).await;
    let create = || api.client.post("/v1/users").by(&token).header("idempotency-key", "k").json(somebody("a@example.org")).send();
    let answers = futures_util::future::join_all((0..8).map(|_| create())).await;
    for answer in answers {
        match answer.status.as_u16() {
            201 => {}
            _ => drop(answer.refused(409, "idempotency_in_flight")),
        }
    }
    create().await.expect(201);
    let users = api.client.get("/v1/users").by(&token).send().await.expect(200);
    assert_eq!(users["items"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn pages_of_a_list_follow_each_other() {
    let api = TestApi::start().await;
    let token = api.token(Role::Owner).await;
    for _ in 0..6 {
        api.clock.advance(SignedDuration::from_secs(1));
        api.user(Role::Agent).await;
    }
    let (mut seen, mut path) = (Vec::new(), "/v1/users?limit=3".to_owned());
    loop {
        let page = api.client.get(&path).by(&token).send().await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/users?limit=3&after={next}");
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.is_sorted());
    api.client.get("/v1/users?after=nonsense").by(&token).send().await.refused(400, "invalid_query");
}

#[actix_web::test]
async fn the_document_and_its_page_are_served_and_need_nothing_from_outside() {
    let api = TestApi::start().await;
    let served = api.client.get("/openapi.json").send().await.expect(200);
    assert_eq!(served, causerie::api::document::document());
    let page = api.client.get("/docs/").send().await;
    assert!(page.status.is_success() && page.header("content-type").starts_with("text/html"), "{page:?}");
    assert!(!page.text.contains("http://") && !page.text.contains("https://") && !page.text.contains("src=\"//"), "{}", page.text);
    let setup = api.client.get("/docs/swagger-initializer.js").send().await.text;
    assert!(setup.contains("\"validatorUrl\": \"none\"") && !setup.contains("http"), "{setup}");
    let script = api.client.get("/docs/swagger-ui-bundle.js").send().await;
    assert!(script.status.is_success());
    api.client.get("/healthz").send().await.expect(200);
    api.client.get("/readyz").send().await.expect(200);
}
