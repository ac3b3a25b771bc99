//! `/v1/chatflows`: one draft each, immutable numbered versions, bound to a page.
//!
//! Start with [`create`]. What several endpoints share: [`birth`] (a chatflow with its direct link), [`edit`] (a change at
//! the revision that was read), [`checking`] (what the language says of a document on its page), [`document`] (JSON or YAML).

mod activate;
mod birth;
mod check;
mod checking;
mod create;
mod deactivate;
mod delete;
mod diff;
mod document;
mod draft;
mod duplicate;
mod edit;
mod flow_tests;
mod list;
mod live_chat;
mod publish;
mod rehearsing;
mod rollback;
mod rollout;
mod save_translations;
mod show;
mod show_diagram;
mod show_translations;
mod simulate;
mod translations;
mod update;
mod versions;
mod view;

use crate::api::routes::Routes;

pub(super) use birth::Birth;
pub(super) use checking::refuse_errors;
pub(super) use edit::{find, missing, named};
pub use live_chat::LiveChatBody;
pub use view::ChatflowView;

pub fn routes(config: &mut Routes<'_>) {
    config.service(list::list_chatflows).service(create::create_chatflow).service(show::show_chatflow);
    config.service(update::update_chatflow).service(delete::delete_chatflow).service(duplicate::duplicate_chatflow);
    config.service(draft::show_draft).service(draft::save_draft).service(check::check_chatflow);
    config.service(publish::publish_chatflow).service(rollback::roll_back_chatflow);
    config.service(show_diagram::show_diagram);
    config.service(show_translations::show_translations).service(save_translations::save_translations);
    config.service(rollout::change_rollout).service(rollout::finish_rollout).service(rollout::abort_rollout).service(diff::diff_chatflow);
    config.service(flow_tests::list_tests).service(flow_tests::save_tests).service(flow_tests::run_chatflow_tests);
    config.service(simulate::simulate_chatflow);
    config.service(versions::list_versions).service(versions::show_version);
    config.service(activate::activate_chatflow).service(deactivate::deactivate_chatflow);
}
