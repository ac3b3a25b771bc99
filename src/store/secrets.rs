//! Named secrets. A value goes in and is never given out again but to the call that uses it.

use std::collections::HashMap;

use async_trait::async_trait;
use secrecy::SecretString;

use super::Result;
use crate::domain::Timestamp;
use crate::domain::secret::NamedSecret;

#[async_trait]
pub trait SecretStore: Send + Sync {
    /// By name, without values.
    async fn secrets(&self) -> Result<Vec<NamedSecret>>;

    /// Makes the secret, or replaces its value.
    async fn put_secret(&self, name: &str, value: &SecretString, now: Timestamp) -> Result<NamedSecret>;

    /// False where there is none.
    async fn delete_secret(&self, name: &str) -> Result<bool>;

    /// The values of those that exist. Only for the call that needs them.
    async fn open_secrets(&self, names: &[String]) -> Result<HashMap<String, SecretString>>;
}
