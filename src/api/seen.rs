//! An agent's call to the API says that they are there, as a heartbeat does.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;

use super::caller::Caller;
use super::state::Api;
use crate::domain::Timestamp;
use crate::domain::ids::UserId;

/// It is written at most so often: nobody is away within a minute.
const EVERY: SignedDuration = SignedDuration::from_secs(30);

/// When each agent was last noted, by this node. As many as there are service seats.
#[derive(Debug, Default)]
pub struct Seen(Mutex<HashMap<UserId, Timestamp>>);

impl Seen {
    fn is_due(&self, user: UserId, now: Timestamp) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = noted.get(&user).is_none_or(|at| now.duration_since(*at) >= EVERY);
        if due {
            noted.insert(user, now);
        }
        due
    }
}

/// Failing to write it down fails nothing else: the next call tries again.
pub(super) async fn note(api: &Api, caller: &Caller) {
    let now = api.clock.now();
    if !caller.user.service_seat || !api.seen.is_due(caller.user.id, now) {
        return;
    }
    if let Err(error) = api.store.note_seen(caller.user.id, now).await {
        tracing::warn!(%error, user = %caller.user.id, "that agent `{}` was seen could not be written down", caller.user.id);
    }
}
