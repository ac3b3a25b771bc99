//! `/v1/me`: the caller's own account.

mod show;
mod update;

use crate::api::routes::Routes;

pub fn routes(config: &mut Routes<'_>) {
    config.service(show::show_me).service(update::update_me);
}
