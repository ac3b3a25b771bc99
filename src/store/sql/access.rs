//! The tables `users` and `sign_ins`.

use async_trait::async_trait;
use diesel::prelude::*;

use super::column::{RowOf, ms, word};
use super::{AnyConn, Named, SqlStore};
use crate::domain::Timestamp;
use crate::domain::access::{Role, SignIn, User};
use crate::domain::ids::{SignInId, UserId};
use crate::store::access::{AccessStore, Rotated, UserFilter};
use crate::store::{Result, StoreError};

diesel::table! {
    users (id) {
        id -> Text,
        email -> Text,
        name -> Text,
        role -> Text,
        service_seat -> Bool,
        active -> Bool,
        password_hash -> Text,
        revision -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    sign_ins (id) {
        id -> Text,
        user_id -> Text,
        token_hash -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

/// What [`AccessStore`] says of the last active owner.
const LAST_OWNER: StoreError = StoreError::InUse { what: "the last owner" };

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = users)]
struct UserRow {
    id: String,
    email: String,
    name: String,
    role: String,
    service_seat: bool,
    active: bool,
    revision: i64,
    created_at: i64,
}

impl TryFrom<&User> for UserRow {
    type Error = StoreError;

    fn try_from(user: &User) -> Result<Self> {
        Ok(Self {
            id: user.id.to_string(),
            email: user.email.clone(),
            name: user.name.clone(),
            role: word(&user.role)?,
            service_seat: user.service_seat,
            active: user.active,
            revision: user.revision,
            created_at: ms(user.created_at),
        })
    }
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self> {
        let of = RowOf::new("users", &row.id);
        Ok(Self {
            id: of.id("id", &row.id)?,
            role: of.word("role", &row.role)?,
            created_at: of.time("created_at", row.created_at)?,
            email: row.email,
            name: row.name,
            service_seat: row.service_seat,
            active: row.active,
            revision: row.revision,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sign_ins)]
struct SignInRow {
    id: String,
    user_id: String,
    token_hash: String,
    created_at: i64,
    expires_at: i64,
}

impl From<&SignIn> for SignInRow {
    fn from(sign_in: &SignIn) -> Self {
        Self {
            id: sign_in.id.to_string(),
            user_id: sign_in.user.to_string(),
            token_hash: sign_in.token_hash.clone(),
            created_at: ms(sign_in.created_at),
            expires_at: ms(sign_in.expires_at),
        }
    }
}

impl TryFrom<SignInRow> for SignIn {
    type Error = StoreError;

    fn try_from(row: SignInRow) -> Result<Self> {
        let of = RowOf::new("sign_ins", &row.id);
        Ok(Self {
            id: of.id("id", &row.id)?,
            user: of.id("user_id", &row.user_id)?,
            created_at: of.time("created_at", row.created_at)?,
            expires_at: of.time("expires_at", row.expires_at)?,
            token_hash: row.token_hash,
        })
    }
}

fn create(conn: &mut AnyConn, user: &User, hash: &str) -> Result<()> {
    let row = UserRow::try_from(user)?;
    let values = (row, users::password_hash.eq(hash));
    on_each!(conn, conn => diesel::insert_into(users::table).values(values).execute(conn)).of("email")?;
    Ok(())
}

fn find(conn: &mut AnyConn, id: &str) -> Result<Option<User>> {
    let row = users::table.find(id).select(UserRow::as_select()).first(conn).optional().of("user")?;
    row.map(User::try_from).transpose()
}

fn find_by_email(conn: &mut AnyConn, email: &str) -> Result<Option<(User, String)>> {
    let query = users::table.filter(users::email.eq(email)).select((UserRow::as_select(), users::password_hash));
    let found: Option<(UserRow, String)> = query.first(conn).optional().of("user")?;
    found.map(|(row, hash)| Ok((User::try_from(row)?, hash))).transpose()
}

fn list(conn: &mut AnyConn, filter: &UserFilter, after: Option<UserId>, limit: u32) -> Result<Vec<User>> {
    let mut query = users::table.select(UserRow::as_select()).order(users::id).limit(i64::from(limit)).into_boxed();
    if let Some(role) = &filter.role {
        query = query.filter(users::role.eq(word(role)?));
    }
    if let Some(active) = filter.active {
        query = query.filter(users::active.eq(active));
    }
    if let Some(seat) = filter.service_seat {
        query = query.filter(users::service_seat.eq(seat));
    }
    if let Some(after) = after {
        query = query.filter(users::id.gt(after.to_string()));
    }
    let rows: Vec<UserRow> = query.load(conn).of("user")?;
    rows.into_iter().map(User::try_from).collect()
}

fn save(conn: &mut AnyConn, user: &User, expected: i64) -> Result<()> {
    let row = UserRow::try_from(user)?;
    let mut owners = lock_owners(conn)?;
    let target = users::table.filter(users::id.eq(&row.id)).filter(users::revision.eq(expected));
    if diesel::update(target).set(&row).execute(conn).of("email")? == 0 {
        return Err(StoreError::Conflict { what: "revision" });
    }
    if owners.contains(&row.id) && !(user.active && user.role == Role::Owner) {
        owners.retain(|id| *id != row.id);
        if owners.is_empty() {
            return Err(LAST_OWNER);
        }
    }
    if !user.active {
        diesel::delete(sign_ins::table.filter(sign_ins::user_id.eq(&row.id))).execute(conn).of("sign-in")?;
    }
    Ok(())
}

/// The active owners. They are locked: of two owners who remove each other at once, the second sees the first's change.
/// SQLite has one writer at a time and needs no lock.
fn lock_owners(conn: &mut AnyConn) -> Result<Vec<String>> {
    let owners = users::table.filter(users::role.eq("owner")).filter(users::active.eq(true)).select(users::id).order(users::id);
    match conn {
        AnyConn::Pg(conn) => owners.for_update().load(conn).of("user"),
        AnyConn::Sqlite(conn) => owners.load(conn).of("user"),
    }
}

fn set_password(conn: &mut AnyConn, id: UserId, hash: &str, keep: Option<SignInId>) -> Result<()> {
    let id = id.to_string();
    diesel::update(users::table.find(&id)).set(users::password_hash.eq(hash)).execute(conn).of("user")?;
    let keep = keep.map(|id| id.to_string()).unwrap_or_default();
    let others = sign_ins::table.filter(sign_ins::user_id.eq(&id)).filter(sign_ins::id.ne(keep));
    diesel::delete(others).execute(conn).of("sign-in")?;
    Ok(())
}

fn rotate(conn: &mut AnyConn, id: &str, old: &str, new: &str, now: Timestamp, expires_at: Timestamp) -> Result<Rotated> {
    // The condition on the old hash decides between two exchanges of one token.
    let live = sign_ins::table.filter(sign_ins::id.eq(id)).filter(sign_ins::expires_at.gt(ms(now)));
    let changed = diesel::update(live.filter(sign_ins::token_hash.eq(old)))
        .set((sign_ins::token_hash.eq(new), sign_ins::expires_at.eq(ms(expires_at))))
        .execute(conn)
        .of("sign-in")?;
    if changed == 1 {
        return Ok(Rotated::Done);
    }
    let gone = diesel::delete(sign_ins::table.filter(sign_ins::id.eq(id)).filter(sign_ins::expires_at.gt(ms(now))));
    Ok(if gone.execute(conn).of("sign-in")? == 1 { Rotated::Reused } else { Rotated::Gone })
}

#[async_trait]
impl AccessStore for SqlStore {
    async fn create_user(&self, user: User, password_hash: String) -> Result<()> {
        self.write(move |conn| create(conn, &user, &password_hash)).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>> {
        self.read(move |conn| find(conn, &id.to_string())).await
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<(User, String)>> {
        let email = email.to_owned();
        self.read(move |conn| find_by_email(conn, &email)).await
    }

    async fn password_hash(&self, id: UserId) -> Result<Option<String>> {
        let query = users::table.find(id.to_string()).select(users::password_hash);
        self.read(move |conn| query.first(conn).optional().of("user")).await
    }

    async fn users(&self, filter: UserFilter, after: Option<UserId>, limit: u32) -> Result<Vec<User>> {
        self.read(move |conn| list(conn, &filter, after, limit)).await
    }

    async fn save_user(&self, user: User, expected: i64) -> Result<()> {
        self.write(move |conn| save(conn, &user, expected)).await
    }

    async fn set_password(&self, id: UserId, password_hash: String, keep: Option<SignInId>) -> Result<()> {
        self.write(move |conn| set_password(conn, id, &password_hash, keep)).await
    }

    async fn open_sign_in(&self, sign_in: SignIn) -> Result<()> {
        self.write(move |conn| {
            let row = SignInRow::from(&sign_in);
            diesel::insert_into(sign_ins::table).values(row).execute(conn).of("user")?;
            Ok(())
        })
        .await
    }

    async fn sign_in(&self, id: SignInId) -> Result<Option<SignIn>> {
        let query = sign_ins::table.find(id.to_string()).select(SignInRow::as_select());
        let row = self.read(move |conn| query.first(conn).optional().of("sign-in")).await?;
        row.map(SignIn::try_from).transpose()
    }

    async fn rotate_sign_in(&self, id: SignInId, old: String, new: String, now: Timestamp, expires_at: Timestamp) -> Result<Rotated> {
        self.write(move |conn| rotate(conn, &id.to_string(), &old, &new, now, expires_at)).await
    }

    async fn close_sign_in(&self, id: SignInId) -> Result<()> {
        self.write(move |conn| {
            diesel::delete(sign_ins::table.find(id.to_string())).execute(conn).of("sign-in")?;
            Ok(())
        })
        .await
    }

    async fn purge_sign_ins(&self, before: Timestamp) -> Result<u64> {
        let gone =
            self.write(move |conn| diesel::delete(sign_ins::table.filter(sign_ins::expires_at.lt(ms(before)))).execute(conn).of("sign-in"));
        Ok(gone.await? as u64)
    }
}
