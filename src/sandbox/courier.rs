//! Carries webhooks to the callback: signed, in order per thread, a few times while the answer is not 200.
//!
//! Runs on a thread of its own, so that the stand-in outlives and outruns the runtimes of its callers.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Weak;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use super::Inner;
use super::events::Delivery;
use super::rules::hmac_hex;

/// Meta waits about this long for the 200.
const PATIENCE: Duration = Duration::from_secs(20);
/// Gaps between tries: real time, also where the clock stands still.
const GAPS_MS: [u64; 12] = [20, 50, 100, 200, 400, 800, 1000, 1000, 2000, 2000, 4000, 4000];

type Queues = Rc<RefCell<HashMap<String, VecDeque<Delivery>>>>;

/// Runs until every handle of the stand-in is gone.
pub fn run(mut deliveries: UnboundedReceiver<Delivery>, home: Weak<Inner>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime.inspect_err(|error| tracing::error!(%error, "the stand-in cannot deliver webhooks")) else { return };
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async move {
        let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build();
        let Ok(client) = client.inspect_err(|error| tracing::error!(%error, "the stand-in has no HTTP client")) else { return };
        let queues = Queues::default();
        while let Some(delivery) = deliveries.recv().await {
            let thread = delivery.thread.clone();
            let waiting = queues.borrow_mut().get_mut(&thread).map(|queue| queue.push_back(delivery.clone())).is_some();
            if !waiting {
                queues.borrow_mut().insert(thread.clone(), VecDeque::from([delivery]));
                tokio::task::spawn_local(work_off(thread, queues.clone(), client.clone(), home.clone()));
            }
        }
    });
}

/// One thread's deliveries, one after the other; ends when none waits.
async fn work_off(thread: String, queues: Queues, client: reqwest::Client, home: Weak<Inner>) {
    loop {
        let next = queues.borrow_mut().get_mut(&thread).and_then(VecDeque::pop_front);
        let Some(delivery) = next else {
            queues.borrow_mut().remove(&thread);
            return;
        };
        deliver(&delivery, &client, &home).await;
    }
}

async fn deliver(delivery: &Delivery, client: &reqwest::Client, home: &Weak<Inner>) {
    let signature = format!("sha256={}", hmac_hex(&delivery.secret, delivery.body.as_bytes()));
    let gaps = GAPS_MS.into_iter().map(Some).chain([None]);
    for gap in gaps {
        let request = client
            .post(&delivery.url)
            .header("Content-Type", "application/json")
            .header("User-Agent", "facebookexternalua")
            .header("X-Hub-Signature-256", &signature)
            .body(delivery.body.clone());
        let status = request.send().await.ok().map(|answer| answer.status().as_u16());
        let Some(home) = home.upgrade() else { return };
        let accepted = status == Some(200);
        let again = gap.filter(|_| !accepted);
        home.note_delivery(delivery.number, status, again.is_none());
        drop(home);
        match again {
            Some(gap) => pause(Duration::from_millis(gap)).await,
            None => return,
        }
    }
}

/// Lets real time pass, also where the world's clock stands: networks are slow in real time.
#[expect(clippy::disallowed_methods, reason = "the stand-in plays a network, which no clock of ours moves")]
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
