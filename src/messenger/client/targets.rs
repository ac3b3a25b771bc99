//! Where a page's messages go, worked out once per token: its URL with the proof, and its header. Sending is the one
//! call that is made thousands of times a second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use reqwest::Url;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::ids::PageId;
use crate::messenger::graph::PageAccess;

/// Beyond it, those of pages that sent long ago would only take memory: all are worked out anew.
const PAGES: usize = 4_096;

#[derive(Clone)]
pub(super) struct Target {
    pub url: Url,
    /// `None` for a token that cannot be a header's value: Meta will say that there is none.
    pub authorization: Option<HeaderValue>,
}

#[derive(Default)]
pub(super) struct Targets(Mutex<HashMap<PageId, (SecretString, Target)>>);

impl Targets {
    /// `None` where `make` has none.
    pub fn of(&self, access: &PageAccess, make: impl FnOnce() -> Option<Target>) -> Option<Target> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, target)) = known.get(&access.page)
            && token.expose_secret() == access.token.expose_secret()
        {
            return Some(target.clone());
        }
        let target = make()?;
        if known.len() >= PAGES {
            known.clear();
        }
        known.insert(access.page.clone(), (access.token.clone(), target.clone()));
        Some(target)
    }
}
