//! The one integration-test binary: every topic is a module, so that the server is linked once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::string_slice,
    clippy::print_stderr,
    clippy::too_many_lines,
    reason = "a test ends by panicking, and may be long"
)]

mod api;
mod demo;
mod sandbox;
mod store;
mod support;

mod actors;
mod authz;
mod browser;
mod callout;
mod cli;
mod configuration;
mod desk;
mod effects;
mod engine;
mod explanations;
mod graph_client;
mod inbox;
mod kill;
mod layers;
mod migrations;
mod openapi;
mod operation;
mod postgres;
mod power;
mod readme;
mod rehearsal;
mod routing;
mod sending;
mod shown;
mod versions;
mod walks;
mod webhooks;
