//! The actor tree: thin shells that carry out what the pure layers decided.
//!
//! ```text
//! Actors (handle: the Runtime port)
//! ├── Supervisor         sweeps: timers, callouts, lost nudges, due messages; drains at the end
//! ├── Shard × arbiters   owns its conversations' queues, addresses and idle times; replaces what failed
//! │   └── Conversation   load → turn (pure) → commit, one at a time
//! └── Dispatcher × page  sends what is committed: order per conversation, rate per page
//! ```
//!
//! | message | to | means |
//! |---|---|---|
//! | `Deliver` | Shard | an event for one conversation; its answer comes when it is durable |
//! | `Order` | Shard | a person's order to one conversation |
//! | `Run` | Conversation | the next job of its queue |
//! | `Ended` | Shard | the job has ended, or its actor has |
//! | `Dispatch` | Dispatcher | a claimed message |
//!
//! What must not live here: rules (they are `turn/`'s and `flow/`'s), SQL, HTTP routes. Actor messages are only nudges:
//! the row is the truth, and a sweep finds rows whose nudge was lost.
//!
//! Four facts about actix 0.13 shaped this (all measured): a context polls every future that was spawned on it whenever
//! one of them moves, so what is under way by the hundred (sends, jobs) runs in tasks or ends with a message; a panic
//! ends an actor for good, so a shard treats a closed address as "start anew from the store"; a mailbox's bound leaks
//! through clones of its address, so a shard counts its queues itself; concurrent `send`s lose their order, so events
//! enter by `do_send` and the shard keeps one message at a time in flight to a conversation.

pub mod callouts;
pub mod conversation;
pub mod dispatcher;
pub mod gate;
pub mod gauges;
pub mod handle;
pub mod judging;
pub mod meeting;
pub mod ordering;
pub mod sending;
pub mod shard;
pub mod supervisor;
pub mod turning;
pub mod worlds;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{Mutex, Notify, Semaphore, watch};

pub use handle::Actors;

use crate::clock::SharedClock;
use crate::domain::Timestamp;
use crate::domain::ids::{IdMaker, PageId, Psid};
use crate::domain::message::OutboxItem;
use crate::domain::people::Roster;
use crate::flow::token::TokenKey;
use crate::messenger::graph::Graph;
use crate::store::Store;

/// How the tree is built. Every bound has one place.
#[derive(Debug, Clone)]
pub struct Options {
    /// Arbiter threads for conversations.
    pub shards: usize,
    /// A conversation without work for this long leaves memory.
    pub idle: Duration,
    /// Waiting events per conversation; more stay in the store until the sweep.
    pub queue_per_conversation: usize,
    /// Events under way in the whole process; more are answered 503, and Meta delivers again.
    pub events_in_flight: usize,
    /// Sends under way per page.
    pub sends_per_page: usize,
    /// How long a send may take.
    pub send_timeout: Duration,
    /// How long an echo of a send without an answer may take; then the message is sent again.
    pub echo_grace: Duration,
    /// How long a claimed message is this node's: more than the send and the echo's grace take. What else delays a message
    /// (its pause, the page's pace) has the time between; what takes longer puts it back.
    pub lease: Duration,
    /// Failures that may pass are tried this often, then the message fails with its reason.
    pub send_attempts: u32,
    /// HTTP calls of flows under way in the whole process; more wait in the store.
    pub callouts_in_flight: usize,
    /// Between sweeps.
    pub sweep_every: Duration,
    /// An event that is older than this and still pending has lost its nudge.
    pub nudge_grace: Duration,
    /// An agent who is online and was not seen for so long counts as away; `None`: nobody ever does.
    pub away_after: Option<SignedDuration>,
    /// Our app's id at Meta.
    pub app_id: Option<String>,
    /// Turns say what they considered, and it is kept with them.
    pub explain: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            shards: 2,
            idle: Duration::from_secs(60),
            queue_per_conversation: 256,
            events_in_flight: 8192,
            sends_per_page: 256,
            send_timeout: Duration::from_secs(10),
            echo_grace: Duration::from_secs(15),
            lease: Duration::from_secs(35),
            send_attempts: 8,
            callouts_in_flight: 64,
            sweep_every: Duration::from_millis(250),
            nudge_grace: Duration::from_secs(2),
            away_after: None,
            app_id: None,
            explain: true,
        }
    }
}

impl Options {
    fn lease(&self) -> SignedDuration {
        SignedDuration::try_from(self.lease).unwrap_or(SignedDuration::from_secs(60))
    }

    /// The last instant at which a send under this claim still ends, echo included, before another may take it over.
    fn deadline(&self, item: &OutboxItem) -> Timestamp {
        let needs = SignedDuration::try_from(self.send_timeout + self.echo_grace).unwrap_or(SignedDuration::MAX);
        item.claimed_until.and_then(|until| until.checked_sub(needs).ok()).unwrap_or(Timestamp::MAX)
    }
}

/// What every actor shares.
pub struct Shared {
    pub store: Arc<dyn Store>,
    pub clock: SharedClock,
    pub graph: Arc<dyn Graph>,
    pub caller: Arc<dyn callouts::Caller>,
    /// One permit per HTTP call under way.
    pub callout_slots: Arc<Semaphore>,
    pub worlds: worlds::Worlds,
    pub token_key: TokenKey,
    pub options: Options,
    pub gauges: gauges::Gauges,
    /// Wakes the supervisor before its next sweep.
    pub wake: Notify,
    /// True from when the server stops: nothing is begun any more.
    stopping: watch::Sender<bool>,
    /// Held by the sweep that is under way.
    pub sweeping: Mutex<()>,
    seeds: AtomicU64,
}

impl Shared {
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Returns when the server stops.
    pub async fn stops(&self) {
        // The sender lives in `self`, so the wait cannot fail.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    /// Everyone who could take a conversation now.
    pub async fn roster(&self) -> crate::store::Result<Roster> {
        Ok(self.store.roster().await?.as_of(self.clock.now(), self.options.away_after))
    }

    /// A seed for one turn. Unguessable is not needed: refs and keys come from elsewhere.
    pub fn seed(&self) -> u64 {
        // Mixed, because ids step by the same constant: seeds one step apart would make the same ids one place apart.
        let counted = self.seeds.fetch_add(1, Ordering::Relaxed);
        IdMaker::new(Timestamp::UNIX_EPOCH, counted).next_u64()
    }
}

/// A conversation's name in memory: cheap to clone, as it is in every queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(Arc<(PageId, Psid)>);

impl Key {
    pub fn new(page: &PageId, psid: &Psid) -> Self {
        Self(Arc::new((page.clone(), psid.clone())))
    }

    pub fn page(&self) -> &PageId {
        &self.0.0
    }

    pub fn psid(&self) -> &Psid {
        &self.0.1
    }

    /// The same key always goes to the same shard, hence to the same actor.
    fn shard(&self, shards: usize) -> usize {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        usize::try_from(hasher.finish() % shards.max(1) as u64).unwrap_or(0)
    }
}
