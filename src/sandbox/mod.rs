//! The Messenger sandbox: plays Meta, for the demo and for the tests.
//!
//! Two halves. The *Graph API stand-in* ([`graph`]) answers the server's calls with Meta's limits and Meta's errors and
//! posts signed webhooks to the real endpoint. The *page* ([`page`]) is a Messenger in the browser whose taps become
//! those webhooks. Nothing in the server knows that this is not Meta: only the Graph base URL differs
//! (`http://{listen}/sandbox/graph`).
//!
//! Start with [`Sandbox`], the handle: people act through it, tests look and script trouble through it. State is
//! [`world::World`], in memory. [`StandIn`] runs the stand-in alone on a free port; [`configure`] mounts it beside
//! the server. Must not be here: anything of the server (store, actors, flow). It speaks HTTP with it, like Meta.

mod courier;
mod error;
mod events;
mod fault;
mod graph;
mod handle;
mod limits;
mod page;
mod people;
mod profile;
mod rules;
mod scripting;
mod send;
mod shop;
mod standin;
mod threads;
mod visitor;
mod world;

pub use error::GraphError;
pub use fault::{Fault, FaultRule, On};
pub(crate) use handle::Inner;
pub use handle::Sandbox;
pub use rules::Subscription;
pub use standin::StandIn;
pub use visitor::{Choice, NoSuch, Opened};
pub use world::{
    Control, Echoes, FbApp, FbPage, INBOX_APP, Item, Manners, OfferedLink, Offers, Person, SenderAction, Sent, Side, SignIn, Thread,
    WebhookRecord, Words, World,
};

/// Mounts everything at `/sandbox`: the Graph API stand-in, the page, and a shop for the demo's flows to call.
pub fn configure(sandbox: Sandbox) -> impl FnOnce(&mut actix_web::web::ServiceConfig) {
    move |config| {
        config.configure(graph::configure(sandbox.clone())).configure(page::configure(sandbox)).configure(shop::configure);
    }
}
