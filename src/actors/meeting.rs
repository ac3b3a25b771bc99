//! The first event of a visitor: who is it?
//!
//! Meta tells name and locale only on request. The request must not hold up Meta's 200, so the event is made durable
//! and acknowledged first; and it must not hold up the visitor, so it has little time and no second try.

use std::time::Duration;

use tokio::sync::oneshot;

use super::Shared;
use super::turning::Work;
use crate::domain::contact::Profile;
use crate::domain::event::Inbound;
use crate::messenger::graph::PageAccess;
use crate::store::StoreError;
use crate::store::turns::{Accepted, Loaded};

/// Longer than this, the flow greets without a name.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What a turn starts from.
pub struct Met {
    pub work: Work,
    pub loaded: Option<Box<Loaded>>,
    /// Of a visitor who was unknown until now.
    pub profile: Option<Profile>,
}

pub type Reply = Option<oneshot::Sender<Result<(), StoreError>>>;

/// Loads the conversation. Where there is none yet, acknowledges the event and asks who the visitor is. `None`: the
/// event was taken before, nothing is left to do.
///
/// # Errors
/// The store's, with the event that it concerns.
pub async fn meet(shared: &Shared, cache: Option<Box<Loaded>>, work: Work, reply: &mut Reply) -> Result<Option<Met>, (Work, StoreError)> {
    let event = work.event();
    let (Some(psid), true) = (event.psid.clone(), cache.is_none()) else {
        return Ok(Some(Met { work, loaded: cache, profile: None }));
    };
    let loaded = match shared.store.load(&event.page, &psid).await {
        Ok(loaded) => loaded.map(Box::new),
        Err(error) => return Err((work, error)),
    };
    let event = work.event();
    if loaded.is_some() || !introduces(&event.what) || shared.worlds.get(&event.page).is_none() {
        return Ok(Some(Met { work, loaded, profile: None }));
    }
    let work = match work {
        Work::Fresh(new) => match shared.store.accept(vec![(*new).clone()]).await {
            Ok(mut accepted) => match accepted.pop() {
                Some(Accepted::New(stored)) => Work::Stored(Box::new(stored)),
                Some(Accepted::Duplicate) | None => return Ok(None),
            },
            Err(error) => return Err((Work::Fresh(new), error)),
        },
        stored @ Work::Stored(_) => stored,
    };
    if let Some(reply) = reply.take() {
        // Whoever asked may have gone; the event is durable.
        let _ = reply.send(Ok(()));
    }
    let page = work.event().page.clone();
    let profile = async {
        let token = shared.store.token(&page).await.ok()??;
        shared.graph.user_profile(&PageAccess { page: page.clone(), token }, &psid).await.ok()
    };
    let profile = tokio::time::timeout(PATIENCE, profile).await.ok().flatten();
    Ok(Some(Met { work, loaded: None, profile }))
}

/// Meta answers only for those who wrote or tapped.
fn introduces(what: &Inbound) -> bool {
    matches!(what, Inbound::Message(_) | Inbound::Postback { .. } | Inbound::Referral { .. } | Inbound::Optin { .. })
}
