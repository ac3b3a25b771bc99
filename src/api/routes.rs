//! One route table for two readers: the server's workers, which only route, and the OpenAPI document, which is made once.
//!
//! utoipa's own collector describes every operation each time it is registered, and each worker registers all of them:
//! that was most of the start's time and memory.

use actix_web::dev::HttpServiceFactory;
use actix_web::web;
use utoipa::openapi::path::Paths;
use utoipa::openapi::{OpenApi, RefOr, Schema};
use utoipa_actix_web::OpenApiFactory;

/// What a noun's `routes` registers its operations with.
pub enum Routes<'a> {
    /// They answer.
    Served(&'a mut web::ServiceConfig),
    /// They are described.
    Described(&'a mut Description),
}

/// What the operations say of themselves.
#[derive(Default)]
pub struct Description {
    /// Before each path.
    prefix: &'static str,
    paths: Paths,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Description {
    pub fn add_to(self, document: &mut OpenApi) {
        document.paths.merge(self.paths);
        document.components.get_or_insert_default().schemas.extend(self.schemas);
    }
}

impl Routes<'_> {
    pub fn service<F: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, operation: F) -> &mut Self {
        match self {
            Self::Served(config) => {
                config.service(operation);
            }
            Self::Described(description) => {
                let mut paths = operation.paths();
                let described = std::mem::take(&mut paths.paths).into_iter();
                paths.paths = described.map(|(path, item)| (format!("{}{path}", description.prefix), item)).collect();
                description.paths.merge(paths);
                operation.schemas(&mut description.schemas);
            }
        }
        self
    }

    pub fn configure(&mut self, nouns: impl FnOnce(&mut Routes<'_>)) -> &mut Self {
        nouns(self);
        self
    }

    /// The operations of `nouns` under `prefix`; `guard` is what stands before them where they are served.
    pub fn under<S: HttpServiceFactory + 'static>(
        &mut self,
        prefix: &'static str,
        nouns: impl FnOnce(&mut Routes<'_>),
        guard: impl FnOnce(actix_web::Scope) -> S,
    ) {
        match self {
            Self::Served(config) => {
                let scope = web::scope(prefix).configure(|config| nouns(&mut Routes::Served(config)));
                config.service(guard(scope));
            }
            Self::Described(description) => {
                let outer = std::mem::replace(&mut description.prefix, prefix);
                nouns(&mut Routes::Described(description));
                description.prefix = outer;
            }
        }
    }
}
