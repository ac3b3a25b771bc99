//! Versions over REST: what differs, and a version that a part of the contacts gets first.

use serde_json::{Value, json};

use super::office::{Office, PAGE, hello};

#[actix_web::test]
async fn what_differs_is_told_by_node_and_action() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", hello("one")).await;
    office.get(&format!("{path}/diff")).send().await.refused(400, "invalid_query");
    office.post(&format!("{path}/publish")).send().await.expect(201);
    let same = office.show(&format!("{path}/diff")).await;
    assert_eq!(same, json!({ "from": "1", "to": "draft", "equal": true, "document": [], "nodes": [], "text": "no differences\n" }));
    office.put(&format!("{path}/draft")).json(hello("two")).send().await.expect(200);
    office.post(&format!("{path}/publish")).send().await.expect(201);
    let found = office.show(&format!("{path}/diff?from=1&to=2")).await;
    assert_eq!(found["text"], "~ node `welcome`\n  ~ 0 send_text\n      ~ /text: \"one\" → \"two\"\n");
    let field = json!({ "pointer": "/text", "old": "one", "new": "two" });
    let action = json!({ "change": "changed", "type": "send_text", "from": 0, "to": 0, "fields": [field] });
    assert_eq!(found["nodes"], json!([{ "node": "welcome", "change": "changed", "actions": [action] }]));
    assert_eq!((&found["equal"], &found["document"]), (&json!(false), &json!([])));
    office.get(&format!("{path}/diff?from=9")).send().await.refused(404, "not_found");
    office.get(&format!("{path}/diff?to=last")).send().await.refused(400, "invalid_query");
}

#[actix_web::test]
async fn a_rollout_begins_with_a_publish_and_is_raised_finished_or_aborted() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", hello("one")).await;
    let publish = |body: Value| office.post(&format!("{path}/publish")).json(body);
    publish(json!({ "rollout": 10 })).send().await.refused(409, "never_published");
    publish(json!({})).send().await.expect(201);
    for percent in [0, 100] {
        let problem = publish(json!({ "rollout": percent })).send().await.refused(422, "invalid_body");
        assert_eq!(problem["errors"][0]["pointer"], "/rollout");
    }
    office.put(&format!("{path}/rollout")).json(json!({ "percent": 20 })).send().await.refused(409, "no_rollout");
    let begun = publish(json!({ "rollout": 10, "sessions": "migrate" })).send().await.expect(201);
    assert_eq!((&begun["version"]["number"], &begun["version"]["sessions"]), (&json!(2), &json!("migrate")));
    let shown = office.show(&path).await;
    assert_eq!((&shown["published"], &shown["rollout"]), (&json!(1), &json!({ "version": 2, "percent": 10 })));
    publish(json!({})).send().await.refused(409, "rollout_under_way");
    office.post(&format!("{path}/rollback")).json(json!({ "version": 1 })).send().await.refused(409, "rollout_under_way");
    let raised = office.put(&format!("{path}/rollout")).json(json!({ "percent": 50 })).send().await.expect(200);
    assert_eq!(raised["rollout"]["percent"], 50);
    let stale = office.post(&format!("{path}/rollout/finish")).header("if-match", "\"1\"").send().await;
    stale.refused(412, "stale");
    let aborted = office.post(&format!("{path}/rollout/abort")).json(json!({ "sessions": "restart" })).send().await.expect(200);
    assert_eq!((&aborted["published"], &aborted["rollout"]), (&json!(1), &Value::Null));
    assert_eq!(office.show(&format!("{path}/versions/2")).await["withdrawn"], "restart");
    office.post(&format!("{path}/rollout/abort")).send().await.refused(409, "no_rollout");
    publish(json!({ "rollout": 5 })).send().await.expect(201);
    let finished = office.post(&format!("{path}/rollout/finish")).send().await.expect(200);
    assert_eq!((&finished["published"], &finished["rollout"]), (&json!(3), &Value::Null));
}
