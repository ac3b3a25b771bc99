//! The `teams`, `team_members` and `seats` tables.

use std::collections::BTreeMap;

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::access::users;
use super::column::{RowOf, count, json, ms};
use super::conn::snapshot;
use super::tickets::tickets;
use super::turns::tables::conversations;
use super::{AnyConn, Named, SqlStore};
use crate::domain::Timestamp;
use crate::domain::ids::{TeamId, UserId};
use crate::domain::people::{Agent, OnDuty, Presence, Roster, Team};
use crate::store::people::{DEFAULT_CAPACITY, PeopleStore};
use crate::store::{Result, StoreError};

diesel::table! {
    teams (id) {
        id -> Text,
        name -> Text,
        revision -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    team_members (team_id, user_id) {
        team_id -> Text,
        user_id -> Text,
        position -> Integer,
    }
}

diesel::table! {
    seats (user_id) {
        user_id -> Text,
        presence -> Text,
        seen_at -> Nullable<BigInt>,
        capacity -> Integer,
        languages -> Text,
        last_assigned_at -> Nullable<BigInt>,
        revision -> BigInt,
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = teams)]
struct TeamRow {
    id: String,
    name: String,
    revision: i64,
    created_at: i64,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = team_members)]
struct MemberRow {
    team_id: String,
    user_id: String,
    position: i32,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = seats, treat_none_as_default_value = false)]
struct SeatRow {
    user_id: String,
    presence: String,
    seen_at: Option<i64>,
    capacity: i32,
    languages: String,
    last_assigned_at: Option<i64>,
    revision: i64,
}

impl TeamRow {
    /// With the members of all teams, in order.
    fn team(self, members: &[MemberRow]) -> Result<Team> {
        let of = RowOf::new("teams", &self.id);
        let mine = members.iter().filter(|member| member.team_id == self.id);
        Ok(Team {
            id: of.id("id", &self.id)?,
            members: mine.map(|member| RowOf::new("team_members", &self.id).id("user_id", &member.user_id)).collect::<Result<_>>()?,
            revision: self.revision,
            created_at: of.time("created_at", self.created_at)?,
            name: self.name,
        })
    }
}

impl SeatRow {
    /// The seat of a user who has none of the row's values yet.
    fn new(user: &str) -> Self {
        Self {
            user_id: user.to_owned(),
            presence: Presence::Offline.word().to_owned(),
            seen_at: None,
            capacity: count(DEFAULT_CAPACITY),
            languages: "[]".to_owned(),
            last_assigned_at: None,
            revision: 0,
        }
    }

    fn agent(&self, name: String) -> Result<Agent> {
        let of = RowOf::new("seats", &self.user_id);
        Ok(Agent {
            user: of.id("user_id", &self.user_id)?,
            name,
            presence: of.word("presence", &self.presence)?,
            seen_at: of.optional_time("seen_at", self.seen_at)?,
            capacity: of.count("capacity", self.capacity)?,
            languages: of.json("languages", &self.languages)?,
            last_assigned_at: of.optional_time("last_assigned_at", self.last_assigned_at)?,
            revision: self.revision,
        })
    }
}

fn load_teams(conn: &mut AnyConn) -> Result<Vec<Team>> {
    let rows: Vec<TeamRow> = teams::table.order((teams::name, teams::id)).select(TeamRow::as_select()).load(conn).of("team")?;
    let by_position = team_members::table.order((team_members::position, team_members::user_id));
    let members: Vec<MemberRow> = by_position.select(MemberRow::as_select()).load(conn).of("team")?;
    rows.into_iter().map(|row| row.team(&members)).collect()
}

fn load_team(conn: &mut AnyConn, id: &str) -> Result<Option<Team>> {
    let row: Option<TeamRow> = teams::table.find(id).select(TeamRow::as_select()).first(conn).optional().of("team")?;
    let mine = team_members::table.filter(team_members::team_id.eq(id)).order((team_members::position, team_members::user_id));
    let members: Vec<MemberRow> = mine.select(MemberRow::as_select()).load(conn).of("team")?;
    row.map(|row| row.team(&members)).transpose()
}

fn put_members(conn: &mut AnyConn, team: &Team) -> Result<()> {
    for (user, position) in team.members.iter().zip(0..) {
        let row = MemberRow { team_id: team.id.to_string(), user_id: user.to_string(), position };
        diesel::insert_into(team_members::table).values(&row).execute(conn).of("team member")?;
    }
    Ok(())
}

fn insert(conn: &mut AnyConn, team: &Team) -> Result<()> {
    let row = TeamRow { id: team.id.to_string(), name: team.name.clone(), revision: team.revision, created_at: ms(team.created_at) };
    diesel::insert_into(teams::table).values(&row).execute(conn).of("team name")?;
    put_members(conn, team)
}

fn update(conn: &mut AnyConn, team: &Team) -> Result<i64> {
    let (id, next) = (team.id.to_string(), team.revision + 1);
    let as_read = teams::table.find(&id).filter(teams::revision.eq(team.revision));
    let changed = diesel::update(as_read).set((teams::name.eq(&team.name), teams::revision.eq(next))).execute(conn).of("team name")?;
    if changed == 0 {
        return Err(StoreError::Conflict { what: "team" });
    }
    diesel::delete(team_members::table.filter(team_members::team_id.eq(&id))).execute(conn).of("team")?;
    put_members(conn, team)?;
    Ok(next)
}

fn delete(conn: &mut AnyConn, id: TeamId, expected: i64) -> Result<()> {
    let id = id.to_string();
    let waiting = conversations::table
        .filter(conversations::owner.eq("queue"))
        .filter(conversations::owner_team.eq(&id))
        .filter(conversations::status.eq("open"));
    let open = tickets::table.filter(tickets::team_id.eq(&id)).filter(tickets::closed.eq(false));
    let waiting: i64 = waiting.select(count_star()).first(conn).of("conversation")?;
    let open: i64 = open.select(count_star()).first(conn).of("ticket")?;
    if waiting + open > 0 {
        return Err(StoreError::InUse { what: "team" });
    }
    let as_read = teams::table.find(&id).filter(teams::revision.eq(expected));
    match diesel::delete(as_read).execute(conn).unless_used("team")? {
        0 => Err(StoreError::Conflict { what: "team" }),
        _ => Ok(()),
    }
}

/// How many open conversations each agent owns.
fn loads(conn: &mut AnyConn) -> Result<BTreeMap<String, u32>> {
    let owned = conversations::table.filter(conversations::owner.eq("agent")).filter(conversations::status.eq("open"));
    let counted = owned.group_by(conversations::owner_user).select((conversations::owner_user, count_star()));
    let rows: Vec<(Option<String>, i64)> = counted.load(conn).of("conversation")?;
    Ok(rows.into_iter().filter_map(|(user, load)| Some((user?, u32::try_from(load).unwrap_or(u32::MAX)))).collect())
}

fn roster(conn: &mut AnyConn) -> Result<Roster> {
    let seated = users::table.filter(users::service_seat.eq(true)).filter(users::active.eq(true)).order((users::name, users::id));
    let people: Vec<(String, String)> = seated.select((users::id, users::name)).load(conn).of("user")?;
    let rows: Vec<SeatRow> = seats::table.select(SeatRow::as_select()).load(conn).of("agent")?;
    let mut rows: BTreeMap<String, SeatRow> = rows.into_iter().map(|row| (row.user_id.clone(), row)).collect();
    let loads = loads(conn)?;
    let on_duty = |(id, name): (String, String)| {
        let seat = rows.remove(&id).unwrap_or_else(|| SeatRow::new(&id));
        Ok(OnDuty { agent: seat.agent(name)?, load: loads.get(&id).copied().unwrap_or(0) })
    };
    Ok(Roster { agents: people.into_iter().map(on_duty).collect::<Result<_>>()?, teams: load_teams(conn)? })
}

/// Makes the user's row where there is none.
fn ensure_seat(conn: &mut AnyConn, user: &str) -> Result<()> {
    let row = SeatRow::new(user);
    on_each!(conn, conn => diesel::insert_into(seats::table).values(&row).on_conflict_do_nothing().execute(conn)).of("user")?;
    Ok(())
}

/// A rule gave this agent a conversation: round robin goes by it. Part of the turn's own commit.
pub(super) fn note_assigned(conn: &mut AnyConn, user: UserId, at: Timestamp) -> Result<()> {
    let user = user.to_string();
    ensure_seat(conn, &user)?;
    diesel::update(seats::table.find(&user)).set(seats::last_assigned_at.eq(ms(at))).execute(conn).of("agent")?;
    Ok(())
}

fn update_agent(conn: &mut AnyConn, agent: &Agent) -> Result<i64> {
    let (user, next) = (agent.user.to_string(), agent.revision + 1);
    ensure_seat(conn, &user)?;
    let as_read = seats::table.find(&user).filter(seats::revision.eq(agent.revision));
    let values = (seats::capacity.eq(count(agent.capacity)), seats::languages.eq(json(&agent.languages)?), seats::revision.eq(next));
    match diesel::update(as_read).set(values).execute(conn).of("agent")? {
        0 => Err(StoreError::Conflict { what: "agent" }),
        _ => Ok(next),
    }
}

fn set_presence(conn: &mut AnyConn, user: UserId, presence: Presence, at: Timestamp) -> Result<()> {
    let user = user.to_string();
    ensure_seat(conn, &user)?;
    let values = (seats::presence.eq(presence.word()), seats::seen_at.eq(ms(at)));
    diesel::update(seats::table.find(&user)).set(values).execute(conn).of("agent")?;
    Ok(())
}

fn note_seen(conn: &mut AnyConn, user: UserId, at: Timestamp) -> Result<()> {
    let earlier = seats::table.find(user.to_string()).filter(seats::seen_at.is_null().or(seats::seen_at.lt(ms(at))));
    diesel::update(earlier).set(seats::seen_at.eq(ms(at))).execute(conn).of("agent")?;
    Ok(())
}

#[async_trait]
impl PeopleStore for SqlStore {
    async fn teams(&self) -> Result<Vec<Team>> {
        self.read(|conn| snapshot(conn, load_teams)).await
    }

    async fn team(&self, id: TeamId) -> Result<Option<Team>> {
        self.read(move |conn| snapshot(conn, |conn| load_team(conn, &id.to_string()))).await
    }

    async fn insert_team(&self, team: &Team) -> Result<()> {
        let team = team.clone();
        self.write(move |conn| insert(conn, &team)).await
    }

    async fn update_team(&self, team: &Team) -> Result<i64> {
        let team = team.clone();
        self.write(move |conn| update(conn, &team)).await
    }

    async fn delete_team(&self, id: TeamId, expected: i64) -> Result<()> {
        self.write(move |conn| delete(conn, id, expected)).await
    }

    async fn roster(&self) -> Result<Roster> {
        self.read(|conn| snapshot(conn, roster)).await
    }

    async fn agent(&self, user: UserId) -> Result<Option<OnDuty>> {
        let roster = self.roster().await?;
        Ok(roster.agents.into_iter().find(|on_duty| on_duty.agent.user == user))
    }

    async fn update_agent(&self, agent: &Agent) -> Result<i64> {
        let agent = agent.clone();
        self.write(move |conn| update_agent(conn, &agent)).await
    }

    async fn set_presence(&self, user: UserId, presence: Presence, at: Timestamp) -> Result<()> {
        self.write(move |conn| set_presence(conn, user, presence, at)).await
    }

    async fn note_seen(&self, user: UserId, at: Timestamp) -> Result<()> {
        self.write(move |conn| note_seen(conn, user, at)).await
    }
}
