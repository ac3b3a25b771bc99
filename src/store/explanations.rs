//! What turns considered, kept for a while. A row is written by the turn's own commit ([`super::turns::Commit::explanation`]).

use async_trait::async_trait;

use super::Result;
use crate::domain::Timestamp;
use crate::domain::ids::{ConversationId, MessageId};
use crate::flow::trace::TraceLine;

/// Why one turn went as it did.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The order of writing.
    pub seq: i64,
    pub at: Timestamp,
    /// Positions of the transcript's lines that the turn wrote: from the first to before the second.
    pub messages: (i64, i64),
    pub lines: Vec<TraceLine>,
}

/// As a commit writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewExplanation {
    pub at: Timestamp,
    pub messages: (i64, i64),
    pub lines: Vec<TraceLine>,
}

#[async_trait]
pub trait ExplanationStore: Send + Sync {
    /// Newest first, those written before `before`.
    async fn explanations(&self, conversation: ConversationId, before: Option<i64>, limit: u32) -> Result<Vec<Explanation>>;

    /// Of the turn that wrote this message of the conversation: outer `None` where the conversation has no such message,
    /// inner where no explanation of it is kept.
    async fn explanation(&self, conversation: ConversationId, message: MessageId) -> Result<Option<Option<Explanation>>>;

    /// Those older than `before` go, at most `limit` of them; how many did.
    async fn purge_explanations(&self, before: Timestamp, limit: u32) -> Result<u64>;
}
