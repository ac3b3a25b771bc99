//! The demo as a script uses it: one JSON line, kept data, a clean stop.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::browser::demo;

async fn get(told: &Value, path: &str, token: &str) -> Value {
    let url = format!("{}{path}", told["base_url"].as_str().unwrap());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(url).bearer_auth(token).send().await.unwrap().json().await.unwrap()
}

async fn sign_in(told: &Value) -> String {
    let owner = &told["users"][0];
    let url = format!("{}/v1/auth/login", told["base_url"].as_str().unwrap());
    let body = json!({ "email": owner["email"], "password": owner["password"] });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer: Value = client.post(url).json(&body).send().await.unwrap().json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_second_start_on_kept_data_seeds_nothing_twice_and_goes_on_with_the_threads() {
    let folder = std::env::temp_dir().join(format!("causerie-test-demo-{:016x}", getrandom::u64().unwrap()));
    let data = ["--data", folder.to_str().unwrap()];
    let psid = "7310482956120034";
    let (process, first) = demo(&data);
    let page = first["page_id"].as_str().unwrap().to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let live = client.get(format!("{}/sandbox/api/live", first["base_url"].as_str().unwrap())).send().await.unwrap();
    let acts = format!("{}/sandbox/api/threads/{psid}/acts", first["base_url"].as_str().unwrap());
    assert_eq!(client.post(acts).json(&json!({ "act": "get_started" })).send().await.unwrap().status(), 204);
    let started = std::time::Duration::from_secs(15);
    let ended = tokio::task::spawn_blocking(move || process.stop(started)).await.unwrap();
    assert_eq!(ended, Some(0), "an open live stream does not keep it from stopping");
    drop(live);

    let (process, second) = demo(&data);
    assert_eq!(second["chatflows"], first["chatflows"]);
    let token = sign_in(&second).await;
    for (path, count) in [("/v1/pages", 1), ("/v1/chatflows", 3), ("/v1/users", 5), ("/v1/teams", 1), ("/v1/pipelines", 1)] {
        assert_eq!(get(&second, path, &token).await["items"].as_array().unwrap().len(), count, "{path}");
    }
    // Another port: the flows' calls follow it.
    let id = second["chatflows"][0]["id"].as_str().unwrap();
    let draft = get(&second, &format!("/v1/chatflows/{id}/draft"), &token).await.to_string();
    assert!(draft.contains(&format!("{}/sandbox/shop/", second["base_url"].as_str().unwrap())));
    let state = get(&second, &format!("/sandbox/api/state?psid={psid}"), "").await;
    assert_eq!(state["thread"]["items"][0]["message"]["text"], "Démarrer");
    assert_eq!(state["pages"][0]["id"], page.as_str());
    tokio::task::spawn_blocking(move || process.stop(Duration::from_secs(15))).await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}
