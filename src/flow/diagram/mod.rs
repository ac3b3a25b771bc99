//! A document as a drawing: its nodes with their actions, the ways between them, where a flow is entered, what nothing
//! leads to, what leads back.
//!
//! [`chart`] says what there is, by what the reading layer noted ([`survey`]): no action is known here by its name.
//! [`mermaid`] writes it as text for other tools; [`svg`] draws it, with the places that [`layout`] finds.

mod chart;
mod layout;
mod mermaid;
mod places;
mod svg;

pub use chart::{Arrow, Card, Chart, Row, chart};
pub use mermaid::mermaid;
pub use svg::svg;

#[cfg(test)]
mod tests;
