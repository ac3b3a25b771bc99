//! Identifiers: one newtype per noun, so that a ticket's id cannot stand where a user's belongs.
//!
//! Ours are TypeIDs (`cv_01h455vb4pex5vsknk084sn02q`): a prefix, then a UUID v7 in Crockford base32, so they
//! sort by time and say what they name. Meta's are Meta's own strings ([`PageId`], [`Psid`]).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// The string is no id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of the form `{prefix}_…`")]
pub struct BadId {
    pub prefix: &'static str,
    pub text: String,
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn encode(uuid: Uuid) -> String {
    let bits = uuid.as_u128();
    (0..26).rev().map(|i| char::from(ALPHABET[((bits >> (5 * i)) & 31) as usize])).collect()
}

fn decode(text: &str) -> Option<Uuid> {
    // 26 digits of 5 bits are 130: the first digit may only be 0 to 7.
    if text.len() != 26 || text.as_bytes()[0] > b'7' {
        return None;
    }
    let mut bits: u128 = 0;
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
        bits = (bits << 5) | digit as u128;
    }
    Some(Uuid::from_u128(bits))
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// What every id of this kind starts with, without the underscore.
            pub const PREFIX: &'static str = $prefix;
            pub const fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
            pub const fn uuid(self) -> Uuid { self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, concat!($prefix, "_{}"), encode(self.0)) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
        }
        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                text.strip_prefix(concat!($prefix, "_")).and_then(decode).map(Self)
                    .ok_or_else(|| BadId { prefix: $prefix, text: text.chars().take(64).collect() })
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> { out.collect_str(self) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
            }
        }
        impl From<Uuid> for $name { fn from(uuid: Uuid) -> Self { Self(uuid) } }
    )*};
}

typed_ids! {
    /// A person who signs in: owner, admin, editor, lead, agent or analyst.
    UserId = "us";
    /// One chatflow, whatever its version.
    ChatflowId = "cf";
    /// A direct link to a chatflow.
    LinkId = "lk";
    /// One PSID on one page.
    ContactId = "ct";
    /// The thread of one contact.
    ConversationId = "cv";
    /// One run of a contact through one chatflow version.
    SessionId = "ss";
    /// One accepted inbound event.
    EventId = "ev";
    /// One event that a flow told the outside world.
    EmittedId = "em";
    /// One message of a transcript, either direction.
    MessageId = "ms";
    /// An HTTP call that a flow asked for.
    CalloutId = "co";
    /// A durable timer.
    TimerId = "tm";
    TeamId = "te";
    /// A named, ordered list of transfer rules.
    RuleSetId = "tr";
    PipelineId = "pl";
    TicketId = "tk";
    CommentId = "cm";
    /// A refresh token's family.
    SignInId = "si";
}

/// Makes ids without reading a clock or a random source: both arrive with the turn, so a turn can be repeated to the bit.
#[derive(Debug, Clone)]
pub struct IdMaker {
    at_ms: u64,
    state: u64,
}

impl IdMaker {
    pub fn new(at: super::Timestamp, seed: u64) -> Self {
        Self { at_ms: u64::try_from(at.as_millisecond()).unwrap_or(0), state: seed }
    }

    /// The next random number (splitmix64).
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A UUID v7 of the turn's time.
    #[allow(clippy::should_implement_trait, reason = "each call gives the kind of id that is asked for: no iterator")]
    pub fn next<I: From<Uuid>>(&mut self) -> I {
        let (high, low) = (self.next_u64(), self.next_u64());
        let mut random = [0; 10];
        random[..8].copy_from_slice(&high.to_be_bytes());
        random[8..].copy_from_slice(&low.to_be_bytes()[..2]);
        I::from(uuid::Builder::from_unix_timestamp_millis(self.at_ms, &random).into_uuid())
    }
}

macro_rules! meta_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);
        impl $name {
            pub fn new(id: impl Into<String>) -> Self { Self(id.into()) }
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Debug::fmt(&self.0, f) }
        }
        impl From<&str> for $name { fn from(id: &str) -> Self { Self(id.to_owned()) } }
    )*};
}

meta_ids! {
    /// Meta's id of a Facebook Page; ours for it too, so that a page that is connected anew finds its data.
    PageId;
    /// Meta's page-scoped id of a visitor.
    Psid;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        // The TypeID specification's own vector.
        let uuid: Uuid = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let id = TicketId::from_uuid(uuid);
        assert_eq!(id.to_string(), "tk_01h455vb4pex5vsknk084sn02q");
        assert_eq!(id.to_string().parse::<TicketId>().unwrap(), id);
    }

    #[test]
    fn another_kind_of_id_and_nonsense_are_refused() {
        for text in ["cv_01h455vb4pex5vsknk084sn02q", "tk_", "tk_81h455vb4pex5vsknk084sn02q", "tk_01h455vb4pex5vsknk084sn02é", ""] {
            assert!(text.parse::<TicketId>().is_err(), "{text}");
        }
    }
}
