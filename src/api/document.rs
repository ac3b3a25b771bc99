//! The OpenAPI 3.1 document: what utoipa collects from the routes, and what holds for all of them.

use actix_web::http::StatusCode;
use serde_json::{Value, json};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::problem::{Code, FieldError, ProblemView};
use super::routes::{Description, Routes};
use crate::domain::access::{Need, Role};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Causerie admin API",
        description = "Chatflows for Facebook Messenger. Times are RFC 3339, ids carry a type prefix, lists are \
                       cursor-paged, refusals are RFC 9457 problem documents with a stable `code`, unknown body \
                       fields are refused.",
    ),
    components(schemas(ProblemView<'static>, FieldError)),
    modifiers(&BearerTokens)
)]
struct Base;

struct BearerTokens;

impl Modify for BearerTokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("The access token of `POST /v1/auth/login`. The requirement names what the role must allow."))
            .build();
        let components = document.components.get_or_insert_default();
        components.security_schemes.insert("bearer".to_owned(), SecurityScheme::Http(scheme).into());
    }
}

/// The document of the routes as they are compiled in.
pub fn document() -> Value {
    let (mut collected, mut description) = (Base::openapi(), Description::default());
    super::table(&mut Routes::Described(&mut description));
    description.add_to(&mut collected);
    let mut document = serde_json::to_value(&collected).unwrap_or_default();
    for (_, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            complete(method, operation);
        }
    }
    document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] = codes();
    document
}

fn codes() -> Value {
    Code::ALL.iter().map(|code| Value::from(code.word())).collect()
}

/// Adds what every operation of its kind has: the problem answer, the roles, `If-Match`, `Idempotency-Key`.
fn complete(method: &str, operation: &mut Value) {
    if operation.get("responses").is_none() {
        return;
    }
    operation["responses"]["default"] = json!({
        "description": "Refused: see `code`",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    for (status, answer) in operation["responses"].as_object_mut().into_iter().flatten() {
        let status = status.parse().ok().and_then(|number| StatusCode::from_u16(number).ok());
        if let (Some(reason), None) = (status.and_then(|status| status.canonical_reason()), answer.get("description")) {
            answer["description"] = reason.into();
        }
    }
    let need = operation["security"][0]["bearer"][0].as_str().and_then(Need::from_word);
    let Some(need) = need else { return };
    operation["x-roles"] = Role::ALL.into_iter().filter(|role| role.may(need)).map(Role::word).collect();
    if method == "post" {
        let about = "Any text of up to 200 characters, new for each thing meant: the same request sent again with it gets the first \
                     answer, and nothing is done twice. Kept for 24 hours.";
        add_header(operation, "Idempotency-Key", about);
    }
    if ["patch", "put", "delete"].contains(&method) {
        add_header(operation, "If-Match", "The `ETag` that was read; 412 `stale` if it has changed since.");
    }
}

fn add_header(operation: &mut Value, name: &str, description: &str) {
    let header = json!({ "name": name, "in": "header", "required": false, "description": description, "schema": { "type": "string" } });
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.push(header),
        None => operation["parameters"] = json!([header]),
    }
}
