//! One message on its way to Meta: guard, pause, pace, send, record. What Meta's answer means is [`super::judging`]'s.
//!
//! A claim is short. Whatever would outlast it (a long pause, a throttled page, no free slot) puts the message back
//! until its time, at once and without a doubt: a claim that merely ran out would look as if it may have been sent. So
//! does a server that stops.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::SemaphorePermit;

use super::Shared;
use super::gate::{Gate, Lane, Place};
use super::judging::{backoff, judge};
use crate::domain::Timestamp;
use crate::domain::conversation::{Permission, permission};
use crate::domain::ids::Psid;
use crate::domain::message::{Author, Content, OutboxItem};
use crate::domain::page::{Page, PageSettings, PageState};
use crate::messenger::error::{Cause, SendError};
use crate::messenger::graph::{PAGE_INBOX_APP, PageAccess, SenderAction, Sent};
use crate::messenger::send;
use crate::store::turns::SendOutcome;
use crate::turn::PageWorld;

const RECORD_TRIES: u32 = 5;
/// So often a message is sent whose outcome stays unknown: Meta may have taken it each time.
const UNKNOWN_TRIES: u32 = 5;
/// What found no free slot in its time looks again after this.
const SLOT_WAIT: SignedDuration = SignedDuration::from_secs(1);

/// Takes one claimed message as far as it goes now and records it. Returns the conversation's next message, claimed.
pub async fn attempt(shared: &Shared, gate: &Gate, item: OutboxItem) -> Option<OutboxItem> {
    let world = shared.worlds.get(&item.page);
    let outcome = match turn_to_send(shared, gate, &item, world.as_deref()).await {
        Ok(_slot) => end_of(shared, gate, &item).await,
        Err(outcome) => outcome,
    };
    let held = matches!(outcome, SendOutcome::Held { .. });
    let next = record(shared, &item, outcome).await;
    if held {
        // Its page was mended while this was recorded, and what was held then is released already.
        let now = shared.worlds.get(&item.page);
        let changed = now.as_ref().map(Arc::as_ptr) != world.as_ref().map(Arc::as_ptr);
        if changed && now.is_some_and(|world| stands_still(shared, gate, &world.page, item.author).is_none()) {
            release(shared, gate).await;
        }
    }
    next
}

/// Waits for the message's turn: its pause, the page's pace, a slot. The error is how the attempt ends without a send.
async fn turn_to_send<'a>(
    shared: &Shared,
    gate: &'a Gate,
    item: &OutboxItem,
    world: Option<&PageWorld>,
) -> Result<SemaphorePermit<'a>, SendOutcome> {
    let deadline = shared.options.deadline(item);
    if shared.is_stopping() {
        return Err(put_back(shared.clock.now() + pause_of(item)));
    }
    let Some(world) = world else { return slot(shared, gate, deadline).await };
    if let Some(reason) = stands_still(shared, gate, &world.page, item.author) {
        return Err(SendOutcome::Held { reason });
    }
    if item.pause_ms > 0 && world.page.state == PageState::Active {
        pause(shared, gate, item, deadline).await?;
    }
    pace(shared, gate, item, &world.page.settings, deadline).await?;
    slot(shared, gate, deadline).await
}

fn put_back(at: Timestamp) -> SendOutcome {
    SendOutcome::Later { at, reason: None }
}

/// Typing before a bubble. What it shows is not worth failing for.
async fn pause(shared: &Shared, gate: &Gate, item: &OutboxItem, deadline: Timestamp) -> Result<(), SendOutcome> {
    // Nobody would see the typing of a page that is silent for longer than this.
    if let Some(until) = gate.throttled(shared.clock.now()).filter(|until| *until > deadline) {
        return Err(put_back(until));
    }
    let until = shared.clock.now() + pause_of(item);
    show(shared, gate, &item.psid, SenderAction::TypingOn).await;
    if until > deadline {
        return Err(put_back(until));
    }
    rest(shared, until).await;
    if shared.is_stopping() { Err(put_back(until)) } else { Ok(()) }
}

fn pause_of(item: &OutboxItem) -> SignedDuration {
    SignedDuration::from_millis(item.pause_ms.into())
}

/// Typing during a pause, or that a message was seen. Only where the page is free to send; what Meta says to it matters to
/// nobody.
pub async fn show(shared: &Shared, gate: &Gate, psid: &Psid, action: SenderAction) {
    let Some(world) = shared.worlds.get(&gate.page) else { return };
    if world.page.state != PageState::Active || !gate.has_room(world.page.settings.sends_per_second, shared.clock.now()) {
        return;
    }
    if let Some(access) = access(shared, gate).await {
        let _ = shared.graph.sender_action(&access, psid, action).await;
    }
}

/// Sleeps, until the server stops at the latest. Does not count as running meanwhile: whoever waits for quiet need not
/// wait for a pause.
async fn rest(shared: &Shared, until: Timestamp) {
    shared.gauges.resting.add(until);
    shared.gauges.sends_running.take(1);
    tokio::select! {
        () = shared.clock.sleep_until(until) => {}
        () = shared.stops() => {}
    }
    shared.gauges.sends_running.add(1);
    shared.gauges.resting.take(until);
}

/// The page's own pace: at most so many sends a second, and none while Meta asked to wait.
async fn pace(shared: &Shared, gate: &Gate, item: &OutboxItem, settings: &PageSettings, deadline: Timestamp) -> Result<(), SendOutcome> {
    let lane = if item.body.content.is_audio_or_video() { Lane::Media } else { Lane::Words };
    loop {
        match gate.place(lane, settings.sends_per_second, shared.clock.now(), deadline) {
            Place::Now => return Ok(()),
            Place::Later(at) => return Err(put_back(at)),
            Place::At(at) => {
                rest(shared, at).await;
                if shared.is_stopping() {
                    return Err(put_back(at));
                }
            }
        }
        // Meta may have asked for silence meanwhile.
        if gate.throttled(shared.clock.now()).is_none() {
            return Ok(());
        }
    }
}

/// One of the page's slots, and still in time.
async fn slot<'a>(shared: &Shared, gate: &'a Gate, deadline: Timestamp) -> Result<SemaphorePermit<'a>, SendOutcome> {
    let free = match gate.slots.try_acquire() {
        Ok(free) => Some(free),
        Err(_) => tokio::select! {
            free = gate.slots.acquire() => free.ok(),
            () = shared.clock.sleep_until(deadline) => None,
            () = shared.stops() => None,
        },
    };
    let now = shared.clock.now();
    if shared.is_stopping() {
        return Err(put_back(now));
    }
    let free = free.ok_or_else(|| put_back(now + SLOT_WAIT))?;
    if now > deadline {
        return Err(put_back(now));
    }
    match gate.throttled(now) {
        Some(until) => Err(put_back(until)),
        None => Ok(free),
    }
}

/// How the attempt ended.
async fn end_of(shared: &Shared, gate: &Gate, item: &OutboxItem) -> SendOutcome {
    if let Some(reason) = too_doubtful(shared, item) {
        return SendOutcome::Failed { reason };
    }
    let permission = match allowed(shared, item).await {
        Permission::Refused(refusal) => return SendOutcome::Failed { reason: refusal.to_string() },
        permission => permission,
    };
    let Some(access) = access(shared, gate).await else {
        return SendOutcome::Held { reason: "the page has no access token: connect it again".to_owned() };
    };
    let now = shared.clock.now();
    if now > shared.options.deadline(item) {
        return put_back(now);
    }
    // As the last, so that a probe is used up by a message that leaves.
    if let Some(reason) = holds(shared, gate, item, now) {
        return SendOutcome::Held { reason };
    }
    shared.gauges.sends.add(1);
    if item.doubtful {
        shared.gauges.sends_repeated.add(1);
    }
    let result = transmit(shared, &access, item, permission).await;
    judge(shared, gate, item, permission, result).await
}

/// Why a message that may have been sent is not sent again.
fn too_doubtful(shared: &Shared, item: &OutboxItem) -> Option<String> {
    let unknown = "the outcome is unknown: it may have been sent";
    match item.author {
        _ if !item.doubtful => None,
        Author::Agent { .. } => Some(format!("{unknown}, and a person's words are not repeated blindly")),
        _ if item.attempts >= UNKNOWN_TRIES.min(shared.options.send_attempts) => {
            Some(format!("{unknown}, and of {} tries Meta confirmed none", item.attempts))
        }
        _ => None,
    }
}

/// Why nothing of this page may leave: a paused one holds the bot's words, a blocked one holds all until a probe is due.
fn stands_still(shared: &Shared, gate: &Gate, page: &Page, author: Author) -> Option<String> {
    match &page.state {
        PageState::Paused if author == Author::Bot => Some("the page is paused".to_owned()),
        PageState::Blocked { reason, since } => (!gate.probe_is_due(*since, shared.clock.now())).then(|| reason.clone()),
        PageState::Disconnected { .. } => Some("the page is disconnected".to_owned()),
        PageState::Paused | PageState::Active => None,
    }
}

/// Why this message may not leave now, of all that its page wants to send: of a blocked one's, a probe may.
fn holds(shared: &Shared, gate: &Gate, item: &OutboxItem, now: Timestamp) -> Option<String> {
    let world = shared.worlds.get(&item.page)?;
    match &world.page.state {
        PageState::Blocked { reason, since } => (!gate.may_probe(*since, now)).then(|| reason.clone()),
        _ => stands_still(shared, gate, &world.page, item.author),
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
    let request = send::request(&item.body, &item.psid, permission, &item.message.to_string())
        .map_err(|unsendable| SendError::Bug { cause: Cause { reason: unsendable.to_string(), ..Default::default() } })?;
    shared.graph.send(access, &request).await
}

/// What was held is due now, and is looked for at once.
pub(super) async fn release(shared: &Shared, gate: &Gate) {
    if let Err(error) = shared.store.release_held(&gate.page, shared.clock.now()).await {
        tracing::error!(page = %gate.page, %error, "page `{}` is mended, and what it held could not be released", gate.page);
    }
    shared.wake.notify_one();
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

pub(super) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
