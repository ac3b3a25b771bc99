//! Pipelines and tickets: which moves are legal, and what stays of them.

use causerie::domain::access::Role;
use serde_json::{Value, json};

use super::teams::{pointers, seated};
use crate::support::api::TestApi;

fn support() -> Value {
    json!({ "key": "support", "name": "Support", "statuses": [
        { "key": "new", "name": "New", "next": ["open", "done"] },
        { "key": "open", "name": "Open", "next": ["done"] },
        { "key": "done", "name": "Done", "closed": true, "next": ["open"] } ] })
}

/// A server with the pipeline `support`; tokens of a lead and an agent.
async fn desk() -> (TestApi, String, String, Value) {
    let api = TestApi::start().await;
    let (lead, agent) = (api.token(Role::Lead).await, api.token(Role::Agent).await);
    let pipeline = api.client.post("/v1/pipelines").by(&lead).json(support()).send().await.expect(201);
    (api, lead, agent, pipeline)
}

/// Opens a ticket; its path and the answer.
async fn open(api: &TestApi, token: &str, body: Value) -> (String, Value) {
    let made = api.client.post("/v1/tickets").by(token).json(body).send().await;
    (made.header("location").to_owned(), made.expect(201))
}

#[actix_web::test]
async fn a_ticket_moves_by_its_matrix_and_an_illegal_move_changes_nothing() {
    let (api, _, agent, pipeline) = desk().await;
    let (path, made) = open(&api, &agent, json!({ "pipeline": "support", "subject": "Late order" })).await;
    assert_eq!((&made["number"], &made["status"], &made["next"]), (&json!(1), &json!("new"), &json!(["open", "done"])));
    assert_eq!((&made["pipeline"], &made["pipeline_key"], &made["closed"]), (&pipeline["id"], &json!("support"), &json!(false)));

    let moves = format!("{path}/transitions");
    let transition = |body: Value| api.client.post(&moves).by(&agent).json(body).send();
    let done = transition(json!({ "to": "done", "comment": "sent again" })).await;
    assert_eq!(done.header("etag"), "\"2\"");
    let done = done.expect(200);
    assert_eq!((&done["status"], &done["closed"], &done["next"]), (&json!("done"), &json!(true), &json!(["open"])));

    let problem = transition(json!({ "to": "new" })).await.refused(409, "illegal_transition");
    assert_eq!(problem["allowed"], json!(["open"]));
    assert_eq!(problem["detail"], "a ticket in `done` may not move to `new`, only to `open`");
    let problem = transition(json!({ "to": "lost" })).await.refused(422, "invalid_body");
    assert_eq!((pointers(&problem), &problem["allowed"]), (vec![("/to".into(), "unknown".into())], &json!(["open"])));
    transition(json!({ "to": "done" })).await.refused(409, "illegal_transition");
    transition(json!({ "to": "open", "comment": " " })).await.refused(422, "invalid_body");
    api.client.post(&moves).by(&agent).header("if-match", "\"1\"").json(json!({ "to": "open" })).send().await.refused(412, "stale");
    assert_eq!(api.client.get(&path).by(&agent).send().await.expect(200), done);

    let comments = api.client.get(&format!("{path}/comments")).by(&agent).send().await.expect(200);
    assert_eq!(comments["items"][0]["text"], "sent again");
    let history = api.client.get(&format!("{path}/history")).by(&agent).send().await.expect(200);
    let told: Vec<_> = history["items"].as_array().unwrap().iter().map(|line| (line["what"].clone(), line["to"].clone())).collect();
    assert_eq!(told, [(json!("opened"), json!("new")), (json!("moved"), json!("done")), (json!("commented"), Value::Null)]);
}

#[actix_web::test]
async fn an_override_needs_a_lead_and_leaves_a_trace() {
    let (api, lead, agent, _) = desk().await;
    let (path, _) = open(&api, &agent, json!({ "pipeline": "support", "subject": "Late order", "status": "done" })).await;
    let transition =
        |token: &str| api.client.post(&format!("{path}/transitions")).by(token).json(json!({ "to": "new", "override": true })).send();
    transition(&agent).await.refused(403, "forbidden");
    let moved = transition(&lead).await.expect(200);
    assert_eq!((&moved["status"], &moved["closed"]), (&json!("new"), &json!(false)));
    let history = api.client.get(&format!("{path}/history")).by(&agent).send().await.expect(200);
    let last = &history["items"][1];
    assert_eq!(
        (&last["what"], &last["from"], &last["to"], &last["overridden"]),
        (&json!("moved"), &json!("done"), &json!("new"), &json!(true))
    );
    assert_eq!(last["by"]["by"], "user");
}

#[actix_web::test]
async fn a_ticket_is_edited_and_given_to_people_with_a_seat() {
    let (api, lead, agent, _) = desk().await;
    let (ana, _) = seated(&api, "Ana").await;
    let (clerk, _) = api.user(Role::Agent).await;
    let team = api.client.post("/v1/teams").by(&lead).json(json!({ "name": "Returns" })).send().await.expect(201);
    let (path, _) =
        open(&api, &agent, json!({ "pipeline": "support", "subject": "Late", "fields": { "order": "AB1", "kind": "toy" } })).await;
    let patch = |body: Value| api.client.patch(&path).by(&agent).json(body).send();
    let change =
        json!({ "subject": "Lost", "priority": "urgent", "assignee": ana, "team": team["id"], "fields": { "kind": null, "lost": true } });
    let changed = patch(change).await.expect(200);
    assert_eq!((&changed["assignee"], &changed["team"]), (&json!(ana), &team["id"]));
    assert_eq!(changed["fields"], json!({ "lost": true, "order": "AB1" }));
    let same = patch(json!({ "subject": "Lost" })).await;
    assert_eq!(same.header("etag"), "\"2\"", "nothing changed, so nothing was written");
    assert_eq!(same.expect(200), changed);

    let bad = json!({ "subject": "", "assignee": clerk.id, "team": "te_01h455vb4pex5vsknk084sn02q" });
    let problem = patch(bad).await.refused(422, "invalid_body");
    let expected = [("/subject", "invalid_value"), ("/assignee", "no_service_seat"), ("/team", "unknown")];
    assert_eq!(pointers(&problem), expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    let problem = patch(json!({ "status": "done" })).await.refused(422, "invalid_body");
    assert_eq!(pointers(&problem), [("/status".into(), "unknown_field".into())], "a status changes by a transition only");
    api.client.patch(&path).by(&agent).header("if-match", "\"1\"").json(json!({ "subject": "X" })).send().await.refused(412, "stale");

    assert_eq!(patch(json!({ "assignee": null })).await.expect(200)["assignee"], Value::Null);
    let history = api.client.get(&format!("{path}/history?limit=200")).by(&agent).send().await.expect(200);
    let fields: Vec<_> = history["items"].as_array().unwrap().iter().map(|line| line["field"].clone()).collect();
    let expected = [
        Value::Null,
        json!("assignee"),
        json!("team"),
        json!("subject"),
        json!("priority"),
        json!("fields.kind"),
        json!("fields.lost"),
        json!("assignee"),
    ];
    assert_eq!(fields, expected);
}

#[actix_web::test]
async fn a_creation_is_checked_and_done_once_per_idempotency_key() {
    let (api, _, agent, _) = desk().await;
    let create = |body: Value, key: &str| api.client.post("/v1/tickets").by(&agent).header("idempotency-key", key).json(body).send();
    let body = json!({ "pipeline": "support", "subject": "Late order" });
    let first = create(body.clone(), "k1").await.expect(201);
    assert_eq!(create(body, "k1").await.expect(201), first);
    create(json!({ "pipeline": "support", "subject": "Other" }), "k1").await.refused(422, "idempotency_key_reused");
    for (body, pointer) in [
        (json!({ "pipeline": "sales", "subject": "x" }), "/pipeline"),
        (json!({ "pipeline": "support", "subject": "x", "status": "lost" }), "/status"),
        (json!({ "pipeline": "support", "subject": "two\nlines" }), "/subject"),
        (json!({ "pipeline": "support", "subject": "x", "page": "999" }), "/page"),
        (json!({ "pipeline": "support", "subject": "x", "conversation": "cv_01h455vb4pex5vsknk084sn02q" }), "/conversation"),
        (json!({ "pipeline": "support", "subject": "x", "number": 7 }), "/number"),
        (json!({ "pipeline": "support" }), "/subject"),
    ] {
        let problem = api.client.post("/v1/tickets").by(&agent).json(body.clone()).send().await.refused(422, "invalid_body");
        assert_eq!(pointers(&problem)[0].0, pointer, "{body}");
    }
    let list = api.client.get("/v1/tickets").by(&agent).send().await.expect(200);
    assert_eq!(list["items"], json!([first]), "nothing else was opened");
}

#[actix_web::test]
async fn tickets_are_listed_by_filter_and_page() {
    let (api, _, agent, pipeline) = desk().await;
    for subject in ["One", "Two ÉTÉ", "Three"] {
        open(&api, &agent, json!({ "pipeline": pipeline["id"], "subject": subject })).await;
    }
    let numbers =
        |list: &Value| list["items"].as_array().unwrap().iter().map(|ticket| ticket["number"].as_i64().unwrap()).collect::<Vec<_>>();
    let get = |query: &str| api.client.get(&format!("/v1/tickets{query}")).by(&agent).send();
    let first = get("?limit=2").await.expect(200);
    assert_eq!(numbers(&first), [3, 2]);
    let rest = get(&format!("?limit=2&after={}", first["next"].as_str().unwrap())).await.expect(200);
    assert_eq!((numbers(&rest), &rest["next"]), (vec![1], &Value::Null));
    assert_eq!(numbers(&get("?text=%C3%A9t%C3%A9").await.expect(200)), [2]);
    assert_eq!(numbers(&get("?closed=false&unassigned=true&priority=normal&status=new").await.expect(200)), [3, 2, 1]);
    assert!(numbers(&get("?closed=true").await.expect(200)).is_empty());
    get("?colour=red").await.refused(400, "invalid_query");
    get("?priority=huge").await.refused(400, "invalid_query");
}

#[actix_web::test]
async fn a_comment_is_for_colleagues_and_stands_in_the_history() {
    let (api, _, agent, _) = desk().await;
    let (path, _) = open(&api, &agent, json!({ "pipeline": "support", "subject": "Late order" })).await;
    let comments = format!("{path}/comments");
    for n in 1..=3 {
        api.client.post(&comments).by(&agent).json(json!({ "text": format!("note {n}") })).send().await.expect(201);
    }
    let analyst = api.token(Role::Analyst).await;
    let first = api.client.get(&format!("{comments}?limit=2")).by(&analyst).send().await.expect(200);
    let rest = format!("{comments}?limit=2&after={}", first["next"].as_str().unwrap());
    let rest = api.client.get(&rest).by(&analyst).send().await.expect(200);
    let text = |list: &Value, n: usize| list["items"][n]["text"].clone();
    assert_eq!((text(&first, 0), text(&first, 1), text(&rest, 0)), (json!("note 1"), json!("note 2"), json!("note 3")));
    api.client.post(&comments).by(&agent).json(json!({ "text": "" })).send().await.refused(422, "invalid_body");
    api.client.post(&comments).by(&analyst).json(json!({ "text": "x" })).send().await.refused(403, "forbidden");
    let nowhere = "/v1/tickets/tk_01h455vb4pex5vsknk084sn02q/comments";
    api.client.get(nowhere).by(&agent).send().await.refused(404, "not_found");
}

#[actix_web::test]
async fn a_pipeline_is_checked_and_keeps_its_used_statuses() {
    let (api, lead, agent, pipeline) = desk().await;
    let path = format!("/v1/pipelines/{}", pipeline["id"].as_str().unwrap());
    open(&api, &agent, json!({ "pipeline": "support", "subject": "Late order" })).await;
    let patch = |body: Value| api.client.patch(&path).by(&lead).json(body).send();
    let without_new = json!({ "statuses": [{ "key": "done", "name": "Done", "closed": true }] });
    let problem = patch(without_new).await.refused(409, "in_use");
    assert_eq!(problem["detail"], "tickets are in statuses that would vanish: `new` (1); move them first");
    let dead_end = json!({ "statuses": [{ "key": "new", "name": "New", "next": ["lost"] }, { "key": "new", "name": "" }] });
    let problem = patch(dead_end).await.refused(422, "invalid_body");
    assert_eq!(
        pointers(&problem).into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>(),
        ["/statuses/0/next/0", "/statuses/1/key", "/statuses/1/name"]
    );
    patch(json!({ "key": "other" })).await.refused(422, "invalid_body");
    api.client.delete(&path).by(&lead).send().await.refused(409, "in_use");
    let problem = api.client.post("/v1/pipelines").by(&lead).json(support()).send().await.refused(409, "conflict");
    assert_eq!(pointers(&problem), [("/key".into(), "taken".into())]);
    assert_eq!(api.client.get(&path).by(&agent).send().await.expect(200), pipeline, "nothing was changed");

    let renamed = patch(json!({ "name": "Help" })).await.expect(200);
    assert_eq!((&renamed["name"], &renamed["statuses"]), (&json!("Help"), &pipeline["statuses"]));
    api.clock.advance(jiff::SignedDuration::from_secs(1));
    let other = json!({ "key": "sales", "name": "Sales", "statuses": [{ "key": "won", "name": "Won", "closed": true }] });
    let other = api.client.post("/v1/pipelines").by(&lead).json(other).send().await.expect(201);
    let list = api.client.get("/v1/pipelines").by(&agent).send().await.expect(200);
    assert_eq!(list["items"], json!([renamed, other]));
    api.client.delete(&format!("/v1/pipelines/{}", other["id"].as_str().unwrap())).by(&lead).send().await.expect(204);
}
