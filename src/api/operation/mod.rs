//! For whoever runs the server: what the actors do, what could not be done, and figures for a monitoring system.

mod list_parked;
mod metrics;
mod retry_parked;
mod runtime;

use crate::api::routes::Routes;

pub use metrics::show_metrics;

pub fn routes(config: &mut Routes<'_>) {
    config.service(runtime::show_runtime);
    config.service(list_parked::list_parked_events).service(retry_parked::retry_parked_event);
}
