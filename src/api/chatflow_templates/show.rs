use actix_web::get;

use super::view::ChatflowTemplateDocumentView;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::flow::gallery::starter;

/// A document to start from, with its tests
#[utoipa::path(tag = "chatflows", operation_id = "show_chatflow_template", params(("name" = String, Path, example = "welcome-menu")), responses((status = OK, body = ChatflowTemplateDocumentView)), security(("bearer" = ["read"])))]
#[get("/chatflow-templates/{name}")]
pub async fn show_chatflow_template(name: Path<String>) -> Reply<ChatflowTemplateDocumentView> {
    let found = starter(&name.0).ok_or_else(|| Problem::not_found("chatflow template", &name.0))?;
    Ok(Answer::ok(found.into()))
}
