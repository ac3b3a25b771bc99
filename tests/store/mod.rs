//! The store's contract: every case runs on SQLite and on PostgreSQL.

mod requests;
mod tickets;
