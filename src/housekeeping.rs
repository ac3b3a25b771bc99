//! What time has made useless goes: once an hour, on every node (doing it twice is harmless).

use std::sync::Arc;

use jiff::SignedDuration;

use crate::clock::SharedClock;
use crate::domain::Timestamp;
use crate::store::{Result, Store};

const EVERY: SignedDuration = SignedDuration::from_hours(1);
/// As the OpenAPI document promises.
const ANSWERS_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Runs until it is dropped.
pub async fn keep(store: Arc<dyn Store>, clock: SharedClock, explanations: Option<SignedDuration>) {
    loop {
        if let Err(error) = tidy(&*store, clock.now(), explanations).await {
            tracing::warn!(%error, "housekeeping failed; the next round is in an hour");
        }
        clock.sleep_until(clock.now() + EVERY).await;
    }
}

/// Explanations that go in one transaction: the writer has other work too.
const AT_ONCE: u32 = 2_000;

/// One round: answers kept for their Idempotency-Key, sign-ins that ran out, explanations older than `explanations` (all of
/// them where they are not kept any more).
///
/// # Errors
/// The store's; what went before it is gone.
pub async fn tidy(store: &dyn Store, now: Timestamp, explanations: Option<SignedDuration>) -> Result<()> {
    let answers = store.purge_requests(now - ANSWERS_KEPT).await?;
    let sign_ins = store.purge_sign_ins(now).await?;
    let before = explanations.map_or(now, |kept| now - kept);
    let mut explained = 0;
    loop {
        let gone = store.purge_explanations(before, AT_ONCE).await?;
        explained += gone;
        if gone < u64::from(AT_ONCE) {
            break;
        }
    }
    tracing::debug!(answers, sign_ins, explained, "housekeeping is done");
    Ok(())
}
