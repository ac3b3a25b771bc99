//! What tests share: servers, clocks, databases.

pub mod postgres;

pub mod store;
