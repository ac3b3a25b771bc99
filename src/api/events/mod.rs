//! `/v1/events`: what flows told the outside world (`emit_event`).

mod list;

use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list::list_events);
}
