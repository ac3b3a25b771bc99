//! The store port: what the layers above may ask of a database, one trait per noun. The one adapter is [`sql`].
//!
//! Two doors for writing. A *conversation* changes only by [`turns::TurnStore::commit`], called by its actor.
//! *Configuration* changes by the noun's own trait, called by an admin handler.
//!
//! Adding a table: a migration of the same name under `migrations/sqlite` and `migrations/postgres` (up and down),
//! a trait here in `<noun>.rs`, its row and queries in `sql/<noun>.rs`, a case in `tests/store/<noun>.rs`.

pub mod chatflows;
pub mod links;
pub mod pages;
pub mod turns;

use std::error::Error as StdError;

/// Absent is `Ok(None)`, never an error.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed it since it was read (`revision`), or a unique name is taken.
    #[error("conflict on {what}")]
    Conflict { what: &'static str },
    /// Something named does not exist: a foreign key.
    #[error("{what} does not exist")]
    Missing { what: &'static str },
    /// It is still needed by something else.
    #[error("{what} is still in use")]
    InUse { what: &'static str },
    /// A row that this version cannot read.
    #[error("corrupt {table}.{column} of `{id}`")]
    Corrupt {
        table: &'static str,
        column: &'static str,
        id: String,
        #[source]
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// The queue before the writer is full: say 503, Meta delivers again.
    #[error("too much waits for the database")]
    Overloaded,
    /// The database does not answer, is locked, is gone.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;
