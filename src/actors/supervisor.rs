//! The supervisor: finds what is due and what was lost, and hands it to its conversation or its dispatcher.
//!
//! Nothing depends on it being quick: nudges are. Everything depends on it being thorough.

use std::sync::Arc;

use actix::prelude::*;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use jiff::SignedDuration;

use super::callouts::{carry_out, claim_time};
use super::dispatcher::Dispatchers;
use super::shard::{Deliver, Shard};
use super::turning::Work;
use super::{Key, Shared};
use crate::domain::page::PageState;
use crate::store::Result;
use crate::store::turns::{Ending, StoredEvent};

/// Rows of one kind that one sweep takes on.
const BATCH: u32 = 500;

/// The shards' addresses, and the rule which conversation lives where.
#[derive(Clone)]
pub struct Shards {
    pub shared: Arc<Shared>,
    pub addrs: Arc<[Addr<Shard>]>,
}

impl Shards {
    pub fn of(&self, key: &Key) -> Option<&Addr<Shard>> {
        self.addrs.get(key.shard(self.addrs.len()))
    }

    /// Durable events go to their conversations; those without one are ended.
    pub fn nudge(&self, events: Vec<StoredEvent>) {
        for event in events {
            match &event.event.psid {
                Some(psid) => {
                    let key = Key::new(&event.event.page, psid);
                    if let Some(shard) = self.of(&key) {
                        self.shared.gauges.in_flight.add(1);
                        shard.do_send(Deliver { key, work: Work::Stored(Box::new(event)), reply: None });
                    }
                }
                None => self.end_without_visitor(event),
            }
        }
    }

    fn end_without_visitor(&self, event: StoredEvent) {
        let shared = self.shared.clone();
        actix_rt::spawn(async move {
            let ending = Ending::Ignored { reason: "no_visitor".to_owned() };
            if let Err(error) = shared.store.end_event(event.id, ending).await {
                tracing::error!(event = %event.id, %error, "event `{}` could not be ended", event.id);
            }
        });
    }
}

pub struct Supervisor {
    pub sweeper: Sweeper,
}

impl Actor for Supervisor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let sweeper = self.sweeper.clone();
        let rounds = async move {
            let shared = &sweeper.shared;
            while !shared.is_stopping() {
                let sweeping = shared.gauges.sweeps_running.hold();
                sweeper.sweep().await;
                drop(sweeping);
                let _ = tokio::time::timeout(shared.options.sweep_every, shared.wake.notified()).await;
            }
        };
        ctx.spawn(rounds.into_actor(self));
    }
}

/// One round over everything that could be due.
#[derive(Clone)]
pub struct Sweeper {
    pub shared: Arc<Shared>,
    pub shards: Shards,
    pub dispatchers: Dispatchers,
}

impl Sweeper {
    /// Returns how many things it set going. A failure is logged and left to the next round.
    pub async fn sweep(&self) -> usize {
        // One at a time: what one has released, the next finds.
        let _alone = self.shared.sweeping.lock().await;
        let looks = [
            self.timers().boxed(),
            self.callouts().boxed(),
            self.messages().boxed(),
            self.events(self.shared.options.nudge_grace).boxed(),
            self.probes().boxed(),
        ];
        let mut found = 0;
        for look in join_all(looks).await {
            match look {
                Ok(count) => found += count,
                Err(error) => tracing::warn!(%error, "a sweep could not ask the store"),
            }
        }
        found
    }

    async fn timers(&self) -> Result<usize> {
        let due = self.shared.store.fire_timers(self.shared.clock.now(), BATCH).await?;
        let count = due.len();
        self.shards.nudge(due);
        Ok(count)
    }

    async fn callouts(&self) -> Result<usize> {
        let now = self.shared.clock.now();
        let slots = u32::try_from(self.shared.callout_slots.available_permits()).unwrap_or(BATCH).min(BATCH);
        if slots == 0 {
            return Ok(0);
        }
        let due = self.shared.store.claim_callouts(now, now + claim_time(), slots).await?;
        let count = due.len();
        for callout in due {
            let (shared, shards) = (self.shared.clone(), self.shards.clone());
            // Of two sweeps at once the later may find none left; its few calls are then beyond the bound.
            let slot = shared.callout_slots.clone().try_acquire_owned();
            shared.gauges.sends_running.add(1);
            actix_rt::spawn(async move {
                carry_out(shared.clone(), shards, callout).await;
                shared.gauges.sends_running.take(1);
                drop(slot);
                // Others may have waited for it.
                shared.wake.notify_one();
            });
        }
        Ok(count)
    }

    async fn messages(&self) -> Result<usize> {
        let now = self.shared.clock.now();
        let due = self.shared.store.claim_due(now, now + self.shared.options.lease(), BATCH).await?;
        let count = due.len();
        for item in due {
            self.dispatchers.dispatch(item);
        }
        Ok(count)
    }

    /// Events whose nudge was lost: by a crash, a full queue, a failed turn.
    pub async fn events(&self, older_than: std::time::Duration) -> Result<usize> {
        let grace = SignedDuration::try_from(older_than).unwrap_or(SignedDuration::ZERO);
        let lost = self.shared.store.pending_events(self.shared.clock.now() - grace, BATCH).await?;
        let count = lost.len();
        self.shards.nudge(lost);
        Ok(count)
    }

    /// A page that Meta blocked for a while may be free again: one held message finds out.
    async fn probes(&self) -> Result<usize> {
        let now = self.shared.clock.now();
        let mut released = 0;
        for world in self.shared.worlds.all() {
            let PageState::Blocked { since, .. } = &world.page.state else { continue };
            let page = &world.page.id;
            if self.dispatchers.gate_of(page).probe_is_due(*since, now) && self.shared.store.release_one_held(page, now).await? {
                released += 1;
            }
        }
        Ok(released)
    }
}
