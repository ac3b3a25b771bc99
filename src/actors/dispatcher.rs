//! Sends what is committed: one dispatcher per page.
//!
//! A claimed message comes in, is sent, its end is recorded, and the record claims the conversation's next message: so
//! one message per conversation is under way, and its order is the store's. The page's rate is kept here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix::prelude::*;
use jiff::SignedDuration;
use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::sending::{attempt, show};
use super::{Key, Shared};
use crate::domain::Timestamp;
use crate::domain::ids::{PageId, Psid};
use crate::domain::message::OutboxItem;
use crate::messenger::graph::SenderAction;

/// A claimed message.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Dispatch(pub OutboxItem);

/// Show this small sign in this visitor's thread.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Show(pub Psid, pub SenderAction);

pub struct Dispatcher {
    shared: Arc<Shared>,
    gate: Arc<Gate>,
}

/// What all sends of a page share.
pub struct Gate {
    pub page: PageId,
    /// Sends under way.
    pub slots: Semaphore,
    pub state: Mutex<GateState>,
}

#[derive(Default)]
pub struct GateState {
    /// Read once; forgotten when the page is read anew.
    pub token: Option<SecretString>,
    /// Meta asked to wait, or its usage headers did.
    pub throttled_until: Option<Timestamp>,
    /// When the rate lets the next send leave.
    pub next_slot: Option<Timestamp>,
    /// Nothing leaves until someone mends it, or until the probe at this time.
    pub blocked: Option<Blocked>,
}

#[derive(Debug, Clone)]
pub struct Blocked {
    pub reason: String,
    pub probe_at: Option<Timestamp>,
}

/// A blocked page is probed with one message after this, where nothing better is known; a dead token costs one call.
const PROBE_EVERY: SignedDuration = SignedDuration::from_mins(30);

impl Gate {
    /// True for one message each time a probe is due: whether the page is still blocked is Meta's to say.
    pub fn may_probe(&self, reason: &str, since: Timestamp, now: Timestamp) -> bool {
        let mut state = self.state();
        // After a restart the memory of the blockade is only in the page's state.
        let unknown = || Blocked { reason: reason.to_owned(), probe_at: Some(since + PROBE_EVERY) };
        let blocked = state.blocked.get_or_insert_with(unknown);
        let due = blocked.probe_at.is_some_and(|at| at <= now);
        if due {
            blocked.probe_at = Some(now + PROBE_EVERY);
        }
        due
    }

    /// A probe is due: held messages may be released, one of them will try.
    pub fn probe_is_due(&self, now: Timestamp) -> bool {
        self.state().blocked.as_ref().and_then(|blocked| blocked.probe_at).is_some_and(|at| at <= now)
    }

    pub fn state(&self) -> std::sync::MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Actor for Dispatcher {
    type Context = Context<Self>;
}

impl Handler<Dispatch> for Dispatcher {
    type Result = ();

    fn handle(&mut self, Dispatch(first): Dispatch, ctx: &mut Context<Self>) {
        let (shared, gate) = (self.shared.clone(), self.gate.clone());
        let chain = async move {
            let mut next = Some(first);
            while let Some(item) = next {
                next = attempt(&shared, &gate, item).await;
            }
            shared.gauges.sends_running.take(1);
        };
        ctx.spawn(chain.into_actor(self));
    }
}

impl Handler<Show> for Dispatcher {
    type Result = ();

    fn handle(&mut self, Show(psid, action): Show, ctx: &mut Context<Self>) {
        let (shared, gate) = (self.shared.clone(), self.gate.clone());
        let shown = async move {
            show(&shared, &gate, &psid, action).await;
            shared.gauges.sends_running.take(1);
        };
        ctx.spawn(shown.into_actor(self));
    }
}

/// The dispatchers by page, started on demand on the arbiters in turn.
#[derive(Clone)]
pub struct Dispatchers(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    arbiters: Vec<ArbiterHandle>,
    pages: Mutex<HashMap<PageId, Started>>,
}

/// A running dispatcher and what its sends share.
type Started = (Addr<Dispatcher>, Arc<Gate>);

impl Dispatchers {
    pub fn new(shared: Arc<Shared>, arbiters: Vec<ArbiterHandle>) -> Self {
        Self(Arc::new(Inner { shared, arbiters, pages: Mutex::default() }))
    }

    /// A lost dispatch is no loss: the claim runs out and the sweep finds the message.
    pub fn dispatch(&self, item: OutboxItem) {
        self.of(&item.page).do_send(Dispatch(item));
    }

    pub fn show(&self, key: &Key, action: SenderAction) {
        self.of(key.page()).do_send(Show(key.psid().clone(), action));
    }

    /// The page's dispatcher, with one more thing under way.
    fn of(&self, page: &PageId) -> Addr<Dispatcher> {
        let mut pages = self.0.pages.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.shared.gauges.sends_running.add(1);
        if let Some((addr, _)) = pages.get(page).filter(|(addr, _)| addr.connected()) {
            return addr.clone();
        }
        let (addr, gate) = self.start(page.clone(), pages.len());
        pages.insert(page.clone(), (addr.clone(), gate));
        addr
    }

    fn start(&self, page: PageId, index: usize) -> (Addr<Dispatcher>, Arc<Gate>) {
        let shared = self.0.shared.clone();
        let slots = Semaphore::new(shared.options.sends_per_page);
        let gate = Arc::new(Gate { page, slots, state: Mutex::default() });
        let inside = gate.clone();
        let make = move |_: &mut Context<Dispatcher>| Dispatcher { shared, gate: inside };
        let addr = match self.0.arbiters.get(index % self.0.arbiters.len().max(1)) {
            Some(arbiter) => Dispatcher::start_in_arbiter(arbiter, make),
            None => Dispatcher::create(make),
        };
        (addr, gate)
    }

    pub fn gates(&self) -> Vec<Arc<Gate>> {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner).values().map(|(_, gate)| gate.clone()).collect()
    }

    pub fn gate(&self, page: &PageId) -> Option<Arc<Gate>> {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner).get(page).map(|(_, gate)| gate.clone())
    }

    /// The page was read anew: token and blockade are looked at afresh.
    pub fn refresh(&self, page: &PageId) {
        if let Some(gate) = self.gate(page) {
            *gate.state() = GateState::default();
        }
    }
}
