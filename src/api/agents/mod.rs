//! `/v1/agents`: the users with a service seat, as transfer rules see them. Their id is the user's.

mod list;
mod presence;
mod show;
mod update;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

pub use view::AgentView;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list::list_agents).service(show::show_agent).service(update::update_agent).service(presence::set_presence);
}
