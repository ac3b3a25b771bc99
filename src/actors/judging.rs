//! What Meta's answer to a send means: for the message, for its page, for its conversation.
//!
//! Which error asks for what is the table's in `messenger::error`; here it is carried out. Start with [`judge`].

use std::time::Duration;

use super::Shared;
use super::gate::{Blocked, Gate};
use super::sending::{release, signed};
use crate::domain::Timestamp;
use crate::domain::conversation::Permission;
use crate::domain::event::{Inbound, InboundEvent, SendRefusal};
use crate::domain::ids::{IdMaker, PageId};
use crate::domain::message::OutboxItem;
use crate::domain::page::PageState;
use crate::messenger::error::SendError;
use crate::messenger::graph::Sent;
use crate::store::turns::{NewEvent, SendOutcome};

const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const LONGEST_BACKOFF: Duration = Duration::from_secs(300);
/// From this percentage of Meta's limit on, the page slows down.
const USAGE_ALARM: u32 = 90;
const USAGE_PAUSE: Duration = Duration::from_secs(10);

/// What Meta's answer means for the message, which was sent under this permission, and for its page.
pub async fn judge(
    shared: &Shared,
    gate: &Gate,
    item: &OutboxItem,
    permission: Permission,
    result: Result<Sent, SendError>,
) -> SendOutcome {
    let now = shared.clock.now();
    let error = match result {
        Ok(sent) => {
            if let Some(usage) = sent.usage.filter(|usage| usage.percent >= USAGE_ALARM) {
                gate.throttle(now, signed(usage.regain.unwrap_or(USAGE_PAUSE)));
            }
            went_through(shared, gate).await;
            return SendOutcome::Sent { mid: sent.mid };
        }
        Err(error) => error,
    };
    let reason = error.to_string();
    match error {
        SendError::Retry { after, at_most, .. } => {
            // `at_most` is Meta's and counts what follows the first try; ours counts all.
            let spent = at_most.is_some_and(|most| item.attempts >= most) || item.attempts + 1 >= shared.options.send_attempts;
            if spent {
                return SendOutcome::Failed { reason };
            }
            SendOutcome::Retry { at: now + signed(after.unwrap_or_else(|| backoff(shared, item.attempts))), reason }
        }
        SendError::Throttled { after, .. } => SendOutcome::Later { at: throttled(shared, gate, now, after), reason: Some(reason) },
        SendError::PageBlocked { probe_after, .. } => {
            block(shared, gate, &reason, probe_after).await;
            SendOutcome::Held { reason }
        }
        SendError::Unknown { resend: true, .. } => SendOutcome::Unknown,
        SendError::WindowClosed { .. } => {
            let persons = permission == Permission::HumanAgent;
            tell(shared, item, if persons { SendRefusal::HumanAgentWindowClosed } else { SendRefusal::WindowClosed }).await;
            SendOutcome::Failed { reason }
        }
        SendError::NotThreadOwner { .. } => {
            tell(shared, item, SendRefusal::NotThreadOwner).await;
            SendOutcome::Failed { reason }
        }
        SendError::Unknown { resend: false, .. } | SendError::Unavailable { .. } | SendError::Refused { .. } | SendError::Bug { .. } => {
            SendOutcome::Failed { reason }
        }
    }
}

/// Too many calls were made, of whatever messages: the page waits, longer each time, and no message counts it.
fn throttled(shared: &Shared, gate: &Gate, now: Timestamp, after: Option<Duration>) -> Timestamp {
    // Several that were under way are refused together: that is once.
    let again = gate.throttled(now).is_none();
    let times = gate.state().throttles;
    if again {
        gate.state().throttles = times.saturating_add(1);
    }
    gate.throttle(now, signed(after.unwrap_or_else(|| backoff(shared, if again { times } else { 0 }))))
}

/// The conversation learns it as it learns everything: by an event, which the next sweep hands to it.
async fn tell(shared: &Shared, item: &OutboxItem, why: SendRefusal) {
    let now = shared.clock.now();
    let event = InboundEvent {
        page: item.page.clone(),
        psid: Some(item.psid.clone()),
        at: now,
        dedupe: format!("refused:{}", item.message),
        standby: false,
        what: Inbound::SendRefused { why },
    };
    let new = NewEvent { id: IdMaker::new(now, shared.seed()).next(), received_at: now, event };
    if let Err(error) = shared.store.accept(vec![new]).await {
        tracing::error!(conversation = %item.conversation, %error, "conversation `{}` could not be told of a refused send", item.conversation);
    }
}

/// Doubles from a second to five minutes, then spread by up to a half so that a recovering Meta is not met by a wave.
pub(super) fn backoff(shared: &Shared, attempts: u32) -> Duration {
    let base = FIRST_BACKOFF.saturating_mul(1 << attempts.min(10)).min(LONGEST_BACKOFF);
    let spread = u32::try_from(shared.seed() % 50).unwrap_or(0);
    base + base * spread / 100
}

/// The page's queue stands still and says why: in the page's own state, where operators look.
async fn block(shared: &Shared, gate: &Gate, reason: &str, probe_after: Option<Duration>) {
    let now = shared.clock.now();
    // A dead token never mends itself; a restriction may.
    gate.state().blocked = Some(Blocked { probe_at: probe_after.map(|after| now + signed(after)) });
    if let Err(error) = mark_blocked(shared, &gate.page, reason, now).await {
        tracing::error!(page = %gate.page, %error, "page `{}` is blocked, and its state could not be saved", gate.page);
    }
    tracing::warn!(page = %gate.page, reason, "page `{}` is blocked by Meta: its queue is held", gate.page);
}

/// A message went through: whatever blocked or slowed the page has passed.
async fn went_through(shared: &Shared, gate: &Gate) {
    let blocked = {
        let mut state = gate.state();
        state.throttles = 0;
        state.blocked.take()
    };
    if blocked.is_none() {
        return;
    }
    if let Err(error) = mark_mended(shared, &gate.page).await {
        tracing::error!(page = %gate.page, %error, "page `{}` is mended, and its state could not be saved", gate.page);
    }
    release(shared, gate).await;
}

async fn mark_mended(shared: &Shared, id: &PageId) -> crate::store::Result<()> {
    let Some(mut page) = shared.store.page(id).await? else { return Ok(()) };
    if matches!(page.state, PageState::Blocked { .. }) {
        page.state = PageState::Active;
        shared.store.update_page(&page).await?;
    }
    shared.worlds.load(&*shared.store, id).await
}

async fn mark_blocked(shared: &Shared, id: &PageId, reason: &str, since: Timestamp) -> crate::store::Result<()> {
    let Some(mut page) = shared.store.page(id).await? else { return Ok(()) };
    if page.state != PageState::Active {
        return Ok(());
    }
    page.state = PageState::Blocked { reason: reason.to_owned(), since };
    shared.store.update_page(&page).await?;
    shared.worlds.load(&*shared.store, id).await
}
