//! `/v1/events`: what flows told the outside world (`emit_event`).

mod list;

use crate::api::routes::Routes;

pub fn routes(config: &mut Routes<'_>) {
    config.service(list::list_events);
}
