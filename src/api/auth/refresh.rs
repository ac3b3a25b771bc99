use actix_web::post;
use actix_web::web::Data;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::view::{RefreshToken, TokensView};
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Json;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::store::access::Rotated;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshBody {
    #[schema(value_type = String)]
    refresh_token: SecretString,
}

/// Exchange a refresh token for new tokens
///
/// Each is good once. One that is sent again ends its sign-in: somebody has a copy.
#[utoipa::path(tag = "access", operation_id = "refresh", responses((status = OK, body = TokensView)), security(()))]
#[post("/auth/refresh")]
pub async fn refresh(api: Data<Api>, body: Json<RefreshBody>) -> Reply<TokensView> {
    let refused = |detail: &str| Problem::new(Code::RefreshRefused, detail);
    let (id, old) =
        RefreshToken::parse(body.0.refresh_token.expose_secret()).ok_or_else(|| refused("it is not one of our refresh tokens"))?;
    let now = api.clock.now();
    let sign_in = api.store.sign_in(id).await?.ok_or_else(|| refused("the sign-in has ended"))?;
    let user = api.store.user(sign_in.user).await?.filter(|user| user.active).ok_or_else(|| refused("the sign-in has ended"))?;
    let (new, expires_at) = (RefreshToken::new()?, now + api.settings.sign_in.refresh());
    match api.store.rotate_sign_in(id, old.hash(), new.hash(), now, expires_at).await? {
        Rotated::Done => Ok(Answer::ok(TokensView::new(&api, user, id, &new, expires_at)?)),
        Rotated::Gone => Err(refused("the sign-in has ended")),
        Rotated::Reused => {
            tracing::warn!(user = %user.id, sign_in = %id, "a refresh token of `{}` came twice; the sign-in has ended", user.id);
            Err(refused("it was used before; the sign-in has ended"))
        }
    }
}
