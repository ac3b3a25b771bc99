//! A connected Facebook Page: its state, its primary chatflow, its settings.
//!
//! Start with [`Page::set_primary`]. A page has one primary chatflow or none, so "one" is the shape of the data; what is
//! left to rule is which chatflow may become it.

mod binding;

use serde::{Deserialize, Serialize};

pub use binding::PageBinding;

use super::Timestamp;
use super::chatflow::Chatflow;
use super::ids::{ChatflowId, PageId, RuleSetId};

/// What the Get Started button that we set sends. It can only be tapped in a new thread, so it always begins anew.
pub const GET_STARTED_PAYLOAD: &str = "causerie:get_started";

#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub id: PageId,
    pub name: String,
    /// For `m.me/{username}`; the id serves where it is missing.
    pub username: Option<String>,
    pub state: PageState,
    /// Exactly one, or none where the page was connected without the default chatflow and none was chosen yet.
    pub primary: Option<ChatflowId>,
    /// The rules that a transfer without a name follows.
    pub rules: Option<RuleSetId>,
    pub settings: PageSettings,
    /// For ETag and lost updates.
    pub revision: i64,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PageState {
    Active,
    /// By an operator: nothing is answered or sent, everything is kept.
    Paused,
    /// By Meta: the token is dead or the Page is restricted. `reason` says what to do.
    Blocked {
        reason: String,
        since: Timestamp,
    },
    /// By an operator: no token, no events. What was said is kept; connecting the page again goes on with it.
    Disconnected {
        since: Timestamp,
    },
}

impl PageState {
    /// The stable word of the API: `active`, `paused`, `blocked`, `disconnected`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Blocked { .. } => "blocked",
            Self::Disconnected { .. } => "disconnected",
        }
    }
}

/// Why a chatflow cannot become a page's primary one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrimaryRefused {
    #[error("chatflow `{chatflow}` belongs to page `{page}`")]
    OtherPage { chatflow: ChatflowId, page: PageId },
    #[error("chatflow `{0}` was never published: publish it first")]
    Unpublished(ChatflowId),
    #[error("chatflow `{0}` is inactive: activate it first")]
    Inactive(ChatflowId),
}

/// A page has exactly one primary chatflow; it is switched, never doubled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page already has the primary chatflow `{0}`")]
pub struct SecondPrimary(pub ChatflowId);

/// It can be neither paused nor resumed while it is not connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page is disconnected: connect it again first")]
pub struct Disconnected;

impl Page {
    /// Makes this chatflow the one that answers when no other does, in place of the one before.
    pub fn set_primary(&mut self, chatflow: &Chatflow) -> Result<(), PrimaryRefused> {
        if chatflow.page != self.id {
            return Err(PrimaryRefused::OtherPage { chatflow: chatflow.id, page: chatflow.page.clone() });
        }
        if chatflow.published.is_none() {
            return Err(PrimaryRefused::Unpublished(chatflow.id));
        }
        if !chatflow.active {
            return Err(PrimaryRefused::Inactive(chatflow.id));
        }
        self.primary = Some(chatflow.id);
        Ok(())
    }

    /// Whether a chatflow may be born as the primary one: only where there is none yet.
    pub fn may_be_born_primary(&self) -> Result<(), SecondPrimary> {
        self.primary.map_or(Ok(()), |primary| Err(SecondPrimary(primary)))
    }

    pub fn is_primary(&self, chatflow: ChatflowId) -> bool {
        self.primary == Some(chatflow)
    }

    /// From now on nothing is answered or sent; events and messages are kept. Pausing twice is once.
    pub fn pause(&mut self) -> Result<(), Disconnected> {
        self.connected()?;
        self.state = PageState::Paused;
        Ok(())
    }

    /// Answers again, after a pause or after Meta's block was lifted. Resuming twice is once.
    pub fn resume(&mut self) -> Result<(), Disconnected> {
        self.connected()?;
        self.state = PageState::Active;
        Ok(())
    }

    /// Meta refuses us. An operator's pause stays a pause, and a disconnected page stays disconnected.
    pub fn block(&mut self, reason: impl Into<String>, now: Timestamp) {
        if matches!(self.state, PageState::Active | PageState::Blocked { .. }) {
            self.state = PageState::Blocked { reason: reason.into(), since: now };
        }
    }

    /// A working token arrived: what Meta blocked or an operator disconnected goes on; a pause stays.
    pub fn reconnect(&mut self, name: String, username: Option<String>) {
        self.name = name;
        self.username = username;
        if self.state != PageState::Paused {
            self.state = PageState::Active;
        }
    }

    pub fn disconnect(&mut self, now: Timestamp) {
        if self.connected().is_ok() {
            self.state = PageState::Disconnected { since: now };
        }
    }

    fn connected(&self) -> Result<(), Disconnected> {
        match self.state {
            PageState::Disconnected { .. } => Err(Disconnected),
            _ => Ok(()),
        }
    }
}

/// All have defaults; unknown ones are refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PageSettings {
    /// How long a foreign echo mutes the bot: hours of silence, 1 to 720.
    pub external_mute_hours: u32,
    /// A direct link starts a flow even while a person owns the conversation.
    pub link_overrides_agent: bool,
    /// Sent when the page is paused or has no active chatflow, and only then; at most 1,990 characters.
    pub away_message: Option<String>,
    /// Sends per second to this page's visitors, 1 to 300 (Meta's own limit).
    pub sends_per_second: u32,
    /// What opens a chatflow other than the primary one, or a node of it; the first that fits counts. At most 100.
    pub bindings: Vec<PageBinding>,
}

impl Default for PageSettings {
    fn default() -> Self {
        let (away_message, bindings) = (None, Vec::new());
        Self { external_mute_hours: 24, link_overrides_agent: false, away_message, sends_per_second: 250, bindings }
    }
}

/// One setting that cannot be; `field` is its name in the JSON, a path where it lies deeper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {says}")]
pub struct BadSetting {
    pub field: String,
    pub says: &'static str,
}

impl PageSettings {
    /// Every setting that is out of its range.
    pub fn faults(&self) -> Vec<BadSetting> {
        let away = self.away_message.as_deref();
        let rules = [
            ((1..=720).contains(&self.external_mute_hours), "external_mute_hours", "must be 1 to 720 hours"),
            ((1..=300).contains(&self.sends_per_second), "sends_per_second", "must be 1 to 300"),
            (away.is_none_or(|text| !text.trim().is_empty()), "away_message", "must not be empty: leave it out to say nothing"),
            (away.is_none_or(|text| text.chars().count() <= 1990), "away_message", "must have at most 1,990 characters"),
        ];
        let broken = rules.into_iter().filter(|(fine, ..)| !fine);
        broken.map(|(_, field, says)| BadSetting { field: field.into(), says }).chain(binding::faults(&self.bindings)).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::chatflow::tests::chatflow;

    /// `100`, active, without a primary chatflow.
    pub(crate) fn page() -> Page {
        Page {
            id: "100".into(),
            name: "Maison Lenoir".into(),
            username: None,
            state: PageState::Active,
            primary: None,
            rules: None,
            settings: PageSettings::default(),
            revision: 1,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_published_active_chatflow_of_the_page_becomes_its_primary_in_place_of_the_one_before() {
        let mut page = page();
        for number in [1, 2] {
            let chatflow = chatflow(number);
            page.set_primary(&chatflow).unwrap();
            assert_eq!(page.primary, Some(chatflow.id));
        }
    }

    #[test]
    fn a_chatflow_that_cannot_answer_for_the_page_does_not_become_primary() {
        let before = Page { primary: Some(chatflow(9).id), ..page() };
        let fine = chatflow(1);
        let cases = [
            (Chatflow { page: "200".into(), ..fine.clone() }, PrimaryRefused::OtherPage { chatflow: fine.id, page: "200".into() }),
            (Chatflow { published: None, ..fine.clone() }, PrimaryRefused::Unpublished(fine.id)),
            (Chatflow { active: false, ..fine.clone() }, PrimaryRefused::Inactive(fine.id)),
        ];
        for (chatflow, refused) in cases {
            let mut page = before.clone();
            assert_eq!(page.set_primary(&chatflow), Err(refused));
            assert_eq!(page, before);
        }
    }

    #[test]
    fn only_a_page_without_a_primary_lets_a_chatflow_be_born_primary() {
        assert_eq!(page().may_be_born_primary(), Ok(()));
        let first = chatflow(1).id;
        assert_eq!(Page { primary: Some(first), ..page() }.may_be_born_primary(), Err(SecondPrimary(first)));
    }

    #[test]
    fn the_state_follows_what_operators_and_meta_do() {
        let now = Timestamp::UNIX_EPOCH;
        let blocked = PageState::Blocked { reason: "token".into(), since: now };
        let gone = PageState::Disconnected { since: now };
        let pause: fn(&mut Page) = |page| page.pause().unwrap();
        let resume: fn(&mut Page) = |page| page.resume().unwrap();
        let block: fn(&mut Page) = |page| page.block("token", Timestamp::UNIX_EPOCH);
        let reconnect: fn(&mut Page) = |page| page.reconnect("Maison Lenoir".into(), None);
        let disconnect: fn(&mut Page) = |page| page.disconnect(Timestamp::UNIX_EPOCH);
        let cases = [
            (PageState::Active, pause, PageState::Paused),
            (blocked.clone(), pause, PageState::Paused),
            (PageState::Paused, resume, PageState::Active),
            (blocked.clone(), resume, PageState::Active),
            (PageState::Active, block, blocked.clone()),
            (PageState::Paused, block, PageState::Paused),
            (gone.clone(), block, gone.clone()),
            (blocked.clone(), reconnect, PageState::Active),
            (gone.clone(), reconnect, PageState::Active),
            (PageState::Paused, reconnect, PageState::Paused),
            (PageState::Active, disconnect, gone.clone()),
            (PageState::Paused, disconnect, gone.clone()),
        ];
        for (index, (before, act, after)) in cases.into_iter().enumerate() {
            let mut page = Page { state: before, ..page() };
            act(&mut page);
            assert_eq!(page.state, after, "case {index}");
        }
        let mut page = Page { state: gone.clone(), ..page() };
        assert_eq!((page.pause(), page.resume()), (Err(Disconnected), Err(Disconnected)));
        assert_eq!(page.state, gone);
    }

    #[test]
    fn every_setting_out_of_range_is_named() {
        assert_eq!(PageSettings::default().faults(), []);
        let bound = |payload: Option<&str>, keywords: &[&str]| PageBinding {
            payload: payload.map(str::to_owned),
            keywords: keywords.iter().map(|&word| word.to_owned()).collect(),
            chatflow: chatflow(1).id,
            node: None,
        };
        let bad = PageSettings {
            external_mute_hours: 0,
            link_overrides_agent: true,
            away_message: Some(" ".into()),
            sends_per_second: 301,
            bindings: vec![bound(Some("A"), &[]), bound(None, &[]), bound(Some("A"), &["x", " "])],
        };
        let fields: Vec<_> = bad.faults().into_iter().map(|fault| fault.field).collect();
        assert_eq!(
            fields,
            ["external_mute_hours", "sends_per_second", "away_message", "bindings/1", "bindings/2/keywords", "bindings/2/payload",]
        );
    }
}
