//! `/v1/users`: who may sign in, with which role. The example for other nouns.

mod create;
mod list;
mod show;
mod update;
mod view;

use crate::api::routes::Routes;

pub(super) use create::saving_failed;
pub(super) use view::check_password;
pub use view::{UserView, check_new};

pub fn routes(config: &mut Routes<'_>) {
    config.service(list::list_users).service(create::create_user).service(show::show_user).service(update::update_user);
}
