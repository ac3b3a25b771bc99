//! Users: who may make whom, and what must remain.

use causerie::domain::access::Role;
use serde_json::json;

use crate::support::api::{PASSWORD, TestApi};

#[actix_web::test]
async fn a_user_is_made_shown_changed_and_found() {
    let api = TestApi::start().await;
    let token = api.token(Role::Admin).await;
    let body = json!({ "email": "Ana@Example.org", "name": "Ana", "role": "agent", "service_seat": true, "password": PASSWORD });
    let made = api.client.post("/v1/users").by(&token).json(body.clone()).send().await;
    let path = made.header("location").to_owned();
    let made = made.expect(201);
    assert_eq!((&made["email"], &made["active"]), (&json!("ana@example.org"), &json!(true)));
    assert!(made.get("password").is_none());
    assert_eq!(api.client.get(&path).by(&token).send().await.expect(200), made);
    let problem = api.client.post("/v1/users").by(&token).json(body).send().await.refused(409, "conflict");
    assert_eq!(problem["errors"][0]["pointer"], "/email");
    let changed = api.client.patch(&path).by(&token).json(json!({ "role": "lead", "service_seat": false })).send().await.expect(200);
    assert_eq!((&changed["role"], &changed["name"]), (&json!("lead"), &json!("Ana")));
    let leads = api.client.get("/v1/users?role=lead&active=true&service_seat=false").by(&token).send().await.expect(200);
    assert_eq!(leads["items"], json!([changed]));
}

#[actix_web::test]
async fn only_an_owner_makes_or_changes_an_owner() {
    let api = TestApi::start().await;
    let (owner, _) = api.user(Role::Owner).await;
    let (other, by_owner) = api.user(Role::Owner).await;
    let (admin, by_admin) = api.user(Role::Admin).await;
    let new = json!({ "email": "x@example.org", "name": "X", "role": "owner", "password": PASSWORD });
    api.client.post("/v1/users").by(&by_admin).json(new.clone()).send().await.refused(403, "forbidden");
    let change = |id, token: &str, body| api.client.patch(&format!("/v1/users/{id}")).by(token).json(body).send();
    change(admin.id, &by_admin, json!({ "role": "owner" })).await.refused(403, "forbidden");
    change(owner.id, &by_admin, json!({ "active": false })).await.refused(403, "forbidden");
    change(owner.id, &by_admin, json!({ "password": "a password of mine" })).await.refused(403, "forbidden");
    api.client.post("/v1/users").by(&by_owner).json(new).send().await.expect(201);
    change(admin.id, &by_owner, json!({ "role": "owner" })).await.expect(200);
    change(other.id, &by_owner, json!({ "role": "admin" })).await.expect(200);
}

#[actix_web::test]
async fn the_last_active_owner_stays() {
    let api = TestApi::start().await;
    let (owner, token) = api.user(Role::Owner).await;
    let path = format!("/v1/users/{}", owner.id);
    for change in [json!({ "role": "admin" }), json!({ "active": false })] {
        api.client.patch(&path).by(&token).json(change).send().await.refused(409, "last_owner");
    }
    let (second, _) = api.user(Role::Owner).await;
    api.client.patch(&format!("/v1/users/{}", second.id)).by(&token).json(json!({ "active": false })).send().await.expect(200);
    api.client.patch(&path).by(&token).json(json!({ "active": false })).send().await.refused(409, "last_owner");
}

#[actix_web::test]
async fn a_new_password_from_an_admin_ends_the_old_sign_ins() {
    let api = TestApi::start().await;
    let by_admin = api.token(Role::Admin).await;
    let (user, by_user) = api.user(Role::Agent).await;
    let path = format!("/v1/users/{}", user.id);
    api.client.patch(&path).by(&by_admin).json(json!({ "password": "a brand new one" })).send().await.expect(200);
    api.client.get("/v1/me").by(&by_user).send().await.refused(401, "token_invalid");
    let login = json!({ "email": user.email, "password": "a brand new one" });
    api.client.post("/v1/auth/login").json(login).send().await.expect(200);
}
