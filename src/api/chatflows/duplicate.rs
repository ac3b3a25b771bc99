use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;

use super::document::Optional;
use super::edit::{find, missing, refused};
use super::view::view;
use super::{Birth, ChatflowView};
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::pages;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::chatflow::{Chatflow, MAX_NAME_CHARS};
use crate::domain::ids::{ChatflowId, PageId};
use crate::store::StoreError;

/// Names that are tried for a copy without one.
const COPIES: usize = 50;

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DuplicateChatflowBody {
    /// The copy's name; left out: the name with ` (copy)`.
    name: Option<String>,
    /// The page of the copy; left out: the same.
    page: Option<PageId>,
}

/// Copy a chatflow's draft into a new chatflow
///
/// The copy is unpublished and inactive, and has a direct link of its own.
#[utoipa::path(tag = "chatflows", operation_id = "duplicate_chatflow", params(ChatflowId), request_body = Option<DuplicateChatflowBody>, responses((status = CREATED, body = ChatflowView)), security(("bearer" = ["edit_flows"])))]
#[post("/chatflows/{id}/duplicate")]
pub async fn duplicate_chatflow(api: Data<Api>, id: Path<ChatflowId>, body: Optional<DuplicateChatflowBody>) -> Reply<ChatflowView> {
    let original = find(&api, id.0).await?;
    let DuplicateChatflowBody { name, page } = body.0.unwrap_or_default();
    if let Some(page) = &page {
        api.store.page(page).await?.ok_or_else(|| missing("/page", format!("no page `{page}`")))?;
    }
    let page = page.unwrap_or_else(|| original.page.clone());
    let names = match name {
        Some(name) => vec![name],
        None => (1..=COPIES).map(|n| copy_name(&original.name, n)).collect(),
    };
    let copy = insert(&api, &original, &page, names).await?;
    pages::reload(&api, &copy.page).await;
    let revision = copy.revision;
    Ok(Answer::created(format!("/v1/chatflows/{}", copy.id), view(&api, copy).await?).at(revision))
}

/// Under the first of the names that is free.
async fn insert(api: &Api, original: &Chatflow, page: &PageId, names: Vec<String>) -> Result<Chatflow, Problem> {
    let mut taken = Problem::not_found("name for the copy of", original.id);
    for name in names {
        let birth = Birth { page: page.clone(), name, kind: original.kind, document: original.draft.clone() };
        let new = birth.draft(api)?;
        let copy = new.chatflow.clone();
        match api.store.insert_chatflow(new, false).await {
            Ok(()) => return Ok(copy),
            Err(error @ StoreError::Conflict { what: "chatflow name" }) => taken = refused(error, &copy),
            Err(error) => return Err(refused(error, &copy)),
        }
    }
    Err(taken)
}

/// `menu (copy)`, `menu (copy 2)`, …, never longer than a name may be.
fn copy_name(name: &str, n: usize) -> String {
    let suffix = if n == 1 { " (copy)".to_owned() } else { format!(" (copy {n})") };
    let kept: String = name.chars().take(MAX_NAME_CHARS - suffix.len()).collect();
    format!("{}{suffix}", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_a_name_that_is_allowed() {
        assert_eq!(copy_name("menu", 1), "menu (copy)");
        assert_eq!(copy_name("menu", 2), "menu (copy 2)");
        assert_eq!(copy_name(&"é".repeat(100), 50).chars().count(), 100);
    }
}
