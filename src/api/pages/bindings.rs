//! What a page's bindings must be, as far as only its chatflows can tell.

use std::collections::HashSet;

use super::update::check_settings;
use crate::api::extract::FieldChecks;
use crate::api::links;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::PageId;
use crate::domain::page::{PageBinding, PageSettings};
use crate::flow::words::normalise;

/// All that is wrong with them, at once.
pub(super) async fn check_bindings(api: &Api, page: &PageId, bindings: &[PageBinding]) -> Result<(), Problem> {
    // Bounded first: each one is looked up.
    check_settings(&PageSettings { bindings: bindings.to_vec(), ..PageSettings::default() })?;
    let mut checks = FieldChecks::default();
    let mut words = HashSet::new();
    for (place, binding) in bindings.iter().enumerate() {
        let pointer = |field: &str| format!("/settings/bindings/{place}{field}");
        for (field, detail) in wrong_with(api, page, binding).await? {
            checks.check(false, &pointer(field), detail);
        }
        for word in &binding.keywords {
            checks.check(words.insert(normalise(word)), &pointer("/keywords"), format!("`{word}` is bound before"));
        }
    }
    checks.done()
}

/// Why it could not open anything: the field, and what is wrong with it.
pub(super) async fn wrong_with(api: &Api, page: &PageId, binding: &PageBinding) -> Result<Vec<(&'static str, String)>, Problem> {
    let id = binding.chatflow;
    let Some(chatflow) = api.store.chatflow(id).await?.filter(|chatflow| chatflow.page == *page) else {
        return Ok(vec![("/chatflow", format!("the page has no chatflow `{id}`"))]);
    };
    if !chatflow.active || chatflow.published.is_none() {
        return Ok(vec![("/chatflow", format!("`{}` is not published and active", chatflow.name))]);
    }
    let Some(node) = &binding.node else { return Ok(Vec::new()) };
    let known = links::opened(api, &chatflow).await?["nodes"].get(node).is_some();
    Ok(if known { Vec::new() } else { vec![("/node", format!("`{}` has no node `{node}`", chatflow.name))] })
}
