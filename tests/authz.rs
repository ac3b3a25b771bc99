//! Every documented operation refuses who may not: driven by the OpenAPI document, so that no new one is forgotten.

use causerie::api::document::document;
use causerie::api::operations::{Access, Operations};
use causerie::domain::access::{Need, Role};
use reqwest::Method;
use serde_json::json;

use crate::support::api::TestApi;

/// Open to everybody, each for a reason.
const PUBLIC: &[&str] = &[
    // To watch the process.
    "GET /healthz",
    "GET /readyz",
    // Says nothing that the source does not.
    "GET /openapi.json",
    // Its own token guards it, where the operator set one.
    "GET /metrics",
    // To sign in one has not signed in.
    "POST /v1/auth/login",
    "POST /v1/auth/refresh",
    // Meta's side: the verify token and the signature guard it.
    "GET /webhooks/messenger",
    "POST /webhooks/messenger",
    // Public keys.
    "GET /.well-known/jwks.json",
];

/// What any signed-in person may change: their own account and presence.
const OWN: &[&str] = &["POST /v1/auth/logout", "PATCH /v1/me"];

/// A path that could be real: ids of the right form that name nothing.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { id_for(path) } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("/")
}

fn id_for(path: &str) -> String {
    let noun = path.trim_start_matches("/v1/").split('/').next().unwrap();
    let prefix = match noun {
        "users" | "agents" => "us",
        "conversations" => "cv",
        "parked-events" => "ev",
        "teams" => "te",
        "transfer-rules" => "tr",
        "pipelines" => "pl",
        "tickets" => "tk",
        _ => return "1001".to_owned(),
    };
    format!("{prefix}_01h455vb4pex5vsknk084sn02q")
}

#[test]
fn only_what_is_listed_is_public_and_nothing_is_without_a_rule() {
    for operation in Operations::of(&document()).iter() {
        let name = format!("{} {}", operation.method, operation.path);
        match operation.access {
            Access::Public => assert!(PUBLIC.contains(&name.as_str()), "`{name}` is public: list it here with its reason"),
            Access::Needs(_) => assert!(operation.path.starts_with("/v1/"), "`{name}` stands outside the gate"),
            Access::Nobody => panic!("`{name}` has no readable `security`"),
        }
    }
}

#[test]
fn an_analyst_changes_nothing_but_their_own_account() {
    for operation in Operations::of(&document()).iter() {
        let name = format!("{} {}", operation.method, operation.path);
        if operation.method == "GET" || PUBLIC.contains(&name.as_str()) || OWN.contains(&name.as_str()) {
            continue;
        }
        let Access::Needs(need) = operation.access else { panic!("{name}") };
        assert!(!Role::Analyst.may(need), "`{name}` is open to analysts: reading asks for GET, or list it here");
        assert_ne!(need, Need::SignedIn, "`{name}`");
    }
}

/// The router decodes a path before it matches; whoever guards must see the same path.
#[actix_web::test]
async fn an_operation_under_another_spelling_of_its_path_is_guarded_too() {
    let api = TestApi::start().await;
    for path in ["/v1/%75sers", "/%761/users", "/v1/u%73ers?limit=1", "/v1//users", "/v1/./users", "/v1/users/", "//v1/users", "/V1/users"]
    {
        let answer = api.client.get(path).send().await;
        assert!([401, 404].contains(&answer.status.as_u16()), "{path}: {} {}", answer.status, answer.text);
    }
}

#[actix_web::test]
async fn every_operation_refuses_the_anonymous_and_the_wrong_role() {
    let api = TestApi::start().await;
    for operation in Operations::of(&document()).iter() {
        let Access::Needs(need) = operation.access else { continue };
        let method: Method = operation.method.as_str().parse().unwrap();
        let path = filled(&operation.path);
        let name = format!("{method} {path}");
        let call = || api.client.request(method.clone(), &path).json(json!({ "no such field": 1 }));
        call().send().await.refused(401, "unauthenticated");
        call().by("not.a.token").send().await.refused(401, "token_invalid");
        for role in Role::ALL {
            let token = api.token(role).await;
            if role.may(need) {
                let status = call().by(&token).status().await.as_u16();
                assert!(![401, 403].contains(&status), "{name} by {}: {status}", role.word());
            } else {
                call().by(&token).send().await.refused(403, "forbidden");
            }
        }
    }
}
