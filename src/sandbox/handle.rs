//! The handle on the stand-in: its world, its clock, its courier. [`super::people`] and [`super::scripting`] add the verbs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::courier;
use super::events::{Delivery, Hook};
use super::visitor::NoSuch;
use super::world::{FbApp, FbPage, Manners, Offers, World};
use crate::clock::SharedClock;

/// Cheap to clone; the stand-in lives as long as one handle does.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

/// Public only for the courier.
pub struct Inner {
    world: Mutex<World>,
    clock: SharedClock,
    courier: mpsc::UnboundedSender<Delivery>,
    /// Counts changes: what waits for one looks again.
    changes: watch::Sender<u64>,
    closed: AtomicBool,
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, World> {
        // A panic of another holder leaves plain data behind: still good.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attempt at a webhook has ended.
    pub fn note_delivery(&self, number: u64, status: Option<u16>, done: bool) {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        if let Some(record) = self.lock().webhooks.get_mut(index) {
            record.attempts += 1;
            record.status = status;
            record.done = done;
        }
        self.changes.send_modify(|count| *count += 1);
    }
}

impl Sandbox {
    /// A world with one app (`app_id`, `app_secret`) and these Pages.
    ///
    /// # Errors
    /// No thread for the webhooks could be started.
    pub fn new(app_id: &str, app_secret: &str, pages: Vec<FbPage>, clock: SharedClock) -> std::io::Result<Self> {
        let app = FbApp {
            id: app_id.to_owned(),
            name: "Causerie".to_owned(),
            secret: app_secret.to_owned(),
            callback: None,
            require_proof: true,
            public_url: String::new(),
        };
        let world = World {
            app,
            pages: pages.into_iter().map(|page| (page.id.clone(), page)).collect(),
            threads: BTreeMap::new(),
            offers: Offers::default(),
            manners: Manners::default(),
            faults: Vec::new(),
            sent: Vec::new(),
            actions: Vec::new(),
            controls: Vec::new(),
            webhooks: Vec::new(),
            calls: BTreeMap::new(),
            counter: 0,
        };
        Self::resume(world, clock)
    }

    /// Goes on with a kept world; see [`Self::snapshot`].
    ///
    /// # Errors
    /// No thread for the webhooks could be started.
    pub fn resume(world: World, clock: SharedClock) -> std::io::Result<Self> {
        let (courier, deliveries) = mpsc::unbounded_channel();
        let inner = Inner { world: Mutex::new(world), clock, courier, changes: watch::Sender::new(0), closed: AtomicBool::new(false) };
        let inner = Arc::new(inner);
        let home = Arc::downgrade(&inner);
        std::thread::Builder::new().name("sandbox-courier".to_owned()).spawn(move || courier::run(deliveries, home))?;
        Ok(Self { inner })
    }

    pub fn snapshot(&self) -> World {
        self.inner.lock().clone()
    }

    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Looks at the world.
    pub fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.inner.lock())
    }

    /// Changes the world and wakes whoever waits for a change.
    pub fn change<T>(&self, change: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let now = self.now();
        let result = change(&mut self.inner.lock(), now);
        self.inner.changes.send_modify(|count| *count += 1);
        result
    }

    /// Wakes with every change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Lets real time pass.
    pub async fn pause(&self, time: std::time::Duration) {
        courier::pause(time).await;
    }

    /// Ends the live streams of the page, so that a server that drains need not wait for them.
    pub fn close(&self) {
        self.inner.closed.store(true, Ordering::Relaxed);
        self.inner.changes.send_modify(|count| *count += 1);
    }

    pub fn is_closed(&self) -> bool {
        self.inner.closed.load(Ordering::Relaxed)
    }

    /// Puts webhooks on the way; each thread's arrive in this order.
    pub fn post(&self, hooks: Vec<Hook>) {
        if hooks.is_empty() {
            return;
        }
        self.change(|world, now| {
            // Under the lock, so that two callers cannot swap their deliveries.
            for delivery in world.post(hooks, now) {
                self.hand_over(delivery);
            }
        });
    }

    pub(super) fn hand_over(&self, delivery: Delivery) {
        // The courier is gone only when the process ends.
        let _ = self.inner.courier.send(delivery);
    }

    pub(super) fn act<T>(&self, act: impl FnOnce(&mut World, Timestamp) -> Result<(T, Vec<Hook>), NoSuch>) -> Result<T, NoSuch> {
        self.change(|world, now| {
            let (result, hooks) = act(world, now)?;
            for delivery in world.post(hooks, now) {
                self.hand_over(delivery);
            }
            Ok(result)
        })
    }
}
