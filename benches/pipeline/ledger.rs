//! A store with nothing that could be left out: one thread, one connection, five statements and a group commit.
//!
//! The floors write through it, so that they do not share whatever the server's own store costs. It keeps no promise
//! beyond durability: no retries, no versions, no separate batches for those that fail.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use tokio::sync::oneshot;

const MAX_BATCH: usize = 256;
const QUEUE: usize = 8_192;

const SCHEMA: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4096; PRAGMA cache_size = -16384;
    CREATE TABLE events (seq INTEGER PRIMARY KEY, mid TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
    CREATE TABLE conversations (psid TEXT PRIMARY KEY, version INTEGER NOT NULL, session TEXT NOT NULL);
    CREATE TABLE messages (id INTEGER PRIMARY KEY, psid TEXT NOT NULL, body TEXT NOT NULL);
    CREATE TABLE outbox (id INTEGER PRIMARY KEY, psid TEXT NOT NULL, body TEXT NOT NULL);";

diesel::table! { events (seq) { seq -> BigInt, mid -> Text, body -> Text, } }
diesel::table! { conversations (psid) { psid -> Text, version -> BigInt, session -> Text, } }
diesel::table! { messages (id) { id -> BigInt, psid -> Text, body -> Text, } }
diesel::table! { outbox (id) { id -> BigInt, psid -> Text, body -> Text, } }

/// What one webhook leaves behind.
pub struct Line {
    pub mid: String,
    pub body: String,
    /// Where a whole turn is kept.
    pub turn: Option<Turn>,
}

pub struct Turn {
    pub psid: String,
    pub session: String,
    pub said: String,
    pub answer: String,
}

type Job = (Line, oneshot::Sender<()>);

pub struct Ledger {
    jobs: Sender<Job>,
}

impl Ledger {
    pub fn open(database: &Path) -> Result<Self> {
        let mut conn = SqliteConnection::establish(&database.display().to_string())?;
        conn.batch_execute(SCHEMA)?;
        let (jobs, waiting) = bounded(QUEUE);
        std::thread::spawn(move || {
            if let Err(error) = write(&mut conn, &waiting) {
                eprintln!("the ledger stopped: {error:#}");
            }
        });
        Ok(Self { jobs })
    }

    /// Returns when it is on the disk.
    pub async fn keep(&self, entry: Line) -> Result<()> {
        let (done, kept) = oneshot::channel();
        self.jobs.try_send((entry, done)).map_err(|_| anyhow!("the ledger is behind"))?;
        kept.await.context("the ledger stopped")
    }
}

fn write(conn: &mut SqliteConnection, waiting: &Receiver<Job>) -> Result<()> {
    while let Ok(first) = waiting.recv() {
        let mut batch = vec![first];
        batch.extend(waiting.try_iter().take(MAX_BATCH - 1));
        conn.immediate_transaction(|conn| batch.iter().try_for_each(|(entry, _)| insert(conn, entry)))?;
        for (_, done) in batch {
            let _ = done.send(());
        }
    }
    Ok(())
}

fn insert(conn: &mut SqliteConnection, entry: &Line) -> QueryResult<()> {
    diesel::insert_into(events::table).values((events::mid.eq(&entry.mid), events::body.eq(&entry.body))).execute(conn)?;
    let Some(Turn { psid, session, said, answer }) = &entry.turn else { return Ok(()) };
    // REPLACE is one prepared statement for a new conversation and for a known one.
    diesel::replace_into(conversations::table)
        .values((conversations::psid.eq(psid), conversations::version.eq(1), conversations::session.eq(session)))
        .execute(conn)?;
    diesel::insert_into(messages::table).values((messages::psid.eq(psid), messages::body.eq(said))).execute(conn)?;
    diesel::insert_into(messages::table).values((messages::psid.eq(psid), messages::body.eq(answer))).execute(conn)?;
    diesel::insert_into(outbox::table).values((outbox::psid.eq(psid), outbox::body.eq(answer))).execute(conn)?;
    Ok(())
}
