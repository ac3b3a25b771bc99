//! `/v1/links`: direct links, `m.me` URLs whose `ref` opens one chatflow.
//!
//! Start with [`create`]. Every chatflow has one from birth; more are made per campaign.

mod create;
mod fields;
mod list;
mod revoke;
mod show;
mod update;
mod view;

use crate::api::routes::Routes;

pub(super) use create::random_ref;
pub(super) use fields::opened;
pub use view::LinkView;

pub fn routes(config: &mut Routes<'_>) {
    config.service(list::list_links).service(create::create_link).service(show::show_link);
    config.service(update::update_link).service(revoke::revoke_link);
}
