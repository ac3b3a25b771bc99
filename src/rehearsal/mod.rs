//! A chatflow on a stage: one visitor, a clock that jumps, agents and HTTP calls that are played, and the server's own
//! turns, routing included. Nothing is sent, stored or called.
//!
//! What runs here is [`turn::take`](crate::turn::take) and [`turn::obey`](crate::turn::obey), as on the server; only what
//! surrounds them is made up. [`Stage`] is that world; [`play`] lets a [script](crate::flow::script) happen on it, for flow
//! tests ([`test::run`]) and for the admin API's [`simulation`]. Pure: no clock, no store, no network.

mod agents;
mod facts;
mod judge;
pub mod play;
pub mod simulation;
mod stage;
pub mod test;
mod text;
mod world;

pub use play::{Played, Seen, play};
pub use stage::{Happened, Refused, Stage};
pub use text::words;
pub use world::{Surroundings, people};
