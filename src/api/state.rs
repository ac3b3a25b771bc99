//! What handlers stand on: the ports, never an adapter.

use std::sync::Arc;

use serde_json::Value;

use super::auth::Attempts;
use super::operations::Operations;
use super::problem::{Code, Problem};
use super::seen::Seen;
use super::tokens::{AccessTokens, BadKey};
use crate::clock::SharedClock;
use crate::config::Settings;
use crate::domain::ids::IdMaker;
use crate::domain::people::Roster;
use crate::messenger::graph::Graph;
use crate::runtime::Runtime;
use crate::store::{Store, StoreError};

/// Handlers take it as `web::Data<Api>`.
pub struct Api {
    pub store: Arc<dyn Store>,
    pub clock: SharedClock,
    pub settings: Arc<Settings>,
    pub graph: Arc<dyn Graph>,
    pub runtime: Arc<dyn Runtime>,
    pub tokens: AccessTokens,
    pub attempts: Attempts,
    pub seen: Seen,
    /// The operations of the OpenAPI document.
    pub operations: Operations,
    /// The OpenAPI document as it is served.
    pub document: String,
}

impl Api {
    /// `token_seed` signs access tokens; the same on every node. `document` is [`super::document::document`]'s.
    ///
    /// # Errors
    /// Where the seed makes no key.
    pub fn new(
        store: Arc<dyn Store>,
        clock: SharedClock,
        settings: Arc<Settings>,
        graph: Arc<dyn Graph>,
        runtime: Arc<dyn Runtime>,
        token_seed: &[u8; 32],
        mut document: Value,
    ) -> Result<Self, BadKey> {
        let tokens = AccessTokens::new(token_seed, settings.sign_in.access())?;
        let attempts = Attempts::new(&settings.sign_in);
        if let Some(url) = &settings.server.public_url {
            document["servers"] = serde_json::json!([{ "url": url }]);
        }
        let operations = Operations::of(&document);
        Ok(Self {
            store,
            clock,
            settings,
            graph,
            runtime,
            tokens,
            attempts,
            seen: Seen::default(),
            operations,
            document: document.to_string(),
        })
    }

    /// Everyone with a service seat, as they are now.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn roster(&self) -> Result<Roster, StoreError> {
        Ok(self.store.roster().await?.as_of(self.clock.now(), self.settings.people.away_after()))
    }

    /// Makes ids of this instant.
    ///
    /// # Errors
    /// `internal` where the system gives no random bytes.
    pub fn ids(&self) -> Result<IdMaker, Problem> {
        let seed = getrandom::u64().map_err(|error| {
            tracing::error!(%error, "the system gives no random bytes");
            Problem::new(Code::Internal, "the system gives no random bytes")
        })?;
        Ok(IdMaker::new(self.clock.now(), seed))
    }
}
