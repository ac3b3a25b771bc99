//! What the `chatflows` and `chatflow_versions` tables say of rollouts and of the sessions on earlier versions.

use diesel::prelude::*;

use super::chatflows::{chatflow_versions, chatflows, moved};
use super::column::{RowOf, ms};
use super::{AnyConn, Named};
use crate::domain::Timestamp;
use crate::domain::rollout::{SessionPolicy, VersionPolicy};
use crate::store::chatflows::RolloutChange;
use crate::store::{Result, StoreError};

/// At the revision that was read; answers the next.
pub(super) fn change(conn: &mut AnyConn, id: &str, expected: i64, change: RolloutChange, at: Timestamp) -> Result<i64> {
    let live = chatflows::table.find(id).filter(chatflows::deleted_at.is_null());
    let state: Option<(Option<i32>, Option<i32>)> =
        live.select((chatflows::published, chatflows::rollout_version)).first(conn).optional().of("chatflow")?;
    let (published, version) = state.ok_or(StoreError::Missing { what: "chatflow" })?;
    let version = version.ok_or(StoreError::Missing { what: "rollout" })?;
    let (published, version_left, percent) = match change {
        RolloutChange::Percent(percent) => (published, Some(version), Some(i32::from(percent))),
        RolloutChange::Finish => (Some(version), None, None),
        RolloutChange::Abort(_) => (published, None, None),
    };
    let read = chatflows::table.find(id).filter(chatflows::revision.eq(expected)).filter(chatflows::deleted_at.is_null());
    let set = (
        chatflows::published.eq(published),
        chatflows::rollout_version.eq(version_left),
        chatflows::rollout_percent.eq(percent),
        chatflows::revision.eq(expected + 1),
        chatflows::updated_at.eq(ms(at)),
    );
    moved(diesel::update(read).set(set).execute(conn).of("chatflow")?)?;
    if let RolloutChange::Abort(policy) = change {
        let row = chatflow_versions::table.find((id, version));
        diesel::update(row).set(chatflow_versions::withdrawn.eq(policy.word())).execute(conn).of("chatflow version")?;
    }
    Ok(expected + 1)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = chatflow_versions)]
pub(super) struct PolicyRow {
    chatflow: String,
    number: i32,
    policy: String,
    withdrawn: Option<String>,
}

pub(super) fn policies(conn: &mut AnyConn, page: String) -> Result<Vec<PolicyRow>> {
    let joined = chatflow_versions::table.inner_join(chatflows::table.on(chatflows::id.eq(chatflow_versions::chatflow)));
    let live = joined.filter(chatflows::page.eq(page)).filter(chatflows::deleted_at.is_null());
    let asking = chatflow_versions::policy.ne(SessionPolicy::Keep.word()).or(chatflow_versions::withdrawn.is_not_null());
    live.filter(asking).select(PolicyRow::as_select()).load(conn).of("chatflow version")
}

impl TryFrom<PolicyRow> for VersionPolicy {
    type Error = StoreError;

    fn try_from(row: PolicyRow) -> Result<Self> {
        let of = RowOf::new("chatflow_versions", &row.chatflow);
        Ok(Self {
            chatflow: of.id("chatflow", &row.chatflow)?,
            number: of.count("number", row.number)?,
            policy: of.word("policy", &row.policy)?,
            withdrawn: row.withdrawn.as_deref().map(|word| of.word("withdrawn", word)).transpose()?,
        })
    }
}
