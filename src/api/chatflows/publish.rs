use actix_web::post;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::checking::refuse_errors;
use super::document::Optional;
use super::edit::{find, refused};
use super::view::VersionView;
use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::etag::IfMatch;
use crate::api::extract::{FieldChecks, Path};
use crate::api::pages;
use crate::api::state::Api;
use crate::domain::chatflow::{Chatflow, ChatflowVersion};
use crate::domain::ids::ChatflowId;
use crate::domain::rollout::{PERCENT, SessionPolicy};
use crate::flow::issue::Issue;
use crate::store::chatflows::Publication;

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PublishChatflowBody {
    /// What is new, for people: at most 500 characters.
    note: Option<String>,
    /// What becomes of sessions that run on an earlier version; left out: `keep`.
    sessions: SessionPolicy,
    /// Only for so many of a hundred contacts, 1 to 99, always the same ones; left out: for everyone.
    #[schema(minimum = 1, maximum = 99)]
    rollout: Option<u8>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PublishedView {
    version: VersionView,
    /// Issues that did not stop the publish.
    warnings: Vec<Issue>,
}

/// Publish the draft as the next version
///
/// New sessions start on it; `sessions` says what running ones do, and `rollout` begins with a part of the contacts. A draft with errors is refused with every issue at once
/// (`flow_has_errors`, member `issues`); one whose own tests fail, with each line that is not as expected
/// (`flow_tests_failed`, member `failed_tests`). Publishing does not activate: see `activate`.
#[utoipa::path(tag = "chatflows", operation_id = "publish_chatflow", params(ChatflowId), request_body = Option<PublishChatflowBody>, responses((status = CREATED, body = PublishedView)), security(("bearer" = ["edit_flows"])))]
#[post("/chatflows/{id}/publish")]
pub async fn publish_chatflow(
    api: Data<Api>,
    caller: Caller,
    id: Path<ChatflowId>,
    if_match: IfMatch,
    body: Optional<PublishChatflowBody>,
) -> Reply<PublishedView> {
    let PublishChatflowBody { note, sessions, rollout } = body.0.unwrap_or_default();
    check_note(note.as_deref())?;
    check_percent(rollout, "/rollout")?;
    let chatflow = find(&api, id.0).await?;
    if_match.guards(chatflow.revision)?;
    let document = chatflow.draft.clone();
    publish(&api, &caller, chatflow, New { document, note, sessions, rollout }).await
}

pub(super) fn check_percent(percent: Option<u8>, pointer: &str) -> Result<(), crate::api::problem::Problem> {
    let mut checks = FieldChecks::default();
    checks.check(percent.is_none_or(|percent| PERCENT.contains(&percent)), pointer, "1 to 99 of a hundred contacts");
    checks.done()
}

/// What shall be the next version.
pub(super) struct New {
    pub document: Value,
    pub note: Option<String>,
    pub sessions: SessionPolicy,
    pub rollout: Option<u8>,
}

pub(super) fn check_note(note: Option<&str>) -> Result<(), crate::api::problem::Problem> {
    let mut checks = FieldChecks::default();
    checks.check(note.is_none_or(|note| note.chars().count() <= 500), "/note", "at most 500 characters");
    checks.done()
}

/// Checks the document and makes it the next version, at the revision that was read.
pub(super) async fn publish(api: &Api, caller: &Caller, chatflow: Chatflow, new: New) -> Reply<PublishedView> {
    let New { document, note, sessions: policy, rollout: percent } = new;
    chatflow.may_publish(percent.is_some())?;
    let warnings = refuse_errors(api, &chatflow.page, Some(chatflow.id), &chatflow.name, &document).await?;
    let (by, at) = (Some(caller.user.id), api.clock.now());
    let publication =
        Publication { chatflow: chatflow.id, expected: chatflow.revision, document, note: note.clone(), by, at, policy, percent };
    let number = api.store.publish(publication).await.map_err(|error| refused(error, &chatflow))?;
    pages::reload(api, &chatflow.page).await;
    let withdrawn = None;
    let version = ChatflowVersion {
        chatflow: chatflow.id,
        number,
        document: Value::Null,
        note,
        published_by: by,
        published_at: at,
        policy,
        withdrawn,
    };
    let place = format!("/v1/chatflows/{}/versions/{number}", chatflow.id);
    Ok(Answer::created(place, PublishedView { version: version.into(), warnings }).at(chatflow.revision + 1))
}
