//! Idempotency keys: a POST that is sent twice is done once and answered twice.

use async_trait::async_trait;

use super::Result;
use crate::domain::Timestamp;

/// A key as a client gave it, within what it may not collide beyond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Whose key it is and for which operation, e.g. `us_… POST /v1/tickets`.
    pub scope: String,
    /// The header's value.
    pub key: String,
}

/// What was answered, to be answered again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedAnswer {
    pub status: u16,
    /// Names in lower case: what the client must see again (`etag`, `location`, `content-type`).
    pub headers: Vec<(String, String)>,
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Not seen before: do it, then `finish_request` or `abandon_request`.
    Fresh,
    /// The same request runs now, or stopped without an answer less than [`RUNNING_LEASE`] ago.
    Running,
    /// Done before.
    Finished(RecordedAnswer),
    /// The key was used for another body.
    OtherBody,
}

/// A request that has not answered for so long has died with its process: the key may be used again.
pub const RUNNING_LEASE: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

#[async_trait]
pub trait RequestStore: Send + Sync {
    /// Claims the key for a request whose body has this hash. Of two at once, one is `Fresh`.
    async fn begin_request(&self, key: RequestKey, hash: String, now: Timestamp) -> Result<Begun>;

    /// Records the answer.
    async fn finish_request(&self, key: RequestKey, answer: RecordedAnswer) -> Result<()>;

    /// It failed in a way that may pass (5xx): the key is free again.
    async fn abandon_request(&self, key: RequestKey) -> Result<()>;

    /// Forgets keys begun before `before`; returns how many.
    async fn purge_requests(&self, before: Timestamp) -> Result<u64>;
}
