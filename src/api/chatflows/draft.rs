use actix_web::web::Data;
use actix_web::{get, put};
use serde_json::Value;

use super::checking::{CheckView, issues};
use super::document::{DocumentAnswer, JsonOrYaml};
use super::edit::edit;
use super::find;
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::ChatflowId;

/// The draft, as it was saved
///
/// YAML where `Accept` asks for `application/yaml`.
#[utoipa::path(tag = "chatflows", operation_id = "show_draft", params(ChatflowId), responses((status = OK, description = "The document", content((Object = "application/json"), (String = "application/yaml")))), security(("bearer" = ["read"])))]
#[get("/chatflows/{id}/draft")]
pub async fn show_draft(api: Data<Api>, id: Path<ChatflowId>) -> Result<DocumentAnswer, Problem> {
    let chatflow = find(&api, id.0).await?;
    Ok(DocumentAnswer { document: chatflow.draft, revision: chatflow.revision })
}

/// Save the draft
///
/// The body is the document, in JSON or YAML. It is saved with its mistakes; the answer lists them, and a publish refuses them.
#[utoipa::path(tag = "chatflows", operation_id = "save_draft", params(ChatflowId), request_body(content((Object = "application/json"), (String = "application/yaml"))), responses((status = OK, body = CheckView)), security(("bearer" = ["edit_flows"])))]
#[put("/chatflows/{id}/draft")]
pub async fn save_draft(api: Data<Api>, id: Path<ChatflowId>, if_match: IfMatch, body: JsonOrYaml<Value>) -> Reply<CheckView> {
    let document = body.0;
    check_object(&document, "")?;
    let chatflow = edit(&api, id.0, &if_match, |chatflow| {
        chatflow.draft = document.clone();
        Ok(())
    })
    .await?;
    let found = issues(&api, &chatflow.page, &document).await?;
    Ok(Answer::ok(found.into()).at(chatflow.revision))
}

/// Anything may be wrong in a draft, but it is a document.
pub(super) fn check_object(document: &Value, pointer: &str) -> Result<(), Problem> {
    if document.is_object() { Ok(()) } else { Err(Problem::invalid(pointer, "invalid_value", "a document is an object")) }
}
