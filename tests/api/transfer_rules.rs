//! Transfer rules: what they may name, and what breaks when it goes.

use causerie::domain::access::Role;
use serde_json::{Value, json};

use super::teams::{pointers, seated};
use crate::support::api::TestApi;

async fn create(api: &TestApi, token: &str, rules: Value) -> (String, Value) {
    let made = api.client.post("/v1/transfer-rules").by(token).json(json!({ "name": "default", "rules": rules })).send().await;
    (made.header("location").to_owned(), made.expect(201))
}

#[actix_web::test]
async fn a_list_of_rules_is_made_changed_and_removed() {
    let api = TestApi::start().await;
    let lead = api.token(Role::Lead).await;
    let (path, made) = create(&api, &lead, json!([{ "name": "last", "target": { "to": "last_agent" } }])).await;
    let whole = json!({ "name": "last", "target": { "to": "last_agent" }, "strategy": "least_busy", "only_online": true, "otherwise": "next_rule" });
    assert_eq!((&made["rules"], &made["page"]), (&json!([whole]), &Value::Null));
    let rules = json!([{ "name": "all", "target": { "to": "queue" }, "strategy": "random", "otherwise": "away" }]);
    let changed = api.client.patch(&path).by(&lead).header("if-match", "\"1\"").json(json!({ "rules": rules })).send().await.expect(200);
    assert_eq!((&changed["name"], &changed["rules"][0]["strategy"]), (&json!("default"), &json!("random")));
    api.client.patch(&path).by(&lead).header("if-match", "\"1\"").json(json!({ "rules": [] })).send().await.refused(412, "stale");
    let list = api.client.get("/v1/transfer-rules").by(&lead).send().await.expect(200);
    assert_eq!(list["items"], json!([changed]));
    let twin = json!({ "name": "default" });
    let problem = api.client.post("/v1/transfer-rules").by(&lead).json(twin).send().await.refused(409, "conflict");
    assert_eq!(pointers(&problem), [("/name".to_owned(), "taken".to_owned())]);
    api.client.delete(&path).by(&lead).send().await.expect(204);
    api.client.get(&path).by(&lead).send().await.refused(404, "not_found");
}

#[actix_web::test]
async fn a_rule_names_only_agents_with_a_seat_and_teams_that_exist() {
    let api = TestApi::start().await;
    let lead = api.token(Role::Lead).await;
    let (clerk, _) = api.user(Role::Agent).await;
    let rules = json!([
        { "name": "clerk", "target": { "to": "agent", "agent": clerk.id } },
        { "name": "", "target": { "to": "team", "team": "te_01h455vb4pex5vsknk084sn02q" } } ]);
    let body = json!({ "name": "default", "page": "999", "rules": rules });
    let problem = api.client.post("/v1/transfer-rules").by(&lead).json(body).send().await.refused(422, "invalid_body");
    let expected = [
        ("/rules/0/target/agent", "no_service_seat"),
        ("/rules/1/name", "invalid_value"),
        ("/rules/1/target/team", "unknown"),
        ("/page", "unknown"),
    ];
    assert_eq!(pointers(&problem), expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    let list = api.client.get("/v1/transfer-rules").by(&lead).send().await.expect(200);
    assert_eq!(list["items"], json!([]), "nothing was kept");
    for target in [
        json!({ "to": "last_agent", "agent": clerk.id }),
        json!({ "to": "moon" }),
        json!({ "to": "agent" }),
        json!({ "to": "queue", "colour": 1 }),
    ] {
        let body = json!({ "name": "default", "rules": [{ "name": "r", "target": target }] });
        api.client.post("/v1/transfer-rules").by(&lead).json(body).send().await.refused(422, "invalid_body");
    }
}

#[actix_web::test]
async fn what_a_rule_names_cannot_go_and_the_refusal_says_which_rules_break() {
    let api = TestApi::start().await;
    let (lead, admin) = (api.token(Role::Lead).await, api.token(Role::Admin).await);
    let (ana, _) = seated(&api, "Ana").await;
    let team = api.client.post("/v1/teams").by(&lead).json(json!({ "name": "Returns", "members": [ana] })).send().await.expect(201);
    let team_path = format!("/v1/teams/{}", team["id"].as_str().unwrap());
    let rules = json!([
        { "name": "last", "target": { "to": "last_agent" } },
        { "name": "ana", "target": { "to": "agent", "agent": ana } },
        { "name": "queue", "target": { "to": "queue", "team": team["id"] } } ]);
    let (path, set) = create(&api, &lead, rules).await;
    let unseat = || api.client.patch(&format!("/v1/users/{ana}")).by(&admin).json(json!({ "service_seat": false })).send();
    let problem = unseat().await.refused(409, "in_use");
    assert_eq!(problem["transfer_rules"], json!([{ "id": set["id"], "name": "default", "rules": [1] }]));
    let problem = api.client.delete(&team_path).by(&lead).send().await.refused(409, "in_use");
    assert_eq!(problem["transfer_rules"], json!([{ "id": set["id"], "name": "default", "rules": [2] }]));
    api.client.patch(&path).by(&lead).json(json!({ "rules": [] })).send().await.expect(200);
    unseat().await.expect(200);
    let kept = api.client.patch(&team_path).by(&lead).json(json!({ "name": "Retours" })).send().await.expect(200);
    assert_eq!(kept["members"], json!([ana]), "a member who lost the seat may stay until somebody takes them out");
    api.client.delete(&team_path).by(&lead).send().await.expect(204);
}

#[actix_web::test]
async fn explain_says_who_would_get_it_now_and_why() {
    let api = TestApi::start().await;
    let lead = api.token(Role::Lead).await;
    let (ana, by_ana) = seated(&api, "Ana").await;
    let (ben, by_ben) = seated(&api, "Ben").await;
    let team = api.client.post("/v1/teams").by(&lead).json(json!({ "name": "Returns", "members": [ana, ben] })).send().await.expect(201);
    let rules = json!([
        { "name": "vip", "when": "'vip' in contact.labels and locale == 'fr'", "target": { "to": "agent", "agent": ben } },
        { "name": "big", "when": "total > 100", "target": { "to": "page_inbox" } },
        { "name": "broken", "when": "contact.first_name.x.y", "target": { "to": "nobody" } },
        { "name": "returns", "target": { "to": "team", "team": team["id"] }, "strategy": "first_available" } ]);
    let (path, _) = create(&api, &lead, rules).await;
    let explain = |body: Value| api.client.post(&format!("{path}/explain")).by(&lead).json(body).send();

    let nobody = explain(json!({})).await.expect(200);
    assert_eq!((&nobody["destination"], &nobody["rule"]), (&json!({ "to": "queue", "team": null }), &Value::Null));
    let because: Vec<&str> = nobody["because"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!(because[0], "rule 1 `vip`: `'vip' in contact.labels and locale == 'fr'` does not hold");
    assert_eq!(because[3], "rule 4 `returns`: team Returns, nobody can take it (Ana is offline, Ben is offline): next rule");
    assert_eq!(because[4], "no rule of `default` took it: the open queue");

    for (id, token) in [(&ana, &by_ana), (&ben, &by_ben)] {
        api.client.put(&format!("/v1/agents/{id}/presence")).by(token).json(json!({ "presence": "online" })).send().await.expect(200);
    }
    let by_team = explain(json!({})).await.expect(200);
    assert_eq!((&by_team["destination"]["agent"], &by_team["rule_name"]), (&json!(ana), &json!("returns")));
    assert_eq!(by_team["because"][3], "rule 4 `returns`: team Returns, first of 2 online: Ana (0 of 5)");
    let vip = explain(json!({ "locale": "fr", "contact": { "labels": ["vip"] } })).await.expect(200);
    assert_eq!(
        (&vip["destination"], &vip["because"]),
        (&json!({ "to": "agent", "agent": ben, "capacity": 5 }), &json!(["rule 1 `vip`: Ben (0 of 5)"]))
    );
    let big = explain(json!({ "variables": { "total": 101 } })).await.expect(200);
    assert_eq!((&big["destination"]["to"], &big["rule"]), (&json!("page_inbox"), &json!(1)));

    explain(json!({ "colour": 1 })).await.refused(422, "invalid_body");
    for (field, id) in [("link", "lk"), ("chatflow", "cf"), ("conversation", "cv")] {
        let problem = explain(json!({ field: format!("{id}_01h455vb4pex5vsknk084sn02q") })).await.refused(422, "invalid_body");
        assert_eq!(pointers(&problem), [(format!("/{field}"), "unknown".to_owned())]);
    }
    let agent = api.token(Role::Agent).await;
    api.client.post(&format!("{path}/explain")).by(&agent).json(json!({})).send().await.refused(403, "forbidden");
}

#[actix_web::test]
async fn a_condition_that_cannot_be_read_is_refused_with_its_place() {
    let api = TestApi::start().await;
    let lead = api.token(Role::Lead).await;
    let rules = json!([{ "name": "a", "when": "locale ==", "target": { "to": "nobody" } }, { "name": "b", "when": "", "target": { "to": "nobody" } }]);
    let body = json!({ "name": "default", "rules": rules });
    let problem = api.client.post("/v1/transfer-rules").by(&lead).json(body).send().await.refused(422, "invalid_body");
    let expected = ["/rules/0/when", "/rules/1/when"].map(|pointer| (pointer.to_owned(), "invalid_expression".to_owned()));
    assert_eq!(pointers(&problem), expected);
}
