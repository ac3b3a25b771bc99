//! Why the bot answered as it did: what each turn considered, and why it was or was not taken. Values of sensitive variables
//! never got into what is kept.

use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;

use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::paging::{List, Paging};
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::ids::{ConversationId, MessageId};
use crate::rehearsal::simulation::ExplainedView;
use crate::store::explanations::Explanation;

/// What one turn considered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ExplanationView {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Positions of the messages and system lines that the turn wrote, first and last; null where it wrote none.
    first_message: Option<i64>,
    last_message: Option<i64>,
    /// In the order in which it was looked at.
    lines: Vec<ExplainedView>,
}

impl From<Explanation> for ExplanationView {
    fn from(explanation: Explanation) -> Self {
        let (first, next) = explanation.messages;
        let wrote = first < next;
        Self {
            at: explanation.at,
            first_message: wrote.then_some(first),
            last_message: wrote.then_some(next - 1),
            lines: explanation.lines.into_iter().map(ExplainedView::from).collect(),
        }
    }
}

/// Why the bot answered as it did, turn by turn, newest first
///
/// Kept for as long as the setting `explanations.keep_days` says.
#[utoipa::path(tag = "inbox", operation_id = "list_explanations", params(ConversationId, Paging), responses((status = OK, body = List<ExplanationView>)), security(("bearer" = ["read"])))]
#[get("/conversations/{id}/explanations")]
pub async fn list_explanations(api: Data<Api>, id: Path<ConversationId>, paging: Paging) -> Reply<List<ExplanationView>> {
    if api.store.conversation(id.0).await?.is_none() {
        return Err(Problem::not_found("conversation", id.0));
    }
    let found = api.store.explanations(id.0, paging.after()?, paging.fetch()).await?;
    Ok(Answer::ok(paging.list(found, |explanation| explanation.seq, ExplanationView::from)))
}

/// Why the turn that wrote a message went as it did
///
/// Of a visitor's message: what the bot made of it. Of the bot's: why it said that.
#[utoipa::path(
    tag = "inbox",
    operation_id = "show_explanation",
    params(("id" = ConversationId, Path), ("message" = MessageId, Path)),
    responses((status = OK, body = ExplanationView)),
    security(("bearer" = ["read"]))
)]
#[get("/conversations/{id}/messages/{message}/explanation")]
pub async fn show_explanation(api: Data<Api>, path: Path<(ConversationId, MessageId)>) -> Reply<ExplanationView> {
    let (conversation, message) = path.0;
    let found = api.store.explanation(conversation, message).await?.ok_or_else(|| Problem::not_found("message", message))?;
    let explanation = found.ok_or_else(|| Problem::not_found("explanation of message", message))?;
    Ok(Answer::ok(explanation.into()))
}
