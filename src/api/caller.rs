//! Who asks. The gate ([`super::gate`]) finds it out before a handler runs; a handler takes [`Caller`] to know.

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::{Ready, ready};

use super::problem::{Code, Problem};
use super::state::Api;
use crate::domain::access::{Need, Role, User};
use crate::domain::ids::SignInId;

/// A signed-in, active user. Their role was already held against the operation's need.
#[derive(Debug, Clone)]
pub struct Caller {
    pub user: User,
    /// The sign-in that the token came from.
    pub sign_in: SignInId,
}

impl Caller {
    pub fn role(&self) -> Role {
        self.user.role
    }

    /// For what depends on the body or the resource, beyond the operation's own need.
    pub fn need(&self, need: Need) -> Result<(), Problem> {
        if self.user.role.may(need) {
            return Ok(());
        }
        let roles: Vec<&str> = Role::ALL.into_iter().filter(|role| role.may(need)).map(Role::word).collect();
        Err(Problem::new(Code::Forbidden, format!("needs one of the roles {}; yours is `{}`", roles.join(", "), self.user.role.word())))
    }
}

/// Reads the bearer token, and the user it names.
pub(super) async fn authenticate(api: &Api, headers: &HeaderMap) -> Result<Caller, Problem> {
    let header = headers.get(AUTHORIZATION).ok_or_else(|| Problem::new(Code::Unauthenticated, "no access token was sent"))?;
    let token = header.to_str().ok().and_then(|text| text.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
    let (_, token) = token.ok_or_else(|| Problem::new(Code::TokenInvalid, "send `Authorization: Bearer <access token>`"))?;
    let claims = api.tokens.read(token.trim(), api.clock.now())?;
    // Both are read each time: signing out, a demotion and a deactivation hold at once.
    let sign_in = api.store.sign_in(claims.sid).await?.filter(|sign_in| sign_in.user == claims.sub);
    let user = api.store.user(claims.sub).await?.filter(|user| user.active);
    match (user, sign_in) {
        (Some(user), Some(sign_in)) => Ok(Caller { user, sign_in: sign_in.id }),
        _ => Err(Problem::new(Code::TokenInvalid, "the sign-in has ended")),
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Caller>().cloned();
        ready(caller.ok_or_else(|| Problem::new(Code::Unauthenticated, "sign in first")))
    }
}
