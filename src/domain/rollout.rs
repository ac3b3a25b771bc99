//! Which version of a chatflow a contact gets, and what becomes of sessions on an earlier one.
//!
//! A publish says what it does to running sessions ([`SessionPolicy`]) and whether it is for everyone or for a part of the
//! contacts first ([`Rollout`]). Nothing runs when a version is published: [`Moves::of`] is asked at a session's next turn.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::{ChatflowId, ContactId};

/// What a version does to sessions that run on an earlier one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionPolicy {
    /// They stay on the version they began with.
    #[default]
    Keep,
    /// At their next turn they go on at the same node of the new version; where it has none, they stay, and a report says so.
    Migrate,
    /// With the visitor's next message they begin anew, on the new version. Where another chatflow called this one, its call
    /// does.
    Restart,
}

impl SessionPolicy {
    /// The stable word of the API and the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Migrate => "migrate",
            Self::Restart => "restart",
        }
    }
}

/// A version that only some contacts get, until the rollout is finished or aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollout {
    pub version: u32,
    /// 1 to 99 of a hundred contacts.
    pub percent: u8,
}

/// Percentages that make sense: none and all are no rollout.
pub const PERCENT: std::ops::RangeInclusive<u8> = 1..=99;

/// The chatflow has no rollout, or has one already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RolloutRefused {
    #[error("no rollout is under way for chatflow `{0}`")]
    None(ChatflowId),
    #[error("a rollout of version {version} is under way for chatflow `{chatflow}`: finish or abort it first")]
    UnderWay { chatflow: ChatflowId, version: u32 },
    #[error("chatflow `{0}` was never published: there is no version for the other contacts")]
    FirstVersion(ChatflowId),
}

impl Rollout {
    /// Whether this contact is among the chosen. Sticky: the same contact always gets the same answer for a version, and
    /// whoever is in at 10 % is in at 20 %. Another version chooses others.
    pub fn includes(&self, chatflow: ChatflowId, contact: ContactId) -> bool {
        self.bucket(chatflow, contact) < u64::from(self.percent)
    }

    /// 0 to 99, evenly spread: FNV-1a over the three, then splitmix64's last steps.
    fn bucket(&self, chatflow: ChatflowId, contact: ContactId) -> u64 {
        let (chatflow, contact) = (chatflow.uuid(), contact.uuid());
        let bytes = chatflow.as_bytes().iter().chain(contact.as_bytes()).chain(&self.version.to_be_bytes()).copied().collect::<Vec<u8>>();
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (hash ^ (hash >> 31)) % 100
    }
}

/// What one published version asks for: `keep` without a withdrawal need not be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionPolicy {
    pub chatflow: ChatflowId,
    pub number: u32,
    pub policy: SessionPolicy,
    /// Its rollout was aborted, and this is what becomes of the sessions on it.
    pub withdrawn: Option<SessionPolicy>,
}

/// How the sessions of one chatflow move from version to version.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Moves(BTreeMap<u32, (SessionPolicy, Option<SessionPolicy>)>);

/// What becomes of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Stay,
    /// To this version.
    Migrate(u32),
    /// A new session, on whatever version the contact gets.
    Restart,
}

impl Moves {
    pub fn add(&mut self, version: VersionPolicy) {
        self.0.insert(version.number, (version.policy, version.withdrawn));
    }

    /// For a session on version `stands`, of a contact who gets version `current`: every version in between had its say,
    /// as if the session had met it when it was published. Withdrawn versions have none.
    pub fn of(&self, stands: u32, current: u32) -> Move {
        if let Some((_, Some(policy))) = self.0.get(&stands) {
            return match policy {
                SessionPolicy::Keep => Move::Stay,
                SessionPolicy::Migrate => Move::Migrate(current),
                SessionPolicy::Restart => Move::Restart,
            };
        }
        if current <= stands {
            return Move::Stay;
        }
        let mut fate = Move::Stay;
        for (number, (policy, withdrawn)) in self.0.range(stands + 1..=current) {
            match policy {
                _ if withdrawn.is_some() => {}
                SessionPolicy::Keep => {}
                SessionPolicy::Migrate => fate = Move::Migrate(*number),
                SessionPolicy::Restart => return Move::Restart,
            }
        }
        fate
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn moves(policies: &[(u32, SessionPolicy, Option<SessionPolicy>)]) -> Moves {
        let mut moves = Moves::default();
        for (number, policy, withdrawn) in policies {
            moves.add(VersionPolicy { chatflow: Uuid::nil().into(), number: *number, policy: *policy, withdrawn: *withdrawn });
        }
        moves
    }

    #[test]
    fn every_version_in_between_has_its_say() {
        use SessionPolicy::{Keep, Migrate, Restart};
        let plain = moves(&[(2, Migrate, None), (4, Restart, None), (6, Migrate, None), (7, Keep, None)]);
        let cases = [
            (1, 1, Move::Stay),
            (1, 2, Move::Migrate(2)),
            (1, 3, Move::Migrate(2)),
            (2, 3, Move::Stay),
            (1, 5, Move::Restart),
            (4, 5, Move::Stay),
            (4, 7, Move::Migrate(6)),
            (7, 3, Move::Stay),
        ];
        for (stands, current, expected) in cases {
            assert_eq!(plain.of(stands, current), expected, "{stands} → {current}");
        }
    }

    #[test]
    fn a_withdrawn_version_moves_only_those_on_it() {
        use SessionPolicy::{Keep, Migrate, Restart};
        let aborted = moves(&[(2, Restart, Some(Keep)), (3, Migrate, Some(Restart)), (4, Keep, Some(Migrate))]);
        assert_eq!(aborted.of(1, 5), Move::Stay);
        assert_eq!(aborted.of(2, 1), Move::Stay);
        assert_eq!(aborted.of(3, 1), Move::Restart);
        assert_eq!(aborted.of(4, 1), Move::Migrate(1));
    }

    #[test]
    fn a_contact_stays_where_it_was_when_more_are_let_in() {
        let chatflow: ChatflowId = Uuid::from_u128(7).into();
        let contacts: Vec<ContactId> = (0..2000_u128).map(|n| Uuid::from_u128(n << 64 | n).into()).collect();
        let chosen = |version: u32, percent: u8| -> Vec<ContactId> {
            contacts.iter().copied().filter(|contact| Rollout { version, percent }.includes(chatflow, *contact)).collect()
        };
        let (few, more) = (chosen(2, 10), chosen(2, 50));
        assert!((150..250).contains(&few.len()) && (900..1100).contains(&more.len()), "{} {}", few.len(), more.len());
        assert!(few.iter().all(|contact| more.contains(contact)));
        assert_ne!(few, chosen(3, 10), "another version chooses others");
    }
}
