//! The `secrets` table. Values are sealed by the vault, each for its own name.

use std::collections::HashMap;

use async_trait::async_trait;
use diesel::prelude::*;
use secrecy::{ExposeSecret, SecretString};

use super::column::{RowOf, ms};
use super::{AnyConn, Named, SqlStore};
use crate::domain::Timestamp;
use crate::domain::secret::NamedSecret;
use crate::store::secrets::SecretStore;
use crate::store::{Result, StoreError};

diesel::table! {
    secrets (name) {
        name -> Text,
        sealed -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

const TABLE: &str = "secrets";

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = secrets)]
struct SecretRow {
    name: String,
    sealed: String,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<SecretRow> for NamedSecret {
    type Error = StoreError;

    fn try_from(row: SecretRow) -> Result<Self> {
        let of = RowOf::new(TABLE, &row.name);
        Ok(Self { created_at: of.time("created_at", row.created_at)?, updated_at: of.time("updated_at", row.updated_at)?, name: row.name })
    }
}

/// A sealed value moved to another name does not open.
fn belongs_to(name: &str) -> String {
    format!("secret:{name}")
}

fn load_all(conn: &mut AnyConn) -> Result<Vec<NamedSecret>> {
    let rows: Vec<SecretRow> = secrets::table.order(secrets::name).select(SecretRow::as_select()).load(conn).of("secret")?;
    rows.into_iter().map(NamedSecret::try_from).collect()
}

fn put(conn: &mut AnyConn, row: &SecretRow) -> Result<NamedSecret> {
    let changed = (secrets::sealed.eq(&row.sealed), secrets::updated_at.eq(row.updated_at));
    let found = diesel::update(secrets::table.find(&row.name)).set(changed).execute(conn).of("secret")?;
    if found == 0 {
        diesel::insert_into(secrets::table).values(row).execute(conn).of("secret")?;
    }
    secrets::table.find(&row.name).select(SecretRow::as_select()).first(conn).of("secret")?.try_into()
}

#[async_trait]
impl SecretStore for SqlStore {
    async fn secrets(&self) -> Result<Vec<NamedSecret>> {
        self.read(load_all).await
    }

    async fn put_secret(&self, name: &str, value: &SecretString, now: Timestamp) -> Result<NamedSecret> {
        let sealed = self.vault().seal(&belongs_to(name), value.expose_secret());
        let sealed = sealed.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        let row = SecretRow { name: name.to_owned(), sealed, created_at: ms(now), updated_at: ms(now) };
        self.write(move |conn| put(conn, &row)).await
    }

    async fn delete_secret(&self, name: &str) -> Result<bool> {
        let name = name.to_owned();
        self.write(move |conn| Ok(diesel::delete(secrets::table.find(&name)).execute(conn).of("secret")? == 1)).await
    }

    async fn open_secrets(&self, names: &[String]) -> Result<HashMap<String, SecretString>> {
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        let names = names.to_vec();
        let query = move |conn: &mut AnyConn| {
            secrets::table.filter(secrets::name.eq_any(names)).select(SecretRow::as_select()).load::<SecretRow>(conn).of("secret")
        };
        let open = |row: SecretRow| {
            let opened = self.vault().open(&belongs_to(&row.name), &row.sealed);
            let value = opened.map_err(|error| RowOf::new(TABLE, &row.name).corrupt("sealed", error))?;
            Ok((row.name, value))
        };
        self.read(query).await?.into_iter().map(open).collect()
    }
}
