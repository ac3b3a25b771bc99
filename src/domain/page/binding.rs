//! What a page binds to one of its chatflows, whichever is the primary one: menu entries, ice breakers, keywords.

use serde::{Deserialize, Serialize};

use super::BadSetting;
use crate::domain::ids::ChatflowId;

/// Bindings of one page.
const MOST: usize = 100;
/// Keywords of one binding.
const MOST_KEYWORDS: usize = 20;
/// Characters of a payload (Messenger profile API, persistent menu and ice breakers).
const PAYLOAD_CHARS: usize = 1000;
const KEYWORD_CHARS: usize = 100;
const NODE_CHARS: usize = 100;

/// Opens a chatflow of the page. A payload does so whenever neither the running session nor the one that has just finished
/// takes it by an interrupt; a keyword where no session runs, and none has finished whose `on_complete` decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageBinding {
    /// Of a menu entry, an ice breaker, a button of your own, or the Get Started button (`causerie:get_started`); at most
    /// 1,000 characters, and bound once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// What the visitor may write, and nothing else in the message; case, accents and punctuation do not count. At most 20
    /// of 1 to 100 characters, each bound once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// An active chatflow of this page. While it is not active, the binding does nothing.
    pub chatflow: ChatflowId,
    /// Where the chatflow begins; left out: at its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

impl PageBinding {
    /// Everything about its own fields that cannot be.
    fn faults(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        let length = |text: &str, most: usize| (1..=most).contains(&text.chars().count()) && !text.trim().is_empty();
        let payload = self.payload.as_deref();
        let rules = [
            (payload.is_some() || !self.keywords.is_empty(), "", "needs a `payload` or `keywords`"),
            (payload.is_none_or(|text| length(text, PAYLOAD_CHARS)), "/payload", "must have 1 to 1,000 characters"),
            (self.keywords.len() <= MOST_KEYWORDS, "/keywords", "must be at most 20"),
            (self.keywords.iter().all(|word| length(word, KEYWORD_CHARS)), "/keywords", "must have 1 to 100 characters each"),
            (self.node.as_ref().is_none_or(|node| length(node, NODE_CHARS)), "/node", "must have 1 to 100 characters"),
        ];
        rules.into_iter().filter(|(fine, ..)| !fine).map(|(_, field, says)| (field, says))
    }
}

/// Everything that cannot be, but for what only the page's chatflows can tell, and keywords that are bound twice.
pub(super) fn faults(bindings: &[PageBinding]) -> Vec<BadSetting> {
    let mut found = Vec::new();
    if bindings.len() > MOST {
        found.push(BadSetting { field: "bindings".into(), says: "must be at most 100" });
    }
    for (place, binding) in bindings.iter().enumerate() {
        let field = |field: &str| format!("bindings/{place}{field}");
        found.extend(binding.faults().map(|(name, says)| BadSetting { field: field(name), says }));
        if binding.payload.is_some() && bindings[..place].iter().any(|before| before.payload == binding.payload) {
            found.push(BadSetting { field: field("/payload"), says: "is bound before" });
        }
    }
    found
}
