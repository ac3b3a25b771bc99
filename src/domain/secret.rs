//! Named secrets: what flows may use in their HTTP calls and never see.

use super::Timestamp;

/// A secret without its value, which only the store can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedSecret {
    pub name: String,
    pub created_at: Timestamp,
    /// When its value was last set.
    pub updated_at: Timestamp,
}

/// Characters of a name.
pub const NAME_CHARS: usize = 64;

/// What flows write after `secrets.`: lower-case letters, digits and `_`, a letter first.
pub fn is_name(text: &str) -> bool {
    let first = text.starts_with(|c: char| c.is_ascii_lowercase());
    first && text.len() <= NAME_CHARS && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
