//! Group commit: a thread owns the writing connection and commits together whatever waits.
//!
//! It blocks for the first job, takes what is already there and what comes while the disk is busy with the batch before,
//! runs all of it in one transaction, and commits. No timer and no waiting for more: under no load a job is a commit of
//! its own, under load the cost of the commit is shared. A job that fails, refuses or panics never sinks its neighbours:
//! the batch is taken back, those before it are committed again together, it is done alone, and those after it go on
//! together. Each is answered when its commit is durable: on SQLite that is [`super::syncer`]'s, beside the next batch.
//!
//! SQLite has one writer. On PostgreSQL there are several, each with its connection; a conversation's jobs go to the
//! same one, so that their order is kept.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select_biased};
use tokio::sync::oneshot;

use super::conn::{self, AnyConn, Purpose, Target, TxError};
use super::disk::Disk;
use crate::store::{Result, StoreError};

/// Jobs in one transaction.
const MAX_BATCH: usize = 512;
/// Jobs that may wait before one writer; beyond it the answer is `Overloaded`.
const QUEUE: usize = 8_192;
/// Each is a connection, and the database has other clients too.
const POSTGRES_WRITERS: usize = 4;

/// Why a job's writes must be taken back.
pub(super) enum Stop<T> {
    /// It failed.
    Failed(StoreError),
    /// It may not be done, and this is its answer.
    Refused(T),
}

impl<T> From<StoreError> for Stop<T> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// A job's value is kept with the job.
pub(super) enum Halt {
    Failed(StoreError),
    Refused,
}

/// A unit of work with its answer.
pub(super) trait Job: Send {
    /// Does the work and keeps its value. Runs again after a batch was taken back.
    fn run(&mut self, conn: &mut AnyConn) -> Result<(), Halt>;
    /// It is durable, or nothing of it is and that is its answer.
    fn answer(self: Box<Self>);
    fn fail(self: Box<Self>, error: StoreError);
}

struct Task<T, F> {
    work: F,
    value: Option<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Send, F: Fn(&mut AnyConn) -> Result<T, Stop<T>> + Send> Job for Task<T, F> {
    fn run(&mut self, conn: &mut AnyConn) -> Result<(), Halt> {
        let (value, end) = match (self.work)(conn) {
            Ok(value) => (Some(value), Ok(())),
            Err(Stop::Refused(value)) => (Some(value), Err(Halt::Refused)),
            Err(Stop::Failed(error)) => (None, Err(Halt::Failed(error))),
        };
        self.value = value;
        end
    }

    fn answer(self: Box<Self>) {
        // Whoever asked may have gone; the work is done all the same.
        let _ = self.reply.send(self.value.ok_or_else(stopped));
    }

    fn fail(self: Box<Self>, error: StoreError) {
        let _ = self.reply.send(Err(error));
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the writer has stopped")]
struct Stopped;

fn stopped() -> StoreError {
    StoreError::Unavailable(Box::new(Stopped))
}

/// The handle to the writer threads, which end when the last handle is dropped.
pub(super) struct Writers {
    queues: Vec<Sender<Box<dyn Job>>>,
}

impl Writers {
    /// Opens the connections and starts the threads.
    pub(super) fn start(target: &Target) -> Result<Self> {
        let many = if target.is_postgres() { POSTGRES_WRITERS } else { 1 };
        Ok(Self { queues: (0..many).map(|n| Thread::start(n, target.clone())).collect::<Result<_>>()? })
    }

    /// `lane` keeps what must stay in order together; see [`lane_of`].
    pub(super) async fn write<T, F>(&self, lane: usize, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConn) -> Result<T, Stop<T>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let queue = self.queues.get(lane % self.queues.len().max(1)).ok_or_else(stopped)?;
        queue.try_send(Box::new(Task { work, value: None, reply })).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => stopped(),
        })?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

/// The lane of a conversation. FNV-1a: spreads short texts well and costs nothing.
pub(super) fn lane_of(page: &str, psid: &str) -> usize {
    let bytes = page.bytes().chain([0]).chain(psid.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 32) as usize
}

pub(super) type Batch = Vec<Box<dyn Job>>;

struct Thread {
    target: Target,
    /// `None` after it broke; opened anew for the next batch.
    conn: Option<AnyConn>,
    /// SQLite's. Dropped after the connection.
    disk: Option<Disk>,
    feed: Feed,
}

/// Where jobs come from, and until when more of them go into a batch.
struct Feed {
    jobs: Receiver<Box<dyn Job>>,
    /// `None`: the database syncs by itself.
    synced: Option<Receiver<()>>,
    /// The batch before is not on the disk yet.
    syncing: bool,
}

impl Feed {
    /// One more job for a batch of so many; `None` when it is time to commit. That is when no job waits, unless the disk
    /// is still busy with the batch before: a commit would have to wait for it, and jobs that come meanwhile can share it.
    fn more(&mut self, so_far: usize) -> Option<Box<dyn Job>> {
        if so_far >= MAX_BATCH {
            return None;
        }
        if let Ok(job) = self.jobs.try_recv() {
            return Some(job);
        }
        let synced = self.synced.as_ref().filter(|_| self.syncing)?;
        select_biased! {
            recv(synced) -> _ => {
                self.syncing = false;
                self.jobs.try_recv().ok()
            }
            recv(self.jobs) -> job => job.ok(),
        }
    }
}

/// Which job stopped the batch.
struct At {
    index: usize,
    halt: Halt,
}

impl Thread {
    fn start(n: usize, target: Target) -> Result<Sender<Box<dyn Job>>> {
        let conn = target.open(Purpose::Write)?;
        let (queue, jobs) = bounded(QUEUE);
        let disk = match &target {
            Target::Sqlite(path) => Some(Disk::start(&target, path)?),
            Target::Postgres(_) => None,
        };
        let feed = Feed { jobs, synced: disk.as_ref().map(Disk::synced), syncing: false };
        let state = Self { target, conn: Some(conn), disk, feed };
        thread::Builder::new()
            .name(format!("store-writer-{n}"))
            .spawn(move || state.run())
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(queue)
    }

    fn run(mut self) {
        while let Ok(first) = self.feed.jobs.recv() {
            self.commit(vec![first]);
            if let (Some(disk), Some(conn)) = (&self.disk, &mut self.conn) {
                disk.finish_checkpoint(conn);
            }
        }
    }

    /// Commits the batch and what comes meanwhile, whole or in parts, in its order.
    fn commit(&mut self, batch: Batch) {
        let (mut parts, mut grows) = (vec![batch], true);
        while let Some(mut part) = parts.pop() {
            match self.attempt(&mut part, std::mem::take(&mut grows)) {
                Ok(()) => self.settle(part),
                Err(TxError::InDoubt(error)) => fail_all(part, &error),
                Err(TxError::RolledBack(error)) if self.conn.is_none() || part.len() <= 1 => fail_all(part, &error),
                Err(TxError::Work(At { halt: Halt::Failed(error), .. })) if self.conn.is_none() => fail_all(part, &error),
                // The commit itself was refused, which says nothing about whose fault it was.
                Err(TxError::RolledBack(_)) => parts.extend(part.into_iter().rev().map(|job| vec![job])),
                Err(TxError::Work(at)) => parts.extend(split(part, at)),
            }
        }
    }

    /// The batch is committed: it is answered once it is durable.
    fn settle(&mut self, batch: Batch) {
        match &mut self.disk {
            Some(disk) => self.feed.syncing = disk.settle(batch),
            None => batch.into_iter().for_each(Job::answer),
        }
    }

    /// One transaction over the batch; a connection that turns out to be dead before the commit is replaced once.
    fn attempt(&mut self, batch: &mut Batch, grows: bool) -> Result<(), TxError<At>> {
        let was_open = self.conn.is_some();
        let outcome = self.attempt_once(batch, grows);
        match outcome {
            Err(TxError::RolledBack(_) | TxError::Work(_)) if was_open && self.conn.is_none() => self.attempt_once(batch, false),
            outcome => outcome,
        }
    }

    fn attempt_once(&mut self, batch: &mut Batch, grows: bool) -> Result<(), TxError<At>> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => {
                if let Some(disk) = &mut self.disk {
                    disk.forget_log();
                }
                self.target.open(Purpose::Write).map_err(TxError::RolledBack)?
            }
        };
        let feed = grows.then_some(&mut self.feed);
        let outcome = conn::transaction(&mut conn, |conn| run_all(batch, feed, conn));
        let usable = match &outcome {
            Ok(()) | Err(TxError::Work(At { halt: Halt::Refused, .. })) => true,
            Err(TxError::Work(_) | TxError::RolledBack(_)) => !conn::is_broken(&mut conn),
            Err(TxError::InDoubt(_)) => false,
        };
        if usable {
            self.conn = Some(conn);
        }
        outcome
    }
}

/// Runs the batch, and what its feed has.
fn run_all(batch: &mut Batch, mut feed: Option<&mut Feed>, conn: &mut AnyConn) -> Result<(), At> {
    let mut index = 0;
    loop {
        if index == batch.len() {
            let Some(job) = feed.as_mut().and_then(|feed| feed.more(index)) else { return Ok(()) };
            batch.push(job);
        }
        let Some(job) = batch.get_mut(index) else { return Ok(()) };
        // A panic inside a job is that job's failure.
        let end = catch_unwind(AssertUnwindSafe(|| job.run(conn)))
            .unwrap_or_else(|_| Err(Halt::Failed(StoreError::Unavailable("a store job panicked".into()))));
        end.map_err(|halt| At { index, halt })?;
        index += 1;
    }
}

/// One job stopped the batch, and nothing of it was written. What is still to do, the last part first.
fn split(mut before: Batch, at: At) -> Vec<Batch> {
    let after = before.split_off((at.index + 1).min(before.len()));
    let Some(culprit) = before.pop() else { return vec![after] };
    if !before.is_empty() {
        return vec![after, vec![culprit], before];
    }
    // It ran first, on nobody's changes but its own: this is its answer.
    match at.halt {
        Halt::Refused => culprit.answer(),
        Halt::Failed(error) => culprit.fail(error),
    }
    if after.is_empty() { Vec::new() } else { vec![after] }
}

pub(super) fn fail_all(batch: Batch, error: &StoreError) {
    let text = super::error::chain(error);
    for job in batch {
        job.fail(StoreError::Unavailable(text.clone().into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Job for Nothing {
        fn run(&mut self, _: &mut AnyConn) -> Result<(), Halt> {
            Ok(())
        }

        fn answer(self: Box<Self>) {}

        fn fail(self: Box<Self>, _: StoreError) {}
    }

    #[test]
    fn while_the_disk_is_busy_a_batch_takes_what_comes_and_else_only_what_waits() -> Result<(), Box<dyn std::error::Error>> {
        let (queue, jobs) = bounded::<Box<dyn Job>>(MAX_BATCH);
        let (tell, synced) = bounded(1);
        let mut feed = Feed { jobs, synced: Some(synced), syncing: false };
        assert!(feed.more(1).is_none(), "nothing waits, and the disk is free");
        queue.try_send(Box::new(Nothing)).map_err(|_| "full")?;
        assert!(feed.more(MAX_BATCH).is_none(), "a batch has its bound");
        assert!(feed.more(1).is_some());
        feed.syncing = true;
        let late = thread::spawn(move || queue.send(Box::new(Nothing)).map(|()| queue));
        assert!(feed.more(1).is_some(), "it waits for the job, as the disk is busy");
        tell.send(())?;
        assert!(feed.more(1).is_none() && !feed.syncing, "the disk is free again");
        drop(late.join());
        assert!(feed.more(1).is_none());
        Ok(())
    }
}
