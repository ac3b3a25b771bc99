//! Whose turn it is: a visitor's events are taken in the order in which they became durable (P3).
//!
//! The store decides it, in the statement that checks the version: a turn that earlier events wait before is refused.
//! They may have been left by a full queue, a lost nudge, a turn that failed, a crash, or another node. Whoever is
//! refused takes them first, so that nobody waits for the sweep. Hence nothing is asked before a turn, and no queue,
//! cache or start needs to know of what else there is.

use std::sync::Arc;

use super::Shared;
use super::meeting::{Met, Reply};
use super::turning::{Follow, Settled, TurnError, Work, attempt_event};
use crate::domain::contact::Profile;
use crate::store::StoreError;
use crate::store::turns::{Accepted, Ending, Loaded, StoredEvent};

/// Turns of one event that may fail before it is parked for an operator.
const ATTEMPTS: u32 = 3;
/// Earlier events that are read at once.
const CHUNK: u32 = 64;
/// Chunks, until the event is given back to the sweep: what a visitor piled up does not hold the actor for ever.
const CHUNKS: u32 = 16;

/// Takes one event, after those that come first. `Ok` means that it is durable, and taken, or parked, or left to the
/// sweep; whoever waits for that alone is answered as soon as it is so.
pub async fn take_event(shared: &Shared, met: Met, reply: &mut Reply) -> Settled<Result<(), StoreError>> {
    let Met { mut work, loaded: mut cache, profile } = met;
    let mut follow = Follow::default();
    for _ in 0..CHUNKS {
        let failure = match attempt_event(shared, &mut cache, &work, profile.as_ref()).await {
            Ok(more) => {
                shared.gauges.turns.add(1);
                follow.and(more);
                return Settled { cache, result: Ok(()), follow };
            }
            Err(failure) => failure,
        };
        cache = None;
        if !matches!(failure, TurnError::Behind) {
            let result = set_aside(shared, &work, failure).await.map(|_| ());
            return Settled { cache: None, result, follow };
        }
        let stored = match make_durable(shared, work, reply).await {
            Ok(Some(stored)) => stored,
            Ok(None) => return Settled { cache: None, result: Ok(()), follow },
            Err(error) => return Settled { cache: None, result: Err(error), follow },
        };
        let caught_up = Box::pin(catch_up(shared, &mut cache, &stored, profile.as_ref(), &mut follow)).await;
        work = Work::Stored(stored);
        if !caught_up {
            break;
        }
    }
    // Durable, and not the first: the sweep brings it again, or the visitor's next event does.
    Settled { cache: None, result: Ok(()), follow }
}

/// The conversation could not even be read.
pub async fn fail_event(shared: &Shared, work: &Work, error: StoreError) -> Result<(), StoreError> {
    set_aside(shared, work, error.into()).await.map(|_| ())
}

/// What has to wait needs its place among those that wait. `None`: it was accepted before, nothing is left to do.
async fn make_durable(shared: &Shared, work: Work, reply: &mut Reply) -> Result<Option<Box<StoredEvent>>, StoreError> {
    let stored = match work {
        Work::Stored(stored) => Some(stored),
        Work::Fresh(new) => match shared.store.accept(vec![Arc::unwrap_or_clone(new)]).await?.pop() {
            Some(Accepted::New(stored)) => Some(Box::new(stored)),
            Some(Accepted::Duplicate) | None => None,
        },
    };
    if let Some(reply) = reply.take() {
        // Whoever asked may have gone; the event is durable.
        let _ = reply.send(Ok(()));
    }
    Ok(stored)
}

/// Takes what comes before the event, up to a chunk. False where one of them must wait, and all after it with it.
async fn catch_up(
    shared: &Shared,
    cache: &mut Option<Box<Loaded>>,
    event: &StoredEvent,
    profile: Option<&Profile>,
    follow: &mut Follow,
) -> bool {
    let Some(psid) = &event.event.psid else { return false };
    let earlier = match shared.store.pending_of(&event.event.page, psid, event.seq, CHUNK).await {
        Ok(earlier) => earlier,
        Err(error) => {
            tracing::error!(event = %event.id, %error, "what comes before event `{}` could not be read", event.id);
            return false;
        }
    };
    for stored in earlier {
        let work = Work::Stored(Box::new(stored));
        match attempt_event(shared, cache, &work, profile).await {
            Ok(more) => {
                shared.gauges.turns.add(1);
                follow.and(more);
            }
            // One that is earlier still has come up meanwhile: the order is looked at anew.
            Err(TurnError::Behind) => return true,
            Err(failure) => {
                *cache = None;
                if !matches!(set_aside(shared, &work, failure).await, Ok(Fate::Parked)) {
                    return false;
                }
            }
        }
    }
    true
}

/// What became of an event whose turn failed.
enum Fate {
    /// It waits, and those after it wait for it.
    Waits,
    Parked,
}

/// What fails keeps its promise: it becomes durable, its attempts are counted, and at the third it is parked.
async fn set_aside(shared: &Shared, work: &Work, failure: TurnError) -> Result<Fate, StoreError> {
    shared.gauges.turns_failed.add(1);
    let event = work.id();
    tracing::error!(%event, kind = work.event().what.kind(), error = %failure, "turn of event `{event}` failed");
    if let Work::Fresh(new) = work {
        shared.store.accept(vec![(**new).clone()]).await?;
    }
    match failure {
        // Not the event's fault: it waits for the sweep.
        TurnError::Store(StoreError::Unavailable(_) | StoreError::Overloaded) | TurnError::Contended => Ok(Fate::Waits),
        other => {
            if shared.store.count_attempt(event).await? < ATTEMPTS {
                shared.wake.notify_one();
                return Ok(Fate::Waits);
            }
            shared.store.end_event(event, Ending::Parked { error: other.to_string() }).await?;
            Ok(Fate::Parked)
        }
    }
}
