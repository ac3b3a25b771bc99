//! SQLite's write-ahead log is copied back into the database beside the writer, which else would stand still for it.
//!
//! While the writer writes on, a copy never reaches the end of the log, and the log begins anew only from there. So a
//! second copy follows the first and finds little to do, what was copied is brought to the disk, and then the writer copies
//! the rest itself, between two batches. It is only a help: where this thread is behind, or fails, the writer copies at its
//! own mark (`wal_autocheckpoint`), and syncs what nobody has.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Sender, bounded};
use diesel::connection::SimpleConnection;

use super::AnyConn;
use super::conn::{Purpose, Target};
use crate::store::{Result, StoreError};

/// Jobs of the writer between two copies: well below its own mark. Hot pages are copied once each time.
const EVERY: usize = 2_000;

/// The writer's end; the thread ends with it.
pub(super) struct Checkpointer {
    wake: Sender<()>,
    /// Since the last copy began.
    jobs: usize,
    nearly_done: Arc<AtomicBool>,
    /// Held here too, whatever becomes of the thread: see [`open`].
    _database: Arc<File>,
}

impl Checkpointer {
    /// Of the database at `path`, which is the target's.
    pub(super) fn start(target: &Target, path: &Path) -> Result<Self> {
        let mut conn = target.open(Purpose::Checkpoint)?;
        let database = Arc::new(open(path)?);
        let synced = database.clone();
        // Nobody is woken who is still copying.
        let (wake, woken) = bounded::<()>(0);
        let nearly_done = Arc::new(AtomicBool::new(false));
        let done = nearly_done.clone();
        let work = move || {
            while woken.recv().is_ok() {
                copy(&mut conn);
                copy(&mut conn);
                // SQLite syncs only a copy that reached the end, which would be the writer's.
                if let Err(error) = synced.sync_data() {
                    tracing::debug!(%error, "the database is left for the writer to sync");
                }
                done.store(true, Ordering::Release);
            }
        };
        thread::Builder::new().name("store-checkpoint".to_owned()).spawn(work).map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(Self { wake, jobs: 0, nearly_done, _database: database })
    }

    /// So many jobs more are in the log.
    pub(super) fn note(&mut self, jobs: usize) {
        self.jobs += jobs;
        if self.jobs >= EVERY && self.wake.try_send(()).is_ok() {
            self.jobs = 0;
        }
    }

    /// Said once after each copy.
    pub(super) fn is_nearly_done(&self) -> bool {
        self.nearly_done.load(Ordering::Relaxed) && self.nearly_done.swap(false, Ordering::Acquire)
    }
}

/// Copies what no reader needs to be left; never waits for anybody.
pub(super) fn copy(conn: &mut AnyConn) {
    if let Err(error) = conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)") {
        tracing::debug!(%error, "the write-ahead log is copied back another time");
    }
}

/// For syncs only, and on Windows those need the right to write. Held until the writer's connection is closed: whoever
/// closes a file gives up all locks that the process has on it (POSIX), and SQLite's tell other processes of us.
fn open(path: &Path) -> Result<File> {
    OpenOptions::new().read(true).write(true).open(path).map_err(|error| StoreError::Unavailable(Box::new(error)))
}
