//! The handle of the whole tree: builds it, is the Runtime port, stops it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use async_trait::async_trait;
use futures_util::future::join_all;
use tokio::sync::{Notify, Semaphore, oneshot, watch};

use super::callouts::Caller;
use super::conversation::Job;
use super::dispatcher::Dispatchers;
use super::shard::{Deliver, Order, Shard};
use super::supervisor::{Shards, Supervisor, Sweeper};
use super::turning::Work;
use super::{Key, Options, Shared};
use crate::clock::SharedClock;
use crate::domain::Timestamp;
use crate::domain::command::Command;
use crate::domain::ids::{ConversationId, PageId};
use crate::domain::page::PageState;
use crate::flow::token::TokenKey;
use crate::messenger::graph::Graph;
use crate::runtime::{CommandDone, CommandError, Observation, PageObservation, Runtime};
use crate::store::turns::{Accepted, NewEvent, StoredEvent};
use crate::store::{Store, StoreError};

/// What the tree is given.
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub clock: SharedClock,
    pub graph: Arc<dyn Graph>,
    pub caller: Arc<dyn Caller>,
    pub token_key: TokenKey,
    pub options: Options,
    /// Where the turns' seeds start; random.
    pub seed: u64,
}

pub struct Actors {
    shared: Arc<Shared>,
    shards: Shards,
    dispatchers: Dispatchers,
    /// Sweeps for as long as it is held.
    _supervisor: Addr<Supervisor>,
    sweeper: Sweeper,
    arbiters: Vec<Arbiter>,
}

impl Actors {
    /// Reads the page map and starts the tree. Must run inside an actix system.
    ///
    /// # Errors
    /// The store's, when the page map cannot be read.
    pub async fn start(parts: Parts) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared {
            store: parts.store,
            clock: parts.clock,
            graph: parts.graph,
            caller: parts.caller,
            worlds: super::worlds::Worlds::default(),
            token_key: parts.token_key,
            callout_slots: Arc::new(Semaphore::new(parts.options.callouts_in_flight)),
            options: parts.options,
            gauges: super::gauges::Gauges::default(),
            wake: Notify::new(),
            stopping: watch::Sender::new(false),
            sweeping: tokio::sync::Mutex::default(),
            seeds: parts.seed.into(),
        });
        shared.worlds.load_all(&*shared.store).await?;
        let arbiters: Vec<Arbiter> = (0..shared.options.shards.max(1)).map(|_| Arbiter::new()).collect();
        let dispatchers = Dispatchers::new(shared.clone(), arbiters.iter().map(Arbiter::handle).collect());
        let start_shard = |arbiter: &Arbiter| {
            let (shared, dispatchers) = (shared.clone(), dispatchers.clone());
            Shard::start_in_arbiter(&arbiter.handle(), move |_| Shard::new(shared, dispatchers))
        };
        let addrs: Arc<[Addr<Shard>]> = arbiters.iter().map(start_shard).collect();
        let shards = Shards { shared: shared.clone(), addrs };
        let sweeper = Sweeper { shared: shared.clone(), shards: shards.clone(), dispatchers: dispatchers.clone() };
        // What a crash left must not wait for its grace.
        sweeper.events(Duration::ZERO).await?;
        let supervisor = Supervisor { sweeper: sweeper.clone() }.start();
        Ok(Self { shared, shards, dispatchers, _supervisor: supervisor, sweeper, arbiters })
    }

    /// No new work: no sweep, no event from a queue, no further message of a conversation. Running turns and sends finish,
    /// at most until `patience` is over; the rest waits in the store.
    pub async fn drain(&self, patience: Duration) {
        self.shared.stopping.send_replace(true);
        self.shared.wake.notify_one();
        if tokio::time::timeout(patience, self.quiet()).await.is_err() {
            tracing::warn!("stopping with work under way: the store has it");
        }
        for arbiter in &self.arbiters {
            arbiter.stop();
        }
    }

    /// What is under way. Work goes from gauge to gauge, and is counted in the next before it leaves the one before: read
    /// in the order in which it goes, and once more the other way round, none of it slips by.
    fn busy(&self) -> u64 {
        let gauges = &self.shared.gauges;
        let stages = [&gauges.sweeps_running, &gauges.in_flight, &gauges.turns_running, &gauges.sends_running];
        let there: u64 = stages.iter().map(|gauge| gauge.get()).sum();
        // A stop ends every rest.
        let by = if self.shared.is_stopping() { Timestamp::MAX } else { self.shared.clock.now() };
        let resting = gauges.resting.due(by);
        let back: u64 = stages.iter().rev().map(|gauge| gauge.get()).sum();
        there + resting + back
    }

    /// Returns once nothing is under way. Looks at real time: it waits for threads, not for the clock.
    #[allow(clippy::disallowed_methods, reason = "waits for this process's own threads, whatever the clock says")]
    async fn quiet(&self) {
        while self.busy() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn admit(&self, more: usize) -> Result<(), StoreError> {
        let (room, waiting) = (self.shared.options.events_in_flight as u64, self.shared.gauges.in_flight.get());
        // A webhook with more events than there is room for would never get in: where nothing waits, it may.
        let full = waiting > 0 && waiting + more as u64 > room;
        if full || self.shared.is_stopping() {
            return Err(StoreError::Overloaded);
        }
        Ok(())
    }

    /// One event for one visitor: durable with its turn, in one commit.
    async fn deliver_one(&self, key: Key, event: NewEvent) -> Result<(), StoreError> {
        let Some(shard) = self.shards.of(&key) else { return Err(StoreError::Overloaded) };
        let (reply, answer) = oneshot::channel();
        self.shared.gauges.in_flight.add(1);
        shard.do_send(Deliver { key, work: Work::Fresh(Arc::new(event)), reply: Some(reply) });
        // A closed channel: the actor died before anything was durable. Meta delivers again.
        answer.await.unwrap_or(Err(StoreError::Overloaded))
    }

    /// Several events of one visitor, or none known: durable first, in order, then taken.
    async fn accept_first(&self, events: Vec<NewEvent>) -> Result<(), StoreError> {
        let accepted = self.shared.store.accept(events).await?;
        let new = accepted.into_iter().filter_map(|one| match one {
            Accepted::New(event) => Some(event),
            Accepted::Duplicate => None,
        });
        self.shards.nudge(new.collect());
        Ok(())
    }
}

#[async_trait]
impl Runtime for Actors {
    fn nudge(&self, events: Vec<StoredEvent>) {
        self.shards.nudge(events);
    }

    async fn deliver(&self, mut events: Vec<NewEvent>) -> Result<(), StoreError> {
        self.admit(events.len())?;
        let key_of = |new: &NewEvent| new.event.psid.as_ref().map(|psid| Key::new(&new.event.page, psid));
        // By far the most webhooks carry one event.
        if let [only] = &*events
            && let Some(key) = key_of(only)
            && let Some(event) = events.pop()
        {
            return self.deliver_one(key, event).await;
        }
        let keys: Vec<Key> = events.iter().filter_map(key_of).collect();
        let distinct: HashSet<&Key> = keys.iter().collect();
        if distinct.len() < events.len() {
            return self.accept_first(events).await;
        }
        let each = keys.into_iter().zip(events).map(|(key, event)| self.deliver_one(key, event));
        join_all(each).await.into_iter().collect()
    }

    async fn reload(&self, page: &PageId) -> Result<(), StoreError> {
        self.shared.worlds.load(&*self.shared.store, page).await?;
        self.dispatchers.refresh(page);
        Ok(())
    }

    async fn reload_all(&self) -> Result<(), StoreError> {
        self.shared.worlds.load_all(&*self.shared.store).await
    }

    async fn release_held(&self, page: &PageId) -> Result<(), StoreError> {
        self.reload(page).await?;
        self.shared.store.release_held(page, self.shared.clock.now()).await?;
        self.shared.wake.notify_one();
        Ok(())
    }

    async fn command(&self, conversation: ConversationId, command: Command) -> Result<CommandDone, CommandError> {
        if self.admit(1).is_err() {
            return Err(CommandError::Busy);
        }
        let (page, psid) = self.shared.store.address(conversation).await?.ok_or(CommandError::NotFound)?;
        let key = Key::new(&page, &psid);
        let shard = self.shards.of(&key).ok_or(CommandError::Busy)?;
        let (reply, answer) = oneshot::channel();
        self.shared.gauges.in_flight.add(1);
        shard.do_send(Order { key: key.clone(), job: Job::Order { command: Box::new(command), reply } });
        answer.await.unwrap_or(Err(CommandError::Busy))
    }

    async fn observe(&self) -> Observation {
        let gauges = &self.shared.gauges;
        let pages = self.shared.worlds.all().into_iter().map(|world| {
            let gate = self.dispatchers.gate(&world.page.id);
            let blocked = match &world.page.state {
                PageState::Blocked { reason, .. } => Some(reason.clone()),
                _ => None,
            };
            PageObservation {
                page: world.page.id.to_string(),
                state: world.page.state.word().to_owned(),
                blocked,
                sends_running: gate.as_ref().map_or(0, |gate| (self.shared.options.sends_per_page - gate.slots.available_permits()) as u64),
                throttled_until: gate.and_then(|gate| gate.state().throttled_until.map(|until| until.to_string())),
            }
        });
        Observation {
            live_conversations: gauges.live_conversations.get(),
            queued_events: gauges.in_flight.get().saturating_sub(gauges.turns_running.get()),
            turns_running: gauges.turns_running.get(),
            sends_running: gauges.sends_running.get(),
            turns: gauges.turns.get(),
            turns_failed: gauges.turns_failed.get(),
            conflicts: gauges.conflicts.get(),
            actors_replaced: gauges.actors_replaced.get(),
            sends: gauges.sends.get(),
            sends_repeated: gauges.sends_repeated.get(),
            pages: pages.collect(),
            callout_hosts: self.shared.caller.hosts(),
            backlog: self.shared.store.backlog().await.unwrap_or_default(),
        }
    }

    async fn settle(&self) {
        loop {
            let quiet_before = self.busy() == 0;
            let (found, at) = (self.sweeper.sweep().await, self.busy());
            if quiet_before && found == 0 && at == 0 {
                return;
            }
            self.quiet().await;
        }
    }
}
