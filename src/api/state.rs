//! What handlers stand on: the ports, never an adapter.

use std::sync::Arc;

use super::operations::Operations;
use super::problem::{Code, Problem};
use super::tokens::AccessTokens;
use crate::clock::SharedClock;
use crate::config::Settings;
use crate::domain::ids::IdMaker;
use crate::messenger::graph::Graph;
use crate::runtime::Runtime;
use crate::store::Store;

/// Handlers take it as `web::Data<Api>`.
pub struct Api {
    pub store: Arc<dyn Store>,
    pub clock: SharedClock,
    pub settings: Arc<Settings>,
    pub graph: Arc<dyn Graph>,
    pub runtime: Arc<dyn Runtime>,
    pub tokens: AccessTokens,
    /// The operations of the OpenAPI document.
    pub operations: Operations,
    /// The OpenAPI document as it is served.
    pub document: String,
}

impl Api {
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
