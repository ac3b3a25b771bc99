//! A drawing of the draft or of a version.

use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Deserialize;

use super::find;
use crate::api::extract::{Path, Query};
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::ids::ChatflowId;
use crate::flow::diagram::{chart, mermaid, svg};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiagramQuery {
    /// Instead of `Accept`.
    #[param(inline)]
    format: Option<Drawn>,
    /// A published version; the draft unless said otherwise.
    version: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Drawn {
    Svg,
    /// Text for <https://mermaid.js.org> and whatever takes it.
    Mermaid,
}

/// A chatflow as a drawing
///
/// Nodes with their actions, what takes each way, loops, where the flow is entered, what nothing leads to. SVG, or Mermaid
/// where `format` or `Accept` (`text/vnd.mermaid`, `text/plain`) asks for it. A faulty draft is drawn as far as it can be read.
#[utoipa::path(tag = "chatflows", operation_id = "show_diagram", params(("id" = ChatflowId, Path), DiagramQuery), responses((status = OK, description = "The drawing", content((String = "image/svg+xml"), (String = "text/vnd.mermaid")))), security(("bearer" = ["read"])))]
#[get("/chatflows/{id}/diagram")]
pub async fn show_diagram(
    api: Data<Api>,
    id: Path<ChatflowId>,
    query: Query<DiagramQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let chatflow = find(&api, id.0).await?;
    let document = match query.0.version {
        None => chatflow.draft,
        Some(number) => {
            let version = api.store.version(id.0, number).await?;
            version.ok_or_else(|| Problem::not_found("version", number))?.document
        }
    };
    let format = query.0.format.unwrap_or_else(|| accepted(&request));
    // A large document takes a while: not on the thread that serves others.
    let draw = move || {
        let chart = chart(&document);
        if format == Drawn::Svg { svg(&chart) } else { mermaid(&chart) }
    };
    let drawing = actix_web::web::block(draw).await.map_err(|_| Problem::new(Code::Internal, "the drawing was broken off"))?;
    let media_type = if format == Drawn::Svg { "image/svg+xml" } else { "text/vnd.mermaid; charset=utf-8" };
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    // Opened as a page, it must not run or load anything.
    answer.insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'")));
    Ok(answer.content_type(media_type).body(drawing))
}

fn accepted(request: &HttpRequest) -> Drawn {
    let accepted = request.headers().get(ACCEPT).and_then(|header| header.to_str().ok()).unwrap_or_default();
    let named = accepted.split(',').find_map(|media_type| match media_type.split(';').next().unwrap_or_default().trim() {
        "image/svg+xml" => Some(Drawn::Svg),
        "text/vnd.mermaid" | "text/plain" => Some(Drawn::Mermaid),
        _ => None,
    });
    named.unwrap_or(Drawn::Svg)
}
