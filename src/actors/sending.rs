//! One message on its way to Meta: guard, pause, rate, send, record.

use std::time::Duration;

use jiff::SignedDuration;

use super::Shared;
use super::dispatcher::{Blocked, Gate};
use crate::domain::Timestamp;
use crate::domain::conversation::{Permission, permission};
use crate::domain::event::{Inbound, InboundEvent, SendRefusal};
use crate::domain::ids::{IdMaker, PageId, Psid};
use crate::domain::message::{Author, Content, OutboxItem};
use crate::domain::page::PageState;
use crate::messenger::error::SendError;
use crate::messenger::graph::{PAGE_INBOX_APP, PageAccess, SenderAction, Sent};
use crate::messenger::send;
use crate::store::turns::{NewEvent, SendOutcome};

const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const LONGEST_BACKOFF: Duration = Duration::from_secs(300);
/// From this percentage of Meta's limit on, the page slows down.
const USAGE_ALARM: u32 = 90;
const USAGE_PAUSE: Duration = Duration::from_secs(10);
const RECORD_TRIES: u32 = 5;

/// Sends one claimed message and records how it ended. Returns the conversation's next message, claimed.
pub async fn attempt(shared: &Shared, gate: &Gate, item: OutboxItem) -> Option<OutboxItem> {
    pause(shared, gate, &item).await;
    let Ok(_slot) = gate.slots.acquire().await else { return None };
    wait_for_rate(shared, gate).await;
    // `None`: too late for this claim, another may hold it by now. The lease brings the message back.
    let outcome = end_of(shared, gate, &item).await?;
    record(shared, &item, outcome).await
}

/// Typing before a bubble. What it shows is not worth failing for.
async fn pause(shared: &Shared, gate: &Gate, item: &OutboxItem) {
    let pause = shared.options.pause_of(item);
    if pause.is_zero() || holds(shared, gate, item).is_some() {
        return;
    }
    if let Some(access) = access(shared, gate).await {
        let _ = shared.graph.sender_action(&access, &item.psid, SenderAction::TypingOn).await;
    }
    rest(shared, shared.clock.now() + signed(pause)).await;
}

/// Typing during a pause of the flow, or that a message was seen. Only where the page is free to send; what Meta says to it matters to nobody.
pub async fn show(shared: &Shared, gate: &Gate, psid: &Psid, action: SenderAction) {
    let free = shared.worlds.get(&gate.page).is_some_and(|world| world.page.state == PageState::Active);
    if !free {
        return;
    }
    if let Some(access) = access(shared, gate).await {
        let _ = shared.graph.sender_action(&access, psid, action).await;
    }
}

/// Sleeps, and does not count as running meanwhile: whoever waits for quiet need not wait for a pause.
async fn rest(shared: &Shared, until: Timestamp) {
    shared.gauges.sends_running.take(1);
    shared.clock.sleep_until(until).await;
    shared.gauges.sends_running.add(1);
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// The page's own pace: at most so many sends a second, and none while Meta asked to wait.
async fn wait_for_rate(shared: &Shared, gate: &Gate) {
    let per_second = shared.worlds.get(&gate.page).map_or(250, |world| world.page.settings.sends_per_second).max(1);
    let gap = SignedDuration::from_micros(1_000_000 / i64::from(per_second));
    let now = shared.clock.now();
    let at = {
        let mut state = gate.state();
        let slot = state.next_slot.unwrap_or(now).max(now).max(state.throttled_until.unwrap_or(now));
        // Meta counts per second: a second's worth may leave at once.
        let earliest = slot - SignedDuration::from_secs(1);
        state.next_slot = Some(slot + gap);
        earliest.max(state.throttled_until.unwrap_or(earliest))
    };
    if at > now {
        rest(shared, at).await;
    }
}

/// How the attempt ended; `None` when the claim was too old to send on.
async fn end_of(shared: &Shared, gate: &Gate, item: &OutboxItem) -> Option<SendOutcome> {
    if let Some(reason) = holds(shared, gate, item) {
        return Some(SendOutcome::Held { reason });
    }
    if item.doubtful && matches!(item.author, Author::Agent { .. }) {
        let reason = "the outcome is unknown: it may have been sent, and a person's words are not repeated blindly".to_owned();
        return Some(SendOutcome::Failed { reason });
    }
    let permission = match allowed(shared, item).await {
        Permission::Refused(refusal) => return Some(SendOutcome::Failed { reason: refusal.to_string() }),
        permission => permission,
    };
    let Some(access) = access(shared, gate).await else {
        return Some(SendOutcome::Held { reason: "the page has no access token: connect it again".to_owned() });
    };
    let needs = shared.options.send_timeout + shared.options.echo_grace;
    let deadline = item.claimed_until.map(|until| until - signed(needs));
    if deadline.is_some_and(|deadline| shared.clock.now() > deadline) {
        return None;
    }
    shared.gauges.sends.add(1);
    if item.doubtful {
        shared.gauges.sends_repeated.add(1);
    }
    let result = transmit(shared, &access, item, permission).await;
    Some(judge(shared, gate, item, result).await)
}

/// Why the message may not leave now: a paused page holds the bot's words, a blocked one holds all but a probe.
fn holds(shared: &Shared, gate: &Gate, item: &OutboxItem) -> Option<String> {
    let world = shared.worlds.get(&item.page)?;
    match &world.page.state {
        PageState::Paused if item.author == Author::Bot => Some("the page is paused".to_owned()),
        PageState::Blocked { reason, since } => (!gate.may_probe(reason, *since, shared.clock.now())).then(|| reason.clone()),
        PageState::Disconnected { .. } => Some("the page is disconnected".to_owned()),
        PageState::Paused | PageState::Active => None,
    }
}

/// The guard, on the window as it is now: the one of the commit may be older than the visitor's next message.
async fn allowed(shared: &Shared, item: &OutboxItem) -> Permission {
    let now = shared.clock.now();
    let permission_then = permission(item.author, item.window_opened_at, now);
    if !matches!(permission_then, Permission::Refused(_)) {
        return permission_then;
    }
    match shared.store.load(&item.page, &item.psid).await {
        Ok(Some(loaded)) => permission(item.author, loaded.conversation.window_opened_at, now),
        _ => permission_then,
    }
}

async fn access(shared: &Shared, gate: &Gate) -> Option<PageAccess> {
    let known = gate.state().token.clone();
    let token = match known {
        Some(token) => token,
        None => {
            let token = shared.store.token(&gate.page).await.ok()??;
            gate.state().token = Some(token.clone());
            token
        }
    };
    Some(PageAccess { page: gate.page.clone(), token })
}

async fn transmit(shared: &Shared, access: &PageAccess, item: &OutboxItem, permission: Permission) -> Result<Sent, SendError> {
    if item.body.content == Content::PassThread {
        let passed = shared.graph.pass_thread_control(access, &item.psid, PAGE_INBOX_APP, None).await;
        return passed.map(|()| Sent { mid: None, usage: None });
    }
    let request = send::request(&item.body, &item.psid, permission, &item.message.to_string()).map_err(|unsendable| SendError::Bug {
        cause: crate::messenger::error::Cause { reason: unsendable.to_string(), ..Default::default() },
    })?;
    shared.graph.send(access, &request).await
}

/// What Meta's answer means for the message and for its page.
async fn judge(shared: &Shared, gate: &Gate, item: &OutboxItem, result: Result<Sent, SendError>) -> SendOutcome {
    let now = shared.clock.now();
    let error = match result {
        Ok(sent) => {
            if let Some(usage) = sent.usage.filter(|usage| usage.percent >= USAGE_ALARM) {
                throttle(gate, now, usage.regain.unwrap_or(USAGE_PAUSE));
            }
            unblock(shared, gate).await;
            return SendOutcome::Sent { mid: sent.mid };
        }
        Err(error) => error,
    };
    let reason = error.to_string();
    match error {
        SendError::Retry { after, at_most, .. } => {
            if item.attempts + 1 >= at_most.unwrap_or(u32::MAX).min(shared.options.send_attempts) {
                return SendOutcome::Failed { reason };
            }
            SendOutcome::Retry { at: now + signed(after.unwrap_or_else(|| backoff(shared, item.attempts))), reason }
        }
        SendError::Throttled { after, .. } => {
            let until = throttle(gate, now, after.unwrap_or_else(|| backoff(shared, item.attempts)));
            SendOutcome::Retry { at: until, reason }
        }
        SendError::PageBlocked { probe_after, .. } => {
            block(shared, gate, &reason, probe_after).await;
            SendOutcome::Held { reason }
        }
        SendError::Unknown { resend: true, .. } => SendOutcome::Unknown,
        SendError::WindowClosed { .. } => {
            let persons = permission(item.author, item.window_opened_at, now) == Permission::HumanAgent;
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

fn throttle(gate: &Gate, now: Timestamp, wait: Duration) -> Timestamp {
    let until = now + signed(wait);
    let mut state = gate.state();
    let until = state.throttled_until.map_or(until, |earlier| earlier.max(until));
    state.throttled_until = Some(until);
    until
}

/// Doubles from a second to five minutes, then spread by up to a half so that a recovering Meta is not met by a wave.
fn backoff(shared: &Shared, attempts: u32) -> Duration {
    let base = FIRST_BACKOFF.saturating_mul(1 << attempts.min(10)).min(LONGEST_BACKOFF);
    let spread = u32::try_from(shared.seed() % 50).unwrap_or(0);
    base + base * spread / 100
}

/// The page's queue stands still and says why: in the page's own state, where operators look.
async fn block(shared: &Shared, gate: &Gate, reason: &str, probe_after: Option<Duration>) {
    let now = shared.clock.now();
    // A dead token never mends itself; a restriction may.
    gate.state().blocked = Some(Blocked { reason: reason.to_owned(), probe_at: probe_after.map(|after| now + signed(after)) });
    if let Err(error) = mark_blocked(shared, &gate.page, reason, now).await {
        tracing::error!(page = %gate.page, %error, "page `{}` is blocked, and its state could not be saved", gate.page);
    }
    tracing::warn!(page = %gate.page, reason, "page `{}` is blocked by Meta: its queue is held", gate.page);
}

/// A message went through: whatever blocked the page has passed.
async fn unblock(shared: &Shared, gate: &Gate) {
    if gate.state().blocked.take().is_none() {
        return;
    }
    let mended = async {
        let Some(mut page) = shared.store.page(&gate.page).await? else { return Ok(()) };
        if matches!(page.state, PageState::Blocked { .. }) {
            page.state = PageState::Active;
            shared.store.update_page(&page).await?;
        }
        shared.worlds.load(&*shared.store, &gate.page).await?;
        shared.store.release_held(&gate.page, shared.clock.now()).await.map(|_| ())
    };
    let mended: crate::store::Result<()> = mended.await;
    if let Err(error) = mended {
        tracing::error!(page = %gate.page, %error, "page `{}` is mended, and its state could not be saved", gate.page);
    }
    shared.wake.notify_one();
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

/// A record that fails is tried again; at the last, the claim runs out and the echo or a repeat ends it (P5).
async fn record(shared: &Shared, item: &OutboxItem, outcome: SendOutcome) -> Option<OutboxItem> {
    for try_number in 0..RECORD_TRIES {
        let now = shared.clock.now();
        match shared.store.record_send(item, outcome.clone(), now, now + shared.options.lease()).await {
            Ok(next) => return next,
            Err(error) => {
                tracing::error!(message = %item.message, %error, "how message `{}` ended could not be recorded", item.message);
                rest(shared, now + signed(backoff(shared, try_number))).await;
            }
        }
    }
    None
}
