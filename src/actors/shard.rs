//! A shard owns the conversations of one arbiter: their queues, addresses and idle times.
//!
//! Invariant: at most one job of a conversation is in flight; the rest waits here, in order of arrival.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use actix::prelude::*;

use super::conversation::{Conversation, Job, Run};
use super::dispatcher::Dispatchers;
use super::meeting::Reply;
use super::turning::Work;
use super::{Key, Shared};
use crate::domain::ids::EventId;
use crate::runtime::CommandError;
use crate::store::StoreError;

/// An event for one conversation.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Deliver {
    pub key: Key,
    pub work: Work,
    /// Answered when the event is durable; absent for one that is durable already.
    pub reply: Reply,
}

/// A person's order to one conversation.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Order {
    pub key: Key,
    pub job: Job,
}

/// A conversation's job has ended.
#[derive(Message)]
#[rtype(result = "()")]
struct Ended {
    key: Key,
    event: Option<EventId>,
    alive: bool,
}

/// Goes with a job, and tells the shard when it has ended, whatever ended it: dropped with a job that panicked or that
/// found its actor gone, it says so.
pub struct JobEnd {
    shard: Addr<Shard>,
    ended: Option<Ended>,
}

impl JobEnd {
    fn of(shard: Addr<Shard>, key: Key, event: Option<EventId>) -> Self {
        Self { shard, ended: Some(Ended { key, event, alive: false }) }
    }

    /// The conversation is ready for its next job.
    pub fn done(mut self) {
        if let Some(ended) = &mut self.ended {
            ended.alive = true;
        }
    }
}

impl Drop for JobEnd {
    fn drop(&mut self) {
        if let Some(ended) = self.ended.take() {
            self.shard.do_send(ended);
        }
    }
}

pub struct Shard {
    shared: Arc<Shared>,
    dispatchers: Dispatchers,
    conversations: HashMap<Key, Entry>,
    /// Stored events that wait or run here: the sweep must not queue them twice.
    known: HashSet<EventId>,
    /// Counts idle sweeps; an entry that was not used since the last but one is dropped.
    round: u64,
}

struct Entry {
    addr: Option<Addr<Conversation>>,
    queue: VecDeque<Job>,
    busy: bool,
    used: u64,
}

impl Shard {
    pub fn new(shared: Arc<Shared>, dispatchers: Dispatchers) -> Self {
        Self { shared, dispatchers, conversations: HashMap::new(), known: HashSet::new(), round: 0 }
    }

    fn enqueue(&mut self, key: Key, job: Job, ctx: &mut Context<Self>) {
        let round = self.round;
        let fresh = || Entry { addr: None, queue: VecDeque::new(), busy: false, used: round };
        let entry = self.conversations.entry(key.clone()).or_insert_with(fresh);
        if entry.queue.len() >= self.shared.options.queue_per_conversation || self.shared.is_stopping() {
            self.refuse(job);
            return;
        }
        if let Job::Event { work: Work::Stored(stored), .. } = &job
            && !self.known.insert(stored.id)
        {
            self.shared.gauges.in_flight.take(1);
            return;
        }
        entry.queue.push_back(job);
        self.pump(&key, ctx);
    }

    /// The queue is full, or the server stops. A durable event waits in the store, for the visitor's next one, the sweep or
    /// the next start; anything else is told to come back.
    fn refuse(&self, job: Job) {
        self.shared.gauges.in_flight.take(1);
        match job {
            Job::Event { reply: Some(reply), .. } => drop(reply.send(Err(StoreError::Overloaded))),
            Job::Event { reply: None, .. } => {}
            Job::Order { reply, .. } => drop(reply.send(Err(CommandError::Busy))),
        }
    }

    fn pump(&mut self, key: &Key, ctx: &mut Context<Self>) {
        let round = self.round;
        let Some(entry) = self.conversations.get_mut(key) else { return };
        if entry.busy {
            return;
        }
        if self.shared.is_stopping() {
            let queue = std::mem::take(&mut entry.queue);
            queue.into_iter().for_each(|job| self.refuse(job));
            return;
        }
        let Some(job) = entry.queue.pop_front() else { return };
        entry.busy = true;
        entry.used = round;
        // An address that was closed by a panic: start anew from the store.
        if entry.addr.as_ref().is_some_and(|addr| !addr.connected()) {
            entry.addr = None;
            self.shared.gauges.actors_replaced.add(1);
        }
        let (shared, dispatchers) = (&self.shared, &self.dispatchers);
        let addr = entry.addr.get_or_insert_with(|| Conversation::new(key.clone(), shared.clone(), dispatchers.clone()).start());
        let event = match &job {
            Job::Event { work: Work::Stored(stored), .. } => Some(stored.id),
            _ => None,
        };
        addr.do_send(Run(job, JobEnd::of(ctx.address(), key.clone(), event)));
    }

    fn ended(&mut self, key: &Key, event: Option<EventId>, alive: bool, ctx: &mut Context<Self>) {
        self.shared.gauges.in_flight.take(1);
        if let Some(event) = event {
            self.known.remove(&event);
        }
        if let Some(entry) = self.conversations.get_mut(key) {
            entry.busy = false;
            if !alive {
                // Its event is durable or was never acknowledged: the sweep or Meta brings it again.
                entry.addr = None;
                self.shared.gauges.actors_replaced.add(1);
            }
        }
        self.pump(key, ctx);
    }

    /// Dropping the last address ends the actor, and with it all that an idle conversation costs.
    fn passivate(&mut self) {
        self.round += 1;
        let round = self.round;
        self.conversations.retain(|_, entry| entry.busy || !entry.queue.is_empty() || entry.used + 2 > round);
        self.conversations.shrink_to(self.conversations.len() * 2);
    }
}

impl Actor for Shard {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // One sweep for all: a timer per conversation would be polled with every message.
        ctx.run_interval(self.shared.options.idle / 2, |shard, _| shard.passivate());
    }
}

impl Handler<Deliver> for Shard {
    type Result = ();

    fn handle(&mut self, Deliver { key, work, reply }: Deliver, ctx: &mut Context<Self>) {
        self.enqueue(key, Job::Event { work, reply }, ctx);
    }
}

impl Handler<Ended> for Shard {
    type Result = ();

    fn handle(&mut self, Ended { key, event, alive }: Ended, ctx: &mut Context<Self>) {
        self.ended(&key, event, alive, ctx);
    }
}

impl Handler<Order> for Shard {
    type Result = ();

    fn handle(&mut self, Order { key, job }: Order, ctx: &mut Context<Self>) {
        self.enqueue(key, job, ctx);
    }
}
