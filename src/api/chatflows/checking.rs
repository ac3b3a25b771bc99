//! What the language says of a document, in the surroundings of its page.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::rehearsing::{refuse_failed, run_tests};
use crate::api::problem::{Code, FieldError, Problem};
use crate::api::state::Api;
use crate::domain::ids::{ChatflowId, PageId};
use crate::flow::check::{Checked, Env};
use crate::flow::issue::{Issue, Severity};
use crate::rehearsal;
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
    Ok(checked(api, page, document).await?.issues)
}

/// What the language says of the document, errors first; compiled where there are none.
pub async fn checked(api: &Api, page: &PageId, document: &Value) -> Result<Checked, Problem> {
    let env = surroundings(api, page).await?;
    // A large document takes a while: not on the thread that serves others.
    let document = document.clone();
    let checked = actix_web::web::block(move || crate::flow::check(&document, &env)).await;
    let mut checked = checked.map_err(|_| Problem::new(Code::Internal, "the check was broken off"))?;
    checked.issues.sort_by_key(|issue| issue.severity);
    Ok(checked)
}

/// What stands before every publish: 422 with every issue where there are errors, or with every test of the flow that
/// fails; else the warnings. `id` is the chatflow's, where it has one yet.
pub async fn refuse_errors(api: &Api, page: &PageId, id: Option<ChatflowId>, name: &str, document: &Value) -> Result<Vec<Issue>, Problem> {
    let checked = checked(api, page, document).await?;
    let Some(flow) = checked.flow else { return Err(refuse(&checked.issues)) };
    let ran = run_tests(api, page, rehearsal::Chatflow { id, name: name.to_owned(), flow }, checked.tests, "/tests").await?;
    refuse_failed(&ran)?;
    Ok(checked.issues)
}

/// Of a document that has errors.
pub fn refuse(issues: &[Issue]) -> Problem {
    let errors = issues.iter().filter(|issue| issue.severity == Severity::Error).count();
    let detail = match errors {
        1 => "the document has an error; see `issues`".to_owned(),
        errors => format!("the document has {errors} errors; see `issues`"),
    };
    let listed = serde_json::to_value(issues).unwrap_or_default();
    Problem::new(Code::FlowHasErrors, detail).with("issues", listed)
}

/// Of a part of a body that is read as the language is; `at` is its pointer.
pub fn invalid(issues: &[Issue], at: &str) -> Problem {
    let fields = issues.iter().map(|issue| FieldError {
        pointer: format!("{at}{}", issue.pointer),
        code: issue.code.word().to_owned(),
        detail: if issue.hint.is_empty() { issue.message.clone() } else { format!("{} ({})", issue.message, issue.hint) },
    });
    match Problem::check_fields(fields.collect()) {
        Err(problem) => problem,
        Ok(()) => Problem::invalid(at, "invalid_value", "it cannot be read"),
    }
}

/// What the stores know around the document: pipelines, rules, chatflows to call, whether anybody has a seat.
pub(super) async fn surroundings(api: &Api, page: &PageId) -> Result<Env, Problem> {
    let pipelines = api.store.pipelines().await?.into_iter();
    let pipelines = pipelines.map(|pipeline| (pipeline.key, pipeline.statuses.into_iter().map(|status| status.key).collect()));
    let mut rule_sets: BTreeSet<String> = api.store.rule_sets_for(page).await?.into_iter().map(|set| set.name).collect();
    // The page's own choice; where it made none, everyone waits in the open queue.
    rule_sets.insert("default".to_owned());
    let seated = !api.store.users(UserFilter { active: Some(true), service_seat: Some(true), role: None }, None, 1).await?.is_empty();
    let (chatflows, unpublished) = callable(api, page).await?;
    Ok(Env {
        pipelines: Some(pipelines.collect()),
        rule_sets: Some(rule_sets),
        chatflows: Some(chatflows),
        unpublished: Some(unpublished),
        secrets: Some(api.store.secrets().await?.into_iter().map(|secret| secret.name).collect()),
        seated_agents: Some(seated),
    })
}

/// Names and ids of the page's chatflows; and of those that were never published.
async fn callable(api: &Api, page: &PageId) -> Result<(BTreeSet<String>, BTreeSet<String>), Problem> {
    const BATCH: u32 = 200;
    let (mut names, mut drafts) = (BTreeSet::new(), BTreeSet::new());
    let mut after = None;
    loop {
        let batch = api.store.chatflows(Some(page), after, BATCH).await?;
        after = batch.last().map(|chatflow| chatflow.id);
        let last = batch.len() < BATCH as usize;
        for chatflow in batch {
            let called = [chatflow.id.to_string(), chatflow.name];
            if chatflow.published.is_none() {
                drafts.extend(called.clone());
            }
            names.extend(called);
        }
        if last {
            return Ok((names, drafts));
        }
    }
}
