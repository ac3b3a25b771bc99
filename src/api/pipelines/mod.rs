//! `/v1/pipelines`: the statuses that tickets move through, and which moves are legal.

mod create;
mod delete;
mod list;
mod show;
mod update;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

pub use view::PipelineView;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list::list_pipelines).service(create::create_pipeline).service(show::show_pipeline);
    config.service(update::update_pipeline).service(delete::delete_pipeline);
}
