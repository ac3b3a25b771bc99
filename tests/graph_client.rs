//! The Graph client against a server that answers as told: what it sends, and how each end of a call is sorted.

use std::time::Duration;

use causerie::domain::contact::Profile;
use causerie::domain::conversation::Permission;
use causerie::domain::ids::{PageId, Psid};
use causerie::domain::message::MessageOut;
use causerie::messenger::client::{GraphClient, GraphSettings};
use causerie::messenger::error::{CallError, SendError};
use causerie::messenger::graph::{Graph, PAGE_INBOX_APP, PageAccess, SUBSCRIBED_FIELDS, SenderAction, Sent, Usage};
use causerie::messenger::send::{SendRequest, request};
use serde_json::{Value, json};

use crate::support::canned::{self, Canned, CannedServer};

const TOKEN: &str = "EAAtoken";
const PROOF: &str = "d6c4deea04dad311877a7fc71b2040fadb5f611475eeec72bb3c0bfad16d5e04";

fn client(base_url: &str) -> GraphClient {
    let settings = GraphSettings {
        base_url: base_url.to_owned(),
        version: "v26.0".into(),
        app_id: Some("77".into()),
        app_secret: Some("test_app_secret".into()),
        timeout: Duration::from_millis(300),
        ..GraphSettings::default()
    };
    GraphClient::new(settings).unwrap()
}

fn access() -> PageAccess {
    PageAccess { page: PageId::from("1001"), token: TOKEN.into() }
}

fn hello() -> SendRequest {
    request(&MessageOut::text("Hello"), &Psid::from("2002"), Permission::Response, "ms_1").unwrap()
}

fn error(status: u16, error: &Value) -> Canned {
    Canned::Answer(status, "", json!({ "error": error }).to_string())
}

async fn send(answer: Canned) -> Result<Sent, SendError> {
    let server = CannedServer::start(vec![answer]).await;
    client(&server.url()).send(&access(), &hello()).await
}

/// Head and JSON body of the only request.
fn only(server: &CannedServer) -> (String, Value) {
    let asked = server.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    let (head, body) = asked[0].split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap_or_default())
}

#[tokio::test]
async fn a_send_carries_the_token_in_a_header_and_the_proof_beside_it() {
    let usage =
        "x-business-use-case-usage: {\"1001\":[{\"type\":\"messenger\",\"call_count\":95,\"estimated_time_to_regain_access\":2}]}\r\n";
    let server = CannedServer::start(vec![Canned::Answer(200, usage, r#"{"recipient_id":"2002","message_id":"m_3"}"#.into())]).await;
    let sent = client(&server.url()).send(&access(), &hello()).await.unwrap();
    assert_eq!(sent, Sent { mid: Some("m_3".into()), usage: Some(Usage { percent: 95, regain: Some(Duration::from_secs(120)) }) });
    let (head, body) = only(&server);
    assert!(head.starts_with(&format!("POST /v26.0/1001/messages?appsecret_proof={PROOF} HTTP/1.1\r\n")), "{head}");
    assert!(head.contains("authorization: Bearer EAAtoken\r\n") && head.contains("content-type: application/json"), "{head}");
    assert_eq!(head.matches(TOKEN).count(), 1);
    assert_eq!(body["message"], json!({"text": "Hello", "metadata": "ms_1"}));
}

#[tokio::test]
async fn an_accepted_send_without_a_readable_id_is_still_sent() {
    for body in ["", "{}", "<html>"] {
        assert_eq!(send(Canned::Answer(200, "", body.into())).await, Ok(Sent { mid: None, usage: None }), "{body}");
    }
}

#[tokio::test]
async fn what_meta_says_decides_what_a_failed_send_becomes() {
    let closed = send(error(400, &json!({"code": 10, "error_subcode": 2018278, "message": "x", "fbtrace_id": "T"}))).await.unwrap_err();
    assert!(matches!(closed, SendError::WindowClosed { .. }), "{closed:?}");
    let dead = send(error(401, &json!({"code": 190, "error_subcode": 460}))).await.unwrap_err();
    assert!(matches!(dead, SendError::PageBlocked { probe_after: None, .. }), "{dead:?}");
    let limit = "x-app-usage: {\"call_count\":100}\r\n";
    let throttled = send(Canned::Answer(400, limit, json!({"error": {"code": 4}}).to_string())).await.unwrap_err();
    assert!(matches!(&throttled, SendError::Throttled { cause, .. } if cause.usage.is_some()), "{throttled:?}");
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_took_nothing() {
    let failed = client("http://127.0.0.1:1").send(&access(), &hello()).await.unwrap_err();
    assert!(matches!(failed, SendError::Retry { .. }), "{failed:?}");
    assert!(!failed.to_string().contains("http://"), "{failed}");
}

#[tokio::test]
async fn bytes_that_left_without_an_answer_have_an_unknown_end() {
    for answer in [Canned::HangUp, Canned::Silence, Canned::Answer(502, "", "<html>Bad gateway".into())] {
        let failed = send(answer).await.unwrap_err();
        assert!(matches!(failed, SendError::Unknown { resend: true, .. }), "{failed:?}");
    }
}

#[tokio::test]
async fn a_sender_action_goes_alone() {
    let server = CannedServer::start(vec![canned::json(json!({"recipient_id": "2002"}))]).await;
    client(&server.url()).sender_action(&access(), &Psid::from("2002"), SenderAction::MarkSeen).await.unwrap();
    assert_eq!(only(&server).1, json!({"recipient": {"id": "2002"}, "sender_action": "mark_seen"}));
}

#[tokio::test]
async fn a_page_token_tells_its_page() {
    let server = CannedServer::start(vec![canned::json(json!({"id": 1001, "name": "Shop", "username": ""}))]).await;
    let page = client(&server.url()).page_info(&TOKEN.into()).await.unwrap();
    assert_eq!((page.id.as_str(), page.name.as_str(), page.username), ("1001", "Shop", None));
    assert!(only(&server).0.starts_with("GET /v26.0/me?fields=id%2Cname%2Cusername&appsecret_proof="));
}

#[tokio::test]
async fn a_dead_token_a_missing_permission_and_a_silent_meta_are_told_apart_when_connecting() {
    let info = async |answer| {
        let server = CannedServer::start(vec![answer]).await;
        client(&server.url()).page_info(&TOKEN.into()).await.unwrap_err()
    };
    assert!(matches!(info(error(400, &json!({"code": 190}))).await, CallError::TokenDead(_)));
    assert!(matches!(info(error(403, &json!({"code": 200}))).await, CallError::NotPermitted(_)));
    assert!(matches!(info(Canned::HangUp).await, CallError::Unreachable(_)));
    assert!(matches!(info(Canned::Answer(200, "", "<html>".into())).await, CallError::Unreachable(_)));
}

#[tokio::test]
async fn a_token_is_inspected_in_the_name_of_the_app() {
    let answer = json!({"data": {"app_id": "77", "type": "PAGE", "is_valid": true, "expires_at": 0, "scopes": ["pages_messaging"]}});
    let server = CannedServer::start(vec![canned::json(answer)]).await;
    let info = client(&server.url()).token_info(&TOKEN.into()).await.unwrap().unwrap();
    assert_eq!((info.valid, info.kind.as_deref(), info.app.as_deref(), info.expires_at), (true, Some("PAGE"), Some("77"), None));
    assert!(only(&server).0.contains("authorization: Bearer 77|test_app_secret\r\n"));
}

#[tokio::test]
async fn the_subscription_of_another_app_does_not_count_as_ours() {
    let others = json!({"data": [{"id": "5", "subscribed_fields": ["feed"]}, {"id": 77, "subscribed_fields": ["messages"]}]});
    let server =
        CannedServer::start(vec![canned::json(json!({"success": "true"})), canned::json(others), canned::json(json!({"data": []}))]).await;
    let client = client(&server.url());
    client.subscribe(&access()).await.unwrap();
    assert_eq!(client.subscribed_fields(&access()).await.unwrap(), ["messages"]);
    assert!(client.subscribed_fields(&access()).await.unwrap().is_empty());
    let fields = SUBSCRIBED_FIELDS.join("%2C");
    assert!(server.asked()[0].starts_with(&format!("POST /v26.0/1001/subscribed_apps?subscribed_fields={fields}&")));
}

#[tokio::test]
async fn the_messenger_profile_is_read_written_and_cleared() {
    let profile = json!({"get_started": {"payload": "GS"}});
    let server = CannedServer::start(vec![
        canned::json(json!({"data": [profile.clone()]})),
        canned::json(json!({"data": []})),
        canned::json(json!({"result": "success"})),
        canned::json(json!({"result": "success"})),
    ])
    .await;
    let client = client(&server.url());
    assert_eq!(client.profile(&access()).await.unwrap(), profile);
    assert_eq!(client.profile(&access()).await.unwrap(), json!({}));
    client.set_profile(&access(), &profile).await.unwrap();
    client.delete_profile(&access(), &["get_started"]).await.unwrap();
    let asked = server.asked();
    assert!(asked[2].starts_with("POST /v26.0/1001/messenger_profile") && asked[2].ends_with(r#"{"get_started":{"payload":"GS"}}"#));
    assert!(asked[3].starts_with("DELETE /v26.0/1001/messenger_profile") && asked[3].ends_with(r#"{"fields":["get_started"]}"#));
}

#[tokio::test]
async fn a_profile_that_may_only_partly_be_seen_is_asked_for_again_with_less() {
    let server = CannedServer::start(vec![
        error(400, &json!({"code": 2018247})),
        canned::json(json!({"id": "2002", "first_name": "Ana", "profile_pic": "https://cdn.test/a.jpg"})),
        error(400, &json!({"code": 100, "error_subcode": 33})),
    ])
    .await;
    let client = client(&server.url());
    let (access, psid) = (access(), Psid::from("2002"));
    let found = client.user_profile(&access, &psid).await.unwrap();
    let picture_url = Some("https://cdn.test/a.jpg".to_owned());
    assert_eq!(found, Profile { first_name: Some("Ana".into()), picture_url, ..Profile::default() });
    assert_eq!(client.user_profile(&access, &psid).await.unwrap(), Profile::default());
}

#[tokio::test]
async fn a_thread_is_passed_and_its_owner_is_read() {
    let owner = json!({"data": [{"thread_owner": {"app_id": 263902037430900_i64, "expiration": 1}}]});
    let success = json!({"success": true});
    let server = CannedServer::start(vec![canned::json(success), canned::json(owner), canned::json(json!({"data": []}))]).await;
    let client = client(&server.url());
    let (access, psid) = (access(), Psid::from("2002"));
    client.pass_thread_control(&access, &psid, PAGE_INBOX_APP, Some("to agent")).await.unwrap();
    assert_eq!(client.thread_owner(&access, &psid).await.unwrap().as_deref(), Some(PAGE_INBOX_APP));
    assert_eq!(client.thread_owner(&access, &psid).await.unwrap(), None);
    let (_, body) = server.asked()[0].split_once("\r\n\r\n").map(|(head, body)| (head.to_owned(), body.to_owned())).unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body, json!({"recipient": {"id": "2002"}, "metadata": "to agent", "target_app_id": PAGE_INBOX_APP}));
}

#[test]
fn the_settings_and_the_client_speak_of_the_same_version_of_metas_api() {
    let settings = causerie::config::Settings::default();
    assert_eq!(settings.meta.graph_version, GraphSettings::default().version);
}
