//! Teams and agents: who serves, with whom, how much at once.

use causerie::domain::access::Role;
use serde_json::{Value, json};

use crate::support::api::TestApi;

/// An agent with a service seat: id and token.
pub async fn seated(api: &TestApi, name: &str) -> (String, String) {
    // Ids sort by the time of their making.
    api.clock.advance(jiff::SignedDuration::from_millis(1));
    let (user, token) = api.user(Role::Agent).await;
    let by_owner = api.token(Role::Owner).await;
    let seat = json!({ "service_seat": true, "name": name });
    api.client.patch(&format!("/v1/users/{}", user.id)).by(&by_owner).json(seat).send().await.expect(200);
    (user.id.to_string(), token)
}

pub fn pointers(problem: &Value) -> Vec<(String, String)> {
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

#[actix_web::test]
async fn a_team_is_made_changed_listed_and_dissolved() {
    let api = TestApi::start().await;
    let lead = api.token(Role::Lead).await;
    let (ana, _) = seated(&api, "Ana").await;
    let (ben, _) = seated(&api, "Ben").await;
    let made = api.client.post("/v1/teams").by(&lead).json(json!({ "name": "Returns", "members": [ben, ana] })).send().await;
    let (path, tag) = (made.header("location").to_owned(), made.header("etag").to_owned());
    let made = made.expect(201);
    assert_eq!(made["members"], json!([ben, ana]));
    assert_eq!(api.client.get(&path).by(&lead).send().await.expect(200), made);

    let changed = api.client.patch(&path).by(&lead).header("if-match", &tag).json(json!({ "members": [ana] })).send().await;
    assert_eq!(changed.header("etag"), "\"2\"");
    let changed = changed.expect(200);
    assert_eq!((&changed["name"], &changed["members"]), (&json!("Returns"), &json!([ana])));
    api.client.patch(&path).by(&lead).header("if-match", &tag).json(json!({ "name": "Late" })).send().await.refused(412, "stale");
    assert_eq!(api.client.get(&path).by(&lead).send().await.expect(200), changed, "the stale change changed nothing");

    api.clock.advance(jiff::SignedDuration::from_secs(1));
    let second = api.client.post("/v1/teams").by(&lead).json(json!({ "name": "Billing" })).send().await.expect(201);
    let first_page = api.client.get("/v1/teams?limit=1").by(&lead).send().await.expect(200);
    assert_eq!(first_page["items"], json!([changed]));
    let next = format!("/v1/teams?limit=1&after={}", first_page["next"].as_str().unwrap());
    let last_page = api.client.get(&next).by(&lead).send().await.expect(200);
    assert_eq!((&last_page["items"], &last_page["next"]), (&json!([second]), &Value::Null));

    api.client.delete(&path).by(&lead).header("if-match", &tag).send().await.refused(412, "stale");
    api.client.delete(&path).by(&lead).send().await.expect(204);
    api.client.get(&path).by(&lead).send().await.refused(404, "not_found");
}

#[actix_web::test]
async fn a_team_takes_only_people_with_a_seat_each_once_and_a_name_of_its_own() {
    let api = TestApi::start().await;
    let lead = api.token(Role::Lead).await;
    let (ana, _) = seated(&api, "Ana").await;
    let (clerk, _) = api.user(Role::Agent).await;
    let body = json!({ "name": " ", "members": [ana, ana, clerk.id] });
    let problem = api.client.post("/v1/teams").by(&lead).json(body).send().await.refused(422, "invalid_body");
    let expected = [("/name", "invalid_value"), ("/members/1", "invalid_value"), ("/members/2", "no_service_seat")];
    assert_eq!(pointers(&problem), expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    api.client.post("/v1/teams").by(&lead).json(json!({ "name": "Returns" })).send().await.expect(201);
    let problem = api.client.post("/v1/teams").by(&lead).json(json!({ "name": "Returns" })).send().await.refused(409, "conflict");
    assert_eq!(pointers(&problem), [("/name".to_owned(), "taken".to_owned())]);
    let unknown = json!({ "name": "Sales", "colour": "red" });
    let problem = api.client.post("/v1/teams").by(&lead).json(unknown).send().await.refused(422, "invalid_body");
    assert_eq!(pointers(&problem), [("/colour".to_owned(), "unknown_field".to_owned())]);
    let agent = api.token(Role::Agent).await;
    api.client.post("/v1/teams").by(&agent).json(json!({ "name": "Mine" })).send().await.refused(403, "forbidden");
}

#[actix_web::test]
async fn agents_are_the_users_with_a_seat() {
    let api = TestApi::start().await;
    let lead = api.token(Role::Lead).await;
    let (ana, by_ana) = seated(&api, "Ana").await;
    let (ben, _) = seated(&api, "Ben").await;
    let (clerk, _) = api.user(Role::Agent).await;
    let team = api.client.post("/v1/teams").by(&lead).json(json!({ "name": "Returns", "members": [ben] })).send().await.expect(201);
    api.client.put(&format!("/v1/agents/{ana}/presence")).by(&by_ana).json(json!({ "presence": "online" })).send().await.expect(200);

    let ids = |list: Value| list["items"].as_array().unwrap().iter().map(|agent| agent["id"].clone()).collect::<Vec<_>>();
    let list = |query: String| api.client.get(&format!("/v1/agents{query}")).by(&lead).send();
    assert_eq!(ids(list(String::new()).await.expect(200)), [json!(ana), json!(ben)]);
    assert_eq!(ids(list("?presence=online".into()).await.expect(200)), [json!(ana)]);
    assert_eq!(ids(list(format!("?team={}", team["id"].as_str().unwrap())).await.expect(200)), [json!(ben)]);
    list("?team=nobody".into()).await.refused(400, "invalid_query");
    api.client.get(&format!("/v1/agents/{}", clerk.id)).by(&lead).send().await.refused(404, "not_found");
}

#[actix_web::test]
async fn an_agent_tells_their_own_presence_and_a_lead_anyones() {
    let api = TestApi::start().await;
    let lead = api.token(Role::Lead).await;
    let (ana, by_ana) = seated(&api, "Ana").await;
    let (ben, by_ben) = seated(&api, "Ben").await;
    let (clerk, by_clerk) = api.user(Role::Agent).await;
    let set = |id: &str, token: &str, presence: &str| {
        api.client.put(&format!("/v1/agents/{id}/presence")).by(token).json(json!({ "presence": presence })).send()
    };
    let online = set(&ana, &by_ana, "online").await.expect(200);
    assert_eq!((&online["presence"], &online["seen_at"]), (&json!("online"), &json!("2026-03-01T09:00:00.002Z")));
    api.clock.advance(jiff::SignedDuration::from_secs(60));
    let again = set(&ana, &by_ana, "online").await.expect(200);
    assert_eq!(again["seen_at"], "2026-03-01T09:01:00.002Z", "a heartbeat");
    set(&ana, &by_ben, "offline").await.refused(403, "forbidden");
    assert_eq!(set(&ben, &lead, "away").await.expect(200)["presence"], "away");
    set(&clerk.id.to_string(), &by_clerk, "online").await.refused(404, "not_found");
    set(&ana, &by_ana, "asleep").await.refused(422, "invalid_body");
}

#[actix_web::test]
async fn an_online_agent_whom_nobody_sees_is_away_until_they_do_something() {
    let mut settings = causerie::config::Settings::default();
    settings.sign_in.access_minutes = 600;
    let api = TestApi::with(settings).await;
    let lead = api.token(Role::Lead).await;
    let (ana, by_ana) = seated(&api, "Ana").await;
    let path = format!("/v1/agents/{ana}");
    api.client.put(&format!("{path}/presence")).by(&by_ana).json(json!({ "presence": "online" })).send().await.expect(200);
    let shown = || async { api.client.get(&path).by(&lead).send().await.expect(200) };
    let pass = |minutes| api.clock.advance(jiff::SignedDuration::from_mins(minutes));
    pass(29);
    assert_eq!(shown().await["presence"], "online");
    // Whatever they ask for says that they are there; what a lead does, does not.
    api.client.get("/v1/me").by(&by_ana).send().await.expect(200);
    pass(29);
    assert_eq!(shown().await["presence"], "online");
    pass(2);
    assert_eq!(shown().await["presence"], "away");
    let listed = |presence: &str| api.client.get(&format!("/v1/agents?presence={presence}")).by(&lead).send();
    assert_eq!(listed("online").await.expect(200)["items"], json!([]));
    assert_eq!(listed("away").await.expect(200)["items"][0]["id"], json!(ana));
    api.client.get("/v1/me").by(&by_ana).send().await.expect(200);
    assert_eq!(shown().await["presence"], "online");
}

#[actix_web::test]
async fn a_lead_sets_capacity_and_languages() {
    let api = TestApi::start().await;
    let lead = api.token(Role::Lead).await;
    let (ana, by_ana) = seated(&api, "Ana").await;
    let path = format!("/v1/agents/{ana}");
    let before = api.client.get(&path).by(&by_ana).send().await;
    let tag = before.header("etag").to_owned();
    assert_eq!((&before.expect(200)["capacity"], tag.as_str()), (&json!(5), "\"0\""));
    let change = json!({ "capacity": 2, "languages": ["fr", "en_GB"] });
    api.client.patch(&path).by(&by_ana).json(change.clone()).send().await.refused(403, "forbidden");
    let changed = api.client.patch(&path).by(&lead).header("if-match", &tag).json(change.clone()).send().await.expect(200);
    assert_eq!((&changed["capacity"], &changed["languages"]), (&json!(2), &json!(["fr", "en_GB"])));
    api.client.patch(&path).by(&lead).header("if-match", &tag).json(change).send().await.refused(412, "stale");
    let bad = json!({ "capacity": 1001, "languages": ["fr", "Klingon"] });
    let problem = api.client.patch(&path).by(&lead).json(bad).send().await.refused(422, "invalid_body");
    assert_eq!(pointers(&problem).into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>(), ["/capacity", "/languages/1"]);
}
