//! The sandbox page: a Messenger in the browser, its JSON API under `/sandbox/api`, its pictures.
//!
//! Start with [`view`] (what the page is told), [`acts`] (what a visitor does there), [`live`] (when to look again).
//! The page itself is static, under `src/web/sandbox/`. No sign-in: it is mounted by the demo alone.

mod acts;
mod assets;
mod live;
mod pictures;
mod view;

use actix_web::web::{self, Data, JsonConfig};
use actix_web::{HttpResponse, Responder};

use super::handle::Sandbox;

/// Mounts the page at `/sandbox`, beside the Graph API stand-in.
pub fn configure(sandbox: Sandbox) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        let api = web::scope("/sandbox/api")
            .app_data(Data::new(sandbox.clone()))
            .app_data(JsonConfig::default().limit(1 << 16).error_handler(|error, _| {
                let answer = HttpResponse::BadRequest().json(serde_json::json!({ "error": error.to_string() }));
                actix_web::error::InternalError::from_response(error, answer).into()
            }))
            .route("/state", web::get().to(view::state))
            .route("/live", web::get().to(live::live))
            .route("/visitors", web::post().to(acts::new_visitor))
            .route("/threads/{psid}/acts", web::post().to(acts::act));
        let pictures = web::scope("/sandbox/pictures")
            .app_data(Data::new(sandbox))
            .route("/person/{psid}.svg", web::get().to(pictures::person))
            .route("/page/{id}.svg", web::get().to(pictures::page));
        config.service(api).service(pictures);
        config.route("/sandbox", web::get().to(home)).route("/sandbox/", web::get().to(assets::index));
        config.route("/sandbox/web/{path:.*}", web::get().to(assets::file));
    }
}

async fn home() -> impl Responder {
    web::Redirect::to("/sandbox/")
}
