use actix_web::post;
use actix_web::web::Data;

use super::PageView;
use super::edit::{Token, edit};
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::Path;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::ids::PageId;
use crate::domain::page::Disconnected;

/// Answer and send nothing; keep everything
///
/// Visitors' messages reach the inbox, the bot's messages wait. Pausing twice is once.
#[utoipa::path(tag = "pages", operation_id = "pause_page", params(PageId), responses((status = OK, body = PageView)), security(("bearer" = ["administer"])))]
#[post("/pages/{id}/pause")]
pub async fn pause_page(api: Data<Api>, id: Path<PageId>, if_match: IfMatch) -> Reply<PageView> {
    let page = edit(&api, &id.0, &if_match, Token::Keep, |page| Ok(page.pause()?)).await?;
    let revision = page.revision;
    Ok(Answer::ok(page.into()).at(revision))
}

impl From<Disconnected> for Problem {
    fn from(refused: Disconnected) -> Self {
        Self::new(Code::PageDisconnected, refused.to_string())
    }
}
