//! Causerie: a chatflow server for Facebook Messenger.
//!
//! (The map of layers and the two walks stand here; see `tests/layers.rs` for the import table.)

pub mod api;
pub mod callout;
pub mod clock;
pub mod config;
pub mod domain;
pub mod flow;
pub mod messenger;
pub mod runtime;
pub mod sandbox;
pub mod store;
pub mod vault;
