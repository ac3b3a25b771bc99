//! Reads, off the async threads: a few threads, each with a connection of its own that it opens at its first query.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use super::conn::{AnyConn, Purpose, Target};
use crate::store::{Result, StoreError};

/// Queries that may wait; beyond it the answer is `Overloaded`.
const QUEUE: usize = 4_096;
/// In process a query costs CPU, and more threads than cores gain nothing.
const SQLITE_THREADS: usize = 2;
/// Over a socket a query mostly waits.
const POSTGRES_THREADS: usize = 6;

/// Answers whoever asked, and says whether the connection did its part.
type Query = Box<dyn FnOnce(&mut Result<AnyConn>) -> bool + Send>;

pub(super) struct Readers {
    queue: Sender<Query>,
}

#[derive(Debug, thiserror::Error)]
#[error("the reader stopped over this query")]
struct Stopped;

impl Readers {
    /// Starts the threads, which end when the last handle is dropped.
    pub(super) fn start(target: &Target) -> Result<Self> {
        let (queue, queries) = bounded(QUEUE);
        for n in 0..if target.is_postgres() { POSTGRES_THREADS } else { SQLITE_THREADS } {
            let (target, queries) = (target.clone(), queries.clone());
            thread::Builder::new()
                .name(format!("store-reader-{n}"))
                .spawn(move || serve(&target, &queries))
                .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        }
        Ok(Self { queue })
    }

    pub(super) async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let run: Query = Box::new(move |conn| {
            let value = match conn {
                Ok(conn) => query(conn),
                Err(error) => Err(StoreError::Unavailable(super::error::chain(error).into())),
            };
            let served = !matches!(value, Err(StoreError::Unavailable(_)));
            // Whoever asked may have gone.
            let _ = reply.send(value);
            served
        });
        self.queue.try_send(run).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => StoreError::Unavailable(Box::new(Stopped)),
        })?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Unavailable(Box::new(Stopped))))
    }
}

/// One thread: a connection that broke, or that a query panicked over, is closed and opened anew for the next.
fn serve(target: &Target, queries: &Receiver<Query>) {
    let mut kept: Option<AnyConn> = None;
    while let Ok(query) = queries.recv() {
        let mut conn = match kept.take() {
            Some(conn) => Ok(conn),
            None => target.open(Purpose::Read),
        };
        // A panic counts as not served, and its connection may be in the middle of something.
        let served = catch_unwind(AssertUnwindSafe(|| query(&mut conn)));
        kept = conn.ok();
        if !served.unwrap_or(false) {
            kept = None;
        }
    }
}
