//! One turn from end to end: load, ask for what is missing, take it (pure), commit, and again where the commit was refused.
//! Which event's turn it is, and what becomes of one that fails: [`super::ordering`].

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::Shared;
use crate::domain::command::{Command, CommandRefused};
use crate::domain::contact::Profile;
use crate::domain::event::InboundEvent;
use crate::domain::ids::{ChatflowId, EventId, PageId, Psid};
use crate::domain::message::OutboxItem;
use crate::domain::page::PageState;
use crate::domain::people::Roster;
use crate::flow::Flow;
use crate::runtime::{CommandDone, CommandError};
use crate::store::StoreError;
use crate::store::tickets::TicketFilter;
use crate::store::turns::{Committed, Ending, Loaded, NewEvent, StoredEvent, Take};
use crate::turn::situation::{older_versions, referral_of};
use crate::turn::{Draft, LinkLookup, PageWorld, Situation, TicketLookup, Turn, obey, take};

/// A commit that was refused this often in a row is given back to the sweep.
const TRIES: u32 = 8;

/// An event on its way: durable already, or to be made durable by the very commit of its turn.
#[derive(Debug, Clone)]
pub enum Work {
    Stored(Box<StoredEvent>),
    Fresh(Arc<NewEvent>),
}

impl Work {
    pub fn id(&self) -> EventId {
        match self {
            Self::Stored(stored) => stored.id,
            Self::Fresh(new) => new.id,
        }
    }

    pub fn event(&self) -> &InboundEvent {
        match self {
            Self::Stored(stored) => &stored.event,
            Self::Fresh(new) => &new.event,
        }
    }

    fn take(&self, ending: Ending) -> Take {
        match self {
            Self::Stored(stored) => Take::Stored { event: stored.id, seq: stored.seq, ending },
            Self::Fresh(new) => Take::Fresh { event: new.clone(), ending },
        }
    }
}

/// What is left after a turn.
pub struct Settled<T> {
    /// The conversation as of the last commit; `None`: load it for the next turn.
    pub cache: Option<Box<Loaded>>,
    pub result: T,
    pub follow: Follow,
}

/// What follows a commit at once.
#[derive(Default)]
pub struct Follow {
    /// The claimed first message of each commit that claimed one.
    pub claimed: Vec<OutboxItem>,
    /// Typing is to be shown.
    pub typing: bool,
    /// The visitor is to be shown that their message was seen.
    pub seen: bool,
}

impl Follow {
    pub fn and(&mut self, more: Self) {
        self.claimed.extend(more.claimed);
        self.typing |= more.typing;
        self.seen |= more.seen;
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    #[error("the turn panicked: {0}")]
    Panicked(String),
    #[error("the commit was refused {TRIES} times")]
    Contended,
    #[error("an earlier event of the visitor still waits for its turn")]
    Behind,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One event's turn and its commit. `Behind` where earlier events come first: nothing of it has happened then. After an
/// error the cache is empty.
pub async fn attempt_event(
    shared: &Shared,
    cache: &mut Option<Box<Loaded>>,
    work: &Work,
    profile: Option<&Profile>,
) -> Result<Follow, TurnError> {
    let event = work.event();
    let (Some(psid), Some(world)) = (&event.psid, shared.worlds.get(&event.page)) else {
        let reason = if event.psid.is_none() { "no_visitor" } else { "unknown_page" };
        end_aside(shared, work, reason).await?;
        return Ok(Follow::default());
    };
    // What still comes after the page was disconnected: Meta was not reached, or its events were under way.
    if matches!(world.page.state, PageState::Disconnected { .. }) {
        end_aside(shared, work, "page_disconnected").await?;
        return Ok(Follow::default());
    }
    let link = find_link(shared, event).await?;
    let mut known = Known { world, older: HashMap::new(), roster: None, ticket: TicketLookup::Unknown, link, profile };
    for _ in 0..TRIES {
        let loaded = known.load(shared, cache, &event.page, psid).await?;
        let turn = known.step(shared, loaded.as_deref(), |cx| Ok::<_, CommandRefused>(take(cx, event)))?;
        match turn {
            Ok(Turn::Aside { reason }) => {
                *cache = loaded;
                end_aside(shared, work, reason).await?;
                return Ok(Follow::default());
            }
            Ok(Turn::NeedsRoster) => {
                known.roster = Some(shared.roster().await?);
                *cache = loaded;
            }
            Ok(Turn::NeedsTicket) => {
                known.ticket = open_ticket(shared, loaded.as_deref()).await?;
                *cache = loaded;
            }
            Ok(Turn::Ready(draft)) => match commit(shared, *draft, |ending| work.take(ending)).await? {
                Attempt::Done { after, follow } => {
                    *cache = Some(after);
                    return Ok(follow);
                }
                Attempt::Stale => known.is_stale(shared),
                Attempt::Behind => return Err(TurnError::Behind),
                Attempt::Taken => return Ok(Follow::default()),
                Attempt::NoCapacity => {
                    known.roster = Some(shared.roster().await?);
                    *cache = loaded;
                }
            },
            Err(_) => return Err(TurnError::Contended),
        }
    }
    Err(TurnError::Contended)
}

/// Carries out a person's order.
pub async fn take_order(
    shared: &Shared,
    cache: Option<Box<Loaded>>,
    page: &PageId,
    psid: &Psid,
    command: &Command,
) -> Settled<Result<CommandDone, CommandError>> {
    let mut cache = cache;
    match attempt_order(shared, &mut cache, page, psid, command).await {
        Ok((done, follow)) => Settled { cache, result: Ok(done), follow },
        Err(error) => Settled { cache: None, result: Err(error), follow: Follow::default() },
    }
}

async fn attempt_order(
    shared: &Shared,
    cache: &mut Option<Box<Loaded>>,
    page: &PageId,
    psid: &Psid,
    command: &Command,
) -> Result<(CommandDone, Follow), CommandError> {
    let world = shared.worlds.get(page).ok_or(CommandError::NotFound)?;
    let mut known =
        Known { world, older: HashMap::new(), roster: None, ticket: TicketLookup::Unknown, link: LinkLookup::NoRef, profile: None };
    for _ in 0..TRIES {
        let loaded = known.load(shared, cache, page, psid).await?.ok_or(CommandError::NotFound)?;
        let turn = known.step(shared, Some(&loaded), |cx| obey(cx, &loaded, command));
        match turn.map_err(|failure| order_failed(&loaded, &failure))?? {
            Turn::Aside { .. } => return Err(CommandError::NotFound),
            Turn::NeedsRoster => {
                known.roster = Some(shared.roster().await?);
                *cache = Some(loaded);
            }
            Turn::NeedsTicket => {
                known.ticket = open_ticket(shared, Some(&loaded)).await?;
                *cache = Some(loaded);
            }
            Turn::Ready(draft) => {
                let message = draft.messages.first().map(|(_, message)| message.clone());
                match commit(shared, *draft, |_| Take::Nothing).await? {
                    Attempt::Done { after, follow } => {
                        let done = CommandDone { conversation: after.conversation.clone(), message };
                        *cache = Some(after);
                        return Ok((done, follow));
                    }
                    Attempt::Stale => known.is_stale(shared),
                    Attempt::Behind | Attempt::Taken => return Err(CommandError::Busy),
                    Attempt::NoCapacity => return Err(CommandRefused::NoCapacity.into()),
                }
            }
        }
    }
    Err(CommandError::Busy)
}

fn order_failed(loaded: &Loaded, failure: &TurnError) -> CommandError {
    let conversation = loaded.conversation.id;
    tracing::error!(%conversation, error = %failure, "an order to conversation `{conversation}` failed");
    CommandError::Busy
}

/// What a turn was given so far.
struct Known<'a> {
    world: Arc<PageWorld>,
    older: HashMap<(ChatflowId, u32), Arc<Flow>>,
    roster: Option<Roster>,
    ticket: TicketLookup,
    link: LinkLookup,
    profile: Option<&'a Profile>,
}

impl Known<'_> {
    /// What the turn was computed on is looked at anew.
    fn is_stale(&mut self, shared: &Shared) {
        shared.gauges.conflicts.add(1);
        self.ticket = TicketLookup::Unknown;
    }

    /// The conversation from the cache or the store, and the older flow versions that its session stands in.
    async fn load(
        &mut self,
        shared: &Shared,
        cache: &mut Option<Box<Loaded>>,
        page: &PageId,
        psid: &Psid,
    ) -> Result<Option<Box<Loaded>>, StoreError> {
        let loaded = match cache.take() {
            Some(loaded) => Some(loaded),
            None => shared.store.load(page, psid).await?.map(Box::new),
        };
        for (chatflow, number) in older_versions(loaded.as_deref(), &self.world) {
            if !self.older.contains_key(&(chatflow, number))
                && let Some(flow) = shared.worlds.version(&*shared.store, chatflow, number).await?
            {
                self.older.insert((chatflow, number), flow);
            }
        }
        Ok(loaded)
    }

    /// Runs the pure part. A panic in it leaves nothing half done: it becomes an error.
    fn step<T>(
        &self,
        shared: &Shared,
        loaded: Option<&Loaded>,
        pure: impl FnOnce(&Situation<'_>) -> Result<T, CommandRefused>,
    ) -> Result<Result<T, CommandRefused>, TurnError> {
        let cx = Situation {
            loaded,
            world: &self.world,
            older: &self.older,
            link: self.link.clone(),
            profile: self.profile,
            roster: self.roster.as_ref(),
            ticket: self.ticket.clone(),
            at: shared.clock.now(),
            seed: shared.seed(),
            token_key: &shared.token_key,
            explain: shared.options.explain,
            our_app: shared.options.app_id.as_deref(),
        };
        catch_unwind(AssertUnwindSafe(|| pure(&cx))).map_err(|panic| TurnError::Panicked(panic_text(&*panic)))
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

enum Attempt {
    Done { after: Box<Loaded>, follow: Follow },
    Stale,
    Behind,
    Taken,
    NoCapacity,
}

async fn commit(shared: &Shared, mut draft: Draft, take: impl FnOnce(Ending) -> Take) -> Result<Attempt, StoreError> {
    // A server that stops sends nothing new: the message waits unclaimed.
    let claims = !draft.outbox.is_empty() && !shared.is_stopping();
    let claim_until = claims.then(|| draft.at + shared.options.lease());
    if !shared.options.explain {
        draft.trace.clear();
    }
    let wakes = !draft.callouts.is_empty() || !draft.set_timers.is_empty();
    let (typing, seen) = (draft.typing, draft.seen);
    let (commit, after) = draft.commit(take, claim_until);
    let committed = shared.store.commit(commit).await?;
    if wakes {
        shared.wake.notify_one();
    }
    Ok(match committed {
        Committed::Done { claimed } => {
            Attempt::Done { after: Box::new(after), follow: Follow { claimed: claimed.into_iter().collect(), typing, seen } }
        }
        Committed::Stale => Attempt::Stale,
        Committed::Behind => Attempt::Behind,
        Committed::Taken => Attempt::Taken,
        Committed::NoCapacity => Attempt::NoCapacity,
    })
}

async fn open_ticket(shared: &Shared, loaded: Option<&Loaded>) -> Result<TicketLookup, StoreError> {
    let Some(loaded) = loaded else { return Ok(TicketLookup::None) };
    let filter = TicketFilter { conversation: Some(loaded.conversation.id), closed: Some(false), ..TicketFilter::default() };
    let newest = shared.store.tickets(&filter, None, 1).await?.pop();
    Ok(newest.map_or(TicketLookup::None, |ticket| TicketLookup::Open(Box::new(ticket))))
}

async fn find_link(shared: &Shared, event: &InboundEvent) -> Result<LinkLookup, StoreError> {
    let Some(text) = referral_of(event).and_then(|referral| referral.r#ref) else { return Ok(LinkLookup::NoRef) };
    Ok(match shared.store.link_by_ref(&event.page, &text).await? {
        Some(link) => LinkLookup::Found(Box::new(link)),
        None => LinkLookup::Unknown(text),
    })
}

/// The event concerns no conversation: durable, ended, with its reason.
async fn end_aside(shared: &Shared, work: &Work, reason: &str) -> Result<(), StoreError> {
    if let Work::Fresh(new) = work {
        shared.store.accept(vec![(**new).clone()]).await?;
    }
    shared.store.end_event(work.id(), Ending::Ignored { reason: reason.to_owned() }).await
}
