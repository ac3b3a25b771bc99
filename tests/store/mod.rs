//! The store's contract: every case runs on SQLite and on PostgreSQL.

mod access;
mod chatflows;
mod inbox;
mod links;
mod pages;
mod people;
mod requests;
mod rules;
mod secrets;
mod tickets;
mod turns;
