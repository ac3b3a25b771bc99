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
pub async fn keep(store: Arc<dyn Store>, clock: SharedClock) {
    loop {
        if let Err(error) = tidy(&*store, clock.now()).await {
            tracing::warn!(%error, "housekeeping failed; the next round is in an hour");
        }
        clock.sleep_until(clock.now() + EVERY).await;
    }
}

/// One round: answers kept for their Idempotency-Key, and sign-ins that ran out.
///
/// # Errors
/// The store's; what went before it is gone.
pub async fn tidy(store: &dyn Store, now: Timestamp) -> Result<()> {
    let answers = store.purge_requests(now - ANSWERS_KEPT).await?;
    let sign_ins = store.purge_sign_ins(now).await?;
    tracing::debug!(answers, sign_ins, "housekeeping is done");
    Ok(())
}
