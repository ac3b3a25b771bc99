//! `/v1/chatflow-templates`: documents to start from. `POST /v1/chatflows` with `template` makes a chatflow of one.

mod list;
mod show;
mod view;

use crate::api::routes::Routes;

pub use view::ChatflowTemplateView;

pub fn routes(config: &mut Routes<'_>) {
    config.service(list::list_chatflow_templates).service(show::show_chatflow_template);
}
