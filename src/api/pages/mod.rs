//! `/v1/pages`: the Facebook Pages that Causerie answers for.
//!
//! Start with [`connect`]. What several endpoints share: [`view`], [`edit`] (a change that survives the dispatcher's own
//! changes of the same row), [`graph`] (what Meta refused, and what to do).

mod bindings;
mod check;
mod connect;
mod disconnect;
mod edit;
mod graph;
mod list;
mod pause;
mod resume;
mod set_primary;
mod show;
mod update;
mod view;

use crate::api::routes::Routes;

pub(super) use edit::{find, reload};
pub use view::PageView;

pub fn routes(config: &mut Routes<'_>) {
    config.service(list::list_pages).service(connect::connect_page).service(show::show_page).service(update::update_page);
    config.service(disconnect::disconnect_page).service(check::check_page).service(pause::pause_page).service(resume::resume_page);
    config.service(set_primary::set_primary_chatflow);
}
