use actix_web::put;
use actix_web::web::Data;
use serde::Deserialize;

use super::PageView;
use super::edit::{Token, edit};
use crate::api::answer::{Answer, Reply};
use crate::api::chatflows;
use crate::api::etag::IfMatch;
use crate::api::extract::{Json, Path};
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::ids::{ChatflowId, PageId};
use crate::domain::page::PrimaryRefused;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPrimaryChatflowBody {
    /// A published, active chatflow of this page.
    chatflow: ChatflowId,
}

/// Switch the chatflow that answers when no other does
#[utoipa::path(tag = "pages", operation_id = "set_primary_chatflow", params(PageId), responses((status = OK, body = PageView)), security(("bearer" = ["administer"])))]
#[put("/pages/{id}/primary-chatflow")]
pub async fn set_primary_chatflow(
    api: Data<Api>,
    id: Path<PageId>,
    if_match: IfMatch,
    body: Json<SetPrimaryChatflowBody>,
) -> Reply<PageView> {
    let chatflow = chatflows::named(&api, body.0.chatflow, "/chatflow").await?;
    let page = edit(&api, &id.0, &if_match, Token::Keep, |page| Ok(page.set_primary(&chatflow)?)).await?;
    let revision = page.revision;
    Ok(Answer::ok(page.into()).at(revision))
}

impl From<PrimaryRefused> for Problem {
    fn from(refused: PrimaryRefused) -> Self {
        let detail = refused.to_string();
        match refused {
            PrimaryRefused::OtherPage { .. } => Self::invalid("/chatflow", "other_page", detail),
            PrimaryRefused::Unpublished(_) => Self::new(Code::NeverPublished, detail),
            PrimaryRefused::Inactive(_) => Self::new(Code::ChatflowInactive, detail),
        }
    }
}
