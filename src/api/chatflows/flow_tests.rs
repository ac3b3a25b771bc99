//! A chatflow's tests are part of its draft, and of every version; here they are read, written and run by themselves.

use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{get, post, put};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::checking::{CheckView, checked, issues, refuse};
use super::document::{JsonOrYaml, Optional};
use super::edit::{edit, find};
use super::rehearsing::run_tests;
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::chatflow::Chatflow;
use crate::domain::ids::ChatflowId;
use crate::flow::script::read_tests;
use crate::rehearsal::{self, test::TestRun};

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TestsView {
    /// As they were written.
    #[schema(value_type = Vec<Object>)]
    tests: Value,
}

/// The tests of the draft
#[utoipa::path(tag = "chatflows", operation_id = "list_tests", params(ChatflowId), responses((status = OK, body = TestsView)), security(("bearer" = ["read"])))]
#[get("/chatflows/{id}/tests")]
pub async fn list_tests(api: Data<Api>, id: Path<ChatflowId>) -> Reply<TestsView> {
    let chatflow = find(&api, id.0).await?;
    let tests = chatflow.draft.get("tests").cloned().unwrap_or_else(|| json!([]));
    Ok(Answer::ok(TestsView { tests }).at(chatflow.revision))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestsBody {
    /// All of them; what was there before is replaced.
    #[schema(value_type = Vec<Object>)]
    tests: Vec<Value>,
}

/// Replace the tests of the draft
///
/// They are saved with their mistakes; the answer lists the issues of the whole draft.
#[utoipa::path(tag = "chatflows", operation_id = "save_tests", params(ChatflowId), request_body(content((TestsBody = "application/json"), (String = "application/yaml"))), responses((status = OK, body = CheckView)), security(("bearer" = ["edit_flows"])))]
#[put("/chatflows/{id}/tests")]
pub async fn save_tests(api: Data<Api>, id: Path<ChatflowId>, if_match: IfMatch, body: JsonOrYaml<TestsBody>) -> Reply<CheckView> {
    let tests = Value::Array(body.0.tests);
    let chatflow = edit(&api, id.0, &if_match, |chatflow| {
        if let Value::Object(draft) = &mut chatflow.draft {
            draft.insert("tests".to_owned(), tests.clone());
        }
        Ok(())
    })
    .await?;
    let found = issues(&api, &chatflow.page, &chatflow.draft).await?;
    Ok(Answer::ok(found.into()).at(chatflow.revision))
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunTestsBody {
    /// The version to test; left out: the draft.
    version: Option<u32>,
    /// A document to test instead of the draft or a version.
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
    /// Tests to run instead of the document's own.
    #[schema(value_type = Option<Vec<Object>>)]
    tests: Option<Value>,
}

/// Run a chatflow's tests
///
/// Those of the draft on the draft, unless the body says otherwise. Nothing is sent, stored or called; the answer is 200
/// whether they pass or not.
#[utoipa::path(tag = "chatflows", operation_id = "run_tests", params(ChatflowId), request_body = Option<RunTestsBody>, responses((status = OK, body = TestRun)), security(("bearer" = ["edit_flows"])))]
#[post("/chatflows/{id}/tests")]
pub async fn run_chatflow_tests(api: Data<Api>, id: Path<ChatflowId>, body: Optional<RunTestsBody>) -> Reply<TestRun> {
    let chatflow = find(&api, id.0).await?;
    let RunTestsBody { version, document, tests } = body.0.unwrap_or_default();
    let document = document_of(&api, &chatflow, version, document).await?;
    let checked = checked(&api, &chatflow.page, &document).await?;
    let Some(flow) = checked.flow.clone() else { return Err(refuse(&checked.issues)) };
    let (tests, base) = match tests {
        None => (checked.tests, "/tests"),
        Some(tests) => (read(&document, &tests)?, "/tests"),
    };
    let own = rehearsal::Chatflow { id: Some(chatflow.id), name: chatflow.name, flow };
    Ok(Answer::ok(run_tests(&api, &chatflow.page, own, tests, base).await?))
}

/// The document that a body means: its own, a version's, or the draft.
pub(super) async fn document_of(api: &Api, chatflow: &Chatflow, version: Option<u32>, own: Option<Value>) -> Result<Value, Problem> {
    match (own, version) {
        (Some(_), Some(_)) => Err(Problem::invalid("/version", "invalid_value", "either a `document` or a `version`")),
        (Some(document), None) => Ok(document),
        (None, Some(number)) => {
            let version = api.store.version(chatflow.id, number).await?;
            let missing = || super::missing("/version", format!("chatflow `{}` has no version {number}", chatflow.id));
            Ok(version.ok_or_else(missing)?.document)
        }
        (None, None) => Ok(chatflow.draft.clone()),
    }
}

fn read(document: &Value, tests: &Value) -> Result<Arc<[crate::flow::script::FlowTest]>, Problem> {
    read_tests(document, tests).map(Into::into).map_err(|issues| super::checking::invalid(&issues, "/tests"))
}
