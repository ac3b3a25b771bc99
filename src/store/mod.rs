//! The store port: what the layers above may ask of a database, one trait per noun. The one adapter is [`sql`].
//!
//! Two doors for writing. A *conversation* changes only by [`turns::TurnStore::commit`], called by its actor.
//! *Configuration* changes by the noun's own trait, called by an admin handler.
//!
//! **Adding a table.** Copy `requests`, the smallest noun, at every step:
//! 1. `migrations/sqlite/<name>/` and `migrations/postgres/<name>/`, the same name and as far as possible the same text,
//!    each with `up.sql` and `down.sql`; the rule is in `migrations/README.md`.
//! 2. `store/<noun>.rs`: the trait `<Noun>Store`, in domain words. Absent is `Ok(None)`; ids and times are given.
//! 3. `store/sql/<noun>.rs`: `diesel::table!` (the columns in the migration's order), `<Noun>Row`, `TryFrom` between row
//!    and domain type with [`sql::column`], queries as plain functions over `&mut AnyConn`, then
//!    `impl <Noun>Store for SqlStore` by `self.read(move |conn| …)` and `self.write(move |conn| …)`.
//!    Name what a statement is about with `.of("noun")` ([`sql::Named`]), so that a broken constraint becomes the right error.
//! 4. One line each in this file: the module, and the trait in [`Store`].
//! 5. A case in `tests/store/<noun>.rs`; it runs on both databases.
//!
//! A write closure may run twice: build its values outside (ids, times) and let it change nothing but the database.

pub mod access;
pub mod chatflows;
pub mod emitted;
pub mod explanations;
pub mod inbox;
pub mod links;
pub mod pages;
pub mod people;
pub mod pipelines;
pub mod requests;
pub mod rules;
pub mod secrets;
pub mod sql;
pub mod tickets;
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

macro_rules! whole_store {
    ($($noun:path,)*) => {
        /// Everything a database must be able to do.
        pub trait Store: $($noun +)* Send + Sync {}
        impl<S: $($noun +)* Send + Sync + ?Sized> Store for S {}
    };
}

whole_store! {
    chatflows::ChatflowStore,
    emitted::EmittedStore,
    explanations::ExplanationStore,
    inbox::InboxStore,
    links::LinkStore,
    pages::PageStore,
    access::AccessStore,
    people::PeopleStore,
    pipelines::PipelineStore,
    requests::RequestStore,
    rules::RuleStore,
    secrets::SecretStore,
    tickets::TicketStore,
    turns::TurnStore,
}
