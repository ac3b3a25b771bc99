//! One live conversation: it holds the session and what routes it, and takes one job at a time.

use std::sync::Arc;

use actix::prelude::*;
use tokio::sync::oneshot;

use super::dispatcher::Dispatchers;
use super::meeting::{Reply, meet};
use super::ordering::{fail_event, take_event};
use super::shard::JobEnd;
use super::turning::{Follow, Settled, Work, take_order};
use super::{Key, Shared};
use crate::domain::command::Command;
use crate::messenger::graph::SenderAction;
use crate::runtime::{CommandDone, CommandError};
use crate::store::turns::Loaded;

/// One thing for a conversation to do.
pub enum Job {
    /// Answered, where someone waits, once the event is durable.
    Event {
        work: Work,
        reply: Reply,
    },
    Order {
        command: Box<Command>,
        reply: oneshot::Sender<Result<CommandDone, CommandError>>,
    },
}

/// The next job of the conversation's queue. The shard sends it only when the one before has ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Run(pub Job, pub JobEnd);

pub struct Conversation {
    key: Key,
    shared: Arc<Shared>,
    dispatchers: Dispatchers,
    /// As of the last commit; the commit's version check proves it right.
    cache: Option<Box<Loaded>>,
}

impl Conversation {
    pub fn new(key: Key, shared: Arc<Shared>, dispatchers: Dispatchers) -> Self {
        shared.gauges.live_conversations.add(1);
        Self { key, shared, dispatchers, cache: None }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.shared.gauges.live_conversations.take(1);
    }
}

impl Actor for Conversation {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // The shard counts the queue; one is in flight at a time.
        ctx.set_mailbox_capacity(2);
    }
}

impl Handler<Run> for Conversation {
    // Not `ResponseActFuture`: that would let the next job in while this one waits for its commit.
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, Run(job, end): Run, _: &mut Context<Self>) -> Self::Result {
        let (shared, key) = (self.shared.clone(), self.key.clone());
        let cache = self.cache.take();
        let turn = async move {
            let _running = shared.gauges.turns_running.hold();
            match job {
                Job::Event { work, mut reply } => {
                    let Settled { cache, result, follow } = match meet(&shared, cache, work, &mut reply).await {
                        Ok(Some(met)) => take_event(&shared, met, &mut reply).await,
                        Ok(None) => Settled { cache: None, result: Ok(()), follow: Follow::default() },
                        Err((work, error)) => {
                            Settled { cache: None, result: fail_event(&shared, &work, error).await, follow: Follow::default() }
                        }
                    };
                    answer(reply, result);
                    (cache, follow)
                }
                Job::Order { command, reply } => {
                    // Boxed, as it is rare: a turn's future is moved, and would else have room for it.
                    let order = Box::pin(take_order(&shared, cache, key.page(), key.psid(), &command));
                    let Settled { cache, result, follow } = order.await;
                    answer(Some(reply), result);
                    (cache, follow)
                }
            }
        };
        AtomicResponse::new(Box::pin(turn.into_actor(self).map(|(cache, follow), actor, _| {
            actor.cache = cache;
            if follow.seen {
                actor.dispatchers.show(&actor.key, SenderAction::MarkSeen);
            }
            for item in follow.claimed {
                actor.dispatchers.dispatch(item);
            }
            if follow.typing {
                actor.dispatchers.show(&actor.key, SenderAction::TypingOn);
            }
            end.done();
        })))
    }
}

/// The one who asked may have gone; what was committed stands.
fn answer<T>(reply: Option<oneshot::Sender<T>>, result: T) {
    if let Some(reply) = reply {
        let _ = reply.send(result);
    }
}
