//! `/v1/transfer-rules`: named, ordered lists of rules that say who gets a conversation.

mod create;
mod delete;
mod explain;
mod list;
mod show;
mod update;
mod view;

use crate::api::routes::Routes;

pub use view::RuleSetView;
pub(super) use view::breaking;

pub fn routes(config: &mut Routes<'_>) {
    config.service(list::list_rule_sets).service(create::create_rule_set).service(show::show_rule_set);
    config.service(update::update_rule_set).service(delete::delete_rule_set).service(explain::explain_rule_set);
}
