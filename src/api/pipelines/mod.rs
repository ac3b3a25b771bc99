//! `/v1/pipelines`: the statuses that tickets move through, and which moves are legal.

mod create;
mod delete;
mod list;
mod show;
mod update;
mod view;

use crate::api::routes::Routes;

pub use view::PipelineView;

pub fn routes(config: &mut Routes<'_>) {
    config.service(list::list_pipelines).service(create::create_pipeline).service(show::show_pipeline);
    config.service(update::update_pipeline).service(delete::delete_pipeline);
}
