//! Causerie: a self-hosted chatflow server for Facebook Messenger.
//!
//! # The layers
//!
//! Each may use those above it; `tests/layers.rs` holds the table and fails with the line that breaks it.
//!
//! | layer | what lives there | what must not |
//! |---|---|---|
//! | [`domain`] | nouns and their rules, what one bubble may hold | I/O, clocks, HTTP, SQL |
//! | [`flow`] | the flow language: check, step, explain; pure | clocks, chance, network, stores |
//! | [`messenger`] | Meta's wire formats, limits and errors; the Graph port and its client | rules of ours |
//! | [`turn`] | one turn, pure: who answers (routing), a step's effects, a person's order | I/O of any kind |
//! | [`rehearsal`] | a chatflow on a stage: flow tests and simulations, with the server's own turns; pure | I/O of any kind |
//! | [`store`] | the port, and its one adapter in `store/sql` | rules |
//! | [`actors`] | thin shells that carry out what was decided | rules, SQL, routes |
//! | [`api`] | HTTP: the admin API, the webhook; talks to ports only | SQL, Graph calls of its own |
//! | [`app`] | picks the adapters, starts and stops | everything else |
//!
//! # What holds
//!
//! 1. `flow::step` and `turn::take` read no clock, no random source, no store: time and seed arrive. They cannot fail.
//! 2. An event is durable before Meta gets its 200, unique by page and dedupe key. Actor messages are only nudges: the
//!    row is the truth, and a sweep finds rows whose nudge was lost.
//! 3. A conversation takes one event at a time. Session, event, messages, outbox, tickets, timers: one commit, with an
//!    expected version. Nothing is sent before it.
//! 4. Two doors for writing: a *conversation* changes only through its actor; *configuration* through an admin handler
//!    and the store, then a nudge to reload.
//! 5. A published version never changes; a running session stays on its own.
//!
//! # Walk 1: someone taps a button
//!
//! `api/webhook.rs` checks the signature on the raw bytes ([`messenger::signature`]), then parses
//! ([`messenger::webhook`]) → [`runtime::Runtime::deliver`] → `actors/shard.rs` finds or starts the conversation →
//! `actors/turning.rs` loads it and calls [`turn::take`] → `turn/route.rs` decides who answers → `flow::step` → the draft
//! becomes one [`store::turns::Commit`] → 200 to Meta → `actors/dispatcher.rs` sends the claimed message through
//! [`messenger::graph`], records it, and claims the next. The echo closes the loop.
//!
//! # Walk 2: an admin switches a page's primary chatflow
//!
//! `PUT /v1/pages/{id}/primary-chatflow`: `api/gate.rs` (who, and what role the operation needs) →
//! `api/pages/` (body, ETag) → the rule in [`domain::page`] → [`store::pages`] → [`runtime::Runtime::reload`] → the answer's
//! view. Each refusal is one line of the catalogue in `api/problem.rs`.

#![forbid(unsafe_code)]

pub mod actors;
pub mod api;
pub mod app;
pub mod callout;
pub mod clock;
pub mod config;
pub mod demo;
pub mod domain;
pub mod flow;
pub mod housekeeping;
pub mod messenger;
pub mod rehearsal;
pub mod runtime;
pub mod sandbox;
pub mod simulator;
pub mod store;
pub mod turn;
pub mod vault;
