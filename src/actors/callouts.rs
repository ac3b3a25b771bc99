//! Carries out the HTTP calls that flows asked for: outside every conversation, so that none waits for another's shop.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;

use super::Shared;
use super::supervisor::Shards;
use crate::callout::filled::Secrets;
use crate::domain::Timestamp;
use crate::domain::event::CalloutResult;
use crate::flow::effect::CalloutRequest;
use crate::runtime::HostObservation;
use crate::store::turns::Callout;

/// The port: one HTTP call, within its bounds. It cannot fail otherwise than by its result.
#[async_trait]
pub trait Caller: Send + Sync {
    /// `secrets` are those that the request needs, as far as they exist.
    async fn call(&self, request: &CalloutRequest, secrets: &Secrets, now: Timestamp) -> CalloutResult;

    /// Hosts that failed lately.
    fn hosts(&self) -> Vec<HostObservation>;
}

/// Beyond the call's own time-out, until another may take it over.
const CLAIM_MARGIN: SignedDuration = SignedDuration::from_secs(30);
/// The longest time-out that `check` lets a flow ask for, in claims that were made before the call is read.
const LONGEST_CALL: SignedDuration = SignedDuration::from_secs(60);
const FIRST_RETRY: Duration = Duration::from_millis(500);

pub fn claim_time() -> SignedDuration {
    LONGEST_CALL + CLAIM_MARGIN
}

/// Makes one call and turns its end into an event of the conversation.
pub async fn carry_out(shared: Arc<Shared>, shards: Shards, callout: Callout) {
    let result = made(&shared, &callout).await;
    let now = shared.clock.now();
    if may_pass(&result) && callout.attempts < u32::from(callout.request.retries) {
        let wait = FIRST_RETRY * 2_u32.saturating_pow(callout.attempts.min(6));
        let at = now + SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_secs(1));
        if let Err(error) = shared.store.retry_callout(callout.id, at).await {
            tracing::error!(callout = %callout.id, %error, "callout `{}` could not be put back", callout.id);
        }
        return;
    }
    match shared.store.finish_callout(callout.id, result, now).await {
        Ok(Some(event)) => shards.nudge(vec![event]),
        Ok(None) => {}
        // Its claim runs out and it is made again.
        Err(error) => tracing::error!(callout = %callout.id, %error, "callout `{}` ended and could not be recorded", callout.id),
    }
}

/// The secrets are opened for this one call and live no longer.
async fn made(shared: &Shared, callout: &Callout) -> CalloutResult {
    let names: Vec<String> = callout.request.secrets().into_iter().collect();
    match shared.store.open_secrets(&names).await {
        Ok(secrets) => shared.caller.call(&callout.request, &secrets, shared.clock.now()).await,
        Err(error) => {
            tracing::error!(callout = %callout.id, %error, "the secrets of callout `{}` could not be opened", callout.id);
            CalloutResult::Failed { reason: "its secrets could not be opened".to_owned() }
        }
    }
}

fn may_pass(result: &CalloutResult) -> bool {
    match result {
        CalloutResult::Answered { status, .. } => *status >= 500 || *status == 429,
        CalloutResult::TimedOut | CalloutResult::Failed { .. } => true,
        CalloutResult::Refused { .. } => false,
    }
}
