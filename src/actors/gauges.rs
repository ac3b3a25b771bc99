//! Counters that make the actors observable without reaching into them.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Default)]
pub struct Gauges {
    pub live_conversations: Gauge,
    /// Events and orders that were handed to a shard and have not ended.
    pub in_flight: Gauge,
    pub turns_running: Gauge,
    /// Sends that use the network or the store now; those that wait for a pause to pass are not counted.
    pub sends_running: Gauge,
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

pub struct Held<'a>(&'a Gauge);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.take(1);
    }
}
