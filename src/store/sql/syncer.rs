//! SQLite's write-ahead log reaches the disk beside the writer: while one batch is being synced, the next is computed.
//!
//! SQLite itself would sync inside of each commit, and the writer would stand still meanwhile. So it is told to leave
//! that out (`synchronous = NORMAL`: a commit is written to the log, and only a checkpoint syncs), and a thread of its own
//! does it: nobody is answered before everything up to their commit is on the disk. Whatever waits is synced at once.
//!
//! Two things are as SQLite does them. The folder is synced once when the log is opened, so that its name is on the disk
//! too. And after a sync that failed, nothing that was written since can be trusted to be in the log: the thread ends, all
//! who wait and all who come are refused, and an operator must look at the disk.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::writer::{Batch, fail_all};
use crate::store::{Result, StoreError};

/// Batches that wait for the disk; then the writer waits too. Their jobs' callers wait, so there are never very many.
const AHEAD: usize = 64;

/// The log that a connection writes, opened a second time.
pub(super) struct Log(File);

impl Log {
    /// Of the database at `path`. A connection must have written to it: that makes the file.
    pub(super) fn open(path: &Path) -> io::Result<Arc<Self>> {
        // SQLite follows links, too.
        let database = path.canonicalize()?;
        let mut name = database.clone().into_os_string();
        name.push("-wal");
        // Windows syncs only what may be written.
        let file = OpenOptions::new().read(true).write(true).open(name)?;
        #[cfg(unix)]
        if let Some(folder) = database.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(Arc::new(Self(file)))
    }
}

/// What was committed to a log and is to be answered once it is on the disk.
type Written = (Arc<Log>, Batch);

/// The writer's end. The thread ends with it, after what was handed to it.
pub(super) struct Syncer {
    written: Sender<Written>,
    /// Told after each sync.
    pub(super) synced: Receiver<()>,
}

impl Syncer {
    pub(super) fn start() -> Result<Self> {
        let (written, waiting) = bounded(AHEAD);
        let (tell, synced) = bounded(1);
        thread::Builder::new()
            .name("store-syncer".to_owned())
            .spawn(move || run(&waiting, &tell, |log| log.0.sync_data()))
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(Self { written, synced })
    }

    /// The batch is answered when it is durable; at once, and refused, where the disk has failed.
    pub(super) fn hand(&self, log: &Arc<Log>, batch: Batch) {
        if let Err(refused) = self.written.send((log.clone(), batch)) {
            fail_all(refused.0.1, &lost("an earlier sync of the write-ahead log failed"));
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}: the disk must be looked at, and the server started anew")]
struct Lost(String);

fn lost(why: impl Into<String>) -> StoreError {
    StoreError::Unavailable(Box::new(Lost(why.into())))
}

fn run(waiting: &Receiver<Written>, tell: &Sender<()>, sync: impl Fn(&Log) -> io::Result<()>) {
    while let Ok(first) = waiting.recv() {
        let written: Vec<Written> = std::iter::once(first).chain(waiting.try_iter()).collect();
        // One log, but for the moment in which a broken connection was replaced.
        let mut logs = written.chunk_by(|(one, _), (two, _)| Arc::ptr_eq(one, two)).filter_map(<[Written]>::first);
        let end = logs.try_for_each(|(log, _)| sync(log));
        // First the writer, which waits for this to commit; it has been told already where it has not listened yet.
        let _ = tell.try_send(());
        let batches = written.into_iter().map(|(_, batch)| batch);
        match end {
            Ok(()) => batches.flatten().for_each(|job| job.answer()),
            Err(error) => {
                tracing::error!(%error, "the write-ahead log could not be synced: nothing more is promised until the server is started anew");
                let error = lost(format!("the write-ahead log could not be synced: {error}"));
                batches.for_each(|batch| fail_all(batch, &error));
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::AnyConn;
    use super::super::writer::{Halt, Job};
    use super::*;

    /// Tells how it ended.
    struct Asked(Sender<Result<(), String>>);

    impl Job for Asked {
        fn run(&mut self, _: &mut AnyConn) -> Result<(), Halt> {
            Ok(())
        }

        fn answer(self: Box<Self>) {
            let _ = self.0.send(Ok(()));
        }

        fn fail(self: Box<Self>, error: StoreError) {
            let _ = self.0.send(Err(super::super::error::chain(&error)));
        }
    }

    type Failure = Box<dyn std::error::Error>;

    /// A syncer whose disk does as the test says, once per sync.
    fn syncer() -> (Syncer, Receiver<()>, Sender<io::Result<()>>) {
        let (written, waiting) = bounded(AHEAD);
        let (tell, synced) = bounded(1);
        let (begin, begun) = bounded(AHEAD);
        let (end, ends) = bounded::<io::Result<()>>(0);
        thread::spawn(move || {
            run(&waiting, &tell, |_| {
                let _ = begin.send(());
                ends.recv().unwrap_or_else(|_| Err(io::Error::other("the test has ended")))
            });
        });
        (Syncer { written, synced }, begun, end)
    }

    fn log() -> Result<Arc<Log>, Failure> {
        Ok(Arc::new(Log(File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))?)))
    }

    #[test]
    fn nobody_is_answered_before_a_sync_that_began_after_their_commit() -> Result<(), Failure> {
        let (syncer, begun, disk) = syncer();
        let (log, (first, first_ends), (second, second_ends)) = (log()?, bounded(1), bounded(1));
        syncer.hand(&log, vec![Box::new(Asked(first))]);
        begun.recv()?;
        // Committed while the disk is busy: the sync under way says nothing about it.
        syncer.hand(&log, vec![Box::new(Asked(second))]);
        assert!(first_ends.is_empty());
        disk.send(Ok(()))?;
        assert_eq!(first_ends.recv()?, Ok(()));
        syncer.synced.recv()?;
        begun.recv()?;
        assert!(second_ends.is_empty());
        disk.send(Ok(()))?;
        assert_eq!(second_ends.recv()?, Ok(()));
        Ok(())
    }

    #[test]
    fn after_a_sync_that_failed_nobody_is_told_that_anything_is_durable() -> Result<(), Failure> {
        let (syncer, begun, disk) = syncer();
        let log = log()?;
        let (first, first_ends) = bounded(1);
        syncer.hand(&log, vec![Box::new(Asked(first))]);
        begun.recv()?;
        disk.send(Err(io::Error::other("no more sectors")))?;
        let refusal = first_ends.recv()?.err().unwrap_or_default();
        assert!(refusal.contains("no more sectors") && refusal.contains("started anew"), "{refusal}");
        // The thread has ended, or is about to: what is handed to it is refused either way.
        let (second, second_ends) = bounded(1);
        while !syncer.written.is_empty() {
            thread::yield_now();
        }
        syncer.hand(&log, vec![Box::new(Asked(second))]);
        drop(syncer);
        assert!(!matches!(second_ends.recv(), Ok(Ok(()))));
        Ok(())
    }
}
