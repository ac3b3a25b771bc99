//! A direct link: an `m.me` URL whose `ref` opens one chatflow.
//!
//! A ref is public and worth guarding all the same: who can guess one starts flows that were meant for others. So it is
//! random, never derived from an id, and can be revoked.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Timestamp;
use super::ids::{ChatflowId, LinkId, PageId};

#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub id: LinkId,
    pub page: PageId,
    pub chatflow: ChatflowId,
    /// Opaque, unguessable, of `A-Za-z0-9-_=` (Meta's charset for refs).
    pub r#ref: String,
    pub label: Option<String>,
    /// The link that the chatflow has from birth; it cannot be deleted.
    pub direct: bool,
    pub variables: BTreeMap<String, Value>,
    pub locale: Option<String>,
    /// Start at this node instead of the flow's start.
    pub node: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub revoked: bool,
    pub revision: i64,
    pub created_at: Timestamp,
}

/// How much chance a ref needs: 96 bits.
pub const REF_RANDOM_BYTES: usize = 12;

/// The direct link is the chatflow's own: it lives and dies with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("link `{0}` is the chatflow's own link: deactivate or delete the chatflow instead")]
pub struct IsDirect(pub LinkId);

impl Link {
    /// The link that a chatflow has from birth.
    pub fn direct(id: LinkId, page: PageId, chatflow: ChatflowId, random: [u8; REF_RANDOM_BYTES], now: Timestamp) -> Self {
        Self {
            id,
            page,
            chatflow,
            r#ref: make_ref(random),
            label: None,
            direct: true,
            variables: BTreeMap::new(),
            locale: None,
            node: None,
            expires_at: None,
            revoked: false,
            revision: 1,
            created_at: now,
        }
    }

    /// From now on its ref is a miss. Revoking twice is once; a revoked link is never live again.
    pub fn revoke(&mut self) -> Result<(), IsDirect> {
        if self.direct {
            return Err(IsDirect(self.id));
        }
        self.revoked = true;
        Ok(())
    }

    /// The URL to publish. `username` where the page has one, else the page's id.
    pub fn url(page: &PageId, username: Option<&str>, r#ref: &str) -> String {
        format!("https://m.me/{}?ref={}", username.unwrap_or(page.as_str()), r#ref)
    }

    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.revoked && self.expires_at.is_none_or(|at| now < at)
    }
}

/// A ref of 16 characters of Meta's charset (`A-Za-z0-9-_=`, m.me guide). `random` must come from the system's source.
pub fn make_ref(random: [u8; REF_RANDOM_BYTES]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bits = random.iter().fold(0u128, |bits, byte| (bits << 8) | u128::from(*byte));
    let mut made = String::with_capacity(16);
    for _ in 0..16 {
        made.push(char::from(LETTERS[(bits & 63) as usize]));
        bits >>= 6;
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use uuid::Uuid;

    fn link() -> Link {
        Link::direct(Uuid::from_u128(1).into(), "100".into(), Uuid::from_u128(2).into(), [7; REF_RANDOM_BYTES], Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_ref_holds_all_the_chance_it_was_given_in_the_charset_of_meta() {
        let charset = |c: char| c.is_ascii_alphanumeric() || "-_=".contains(c);
        let mut seen = std::collections::BTreeSet::new();
        for byte in 0..REF_RANDOM_BYTES {
            for bit in 0..8 {
                let mut random = [0; REF_RANDOM_BYTES];
                random[byte] = 1 << bit;
                let made = make_ref(random);
                assert!(made.len() == 16 && made.chars().all(charset), "{made}");
                seen.insert(made);
            }
        }
        assert_eq!(seen.len(), 96, "each of the 96 bits makes another ref");
    }

    #[test]
    fn the_url_names_the_page_by_its_username_where_it_has_one() {
        let page = PageId::from("100");
        assert_eq!(Link::url(&page, Some("maison.lenoir"), "r1"), "https://m.me/maison.lenoir?ref=r1");
        assert_eq!(Link::url(&page, None, "r1"), "https://m.me/100?ref=r1");
    }

    #[test]
    fn a_link_lives_until_it_expires_or_is_revoked() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
        let second = SignedDuration::from_secs(1);
        let mut campaign = Link { direct: false, expires_at: Some(now), ..link() };
        assert!(campaign.is_live(now - second));
        assert!(!campaign.is_live(now));
        campaign.expires_at = None;
        assert!(campaign.is_live(now));
        campaign.revoke().unwrap();
        assert!(!campaign.is_live(now));
    }

    #[test]
    fn the_direct_link_of_a_chatflow_is_not_revoked() {
        let mut direct = link();
        assert_eq!(direct.revoke(), Err(IsDirect(direct.id)));
        assert!(direct.is_live(Timestamp::UNIX_EPOCH));
    }
}
