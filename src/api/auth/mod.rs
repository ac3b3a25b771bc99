//! `/v1/auth`: signing in, staying signed in, signing out.
//!
//! A sign-in is one device's. Its refresh token is exchanged at each use; one that comes back a second time was copied,
//! so the whole sign-in ends.

mod jwks;
mod limiter;
mod login;
mod logout;
mod refresh;
mod view;

use crate::api::routes::Routes;

pub use jwks::show_jwks;
pub use limiter::Attempts;

pub fn routes(config: &mut Routes<'_>) {
    config.service(login::login).service(refresh::refresh).service(logout::logout);
}
