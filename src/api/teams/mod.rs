//! `/v1/teams`: who serves together. Transfer rules name teams, and queues belong to them.

mod create;
mod delete;
mod list;
mod show;
mod update;
mod view;

use crate::api::routes::Routes;

pub use view::TeamView;

pub fn routes(config: &mut Routes<'_>) {
    config.service(list::list_teams).service(create::create_team).service(show::show_team);
    config.service(update::update_team).service(delete::delete_team);
}
