//! The admin API over real HTTP, with a store and no actors: conventions, sign-in, users, people, tickets.

mod chatflows;
mod conventions;
mod hostile;
mod links;
mod office;
mod pages;
mod proving;
mod sign_in;
mod teams;
mod tickets;
mod transfer_rules;
mod translations;
mod users;
mod versions;
