//! Teams, and the seats of those who serve: what transfer rules choose from.
//!
//! Users themselves are `access`'s; here is only what a service seat adds to one. A user with the seat and without a
//! row of their own has the defaults: offline, [`DEFAULT_CAPACITY`], no language.

use async_trait::async_trait;

use super::Result;
use crate::domain::Timestamp;
use crate::domain::ids::{TeamId, UserId};
use crate::domain::people::{Agent, OnDuty, Presence, Roster, Team};

/// Conversations at once, until somebody sets another number.
pub const DEFAULT_CAPACITY: u32 = 5;

#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// By name.
    async fn teams(&self) -> Result<Vec<Team>>;

    async fn team(&self, id: TeamId) -> Result<Option<Team>>;

    /// `Conflict` where the name is taken, `Missing` where a member is no user.
    async fn insert_team(&self, team: &Team) -> Result<()>;

    /// Writes name and members. `team.revision` is the one that was read; the one returned is the next.
    /// `Conflict` where the team moved meanwhile or the name is taken.
    async fn update_team(&self, team: &Team) -> Result<i64>;

    /// `InUse` while open conversations or tickets wait in its queue. Closed tickets lose the team.
    async fn delete_team(&self, id: TeamId, expected: i64) -> Result<()>;

    /// Every active user with a service seat with the conversations they own now, and every team.
    async fn roster(&self) -> Result<Roster>;

    /// One of the roster; `None` without a seat.
    async fn agent(&self, user: UserId) -> Result<Option<OnDuty>>;

    /// Writes what a lead decides about a seat: capacity and languages. `agent.revision` is the one that was read; the
    /// one returned is the next. `Conflict` where the seat moved meanwhile.
    async fn update_agent(&self, agent: &Agent) -> Result<i64>;

    /// A heartbeat or a change. Not guarded: the last word counts. Leaves the revision alone.
    async fn set_presence(&self, user: UserId, presence: Presence, at: Timestamp) -> Result<()>;

    /// They did something just now: moves `seen_at`, never back. Nothing where they have no seat's row yet.
    async fn note_seen(&self, user: UserId, at: Timestamp) -> Result<()>;
}
