//! The Send API's limits. What a bubble may hold is known to the flow language too, so it stands with the bubble, in
//! [`crate::domain::message::limits`]; what only the wire knows is here.

pub use crate::domain::message::limits::*;

/// `metadata`, which comes back in the echo: less than 1,000 characters.
pub const METADATA: usize = 999;
/// Media that Meta fetches itself, in bytes.
pub const MEDIA_BYTES: u64 = 25 * 1024 * 1024;
/// An image that Meta fetches itself, in bytes.
pub const IMAGE_BYTES: u64 = 8 * 1024 * 1024;
