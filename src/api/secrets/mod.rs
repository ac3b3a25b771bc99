//! `/v1/secrets`: what flows may use in their HTTP calls and nobody may read: keys, tokens, passwords.
//!
//! Invariant: a value goes in and never comes out; there is no operation that shows one.

mod delete;
mod list;
mod set;

use crate::api::routes::Routes;
use serde::Serialize;

use crate::domain::Timestamp;
use crate::domain::secret::NamedSecret;

pub fn routes(config: &mut Routes<'_>) {
    config.service(list::list_secrets).service(set::set_secret).service(delete::delete_secret);
}

/// A secret, without its value.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SecretView {
    /// What flows write: `{{ secrets.name }}`.
    name: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When its value was last set.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<NamedSecret> for SecretView {
    fn from(secret: NamedSecret) -> Self {
        let NamedSecret { name, created_at, updated_at } = secret;
        Self { name, created_at, updated_at }
    }
}
