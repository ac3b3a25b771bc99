//! For whoever runs the server: what the actors do, what could not be done, and figures for a monitoring system.

mod list_parked;
mod metrics;
mod retry_parked;
mod runtime;

use utoipa_actix_web::service_config::ServiceConfig;

pub use metrics::show_metrics;

pub fn routes(config: &mut ServiceConfig) {
    config.service(runtime::show_runtime);
    config.service(list_parked::list_parked_events).service(retry_parked::retry_parked_event);
}
