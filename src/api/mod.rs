//! The HTTP side: the admin API under `/v1`, its OpenAPI document, health. Handlers talk to ports ([`state::Api`]) only.
//!
//! Start with [`table`], the route table; then [`gate`] (who may), [`problem`] (how it refuses), [`users`] (an example
//! of every kind of endpoint).
//!
//! **Adding an endpoint.** One endpoint, one file: `<noun>/<verb>.rs`. Copy from [`users`].
//! 1. Body and answer in `<noun>/view.rs` or beside the handler: `…Body` (`Deserialize`, `deny_unknown_fields`,
//!    `ToSchema`) and `…View` (`Serialize`, `ToSchema`, `From` the domain type). Never the domain type itself.
//! 2. The handler, with `#[utoipa::path(tag, operation_id = "verb_noun", params(…), responses(…), security(("bearer" = ["…"])))]`
//!    (`params` names what is in path and query: `params(UserId)`, `params(UsersQuery, Paging)`; more than one id:
//!    `params(("id" = ChatflowId, Path), ("n" = u32, Path))`) above actix's `#[get("/…")]` (the path without `/v1`). The word in `security` is a
//!    [`Need`](crate::domain::access::Need): the gate enforces what the document says, before the body is read. Without
//!    it nobody may; `security(())` is public.
//! 3. It takes `Data<Api>`, then what it needs of [`caller::Caller`], [`extract::Path`], [`extract::Query`],
//!    [`paging::Paging`], [`etag::IfMatch`], and last [`extract::Json`]; it gives
//!    [`answer::Reply`]. Not found is the handler's decision: `Problem::not_found("user", id)`.
//!    A store's or a command's error becomes a problem by `?`.
//! 4. What has a revision: `Answer::ok(view).at(revision)`, and `if_match.guards(found.revision)?` before a change, which
//!    is then saved at that revision. A POST that creates answers `Answer::created(path, view)`. `Idempotency-Key` is
//!    looked after for every POST.
//! 5. One line in the noun's `routes`, and the noun's in [`v1`]. No two operations of one method may match one path.
//! 6. A new refusal is one line of the catalogue in [`problem`].
//! 7. `UPDATE=1 cargo test openapi` rewrites `openapi/admin.v1.json`. `tests/authz.rs` finds the operation by itself.

pub mod answer;
pub mod caller;
pub mod document;
pub mod etag;
pub mod extract;
mod gate;
mod health;
mod idempotency;
mod ids;
mod language;
mod log;
pub mod operations;
pub mod paging;
pub mod password;
pub mod problem;
pub mod routes;
mod seen;
pub mod state;
pub mod tokens;

pub mod agents;
pub mod auth;
pub mod chatflow_templates;
pub mod chatflows;
pub mod conversations;
pub mod events;
pub mod links;
pub mod me;
pub mod operation;
pub mod pages;
pub mod pipelines;
pub mod secrets;
pub mod teams;
pub mod tickets;
pub mod transfer_rules;
pub mod users;
pub mod webhook;

use actix_web::middleware::from_fn;
use actix_web::web;
use utoipa_swagger_ui::{Config, SwaggerUi};

use routes::Routes;
use state::Api;

/// Everything of one HTTP worker: `App::new().configure(api::configure(api))`.
pub fn configure(api: web::Data<Api>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config.app_data(webhook::state(&api));
        config.app_data(api);
        table(&mut Routes::Served(config));
        // The page and its scripts are embedded; no badge of an outside validator either.
        config.route("/docs/language", web::get().to(language::show_language));
        config.service(SwaggerUi::new("/docs/{_:.*}").config(Config::from("/openapi.json").validator_url("none")));
        config.service(web::redirect("/docs", "/docs/"));
        config.default_service(web::to(gate::fallback));
    }
}

/// The route table. What stands here is in the OpenAPI document, and nothing else is.
fn table(config: &mut Routes<'_>) {
    config.service(health::show_health).service(health::show_readiness).service(health::show_openapi).service(auth::show_jwks);
    config.service(operation::show_metrics);
    config.configure(webhook::routes);
    config.under("/v1", v1, |scope| scope.wrap(from_fn(gate::gate)).wrap(from_fn(log::logged)));
}

/// One line per noun.
fn v1(config: &mut Routes<'_>) {
    config.configure(auth::routes).configure(me::routes).configure(users::routes);
    config.configure(conversations::routes).configure(events::routes).configure(secrets::routes);
    config.configure(operation::routes);
    config.configure(pages::routes).configure(chatflows::routes).configure(chatflow_templates::routes).configure(links::routes);
    config.configure(teams::routes).configure(agents::routes).configure(transfer_rules::routes);
    config.configure(pipelines::routes).configure(tickets::routes);
}
