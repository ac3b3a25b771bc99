//! What tests share: servers, clocks, databases.

pub mod api;
pub mod app;
pub mod browser;
pub mod canned;
pub mod http;
pub mod postgres;
pub mod store;
