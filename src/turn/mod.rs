//! One turn, pure: an event (or a person's order) and what is known become everything that shall be committed.
//!
//! Here stands design §5: who answers. The flow language itself is `flow/`'s; carrying out what is decided here is
//! `actors/`'s. Nothing here reads a clock, a random source or a store: time and seed arrive in the [`Situation`],
//! so a turn that was refused at the commit is simply computed again.
//!
//! Reading order: [`situation`] (what a turn may look at) → [`draft`] (what it changes) → [`take`] (an event) →
//! [`route`] (which chatflow answers; `entry` and `met` what it looks at, `tap` options,
//! `revise` on which version) → [`carry`] (a step's effects become rows) → [`obey`] (a person's order).

pub mod carry;
pub mod draft;
mod entry;
mod explain;
mod met;
pub mod obey;
mod revise;
pub mod route;
pub mod situation;
pub mod take;
mod tap;
mod tickets;

pub use draft::{Draft, Turn};
pub use obey::obey;
pub use situation::{LinkLookup, PageWorld, Situation, TicketLookup};
pub use take::take;
