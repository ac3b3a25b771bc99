//! Tickets. A flow's tickets are inserted by the turn's own commit ([`super::turns`]); all else is here.

use async_trait::async_trait;

use super::Result;
use crate::domain::ids::{ContactId, ConversationId, PageId, PipelineId, TeamId, TicketId, UserId};
use crate::domain::ticket::{Comment, Priority, Ticket, TicketChange};

/// Which tickets; an absent part means any.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TicketFilter {
    pub pipeline: Option<PipelineId>,
    pub status: Option<String>,
    pub assignee: Option<UserId>,
    /// Only those without an assignee.
    pub unassigned: bool,
    pub team: Option<TeamId>,
    pub page: Option<PageId>,
    pub contact: Option<ContactId>,
    pub conversation: Option<ConversationId>,
    pub priority: Option<Priority>,
    pub closed: Option<bool>,
    /// In the subject, upper and lower case alike.
    pub text: Option<String>,
}

#[async_trait]
pub trait TicketStore: Send + Sync {
    /// Gives it the next number. With `unless_open`, `None` where its conversation has an open ticket already.
    async fn insert_ticket(&self, ticket: &Ticket, change: &TicketChange, unless_open: bool) -> Result<Option<i64>>;

    async fn ticket(&self, id: TicketId) -> Result<Option<Ticket>>;

    /// Newest (highest number) first, those with a number below `before`.
    async fn tickets(&self, filter: &TicketFilter, before: Option<i64>, limit: u32) -> Result<Vec<Ticket>>;

    /// Writes the ticket, appends to its history and says the comment, in one transaction. `ticket.revision` is the
    /// one that was read; the one returned is the next. `Conflict` where it moved meanwhile.
    async fn update_ticket(&self, ticket: &Ticket, changes: &[TicketChange], comment: Option<&Comment>) -> Result<i64>;

    /// Appends to comments and history.
    async fn insert_comment(&self, comment: &Comment, change: &TicketChange) -> Result<()>;

    /// Oldest first, those after this position; each with its position, counted from 1 per ticket.
    async fn comments(&self, ticket: TicketId, after: i64, limit: u32) -> Result<Vec<(i64, Comment)>>;

    /// As `comments`.
    async fn history(&self, ticket: TicketId, after: i64, limit: u32) -> Result<Vec<(i64, TicketChange)>>;
}
