//! What tests share: servers, clocks, databases.

pub mod canned;
pub mod postgres;

pub mod store;
