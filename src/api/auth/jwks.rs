use actix_web::get;
use actix_web::web::Data;

use crate::api::answer::{Answer, Reply};
use crate::api::state::Api;

/// The public keys of our access tokens
#[utoipa::path(tag = "access", operation_id = "show_jwks", responses((status = OK, body = serde_json::Value)), security(()))]
#[get("/.well-known/jwks.json")]
pub async fn show_jwks(api: Data<Api>) -> Reply<jsonwebtoken::jwk::JwkSet> {
    Ok(Answer::ok(api.tokens.jwks().clone()))
}
