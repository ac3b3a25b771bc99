//! `/v1/agents`: the users with a service seat, as transfer rules see them. Their id is the user's.

mod list;
mod presence;
mod show;
mod update;
mod view;

use crate::api::routes::Routes;

pub use view::AgentView;

pub fn routes(config: &mut Routes<'_>) {
    config.service(list::list_agents).service(show::show_agent).service(update::update_agent).service(presence::set_presence);
}
