//! What flow tests and simulations run in: the page around a chatflow, and who a failed test is told to.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::chatflow::Chatflow;
use crate::domain::ids::PageId;
use crate::flow::script::FlowTest;
use crate::flow::{self, Flow};
use crate::rehearsal::{
    self,
    test::{TestRun, run},
};
use crate::turn::PageWorld;
use crate::turn::situation::BoundFlow;

/// Runs the tests, off the thread that serves others. `base` is the pointer of their list.
pub async fn run_tests(
    api: &Api,
    page: &PageId,
    own: rehearsal::Chatflow,
    tests: Arc<[FlowTest]>,
    base: &'static str,
) -> Result<TestRun, Problem> {
    if tests.is_empty() {
        return Ok(TestRun { passed: true, tests: Vec::new() });
    }
    let published = api.store.published(page).await?;
    let ran = actix_web::web::block(move || {
        let others: Vec<rehearsal::Chatflow> = published
            .into_iter()
            .filter(|(other, _)| other.name != own.name)
            .filter_map(|(other, version)| {
                let flow = compile(&version.document)?;
                Some(rehearsal::Chatflow { id: Some(other.id), name: other.name, flow })
            })
            .collect();
        run(&own, &tests, base, &others)
    });
    ran.await.map_err(|_| Problem::new(Code::Internal, "the tests were broken off"))
}

/// A version that was published once; it may not check any more.
fn compile(document: &Value) -> Option<Arc<Flow>> {
    flow::check(document, &flow::check::Env::default()).flow
}

/// 422 with every test that fails: which one, at which line, what it expected, and what came.
pub fn refuse_failed(ran: &TestRun) -> Result<(), Problem> {
    if ran.passed {
        return Ok(());
    }
    let failed: Vec<_> = ran.failed().collect();
    let detail = match failed.as_slice() {
        [one] => format!("the test `{}` fails; see `failed_tests`", one.name),
        many => format!("{} of {} tests fail; see `failed_tests`", many.len(), ran.tests.len()),
    };
    let mut problem = Problem::new(Code::FlowTestsFailed, detail).with("failed_tests", json!(failed));
    for (test, failure) in failed.iter().flat_map(|test| test.failures.iter().map(move |failure| (test, failure))) {
        problem = problem.field(failure.pointer.clone(), "test_failed", format!("{}: {}", test.name, failure.message));
    }
    Err(problem)
}

/// The chatflow's page with all that is bound to it, as a turn would see it.
pub async fn world(api: &Api, chatflow: &Chatflow) -> Result<PageWorld, Problem> {
    let page = api.store.page(&chatflow.page).await?.ok_or_else(|| Problem::not_found("page", &chatflow.page))?;
    let published = api.store.published(&chatflow.page).await?;
    let compiled = actix_web::web::block(move || {
        let bound = published.into_iter().filter_map(|(chatflow, version)| {
            let flow = compile(&version.document)?;
            Some((chatflow.id, BoundFlow::new(chatflow.name, chatflow.active, version.number, flow)))
        });
        bound.collect::<HashMap<_, _>>()
    });
    let chatflows = compiled.await.map_err(|_| Problem::new(Code::Internal, "the page's chatflows could not be read"))?;
    let mut rules = HashMap::new();
    for set in api.store.rule_sets_for(&chatflow.page).await? {
        // The page's own sets come first and win over shared ones of the same name.
        rules.entry(set.name.clone()).or_insert(set);
    }
    Ok(PageWorld { page, chatflows, rules, pipelines: api.store.pipelines().await? })
}
