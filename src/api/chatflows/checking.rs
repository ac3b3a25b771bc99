//! What the language says of a document, in the surroundings of its page.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::ids::PageId;
use crate::flow::check::Env;
use crate::flow::issue::{Issue, Severity};
use crate::store::access::UserFilter;

/// What a check found: every issue at once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CheckView {
    /// No errors: it may be published.
    ok: bool,
    /// Errors first, then warnings.
    issues: Vec<Issue>,
}

impl From<Vec<Issue>> for CheckView {
    fn from(issues: Vec<Issue>) -> Self {
        Self { ok: !has_errors(&issues), issues }
    }
}

fn has_errors(issues: &[Issue]) -> bool {
    issues.iter().any(|issue| issue.severity == Severity::Error)
}

/// Every issue of the document, errors first.
pub async fn issues(api: &Api, page: &PageId, document: &Value) -> Result<Vec<Issue>, Problem> {
    let env = surroundings(api, page).await?;
    // A large document takes a while: not on the thread that serves others.
    let document = document.clone();
    let checked = actix_web::web::block(move || crate::flow::check(&document, &env)).await;
    let mut issues = checked.map_err(|_| Problem::new(Code::Internal, "the check was broken off"))?.issues;
    issues.sort_by_key(|issue| issue.severity);
    Ok(issues)
}

/// 422 with every issue where there are errors; else the warnings.
pub async fn refuse_errors(api: &Api, page: &PageId, document: &Value) -> Result<Vec<Issue>, Problem> {
    let issues = issues(api, page, document).await?;
    if !has_errors(&issues) {
        return Ok(issues);
    }
    let errors = issues.iter().filter(|issue| issue.severity == Severity::Error).count();
    let detail = match errors {
        1 => "the document has an error; see `issues`".to_owned(),
        errors => format!("the document has {errors} errors; see `issues`"),
    };
    let listed = serde_json::to_value(&issues).unwrap_or_default();
    Err(Problem::new(Code::FlowHasErrors, detail).with("issues", listed))
}

/// What the stores know around the document: pipelines, rules, chatflows to call, whether anybody has a seat.
pub(super) async fn surroundings(api: &Api, page: &PageId) -> Result<Env, Problem> {
    let pipelines = api.store.pipelines().await?.into_iter();
    let pipelines = pipelines.map(|pipeline| (pipeline.key, pipeline.statuses.into_iter().map(|status| status.key).collect()));
    let mut rule_sets: BTreeSet<String> = api.store.rule_sets_for(page).await?.into_iter().map(|set| set.name).collect();
    // The page's own choice; where it made none, everyone waits in the open queue.
    rule_sets.insert("default".to_owned());
    let seated = !api.store.users(UserFilter { active: Some(true), service_seat: Some(true), role: None }, None, 1).await?.is_empty();
    Ok(Env {
        pipelines: Some(pipelines.collect()),
        rule_sets: Some(rule_sets),
        chatflows: Some(callable(api, page).await?),
        seated_agents: Some(seated),
    })
}

/// Names and ids of the page's chatflows.
async fn callable(api: &Api, page: &PageId) -> Result<BTreeSet<String>, Problem> {
    const BATCH: u32 = 200;
    let mut names = BTreeSet::new();
    let mut after = None;
    loop {
        let batch = api.store.chatflows(Some(page), after, BATCH).await?;
        after = batch.last().map(|chatflow| chatflow.id);
        let last = batch.len() < BATCH as usize;
        for chatflow in batch {
            names.insert(chatflow.id.to_string());
            names.insert(chatflow.name);
        }
        if last {
            return Ok(names);
        }
    }
}
