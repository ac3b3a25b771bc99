//! Payloads of options: signed tokens that say which option of which question of which session was tapped.
//!
//! Buttons stay clickable for ever, so a tap may come from an old session or an old version; and anyone can send any
//! payload, so a token that is not signed by us is just a string.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::domain::ids::{ChatflowId, SessionId};

pub const MARK: &str = "c1.";
const TAG_LEN: usize = 12;
const FIXED_LEN: usize = 16 + 16 + 4 + 2 + 2;

/// The key that signs tokens; derived from the server's own key, the same on every node.
pub struct TokenKey(Hmac<Sha256>);

impl TokenKey {
    pub fn new(key: &[u8; 32]) -> Self {
        // HMAC pads a short key with zeros to its block: doing it here makes the constructor infallible.
        let mut block = [0; 64];
        block[..32].copy_from_slice(key);
        Self(Hmac::<Sha256>::new(&block.into()))
    }

    fn tag(&self, body: &[u8]) -> [u8; TAG_LEN] {
        let mut mac = self.0.clone();
        mac.update(body);
        let full = mac.finalize().into_bytes();
        let mut tag = [0; TAG_LEN];
        tag.copy_from_slice(&full[..TAG_LEN]);
        tag
    }
}

/// Which option was tapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tap {
    pub session: SessionId,
    pub chatflow: ChatflowId,
    pub version: u32,
    pub node: String,
    pub action: u16,
    pub option: u16,
}

impl Tap {
    /// At most 1,000 characters for node names of up to 600 bytes (Send API, payload limit).
    pub fn sign(&self, key: &TokenKey) -> String {
        let mut body = Vec::with_capacity(FIXED_LEN + self.node.len() + TAG_LEN);
        body.extend_from_slice(self.session.uuid().as_bytes());
        body.extend_from_slice(self.chatflow.uuid().as_bytes());
        body.extend_from_slice(&self.version.to_be_bytes());
        body.extend_from_slice(&self.action.to_be_bytes());
        body.extend_from_slice(&self.option.to_be_bytes());
        body.extend_from_slice(self.node.as_bytes());
        let tag = key.tag(&body);
        body.extend_from_slice(&tag);
        format!("{MARK}{}", URL_SAFE_NO_PAD.encode(body))
    }

    /// `None` for anything that we did not sign.
    pub fn read(payload: &str, key: &TokenKey) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(payload.strip_prefix(MARK)?).ok()?;
        let (body, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_LEN)?)?;
        let mut mac = key.0.clone();
        mac.update(body);
        mac.verify_truncated_left(tag).ok()?;
        let (fixed, node) = body.split_at_checked(FIXED_LEN)?;
        Some(Self {
            session: Uuid::from_slice(&fixed[..16]).ok()?.into(),
            chatflow: Uuid::from_slice(&fixed[16..32]).ok()?.into(),
            version: u32::from_be_bytes(fixed[32..36].try_into().ok()?),
            action: u16::from_be_bytes(fixed[36..38].try_into().ok()?),
            option: u16::from_be_bytes(fixed[38..40].try_into().ok()?),
            node: String::from_utf8(node.to_vec()).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tap() -> Tap {
        let id = Uuid::from_u128(7);
        Tap { session: id.into(), chatflow: id.into(), version: 3, node: "accueil é".into(), action: 1, option: 2 }
    }

    #[test]
    fn a_token_reads_back_and_fits_into_a_payload() {
        let key = TokenKey::new(&[1; 32]);
        let token = tap().sign(&key);
        assert!(token.len() < 200, "{}", token.len());
        assert_eq!(Tap::read(&token, &key), Some(tap()));
    }

    #[test]
    fn a_changed_foreign_or_broken_token_is_no_token() {
        let key = TokenKey::new(&[1; 32]);
        let token = tap().sign(&key);
        let mut changed = token.clone();
        changed.replace_range(10..11, if token.as_bytes()[10] == b'A' { "B" } else { "A" });
        for payload in [changed.as_str(), "", "c1.", "c1.AAAA", "MENU_TRACK", &tap().sign(&TokenKey::new(&[2; 32]))] {
            assert_eq!(Tap::read(payload, &key), None, "{payload}");
        }
    }
}
