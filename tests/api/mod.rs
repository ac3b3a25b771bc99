//! The admin API over real HTTP, with a store and no actors: conventions, sign-in, users.

mod conventions;
mod sign_in;
mod users;
