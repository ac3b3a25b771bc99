//! `/v1/me`: the caller's own account.

mod show;
mod update;

use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(show::show_me).service(update::update_me);
}
