use actix_web::web::Data;
use actix_web::{HttpRequest, get};
use serde::Deserialize;

use super::find;
use super::translations::{Format, TableAnswer, TranslationsView};
use crate::api::extract::{Path, Query};
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::ids::ChatflowId;
use crate::flow::translation::{locale, table};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TranslationsQuery {
    /// Instead of `Accept`.
    #[param(inline)]
    format: Option<Format>,
}

/// The draft's texts in a language, as one table
///
/// From the flow's first language to the path's locale, in the order of the document: JSON, or a file for translators,
/// CSV (RFC 4180) or XLIFF 1.2, by `Accept` or `format`. The locale need not be one of the flow's `languages` yet.
/// What cannot be read of a faulty draft is left out.
#[utoipa::path(tag = "chatflows", operation_id = "show_translations", params(("id" = ChatflowId, Path), ("locale" = String, Path, example = "fr_CA"), TranslationsQuery), responses((status = OK, description = "The table", content((TranslationsView = "application/json"), (String = "text/csv"), (String = "application/xliff+xml")))), security(("bearer" = ["read"])))]
#[get("/chatflows/{id}/translations/{locale}")]
pub async fn show_translations(
    api: Data<Api>,
    path: Path<(ChatflowId, String)>,
    query: Query<TranslationsQuery>,
    request: HttpRequest,
) -> Result<TableAnswer, Problem> {
    let (id, said) = path.0;
    let locale = read_locale(&said)?;
    let chatflow = find(&api, id).await?;
    let format = query.0.format.unwrap_or_else(|| Format::accepted(&request));
    // A large document takes a while: not on the thread that serves others.
    let table = actix_web::web::block(move || table(&chatflow.draft, &locale)).await;
    let table = table.map_err(|_| Problem::new(Code::Internal, "the reading was broken off"))?;
    Ok(TableAnswer { table, revision: chatflow.revision, format })
}

pub(super) fn read_locale(said: &str) -> Result<String, Problem> {
    locale(said).ok_or_else(|| Problem::new(Code::InvalidPath, format!("`{said}` is not a locale: write `fr` or `fr_CA`")))
}
