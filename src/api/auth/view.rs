//! What signing in gives, and how refresh tokens look.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::api::users::UserView;
use crate::domain::Timestamp;
use crate::domain::access::User;
use crate::domain::ids::SignInId;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TokensView {
    /// Send it as `Authorization: Bearer …`.
    access_token: String,
    /// `Bearer`
    token_type: &'static str,
    expires_at: Timestamp,
    /// Exchange it at `auth/refresh`, once: each exchange gives a new one.
    refresh_token: String,
    refresh_expires_at: Timestamp,
    user: UserView,
}

impl TokensView {
    pub(super) fn new(api: &Api, user: User, sign_in: SignInId, refresh: &RefreshToken, until: Timestamp) -> Result<Self, Problem> {
        let (access_token, expires_at) = api.tokens.issue(user.id, sign_in, api.clock.now())?;
        let refresh_token = refresh.text(sign_in);
        Ok(Self { access_token, token_type: "Bearer", expires_at, refresh_token, refresh_expires_at: until, user: user.into() })
    }
}

/// `{sign-in id}.{256 random bits}`: the id finds the row, which holds only the hash of the secret part.
pub(super) struct RefreshToken {
    secret: String,
}

impl RefreshToken {
    pub(super) fn new() -> Result<Self, Problem> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| {
            tracing::error!(%error, "the system gives no random bytes");
            Problem::new(Code::Internal, "the system gives no random bytes")
        })?;
        Ok(Self { secret: BASE64_URL_SAFE_NO_PAD.encode(bytes) })
    }

    pub(super) fn parse(text: &str) -> Option<(SignInId, Self)> {
        let (id, secret) = text.split_once('.')?;
        Some((id.parse().ok()?, Self { secret: secret.to_owned() }))
    }

    pub(super) fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.secret.as_bytes()))
    }

    fn text(&self, sign_in: SignInId) -> String {
        format!("{sign_in}.{}", self.secret)
    }
}
