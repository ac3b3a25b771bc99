//! Signing in and out, and what ends a sign-in.

use causerie::config::{Settings, SignIn};
use causerie::domain::access::Role;
use jiff::SignedDuration;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::support::api::{PASSWORD, TestApi};
use crate::support::http::Answer;

async fn login(api: &TestApi, email: &str, password: &str) -> Answer {
    api.client.post("/v1/auth/login").json(json!({ "email": email, "password": password })).send().await
}

async fn refresh(api: &TestApi, tokens: &Value) -> Answer {
    api.client.post("/v1/auth/refresh").json(json!({ "refresh_token": tokens["refresh_token"] })).send().await
}

async fn me(api: &TestApi, tokens: &Value) -> Answer {
    api.client.get("/v1/me").by(tokens["access_token"].as_str().unwrap()).send().await
}

#[actix_web::test]
async fn a_password_gives_tokens_and_an_access_token_runs_out() {
    let api = TestApi::start().await;
    let (user, _) = api.user(Role::Agent).await;
    let tokens = login(&api, &user.email.to_uppercase(), PASSWORD).await.expect(200);
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["user"]["id"], user.id.to_string());
    assert_eq!(me(&api, &tokens).await.expect(200)["email"], user.email);
    api.clock.advance(SignedDuration::from_mins(15));
    let expired = me(&api, &tokens).await;
    assert_eq!(expired.header("www-authenticate"), "Bearer");
    expired.refused(401, "token_expired");
    let tokens = refresh(&api, &tokens).await.expect(200);
    me(&api, &tokens).await.expect(200);
}

#[actix_web::test]
async fn the_served_keys_verify_our_tokens() {
    let api = TestApi::start().await;
    let (user, token) = api.user(Role::Agent).await;
    let keys = api.client.get("/.well-known/jwks.json").send().await.expect(200);
    assert!(keys["keys"][0].get("d").is_none(), "{keys}");
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Value>(&token, &key, &rules).unwrap().claims;
    assert_eq!(claims["sub"], user.id.to_string());
}

#[actix_web::test]
async fn an_unknown_address_a_wrong_password_and_an_inactive_user_look_the_same() {
    let api = TestApi::start().await;
    let owner = api.token(Role::Owner).await;
    let (user, _) = api.user(Role::Agent).await;
    let (gone, _) = api.user(Role::Agent).await;
    let off = api.client.patch(&format!("/v1/users/{}", gone.id)).by(&owner).json(json!({ "active": false }));
    off.send().await.expect(200);
    let mut answers = Vec::new();
    for (email, password) in [(user.email.as_str(), "wrong password"), ("nobody@example.org", PASSWORD), (&gone.email, PASSWORD)] {
        answers.push(login(&api, email, password).await.refused(401, "sign_in_failed"));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[actix_web::test]
async fn a_refresh_token_that_comes_twice_ends_the_sign_in() {
    let api = TestApi::start().await;
    let (user, _) = api.user(Role::Agent).await;
    let first = login(&api, &user.email, PASSWORD).await.expect(200);
    let elsewhere = login(&api, &user.email, PASSWORD).await.expect(200);
    let second = refresh(&api, &first).await.expect(200);
    me(&api, &second).await.expect(200);
    refresh(&api, &first).await.refused(401, "refresh_refused");
    refresh(&api, &second).await.refused(401, "refresh_refused");
    me(&api, &second).await.refused(401, "token_invalid");
    me(&api, &elsewhere).await.expect(200);
}

#[actix_web::test]
async fn a_refresh_token_runs_out() {
    let api = TestApi::start().await;
    let (user, _) = api.user(Role::Agent).await;
    let tokens = login(&api, &user.email, PASSWORD).await.expect(200);
    api.clock.advance(SignedDuration::from_hours(24 * 30));
    refresh(&api, &tokens).await.refused(401, "refresh_refused");
    for nonsense in ["", "x.y", "si_01h455vb4pex5vsknk084sn02q.x"] {
        refresh(&api, &json!({ "refresh_token": nonsense })).await.refused(401, "refresh_refused");
    }
}

#[actix_web::test]
async fn signing_out_and_being_switched_off_hold_at_once() {
    let api = TestApi::start().await;
    let owner = api.token(Role::Owner).await;
    let (user, _) = api.user(Role::Agent).await;
    let tokens = login(&api, &user.email, PASSWORD).await.expect(200);
    api.client.post("/v1/auth/logout").by(tokens["access_token"].as_str().unwrap()).send().await.expect(204);
    me(&api, &tokens).await.refused(401, "token_invalid");
    refresh(&api, &tokens).await.refused(401, "refresh_refused");

    let tokens = login(&api, &user.email, PASSWORD).await.expect(200);
    let path = format!("/v1/users/{}", user.id);
    api.client.patch(&path).by(&owner).json(json!({ "active": false })).send().await.expect(200);
    me(&api, &tokens).await.refused(401, "token_invalid");
    refresh(&api, &tokens).await.refused(401, "refresh_refused");
    api.client.patch(&path).by(&owner).json(json!({ "active": true })).send().await.expect(200);
    me(&api, &tokens).await.refused(401, "token_invalid");
}

#[actix_web::test]
async fn a_demotion_holds_for_tokens_already_given() {
    let api = TestApi::start().await;
    let owner = api.token(Role::Owner).await;
    let (admin, token) = api.user(Role::Admin).await;
    let list = || api.client.post("/v1/users").by(&token).json(json!({})).send();
    list().await.refused(422, "invalid_body");
    let path = format!("/v1/users/{}", admin.id);
    api.client.patch(&path).by(&owner).json(json!({ "role": "analyst" })).send().await.expect(200);
    list().await.refused(403, "forbidden");
}

#[actix_web::test]
async fn guessing_a_password_comes_to_a_pause() {
    let sign_in = SignIn { attempts: 3, pause_minutes: 15, ..SignIn::default() };
    let api = TestApi::with(Settings { sign_in, ..Settings::default() }).await;
    let (user, _) = api.user(Role::Agent).await;
    for _ in 0..3 {
        login(&api, &user.email, "wrong password").await.refused(401, "sign_in_failed");
    }
    let paused = login(&api, &user.email, PASSWORD).await;
    assert_eq!(paused.header("retry-after"), "900");
    paused.refused(429, "too_many_attempts");
    api.clock.advance(SignedDuration::from_mins(15));
    login(&api, &user.email, PASSWORD).await.expect(200);
}

#[actix_web::test]
async fn i_change_my_password_with_the_current_one_and_other_devices_are_signed_out() {
    let api = TestApi::start().await;
    let (user, _) = api.user(Role::Agent).await;
    let here = login(&api, &user.email, PASSWORD).await.expect(200);
    let elsewhere = login(&api, &user.email, PASSWORD).await.expect(200);
    let change = |body: Value| api.client.patch("/v1/me").by(here["access_token"].as_str().unwrap()).json(body).send();
    let problem = change(json!({ "password": "another good one" })).await.refused(422, "invalid_body");
    assert_eq!(problem["errors"][0]["pointer"], "/current_password");
    change(json!({ "password": "another good one", "current_password": "wrong" })).await.refused(422, "invalid_body");
    change(json!({ "password": "short", "current_password": PASSWORD })).await.refused(422, "invalid_body");
    let changed = change(json!({ "name": "Ana", "password": "another good one", "current_password": PASSWORD })).await.expect(200);
    assert_eq!(changed["name"], "Ana");
    me(&api, &here).await.expect(200);
    me(&api, &elsewhere).await.refused(401, "token_invalid");
    login(&api, &user.email, PASSWORD).await.refused(401, "sign_in_failed");
    login(&api, &user.email, "another good one").await.expect(200);
}
