//! Connections: one enum over both databases, how each is opened and set up, migrations, transactions.
//!
//! The few places where the databases differ are here and wherever a file says `match conn`; everything else is the
//! same diesel text for both.

use std::path::PathBuf;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::turns::event;
use crate::store::{Result, StoreError};

const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// A connection to either database. Plain selects, joins, updates, deletes and single-row inserts go straight through
/// it; `on_conflict`, several rows in one insert and `as_returning()` need [`on_each!`].
#[derive(diesel::MultiConnection)]
pub enum AnyConn {
    Pg(PgConnection),
    Sqlite(SqliteConnection),
}

/// The same diesel text, checked and compiled once per database: `on_each!(conn, conn => insert_into(t).values(v).execute(conn))`.
#[macro_export]
macro_rules! on_each {
    ($conn:expr, $each:ident => $body:expr) => {
        match $conn {
            $crate::store::sql::conn::AnyConn::Pg($each) => $body,
            $crate::store::sql::conn::AnyConn::Sqlite($each) => $body,
        }
    };
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// For migrations on SQLite, which knows no hash.
    fn causerie_event_key(page: Text, dedupe: Text) -> Binary;
}

/// Which database: parsed from its URL.
#[derive(Clone)]
pub enum Target {
    Sqlite(PathBuf),
    /// The whole URL, password included: never shown.
    Postgres(String),
}

/// What a connection is for; each purpose has its own session settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Short transactions only.
    Write,
    /// Refuses to write.
    Read,
    /// No time limits.
    Migrate,
    /// Copies SQLite's write-ahead log back, and nothing else.
    Checkpoint,
}

/// The URL names no database that this server can use.
#[derive(Debug, thiserror::Error)]
#[error("the database URL must start with `sqlite:`, `postgres://` or `postgresql://`")]
struct UnknownUrl;

impl Target {
    /// `sqlite:PATH` (the file is made where it is missing, its folder is not) or `postgres://user@host/name`.
    ///
    /// # Errors
    /// `Unavailable` for any other scheme.
    pub fn parse(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(with_timeouts(url)));
        }
        Err(StoreError::Unavailable(Box::new(UnknownUrl)))
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// # Errors
    /// `Unavailable` with the driver's reason.
    pub fn open(&self, purpose: Purpose) -> Result<AnyConn> {
        let unavailable = |error: ConnectionError| StoreError::Unavailable(Box::new(error));
        let mut conn = match self {
            Self::Sqlite(path) => AnyConn::Sqlite(SqliteConnection::establish(&path.to_string_lossy()).map_err(unavailable)?),
            Self::Postgres(url) => AnyConn::Pg(PgConnection::establish(url).map_err(unavailable)?),
        };
        set_up(&mut conn, settings(self.is_postgres(), purpose))?;
        if let (AnyConn::Sqlite(conn), Purpose::Migrate) = (&mut conn, purpose) {
            causerie_event_key_utils::register_impl(conn, |page: String, dedupe: String| event::key(&page, &dedupe).to_vec())?;
        }
        Ok(conn)
    }
}

/// The change of a new SQLite file to `WAL` is refused at once, whatever `busy_timeout` says, where another process is
/// at the same: it holds a read lock by then, and waiting with one could be for ever. So this waits without one, for
/// the write lock, and asks again; whoever comes second finds the change made.
fn set_up(conn: &mut AnyConn, settings: &str) -> QueryResult<()> {
    const TRIES: u32 = 20;
    for _ in 1..TRIES {
        match conn.batch_execute(settings) {
            Err(_) if matches!(conn, AnyConn::Sqlite(_)) => conn.batch_execute("BEGIN IMMEDIATE; ROLLBACK")?,
            ended => return ended,
        }
    }
    conn.batch_execute(settings)
}

/// A dead peer is noticed in seconds, unless the operator's URL says otherwise.
fn with_timeouts(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in [("connect_timeout", "5"), ("keepalives_idle", "5"), ("tcp_user_timeout", "5000")] {
        if !url.contains(name) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{name}={value}"));
        }
    }
    url
}

fn settings(postgres: bool, purpose: Purpose) -> &'static str {
    match (postgres, purpose) {
        // A row lock never outlives a stuck client for long: one frozen node would stop all the others. Plans are
        // pinned because those made while the tables were empty halve the rate later; the writer looks up by key only.
        (true, Purpose::Write) => {
            "SET idle_in_transaction_session_timeout = '2s'; SET lock_timeout = '1s'; SET statement_timeout = '5s'; \
             SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET application_name = 'causerie writer'"
        }
        (true, Purpose::Read) => {
            "SET idle_in_transaction_session_timeout = '5s'; SET statement_timeout = '20s'; SET default_transaction_read_only = on; \
             SET application_name = 'causerie reader'"
        }
        (true, Purpose::Migrate | Purpose::Checkpoint) => "SET application_name = 'causerie migrate'",
        // NORMAL: that a commit is on the disk before it is answered is `syncer`'s. WAL: readers do not wait for the
        // writer. The log is copied back every 64 MiB at the latest rather than every 4, and 8 MiB of pages are kept:
        // hot pages are then copied, and read again, less often.
        (false, Purpose::Write) => {
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; \
             PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 16384; PRAGMA cache_size = -8192"
        }
        (false, Purpose::Checkpoint) => "PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -64",
        (false, Purpose::Migrate) => {
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"
        }
        (false, Purpose::Read) => "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA query_only = ON",
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a migration failed")]
struct MigrationFailed(#[source] Box<dyn std::error::Error + Send + Sync>);

fn migration_failed(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::Unavailable(Box::new(MigrationFailed(error)))
}

/// Brings the schema up to date; several nodes may try at once. Returns the names of the migrations that ran.
///
/// # Errors
/// `Unavailable` where the database cannot be opened or a migration fails. On PostgreSQL what ran before it stays.
pub fn migrate(target: &Target) -> Result<Vec<String>> {
    let mut conn = target.open(Purpose::Migrate)?;
    match &mut conn {
        AnyConn::Pg(conn) => {
            // Released when the connection closes.
            conn.batch_execute("SELECT pg_advisory_lock(7246385012)")?;
            run_pending(conn, POSTGRES_MIGRATIONS)
        }
        AnyConn::Sqlite(conn) => {
            // The write lock for the whole of it: another process looks for what is pending only afterwards.
            AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?;
            let ran = run_pending(conn, SQLITE_MIGRATIONS);
            match ran {
                Ok(_) => AnsiTransactionManager::commit_transaction(conn)?,
                Err(_) => AnsiTransactionManager::rollback_transaction(conn)?,
            }
            ran
        }
    }
}

fn run_pending<B: diesel::backend::Backend>(conn: &mut impl MigrationHarness<B>, migrations: EmbeddedMigrations) -> Result<Vec<String>>
where
    EmbeddedMigrations: diesel::migration::MigrationSource<B>,
{
    let ran = conn.run_pending_migrations(migrations).map_err(migration_failed)?;
    Ok(ran.iter().map(ToString::to_string).collect())
}

/// The names of the migrations that [`migrate`] would run.
///
/// # Errors
/// `Unavailable` where the database cannot be opened.
pub fn pending_migrations(target: &Target) -> Result<Vec<String>> {
    use diesel::migration::Migration;
    let mut conn = target.open(Purpose::Migrate)?;
    match &mut conn {
        AnyConn::Pg(conn) => {
            let pending = conn.pending_migrations(POSTGRES_MIGRATIONS).map_err(migration_failed)?;
            Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
        }
        AnyConn::Sqlite(conn) => {
            let pending = conn.pending_migrations(SQLITE_MIGRATIONS).map_err(migration_failed)?;
            Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
        }
    }
}

/// Why a transaction did not happen, or may not have.
pub(super) enum TxError<E> {
    /// Certainly rolled back, because the work said so.
    Work(E),
    /// Certainly rolled back, because it could not begin or commit.
    RolledBack(StoreError),
    /// The connection broke while the commit was under way: it may have happened.
    InDoubt(StoreError),
}

/// Runs `work` in a writing transaction. On SQLite it takes the write lock at once: a lock that is asked for later
/// is refused without waiting when another process wrote in between.
pub(super) fn transaction<T, E>(conn: &mut AnyConn, work: impl FnOnce(&mut AnyConn) -> Result<T, E>) -> Result<T, TxError<E>> {
    let begun = match conn {
        AnyConn::Pg(conn) => AnsiTransactionManager::begin_transaction(conn),
        AnyConn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
    };
    begun.map_err(|error| TxError::RolledBack(error.into()))?;
    let value = match work(conn) {
        Ok(value) => value,
        Err(error) => {
            roll_back(conn);
            return Err(TxError::Work(error));
        }
    };
    let committed = on_each!(&mut *conn, conn => AnsiTransactionManager::commit_transaction(conn));
    match committed {
        Ok(()) => Ok(value),
        Err(error) if is_lost(conn, &error) => Err(TxError::InDoubt(error.into())),
        Err(error) => {
            roll_back(conn);
            Err(TxError::RolledBack(error.into()))
        }
    }
}

/// Ends whatever transaction is open. A failure shows at the next use of the connection.
pub(super) fn roll_back(conn: &mut AnyConn) {
    let _ = on_each!(conn, conn => AnsiTransactionManager::rollback_transaction(conn));
}

/// Runs `work` so that all its reads see one state of the database.
///
/// # Errors
/// The work's own, or `Unavailable`.
pub fn snapshot<T>(conn: &mut AnyConn, work: impl FnOnce(&mut AnyConn) -> Result<T>) -> Result<T> {
    match conn {
        AnyConn::Pg(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        AnyConn::Sqlite(conn) => AnsiTransactionManager::begin_transaction(conn),
    }?;
    let value = work(conn);
    roll_back(conn);
    value
}

/// The session is over: nothing more can be asked of this connection.
fn is_lost(conn: &mut AnyConn, error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    matches!(error, Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _) | Error::BrokenTransactionManager) || is_broken(conn)
}

/// The connection can be used no more: open another.
pub(super) fn is_broken(conn: &mut AnyConn) -> bool {
    match conn {
        AnyConn::Pg(conn) => {
            let broken = AnsiTransactionManager::is_broken_transaction_manager(conn);
            // Not an empty statement: diesel takes the answer to it for an error.
            broken || conn.batch_execute("SELECT 1").is_err()
        }
        AnyConn::Sqlite(conn) => AnsiTransactionManager::is_broken_transaction_manager(conn),
    }
}
