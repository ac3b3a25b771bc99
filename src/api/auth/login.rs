use actix_web::web::Data;
use actix_web::{HttpRequest, post};
use secrecy::SecretString;
use serde::Deserialize;

use super::limiter::Attempt;
use super::view::{RefreshToken, TokensView};
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Json;
use crate::api::password;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::access::SignIn;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    email: String,
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// Sign in
///
/// An unknown address, a wrong password and a user who is not active get the same answer after the same time.
#[utoipa::path(tag = "access", operation_id = "login", responses((status = OK, body = TokensView)), security(()))]
#[post("/auth/login")]
pub async fn login(api: Data<Api>, request: HttpRequest, body: Json<LoginBody>) -> Reply<TokensView> {
    let Json(LoginBody { email, password }) = body;
    let now = api.clock.now();
    let address = request.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default();
    let attempt = Attempt { email: email.trim().to_lowercase().chars().take(254).collect(), address };
    api.attempts.begin(&attempt, now)?;
    let found = api.store.user_by_email(&attempt.email).await?;
    let (user, hash) = found.map_or((None, None), |(user, hash)| (Some(user), Some(hash)));
    let fits = password::fits(password, hash).await?;
    let Some(user) = user.filter(|user| fits && user.active) else {
        return Err(Problem::new(Code::SignInFailed, "the e-mail address or the password is wrong"));
    };
    api.attempts.succeeded(&attempt);
    let (id, refresh) = (api.ids()?.next(), RefreshToken::new()?);
    let expires_at = now + api.settings.sign_in.refresh();
    api.store.open_sign_in(SignIn { id, user: user.id, token_hash: refresh.hash(), created_at: now, expires_at }).await?;
    Ok(Answer::ok(TokensView::new(&api, user, id, &refresh, expires_at)?))
}
