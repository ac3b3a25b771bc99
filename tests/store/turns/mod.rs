//! The conversation's door: what `store/turns.rs` promises.

mod accepting;
mod committing;
mod corrupt;
mod due;
mod explaining;
mod fixture;
mod order;
mod sending;
mod sharing;
