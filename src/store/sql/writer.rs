//! Group commit: one thread owns the writing connection and commits together whatever waits.
//!
//! It blocks for the first job, takes what is already there, runs all of it in one transaction, commits, and answers
//! each. No timer and no waiting for more: under no load a job is a commit of its own, under load the cost of the
//! commit is shared. A job that fails, panics or cannot commit never sinks its neighbours: the batch is taken back and
//! each of its jobs is done anew, alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use super::conn::{self, AnyConn, Purpose, Target, TxError};
use crate::store::{Result, StoreError};

/// Jobs in one transaction.
const MAX_BATCH: usize = 256;
/// Jobs that may wait; beyond it the answer is `Overloaded`.
const QUEUE: usize = 8_192;

/// A unit of work with its answer.
trait Job: Send {
    /// Does the work and keeps its value. Runs again after a batch was taken back.
    fn run(&mut self, conn: &mut AnyConn) -> Result<()>;
    /// The commit is durable: answer with the value.
    fn answer(self: Box<Self>);
    fn fail(self: Box<Self>, error: StoreError);
}

struct Task<T, F> {
    work: F,
    value: Option<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Send, F: Fn(&mut AnyConn) -> Result<T> + Send> Job for Task<T, F> {
    fn run(&mut self, conn: &mut AnyConn) -> Result<()> {
        self.value = Some((self.work)(conn)?);
        Ok(())
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

/// The handle to the writer thread, which ends when the last handle is dropped.
pub(super) struct Writer {
    queue: Sender<Box<dyn Job>>,
}

impl Writer {
    /// Opens the connection and starts the thread.
    pub(super) fn start(target: Target) -> Result<Self> {
        let conn = target.open(Purpose::Write)?;
        let (queue, jobs) = bounded(QUEUE);
        let state = Thread { target, conn: Some(conn), jobs };
        thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || state.run())
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(Self { queue })
    }

    pub(super) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConn) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Box::new(Task { work, value: None, reply })).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => stopped(),
        })?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

type Batch = Vec<Box<dyn Job>>;

struct Thread {
    target: Target,
    /// `None` after it broke; opened anew for the next batch.
    conn: Option<AnyConn>,
    jobs: Receiver<Box<dyn Job>>,
}

impl Thread {
    fn run(mut self) {
        while let Ok(first) = self.jobs.recv() {
            let mut batch: Batch = vec![first];
            batch.extend(self.jobs.try_iter().take(MAX_BATCH - 1));
            self.commit(batch);
        }
    }

    fn commit(&mut self, mut batch: Batch) {
        match self.attempt(&mut batch) {
            Ok(()) => batch.into_iter().for_each(Job::answer),
            Err(TxError::InDoubt(error)) => fail_all(batch, &error),
            Err(TxError::RolledBack(error)) if batch.len() == 1 => fail_one(batch, error),
            Err(TxError::RolledBack(_)) => {
                for job in batch {
                    self.commit(vec![job]);
                }
            }
        }
    }

    /// One transaction over the batch; a connection that turns out to be dead before the commit is replaced once.
    fn attempt(&mut self, batch: &mut Batch) -> Result<(), TxError> {
        let was_open = self.conn.is_some();
        match self.attempt_once(batch) {
            Err(TxError::RolledBack(_)) if was_open && self.conn.is_none() => self.attempt_once(batch),
            outcome => outcome,
        }
    }

    fn attempt_once(&mut self, batch: &mut Batch) -> Result<(), TxError> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.target.open(Purpose::Write).map_err(TxError::RolledBack)?,
        };
        let outcome = conn::transaction(&mut conn, |conn| batch.iter_mut().try_for_each(|job| run_safely(job, conn)));
        let usable = match &outcome {
            Ok(()) => true,
            Err(TxError::RolledBack(_)) => !conn::is_broken(&mut conn),
            Err(TxError::InDoubt(_)) => false,
        };
        if usable {
            self.conn = Some(conn);
        }
        outcome
    }
}

/// A panic inside a job is that job's failure.
fn run_safely(job: &mut Box<dyn Job>, conn: &mut AnyConn) -> Result<()> {
    catch_unwind(AssertUnwindSafe(|| job.run(conn))).unwrap_or_else(|_| Err(StoreError::Unavailable("a store job panicked".into())))
}

fn fail_one(batch: Batch, error: StoreError) {
    if let Some(job) = batch.into_iter().next() {
        job.fail(error);
    }
}

fn fail_all(batch: Batch, error: &StoreError) {
    let text = super::error::chain(error);
    for job in batch {
        job.fail(StoreError::Unavailable(text.clone().into()));
    }
}
