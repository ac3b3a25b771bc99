use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;
use serde_json::{Value, json};

use super::checking::refuse_errors;
use super::document::JsonOrYaml;
use super::draft::check_object;
use super::edit::{missing, refused};
use super::view::view;
use super::{Birth, ChatflowView, LiveChatBody};
use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::pages;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::chatflow::ChatflowKind;
use crate::domain::ids::PageId;
use crate::domain::page::{Page, SecondPrimary};
use crate::flow::gallery::starter;
use crate::flow::live_chat::LiveChat;
use crate::store::StoreError;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateChatflowBody {
    page: PageId,
    /// Unique on its page, 1 to 100 characters; other chatflows `call` it by this name.
    name: String,
    kind: ChatflowKind,
    /// The document of either kind; without it a `bot` begins empty.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
    /// The short form of a `live_chat`: it becomes the document.
    #[serde(default)]
    live_chat: Option<LiveChatBody>,
    /// Instead of a document: one to start from, by its name. See `GET /v1/chatflow-templates`.
    #[serde(default)]
    #[schema(example = "welcome-menu")]
    template: Option<String>,
    /// Publish and activate it and make it the page's primary chatflow: only where the page has none, and the document no errors.
    #[serde(default)]
    primary: bool,
}

/// Create a chatflow
///
/// It begins as a draft, unpublished and inactive, with its direct link. The body may be YAML.
#[utoipa::path(tag = "chatflows", operation_id = "create_chatflow", request_body(content((CreateChatflowBody = "application/json"), (CreateChatflowBody = "application/yaml"))), responses((status = CREATED, body = ChatflowView)), security(("bearer" = ["edit_flows"])))]
#[post("/chatflows")]
pub async fn create_chatflow(api: Data<Api>, caller: Caller, body: JsonOrYaml<CreateChatflowBody>) -> Reply<ChatflowView> {
    let body = body.0;
    let document = document(&body)?;
    let page = api.store.page(&body.page).await?.ok_or_else(|| missing("/page", format!("no page `{}`", body.page)))?;
    let birth = Birth { page: body.page, name: body.name, kind: body.kind, document };
    let new = if body.primary {
        caller.need(crate::domain::access::Need::Administer)?;
        page.may_be_born_primary()?;
        refuse_errors(&api, &birth.page, None, &birth.name, &birth.document).await?;
        birth.published(&api, &caller, "created as the page's primary chatflow")?
    } else {
        birth.draft(&api)?
    };
    let chatflow = new.chatflow.clone();
    match api.store.insert_chatflow(new, body.primary).await {
        Ok(()) => {}
        Err(StoreError::InUse { what: "primary chatflow" }) => return Err(second_primary(&api, &page).await),
        Err(error) => return Err(refused(error, &chatflow)),
    }
    pages::reload(&api, &chatflow.page).await;
    let revision = chatflow.revision;
    Ok(Answer::created(format!("/v1/chatflows/{}", chatflow.id), view(&api, chatflow).await?).at(revision))
}

fn document(body: &CreateChatflowBody) -> Result<Value, Problem> {
    if let Some(name) = &body.template {
        if body.document.is_some() || body.live_chat.is_some() {
            return Err(Problem::invalid("/template", "invalid_value", "give the template or a document, not both"));
        }
        let found = starter(name).ok_or_else(|| missing("/template", format!("no chatflow template `{name}`")))?;
        return Ok(found.document());
    }
    match (&body.document, &body.live_chat, body.kind) {
        (Some(_), Some(_), _) => Err(Problem::invalid("/live_chat", "invalid_value", "give the short form or the document, not both")),
        (None, Some(_), ChatflowKind::Bot) => Err(Problem::invalid("/live_chat", "invalid_value", "the short form is a `live_chat`'s")),
        (Some(document), None, _) => check_object(document, "/document").map(|()| document.clone()),
        (None, Some(short), ChatflowKind::LiveChat) => Ok(short.read("/live_chat")?.document()),
        (None, None, ChatflowKind::LiveChat) => Ok(LiveChat::default().document()),
        (None, None, ChatflowKind::Bot) => {
            Ok(json!({ "spec_version": "1.0", "languages": ["en"], "start": "welcome", "nodes": { "welcome": [] } }))
        }
    }
}

/// Another one became primary in the same moment.
async fn second_primary(api: &Api, page: &Page) -> Problem {
    match pages::find(api, &page.id).await.map(|page| page.may_be_born_primary()) {
        Ok(Err(second)) => second.into(),
        Ok(Ok(())) => Problem::new(Code::Conflict, "the page's primary chatflow changes right now: try again"),
        Err(problem) => problem,
    }
}

impl From<SecondPrimary> for Problem {
    fn from(second: SecondPrimary) -> Self {
        let detail = format!(
            "{second}: create this one without `primary`, publish and activate it, then switch with `PUT /v1/pages/{{id}}/primary-chatflow`"
        );
        Self::new(Code::SecondPrimary, detail).with("primary_chatflow", second.0.to_string().into())
    }
}
