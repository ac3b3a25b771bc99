//! The one adapter of the store port: diesel on SQLite and PostgreSQL, one set of queries for both.
//!
//! What lives here: connections ([`conn`]), the writer thread that commits many jobs at once ([`writer`]) with what
//! SQLite needs beside it ([`disk`]: [`syncer`], [`checkpoint`]), the readers ([`reader`]), and one file per noun with its `table!`,
//! its row and its queries. What must not: rules. A row becomes a domain value by `TryFrom` and answers
//! [`StoreError::Corrupt`](super::StoreError::Corrupt) when it cannot.
//!
//! Start with [`requests`]: it is the smallest noun and shows every piece. Then [`SqlStore`].

#[macro_use]
mod cached;
#[macro_use]
pub mod conn;
pub mod access;
pub mod chatflows;
mod checkpoint;
pub mod column;
mod disk;
mod emitted;
mod error;
mod explanations;
mod inbox;
pub mod links;
pub mod pages;
pub mod people;
mod pipelines;
pub mod reader;
pub mod requests;
mod rollouts;
mod rules;
mod secrets;
mod syncer;
mod tickets;
pub mod turns;
pub mod writer;

use std::sync::Arc;

pub use conn::AnyConn;
pub use error::Named;

use self::conn::Target;
use self::reader::Readers;
use self::writer::{Stop, Writers};
use super::Result;
use crate::vault::Vault;

/// The store over one database. Cheap to clone; every clone shares the same threads.
#[derive(Clone)]
pub struct SqlStore {
    inner: Arc<Inner>,
}

struct Inner {
    writers: Writers,
    readers: Readers,
    vault: Arc<Vault>,
}

impl SqlStore {
    /// Opens the database that `url` names (`sqlite:PATH` or `postgres://…`), brings its schema up to date and starts the threads.
    ///
    /// Blocks: call it before the server runs, or off the async threads.
    ///
    /// # Errors
    /// `Unavailable` where the database cannot be opened or a migration fails; its source says which.
    pub fn open(url: &str, vault: Arc<Vault>) -> Result<Self> {
        let target = Target::parse(url)?;
        conn::migrate(&target)?;
        Self::open_migrated(target, vault)
    }

    /// As [`SqlStore::open`], on a schema that is up to date already.
    ///
    /// # Errors
    /// `Unavailable` where the database cannot be opened.
    pub fn open_migrated(target: Target, vault: Arc<Vault>) -> Result<Self> {
        let writers = Writers::start(&target)?;
        let readers = Readers::start(&target)?;
        Ok(Self { inner: Arc::new(Inner { writers, readers, vault }) })
    }

    /// Runs `job` in a transaction of the writer, together with whatever else waits, and answers after the commit.
    ///
    /// An `Err` takes back everything the job did and nothing else. The job may run twice (its neighbours' failure
    /// takes the first run back), so it must change nothing but the database.
    ///
    /// # Errors
    /// The job's own; `Overloaded` when the queue is full; `Unavailable` when the database is gone.
    pub async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConn) -> Result<T> + Send + 'static,
    {
        self.inner.writers.write(0, move |conn| job(conn).map_err(Stop::Failed)).await
    }

    /// As [`SqlStore::write`], in order with the other jobs of the same `lane`, and with a way to refuse: to take the
    /// job's writes back and answer all the same.
    async fn write_in<T, F>(&self, lane: usize, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConn) -> Result<T, Stop<T>> + Send + 'static,
    {
        self.inner.writers.write(lane, job).await
    }

    /// Runs `query` on a reader's connection. Each statement sees the database as of its own start; where several must
    /// agree, wrap them in [`conn::snapshot`].
    ///
    /// # Errors
    /// The query's own; `Overloaded` when too many wait; `Unavailable` when the database is gone.
    pub async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<T> + Send + 'static,
    {
        self.inner.readers.read(query).await
    }

    /// Seals and opens page tokens and other secrets. Only rows hold sealed text.
    pub fn vault(&self) -> &Arc<Vault> {
        &self.inner.vault
    }
}
