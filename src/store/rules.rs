//! Sets of transfer rules.

use async_trait::async_trait;

use super::Result;
use crate::domain::ids::{PageId, RuleSetId, TeamId, UserId};
use crate::domain::transfer::RuleSet;

#[async_trait]
pub trait RuleStore: Send + Sync {
    /// By name.
    async fn rule_sets(&self) -> Result<Vec<RuleSet>>;

    async fn rule_set(&self, id: RuleSetId) -> Result<Option<RuleSet>>;

    /// Those that the page's flows may name: its own and the shared ones. Its own come first, so that a page may
    /// have a `default` of its own.
    async fn rule_sets_for(&self, page: &PageId) -> Result<Vec<RuleSet>>;

    /// Those with a rule that gives to this user; the seat cannot go while there is one.
    async fn rule_sets_naming_user(&self, user: UserId) -> Result<Vec<RuleSet>>;

    /// Those with a rule that gives to this team.
    async fn rule_sets_naming_team(&self, team: TeamId) -> Result<Vec<RuleSet>>;

    /// `Conflict` where the name is taken on the page (or among the shared ones).
    async fn insert_rule_set(&self, set: &RuleSet) -> Result<()>;

    /// Writes name, page and rules. `set.revision` is the one that was read; the one returned is the next.
    /// `Conflict` where the set moved meanwhile or the name is taken.
    async fn update_rule_set(&self, set: &RuleSet) -> Result<i64>;

    /// `InUse` while a page has it as its own choice.
    async fn delete_rule_set(&self, id: RuleSetId, expected: i64) -> Result<()>;
}
