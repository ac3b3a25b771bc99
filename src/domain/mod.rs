//! The nouns and their rules. No I/O, no clock, no database, no HTTP: everything here is a value or a pure function.
//!
//! Start with [`event`] (what comes in), [`message`] (what goes out) and [`conversation`] (who may answer).
//! A rule that decides something on its own lives beside its noun: [`transfer`], [`ticket`], [`conversation`].

pub mod access;
pub mod chatflow;
pub mod command;
pub mod contact;
pub mod conversation;
pub mod emitted;
pub mod event;
pub mod ids;
pub mod link;
pub mod message;
pub mod page;
pub mod people;
pub mod rollout;
pub mod secret;
pub mod ticket;
pub mod transfer;

pub use jiff::Timestamp;
