//! A chatflow on a stage: one visitor, a clock that jumps, agents and HTTP calls that are played, and the server's own
//! turns, routing included. Nothing is sent, stored or called.
//!
//! What runs here is [`turn::take`](crate::turn::take) and [`turn::obey`](crate::turn::obey), as on the server; only what
//! surrounds them is made up. [`Stage`] is that world; [`play`] lets a [script](crate::flow::script) happen on it, for flow
//! tests ([`test::run`]) and for the admin API's [`simulation`]; the terminal's chat walks on it without one. Pure: no clock, no store, no network.

mod agents;
mod bubble;
mod facts;
mod judge;
mod offers;
pub mod play;
pub mod simulation;
mod stage;
pub mod test;
mod text;
mod world;

pub use bubble::{length, said};
pub use play::{Played, Seen, play};
pub use stage::{Happened, Refused, Stage};
pub use text::{lines, words};
pub use world::{Chatflow, Surroundings};
