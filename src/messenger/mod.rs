//! Messenger's wire: what Meta sends and what it accepts. Pure, except [`client`], which speaks HTTP.
//!
//! Knows the domain and nothing above it. Start with [`webhook`] (bytes to domain events), [`send`] (a bubble to a
//! Send API body) and [`graph`] (the port that the layers above call). What an error of Meta's means is one table:
//! [`error`]. The wire facts are in Meta's documentation; a quirk that it does not tell has its line where it is met.

pub mod client;
pub mod error;
mod error_table;
pub mod graph;
mod inbound;
pub mod limits;
mod loose;
pub mod send;
pub mod signature;
mod split_text;
mod templates;
pub mod webhook;
mod wire;
