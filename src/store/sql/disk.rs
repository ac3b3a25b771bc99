//! What SQLite's writer needs beside its connection: who brings the log to the disk, and who copies it back.
//!
//! PostgreSQL does both itself. Here is only what the writer does between two batches; see [`super::syncer`] and
//! [`super::checkpoint`] for what happens meanwhile.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::AnyConn;
use super::checkpoint::{self, Checkpointer};
use super::conn::Target;
use super::syncer::{Log, Syncer};
use super::writer::{Batch, fail_all};
use crate::store::{Result, StoreError};

pub(super) struct Disk {
    path: PathBuf,
    syncer: Syncer,
    checkpointer: Checkpointer,
    /// What the connection writes; `None` until its first commit.
    log: Option<Arc<Log>>,
}

impl Disk {
    /// Of the database at `path`, which is the target's.
    pub(super) fn start(target: &Target, path: &Path) -> Result<Self> {
        let checkpointer = Checkpointer::start(target, path)?;
        Ok(Self { path: path.to_owned(), syncer: Syncer::start()?, checkpointer, log: None })
    }

    /// Told after each sync.
    pub(super) fn synced(&self) -> Receiver<()> {
        self.syncer.synced.clone()
    }

    /// The connection is another one: its log may be, too.
    pub(super) fn forget_log(&mut self) {
        self.log = None;
    }

    /// The batch is committed, and is answered once it is durable. False where that is known already: its log cannot be found.
    pub(super) fn settle(&mut self, batch: Batch) -> bool {
        let log = match self.log.take() {
            Some(log) => Ok(log),
            None => Log::open(&self.path),
        };
        match log {
            Ok(log) => {
                self.checkpointer.note(batch.len());
                self.syncer.hand(self.log.insert(log), batch);
                true
            }
            Err(error) => {
                fail_all(batch, &StoreError::Unavailable(Box::new(error)));
                false
            }
        }
    }

    /// Where the log is to begin anew, the writer copies the little that is left of it.
    pub(super) fn finish_checkpoint(&self, conn: &mut AnyConn) {
        if self.checkpointer.is_nearly_done() {
            checkpoint::copy(conn);
        }
    }
}
