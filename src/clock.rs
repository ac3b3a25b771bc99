//! The only place that reads the time. Everything else is given a [`Clock`], or a time.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

#[async_trait]
pub trait Clock: Send + Sync {
    /// Whole milliseconds, as the store keeps them.
    fn now(&self) -> Timestamp;
    /// Returns once `now()` has reached `at`.
    async fn sleep_until(&self, at: Timestamp);
}

pub type SharedClock = Arc<dyn Clock>;

pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the time")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    #[allow(clippy::disallowed_methods, reason = "the one place that waits for the time")]
    async fn sleep_until(&self, at: Timestamp) {
        let left = at.duration_since(self.now());
        if let Ok(left) = std::time::Duration::try_from(left) {
            tokio::time::sleep(left).await;
        }
    }
}

/// A clock that stands still until it is told: for tests and the simulator.
#[derive(Clone)]
pub struct ManualClock {
    now: watch::Sender<Timestamp>,
}

impl ManualClock {
    pub fn at(start: Timestamp) -> Self {
        Self { now: watch::Sender::new(start) }
    }

    pub fn advance(&self, by: SignedDuration) {
        self.now.send_modify(|now| *now += by);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep_until(&self, at: Timestamp) {
        // The sender lives in `self`, so the wait cannot fail.
        let _ = self.now.subscribe().wait_for(|now| *now >= at).await;
    }
}
