//! The page map: every connected page with its published chatflows, rules and pipelines, compiled and shared.
//!
//! Read by every turn, replaced whole when an admin changes something. Older versions that running sessions stand in
//! are compiled on demand and kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::domain::ids::{ChatflowId, PageId};
use crate::domain::page::Page;
use crate::flow::{self, Flow};
use crate::store::{Result, Store};
use crate::turn::PageWorld;
use crate::turn::situation::{BoundFlow, BoundRollout};

/// Compiled versions are kept up to this number; then the collection starts anew.
const KEPT_VERSIONS: usize = 1024;

#[derive(Default)]
pub struct Worlds {
    pages: ArcSwap<HashMap<PageId, Arc<PageWorld>>>,
    compiled: Mutex<HashMap<(ChatflowId, u32), Arc<Flow>>>,
}

impl Worlds {
    pub fn get(&self, page: &PageId) -> Option<Arc<PageWorld>> {
        self.pages.load().get(page).cloned()
    }

    pub fn all(&self) -> Vec<Arc<PageWorld>> {
        self.pages.load().values().cloned().collect()
    }

    /// Reads every page anew.
    pub async fn load_all(&self, store: &dyn Store) -> Result<()> {
        let mut all = HashMap::new();
        let mut after: Option<PageId> = None;
        loop {
            let batch = store.pages(after.as_ref(), 200).await?;
            let Some(last) = batch.last() else { break };
            after = Some(last.id.clone());
            for page in batch {
                all.insert(page.id.clone(), Arc::new(self.world(store, page).await?));
            }
        }
        self.pages.store(Arc::new(all));
        Ok(())
    }

    /// Reads one page anew; one that is gone leaves the map.
    pub async fn load(&self, store: &dyn Store, page: &PageId) -> Result<()> {
        let world = match store.page(page).await? {
            Some(found) => Some(Arc::new(self.world(store, found).await?)),
            None => None,
        };
        self.pages.rcu(|current| {
            let mut next = HashMap::clone(current);
            match &world {
                Some(world) => next.insert(page.clone(), world.clone()),
                None => next.remove(page),
            };
            next
        });
        Ok(())
    }

    async fn world(&self, store: &dyn Store, page: Page) -> Result<PageWorld> {
        let mut chatflows = HashMap::new();
        for (chatflow, version) in store.published(&page.id).await? {
            if let Some(flow) = self.compile(chatflow.id, version.number, &version.document) {
                let mut bound = BoundFlow::new(chatflow.name, chatflow.active, version.number, flow);
                if let Some(rollout) = chatflow.rollout {
                    let flow = self.version(store, chatflow.id, rollout.version).await?;
                    bound.rollout = flow.map(|flow| BoundRollout { rollout, flow });
                }
                chatflows.insert(chatflow.id, bound);
            }
        }
        for policy in store.version_policies(&page.id).await? {
            if let Some(bound) = chatflows.get_mut(&policy.chatflow) {
                bound.moves.add(policy);
            }
        }
        let mut rules = HashMap::new();
        for set in store.rule_sets_for(&page.id).await? {
            // The page's own sets come first and win over shared ones of the same name.
            rules.entry(set.name.clone()).or_insert(set);
        }
        Ok(PageWorld { page, chatflows, rules, pipelines: store.pipelines().await? })
    }

    /// An older version that a session stands in; `None` when it is gone or no longer compiles.
    pub async fn version(&self, store: &dyn Store, chatflow: ChatflowId, number: u32) -> Result<Option<Arc<Flow>>> {
        if let Some(flow) = self.kept(chatflow, number) {
            return Ok(Some(flow));
        }
        let version = store.version(chatflow, number).await?;
        Ok(version.and_then(|version| self.compile(chatflow, number, &version.document)))
    }

    fn kept(&self, chatflow: ChatflowId, number: u32) -> Option<Arc<Flow>> {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner).get(&(chatflow, number)).cloned()
    }

    fn compile(&self, chatflow: ChatflowId, number: u32, document: &serde_json::Value) -> Option<Arc<Flow>> {
        if let Some(flow) = self.kept(chatflow, number) {
            return Some(flow);
        }
        // What surrounds the flow may have changed since it was published; that is for run time to report.
        let checked = flow::check(document, &flow::check::Env::default());
        let Some(flow) = checked.flow else {
            tracing::error!(%chatflow, number, issues = checked.issues.len(), "published chatflow `{chatflow}` version {number} does not compile");
            return None;
        };
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if compiled.len() >= KEPT_VERSIONS {
            compiled.clear();
        }
        compiled.insert((chatflow, number), flow.clone());
        Some(flow)
    }
}
