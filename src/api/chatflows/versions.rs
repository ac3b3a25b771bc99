use actix_web::get;
use actix_web::web::Data;

use super::find;
use super::view::{VersionDocumentView, VersionView};
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::paging::{List, Paging};
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::ChatflowId;

/// The versions of a chatflow, newest first
#[utoipa::path(tag = "chatflows", operation_id = "list_versions", params(ChatflowId, Paging), responses((status = OK, body = List<VersionView>)), security(("bearer" = ["read"])))]
#[get("/chatflows/{id}/versions")]
pub async fn list_versions(api: Data<Api>, id: Path<ChatflowId>, paging: Paging) -> Reply<List<VersionView>> {
    let chatflow = find(&api, id.0).await?;
    let found = api.store.versions(chatflow.id, paging.after()?, paging.fetch()).await?;
    Ok(Answer::ok(paging.list(found, |version| version.number, VersionView::from)))
}

/// One version with its document
#[utoipa::path(
    tag = "chatflows",
    operation_id = "show_version",
    params(("id" = ChatflowId, Path), ("number" = u32, Path, description = "Counts from 1")),
    responses((status = OK, body = VersionDocumentView)),
    security(("bearer" = ["read"]))
)]
#[get("/chatflows/{id}/versions/{number}")]
pub async fn show_version(api: Data<Api>, path: Path<(ChatflowId, u32)>) -> Reply<VersionDocumentView> {
    let (id, number) = path.0;
    let chatflow = find(&api, id).await?;
    let version = api.store.version(chatflow.id, number).await?.ok_or_else(|| Problem::not_found("version", number))?;
    Ok(Answer::ok(version.into()))
}
