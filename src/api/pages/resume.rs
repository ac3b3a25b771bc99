use actix_web::post;
use actix_web::web::Data;

use super::edit::{Token, edit, release_held};
use super::graph::Step;
use super::{PageView, find};
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::PageId;
use crate::domain::page::{Disconnected, PageState};

/// Answer again; what waited is sent
///
/// Also after Meta blocked the page: its token is checked first. Resuming twice is once.
#[utoipa::path(tag = "pages", operation_id = "resume_page", params(PageId), responses((status = OK, body = PageView)), security(("bearer" = ["administer"])))]
#[post("/pages/{id}/resume")]
pub async fn resume_page(api: Data<Api>, id: Path<PageId>, if_match: IfMatch) -> Reply<PageView> {
    let before = find(&api, &id.0).await?;
    if_match.guards(before.revision)?;
    if matches!(before.state, PageState::Blocked { .. }) {
        check_token(&api, &id.0).await?;
    }
    let page = edit(&api, &id.0, &if_match, Token::Keep, |page| Ok(page.resume()?)).await?;
    release_held(&api, &page).await;
    let revision = page.revision;
    Ok(Answer::ok(page.into()).at(revision))
}

async fn check_token(api: &Api, page: &PageId) -> Result<(), Problem> {
    let token = api.store.token(page).await?.ok_or(Disconnected)?;
    api.graph.page_info(&token).await.map_err(|error| Step::Token.refused(&error))?;
    Ok(())
}
