//! Counters that make the actors observable without reaching into them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::domain::Timestamp;

#[derive(Debug, Default)]
pub struct Gauges {
    pub live_conversations: Gauge,
    /// Events and orders that were handed to a shard and have not ended.
    pub in_flight: Gauge,
    pub turns_running: Gauge,
    /// Sends that use the network or the store now; those that wait for their time are in `resting`.
    pub sends_running: Gauge,
    pub resting: Resting,
    /// The supervisor's rounds under way: what they have claimed and not yet counted is not lost to whoever waits for quiet.
    pub sweeps_running: Gauge,
    pub turns: Gauge,
    pub turns_failed: Gauge,
    pub conflicts: Gauge,
    pub actors_replaced: Gauge,
    pub sends: Gauge,
    pub sends_repeated: Gauge,
}

#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::AcqRel);
    }

    pub fn take(&self, less: u64) {
        self.0.fetch_sub(less, Ordering::AcqRel);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Counts one for as long as the guard lives, whatever ends it.
    pub fn hold(&self) -> Held<'_> {
        self.add(1);
        Held(self)
    }
}

/// Sends that wait, and until when: whoever waits for quiet need not wait for them, unless their time has come.
#[derive(Debug, Default)]
pub struct Resting(Mutex<BTreeMap<Timestamp, u64>>);

impl Resting {
    pub fn add(&self, until: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(until).or_default() += 1;
    }

    pub fn take(&self, until: Timestamp) {
        let mut resting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match resting.get_mut(&until) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(resting.remove(&until)),
        }
    }

    /// Those that have not noticed yet that it is time.
    pub fn due(&self, now: Timestamp) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).range(..=now).map(|(_, count)| count).sum()
    }
}

pub struct Held<'a>(&'a Gauge);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.take(1);
    }
}
