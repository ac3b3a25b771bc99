//! What load generator and stand-in share: the visitors, and what was counted. All on one thread.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc};

/// Of a webhook: when it was to be sent.
pub type Stamp = Instant;

/// One person who writes.
#[derive(Default)]
pub struct Visitor {
    pub index: u64,
    /// Webhooks so far: each has another `mid`.
    pub said: Cell<u64>,
    /// Sent and not answered, in order. Every message is answered by exactly one bubble, and in order.
    pub unanswered: RefCell<VecDeque<Stamp>>,
    pub answered: Notify,
    /// To be sent at the fixed rate.
    pub due: RefCell<VecDeque<Stamp>>,
    pub is_due: Notify,
}

/// A message that came back: what Meta's echo would carry.
pub struct Echo {
    pub psid: u64,
    pub mid: String,
    pub metadata: String,
}

#[derive(Default)]
pub struct Scene {
    pub visitors: RefCell<Vec<Rc<Visitor>>>,
    /// Waits that are over are noted only while this is set.
    pub recording: Cell<bool>,
    pub acks: RefCell<Samples>,
    pub replies: RefCell<Samples>,
    /// Webhooks that were not answered with 200.
    pub refused: Cell<u64>,
    /// Bubbles that nobody waited for: sent twice, or not asked for.
    pub surplus: Cell<u64>,
    /// Send API calls that arrived.
    pub sends: Cell<u64>,
    /// The stand-in takes this long to answer.
    pub answer_after: Cell<Duration>,
    pub echoes: RefCell<Option<mpsc::UnboundedSender<Echo>>>,
}

pub fn add(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}

impl Scene {
    pub fn with(visitors: usize) -> Rc<Self> {
        let scene = Self::default();
        let each = (0..visitors as u64).map(|index| Rc::new(Visitor { index, ..Visitor::default() }));
        scene.visitors.borrow_mut().extend(each);
        Rc::new(scene)
    }

    /// A bubble for this visitor arrived at the stand-in.
    pub fn arrived(&self, index: u64) {
        add(&self.sends);
        let visitors = self.visitors.borrow();
        let Some(visitor) = usize::try_from(index).ok().and_then(|index| visitors.get(index)) else { return };
        let Some(stamp) = visitor.unanswered.borrow_mut().pop_front() else { return add(&self.surplus) };
        if self.recording.get() {
            self.replies.borrow_mut().push(stamp.elapsed());
        }
        visitor.answered.notify_one();
    }

    /// The webhook of `stamp` was acknowledged.
    pub fn acknowledged(&self, stamp: Stamp) {
        if self.recording.get() {
            self.acks.borrow_mut().push(stamp.elapsed());
        }
    }

    /// Webhooks that were acknowledged and not answered with a bubble.
    pub fn unanswered(&self) -> usize {
        self.visitors.borrow().iter().map(|visitor| visitor.unanswered.borrow().len()).sum()
    }
}

/// How long each of many things took.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<u64>);

impl Samples {
    pub fn push(&mut self, took: Duration) {
        self.0.push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// In milliseconds; `percent` of the samples took no longer.
    pub fn percentile(&self, percent: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "an index of a sample")]
        let at = ((sorted.len() as f64 * percent / 100.0).ceil() as usize).saturating_sub(1);
        #[allow(clippy::cast_precision_loss, reason = "nanoseconds of a short wait")]
        sorted.get(at).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
    }
}
