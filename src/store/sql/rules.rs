//! The `rule_sets` table.

use async_trait::async_trait;
use diesel::prelude::*;

use super::column::{RowOf, json, ms};
use super::pages::pages;
use super::{AnyConn, Named, SqlStore};
use crate::domain::ids::{PageId, RuleSetId, TeamId, UserId};
use crate::domain::transfer::RuleSet;
use crate::store::rules::RuleStore;
use crate::store::{Result, StoreError};

diesel::table! {
    rule_sets (id) {
        id -> Text,
        name -> Text,
        page_id -> Nullable<Text>,
        rules -> Text,
        revision -> BigInt,
        created_at -> BigInt,
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = rule_sets, treat_none_as_default_value = false)]
struct RuleSetRow {
    id: String,
    name: String,
    page_id: Option<String>,
    rules: String,
    revision: i64,
    created_at: i64,
}

impl TryFrom<RuleSetRow> for RuleSet {
    type Error = StoreError;

    fn try_from(row: RuleSetRow) -> Result<Self> {
        let of = RowOf::new("rule_sets", &row.id);
        Ok(Self {
            id: of.id("id", &row.id)?,
            page: row.page_id.as_deref().map(PageId::from),
            rules: of.json("rules", &row.rules)?,
            revision: row.revision,
            created_at: of.time("created_at", row.created_at)?,
            name: row.name,
        })
    }
}

fn load_all(conn: &mut AnyConn) -> Result<Vec<RuleSet>> {
    let in_order = rule_sets::table.order((rule_sets::name, rule_sets::id)).select(RuleSetRow::as_select());
    let rows: Vec<RuleSetRow> = in_order.load(conn).of("rule set")?;
    rows.into_iter().map(RuleSet::try_from).collect()
}

fn load_for(conn: &mut AnyConn, page: &PageId) -> Result<Vec<RuleSet>> {
    let usable = rule_sets::table.filter(rule_sets::page_id.is_null().or(rule_sets::page_id.eq(page.as_str())));
    let rows: Vec<RuleSetRow> = usable.order((rule_sets::name, rule_sets::id)).select(RuleSetRow::as_select()).load(conn).of("rule set")?;
    let mut sets: Vec<RuleSet> = rows.into_iter().map(RuleSet::try_from).collect::<Result<_>>()?;
    sets.sort_by_key(|set| set.page.is_none());
    Ok(sets)
}

fn load(conn: &mut AnyConn, id: RuleSetId) -> Result<Option<RuleSet>> {
    let found = rule_sets::table.find(id.to_string()).select(RuleSetRow::as_select());
    let row: Option<RuleSetRow> = found.first(conn).optional().of("rule set")?;
    row.map(RuleSet::try_from).transpose()
}

fn insert(conn: &mut AnyConn, set: &RuleSet) -> Result<()> {
    let row = RuleSetRow {
        id: set.id.to_string(),
        name: set.name.clone(),
        page_id: set.page.as_ref().map(|page| page.as_str().to_owned()),
        rules: json(&set.rules)?,
        revision: set.revision,
        created_at: ms(set.created_at),
    };
    diesel::insert_into(rule_sets::table).values(&row).execute(conn).of("rule set name")?;
    Ok(())
}

fn update(conn: &mut AnyConn, set: &RuleSet) -> Result<i64> {
    let next = set.revision + 1;
    let as_read = rule_sets::table.find(set.id.to_string()).filter(rule_sets::revision.eq(set.revision));
    let values = (
        rule_sets::name.eq(&set.name),
        rule_sets::page_id.eq(set.page.as_ref().map(PageId::as_str)),
        rule_sets::rules.eq(json(&set.rules)?),
        rule_sets::revision.eq(next),
    );
    match diesel::update(as_read).set(values).execute(conn).of("rule set name")? {
        0 => Err(StoreError::Conflict { what: "rule set" }),
        _ => Ok(next),
    }
}

fn delete(conn: &mut AnyConn, id: RuleSetId, expected: i64) -> Result<()> {
    let id = id.to_string();
    let chosen: i64 = pages::table.filter(pages::rules.eq(&id)).count().get_result(conn).of("page")?;
    if chosen > 0 {
        return Err(StoreError::InUse { what: "rule set" });
    }
    let as_read = rule_sets::table.find(&id).filter(rule_sets::revision.eq(expected));
    match diesel::delete(as_read).execute(conn).unless_used("rule set")? {
        0 => Err(StoreError::Conflict { what: "rule set" }),
        _ => Ok(()),
    }
}

#[async_trait]
impl RuleStore for SqlStore {
    async fn rule_sets(&self) -> Result<Vec<RuleSet>> {
        self.read(load_all).await
    }

    async fn rule_set(&self, id: RuleSetId) -> Result<Option<RuleSet>> {
        self.read(move |conn| load(conn, id)).await
    }

    async fn rule_sets_for(&self, page: &PageId) -> Result<Vec<RuleSet>> {
        let page = page.clone();
        self.read(move |conn| load_for(conn, &page)).await
    }

    async fn rule_sets_naming_user(&self, user: UserId) -> Result<Vec<RuleSet>> {
        let sets = self.rule_sets().await?;
        Ok(sets.into_iter().filter(|set| !set.rules_naming_user(user).is_empty()).collect())
    }

    async fn rule_sets_naming_team(&self, team: TeamId) -> Result<Vec<RuleSet>> {
        let sets = self.rule_sets().await?;
        Ok(sets.into_iter().filter(|set| !set.rules_naming_team(team).is_empty()).collect())
    }

    async fn insert_rule_set(&self, set: &RuleSet) -> Result<()> {
        let set = set.clone();
        self.write(move |conn| insert(conn, &set)).await
    }

    async fn update_rule_set(&self, set: &RuleSet) -> Result<i64> {
        let set = set.clone();
        self.write(move |conn| update(conn, &set)).await
    }

    async fn delete_rule_set(&self, id: RuleSetId, expected: i64) -> Result<()> {
        self.write(move |conn| delete(conn, id, expected)).await
    }
}
