use actix_web::get;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::find;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::{Path, Query};
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::chatflow::Chatflow;
use crate::domain::ids::ChatflowId;
use crate::flow::diff::{Diff, diff};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DiffQuery {
    /// A version's number, or `draft`; left out: the published version.
    from: Option<String>,
    /// A version's number, or `draft`; left out: the draft.
    to: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DiffView {
    from: String,
    to: String,
    /// They mean the same.
    equal: bool,
    #[serde(flatten)]
    diff: Diff,
    /// For people: `+` came, `-` went, `~` changed, `>` moved, `=` was renamed.
    text: String,
}

/// What differs between two versions, or a version and the draft
///
/// By node and action, as data and as text.
#[utoipa::path(tag = "chatflows", operation_id = "diff_chatflow", params(ChatflowId, DiffQuery), responses((status = OK, body = DiffView)), security(("bearer" = ["read"])))]
#[get("/chatflows/{id}/diff")]
pub async fn diff_chatflow(api: Data<Api>, id: Path<ChatflowId>, query: Query<DiffQuery>) -> Reply<DiffView> {
    let chatflow = find(&api, id.0).await?;
    let DiffQuery { from, to } = query.0;
    let from = match (from, chatflow.published) {
        (Some(from), _) => from,
        (None, Some(published)) => published.to_string(),
        (None, None) => return Err(Problem::invalid_query("from", "the chatflow was never published: say what to compare with")),
    };
    let to = to.unwrap_or_else(|| "draft".to_owned());
    let (old, new) = (document(&api, &chatflow, &from, "from").await?, document(&api, &chatflow, &to, "to").await?);
    // Two large documents take a while: not on the thread that serves others.
    let compared = actix_web::web::block(move || {
        let diff = diff(&old, &new);
        (diff.to_string(), diff)
    });
    let (text, diff) = compared.await.map_err(|_| Problem::new(Code::Internal, "the comparison was broken off"))?;
    Ok(Answer::ok(DiffView { from, to, equal: diff.is_empty(), diff, text }))
}

/// The document that a query parameter names.
async fn document(api: &Api, chatflow: &Chatflow, named: &str, parameter: &str) -> Result<Value, Problem> {
    if named == "draft" {
        return Ok(chatflow.draft.clone());
    }
    let number: u32 = named.parse().map_err(|_| Problem::invalid_query(parameter, "a version's number, or `draft`"))?;
    let version = api.store.version(chatflow.id, number).await?.ok_or_else(|| Problem::not_found("version", number))?;
    Ok(version.document)
}
