use actix_web::post;
use actix_web::web::Data;
use serde_json::Value;

use super::checking::{CheckView, issues};
use super::document::Optional;
use super::find;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::state::Api;
use crate::domain::ids::ChatflowId;

/// Check the draft, or the document of the body
///
/// Lists every issue at once, each with a code, a JSON pointer into the document, a severity and a hint. Changes nothing.
#[utoipa::path(tag = "chatflows", operation_id = "check_chatflow", params(ChatflowId), request_body(content((Object = "application/json"), (String = "application/yaml")), description = "A document; leave it out for the draft"), responses((status = OK, body = CheckView)), security(("bearer" = ["edit_flows"])))]
#[post("/chatflows/{id}/check")]
pub async fn check_chatflow(api: Data<Api>, id: Path<ChatflowId>, body: Optional<Value>) -> Reply<CheckView> {
    let chatflow = find(&api, id.0).await?;
    let document = body.0.unwrap_or(chatflow.draft);
    Ok(Answer::ok(issues(&api, &chatflow.page, &document).await?.into()))
}
