//! Sends what is committed: one dispatcher per page.
//!
//! A claimed message comes in, is sent, its end is recorded, and the record claims the conversation's next message: so
//! one message per conversation is under way, and its order is the store's. The page's pace is [`super::gate`]'s.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix::prelude::*;

use super::gate::Gate;
use super::sending::{attempt, show};
use super::{Key, Shared};
use crate::domain::ids::{PageId, Psid};
use crate::domain::message::OutboxItem;
use crate::domain::page::PageState;
use crate::messenger::graph::SenderAction;

/// A claimed message.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Dispatch(OutboxItem, UnderWay);

/// Show this small sign in this visitor's thread.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Show(Psid, SenderAction, UnderWay);

/// Counts as running for as long as it lives, whatever ends it.
struct UnderWay(Arc<Shared>);

impl UnderWay {
    fn begin(shared: &Arc<Shared>) -> Self {
        shared.gauges.sends_running.add(1);
        Self(shared.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.gauges.sends_running.take(1);
    }
}

pub struct Dispatcher {
    shared: Arc<Shared>,
    gate: Arc<Gate>,
}

impl Actor for Dispatcher {
    type Context = Context<Self>;
}

impl Handler<Dispatch> for Dispatcher {
    type Result = ();

    fn handle(&mut self, Dispatch(first, under_way): Dispatch, _: &mut Context<Self>) {
        let (shared, gate) = (self.shared.clone(), self.gate.clone());
        // A task of its own: an actor's context looks at all its futures whenever one of them moves.
        actix_rt::spawn(async move {
            let _under_way = under_way;
            let mut next = Some(first);
            while let Some(item) = next {
                next = attempt(&shared, &gate, item).await;
            }
        });
    }
}

impl Handler<Show> for Dispatcher {
    type Result = ();

    fn handle(&mut self, Show(psid, action, under_way): Show, _: &mut Context<Self>) {
        let (shared, gate) = (self.shared.clone(), self.gate.clone());
        actix_rt::spawn(async move {
            let _under_way = under_way;
            show(&shared, &gate, &psid, action).await;
        });
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
        let under_way = UnderWay::begin(&self.0.shared);
        self.started(&item.page).0.do_send(Dispatch(item, under_way));
    }

    pub fn show(&self, key: &Key, action: SenderAction) {
        let under_way = UnderWay::begin(&self.0.shared);
        self.started(key.page()).0.do_send(Show(key.psid().clone(), action, under_way));
    }

    fn started(&self, page: &PageId) -> Started {
        let mut pages = self.0.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let known = pages.get(page);
        if let Some(started) = known.filter(|(addr, _)| addr.connected()) {
            return started.clone();
        }
        // What the page has learnt of Meta outlives an actor that failed.
        let gate = known.map(|(_, gate)| gate.clone());
        let gate = gate.unwrap_or_else(|| Arc::new(Gate::new(page.clone(), self.0.shared.options.sends_per_page)));
        let started = (self.start(gate.clone(), pages.len()), gate);
        pages.insert(page.clone(), started.clone());
        started
    }

    fn start(&self, gate: Arc<Gate>, index: usize) -> Addr<Dispatcher> {
        let shared = self.0.shared.clone();
        let make = move |_: &mut Context<Dispatcher>| Dispatcher { shared, gate };
        match self.0.arbiters.get(index % self.0.arbiters.len().max(1)) {
            Some(arbiter) => Dispatcher::start_in_arbiter(arbiter, make),
            None => Dispatcher::create(make),
        }
    }

    /// The page's gate, whether or not anything was sent since the start.
    pub fn gate_of(&self, page: &PageId) -> Arc<Gate> {
        self.started(page).1
    }

    pub fn gate(&self, page: &PageId) -> Option<Arc<Gate>> {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner).get(page).map(|(_, gate)| gate.clone())
    }

    /// The page was read anew.
    pub fn refresh(&self, page: &PageId) {
        if let Some(gate) = self.gate(page) {
            let world = self.0.shared.worlds.get(page);
            gate.refresh(world.is_some_and(|world| matches!(world.page.state, PageState::Blocked { .. })));
        }
    }
}
