//! A contact: one PSID on one page, with what is known of the person.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Timestamp;
use super::ids::{ContactId, PageId, Psid};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    pub id: ContactId,
    pub page: PageId,
    pub psid: Psid,
    pub profile: Profile,
    /// Set by flows (`set_attribute`, contact-scoped variables) and the API. Survives sessions.
    pub attributes: BTreeMap<String, Value>,
    pub labels: BTreeSet<String>,
    /// The locale that the person chose or a link set; goes before the profile's.
    pub locale: Option<String>,
    pub created_at: Timestamp,
}

/// From the User Profile API; every field may be missing (no consent, no permission).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Hours from UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture_url: Option<String>,
}

impl Contact {
    pub fn new(id: ContactId, page: PageId, psid: Psid, at: Timestamp) -> Self {
        Self {
            id,
            page,
            psid,
            profile: Profile::default(),
            attributes: BTreeMap::new(),
            labels: BTreeSet::new(),
            locale: None,
            created_at: at,
        }
    }

    /// The name to show to an agent; `None` when nothing is known.
    pub fn display_name(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.profile.first_name, &self.profile.last_name].into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}
