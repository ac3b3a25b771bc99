//! What colleagues say about a ticket. Visitors never see it.

use actix_web::web::Data;
use actix_web::{get, post};
use serde::{Deserialize, Serialize};

use super::body::text;
use super::view::find;
use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::extract::{FieldChecks, Json, Path};
use crate::api::paging::{List, Paging};
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::ids::{CommentId, TicketId, UserId};
use crate::domain::ticket::{Comment, Source, TicketChange};

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CommentView {
    id: CommentId,
    by: UserId,
    at: Timestamp,
    text: String,
}

impl From<Comment> for CommentView {
    fn from(comment: Comment) -> Self {
        let Comment { id, by, at, text, ticket: _ } = comment;
        Self { id, by, at, text }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCommentBody {
    /// 1 to 10,000 characters.
    text: String,
}

/// A comment of the caller's, checked.
pub(super) fn comment(api: &Api, caller: &Caller, ticket: TicketId, said: String, pointer: &str) -> Result<Comment, Problem> {
    let mut checks = FieldChecks::default();
    checks.check(!said.trim().is_empty(), pointer, "must not be empty");
    text(&mut checks, &said, pointer);
    checks.done()?;
    Ok(Comment { id: api.ids()?.next(), ticket, by: caller.user.id, at: api.clock.now(), text: said })
}

/// What was said about a ticket, oldest first
#[utoipa::path(tag = "tickets", operation_id = "list_comments", params(TicketId, Paging), responses((status = OK, body = List<CommentView>)), security(("bearer" = ["read"])))]
#[get("/tickets/{id}/comments")]
pub async fn list_comments(api: Data<Api>, id: Path<TicketId>, paging: Paging) -> Reply<List<CommentView>> {
    find(&api, id.0).await?;
    let found = api.store.comments(id.0, paging.after()?.unwrap_or(0), paging.fetch()).await?;
    Ok(Answer::ok(paging.list(found, |(seq, _)| *seq, |(_, comment)| CommentView::from(comment))))
}

/// Say something about a ticket, for colleagues
#[utoipa::path(tag = "tickets", operation_id = "create_comment", params(TicketId), responses((status = CREATED, body = CommentView)), security(("bearer" = ["serve"])))]
#[post("/tickets/{id}/comments")]
pub async fn create_comment(api: Data<Api>, caller: Caller, id: Path<TicketId>, body: Json<CreateCommentBody>) -> Reply<CommentView> {
    let ticket = find(&api, id.0).await?;
    let comment = comment(&api, &caller, ticket.id, body.0.text, "/text")?;
    let change = TicketChange::commented(&ticket, &Source::User { user: caller.user.id }, comment.at);
    api.store.insert_comment(&comment, &change).await?;
    Ok(Answer::created(format!("/v1/tickets/{}/comments", ticket.id), comment.into()))
}
