use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;

use super::find;
use super::graph::Step;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::PageId;
use crate::domain::page::{Page, PageState};
use crate::messenger::error::CallError;
use crate::messenger::graph::{PageAccess, SUBSCRIBED_FIELDS};

/// The connection checklist.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PageCheckView {
    /// Everything is as it must be for visitors to be answered.
    ok: bool,
    items: Vec<PageCheckItem>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PageCheckItem {
    /// Stable: `state`, `token`, `subscription`, `get_started`, `primary_chatflow`, `bindings`.
    item: &'static str,
    ok: bool,
    /// What was found.
    detail: String,
    /// What to do, where it is not ok.
    hint: Option<String>,
}

fn good(item: &'static str, detail: impl Into<String>) -> PageCheckItem {
    PageCheckItem { item, ok: true, detail: detail.into(), hint: None }
}

fn bad(item: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> PageCheckItem {
    PageCheckItem { item, ok: false, detail: detail.into(), hint: Some(hint.into()) }
}

/// Is the page connected as it must be?
///
/// Asks Meta about the token, the subscription and the Get Started button, and looks at the page's state, its primary
/// chatflow and those it binds. Every item is checked, whatever the others say.
#[utoipa::path(tag = "pages", operation_id = "check_page", params(PageId), responses((status = OK, body = PageCheckView)), security(("bearer" = ["read"])))]
#[get("/pages/{id}/check")]
pub async fn check_page(api: Data<Api>, id: Path<PageId>) -> Reply<PageCheckView> {
    let page = find(&api, &id.0).await?;
    let mut items = vec![state(&page)];
    match api.store.token(&page.id).await? {
        Some(token) => at_meta(&api, &PageAccess { page: page.id.clone(), token }, &mut items).await,
        None => items.push(bad("token", "there is no token", "connect the page")),
    }
    items.push(primary(&api, &page).await?);
    items.push(bindings(&api, &page).await?);
    Ok(Answer::ok(PageCheckView { ok: items.iter().all(|item| item.ok), items }))
}

fn state(page: &Page) -> PageCheckItem {
    match &page.state {
        PageState::Active => good("state", "the page is active"),
        PageState::Paused => bad("state", "an operator paused the page", "resume it"),
        PageState::Blocked { reason, since } => bad(
            "state",
            format!("Meta blocks the page since {since}: {reason}"),
            "mend the cause at Meta, then resume the page or connect it again",
        ),
        PageState::Disconnected { since } => bad("state", format!("the page is disconnected since {since}"), "connect it again"),
    }
}

async fn at_meta(api: &Api, access: &PageAccess, items: &mut Vec<PageCheckItem>) {
    let token = token(api, access).await;
    let usable = token.ok;
    items.push(token);
    if !usable {
        let hint = "mend the token first";
        items.push(bad("subscription", "Meta cannot be asked without a working token", hint));
        items.push(bad("get_started", "Meta cannot be asked without a working token", hint));
        return;
    }
    items.push(match api.graph.subscribed_fields(access).await {
        Ok(fields) => subscription(&fields),
        Err(error) => unknown(Step::Subscription, &error),
    });
    items.push(match api.graph.profile(access).await {
        Ok(profile) if profile.get("get_started").is_some() => good("get_started", "new visitors see a Get Started button"),
        Ok(_) => bad(
            "get_started",
            "the page has no Get Started button: a direct link's `ref` is lost for new visitors",
            "connect the page again: that sets one",
        ),
        Err(error) => unknown(Step::GetStarted, &error),
    });
}

async fn token(api: &Api, access: &PageAccess) -> PageCheckItem {
    match api.graph.page_info(&access.token).await {
        Ok(info) if info.id == access.page => good("token", format!("the token speaks for `{}`", info.name)),
        Ok(info) => bad("token", format!("the token speaks for another page, `{}`", info.id), "connect this page with its own token"),
        Err(error) => unknown(Step::Token, &error),
    }
}

fn subscription(fields: &[String]) -> PageCheckItem {
    let missing: Vec<&str> = SUBSCRIBED_FIELDS.into_iter().filter(|field| !fields.iter().any(|found| found == field)).collect();
    if missing.is_empty() {
        return good("subscription", "all events of the page arrive here");
    }
    bad("subscription", format!("not subscribed to {}", missing.join(", ")), "connect the page again: that subscribes the app")
}

/// What Meta refused to say is not ok, and the words are those of connecting.
fn unknown(step: Step, error: &CallError) -> PageCheckItem {
    bad(step.word(), step.refused(error).detail(), "connect the page again once it is mended")
}

async fn primary(api: &Api, page: &Page) -> Result<PageCheckItem, Problem> {
    const ITEM: &str = "primary_chatflow";
    let hint = "publish and activate a chatflow, then `PUT /v1/pages/{id}/primary-chatflow`";
    let Some(id) = page.primary else { return Ok(bad(ITEM, "no chatflow answers new visitors", hint)) };
    Ok(match api.store.chatflow(id).await? {
        Some(chatflow) if chatflow.active && chatflow.published.is_some() => good(ITEM, format!("`{}` answers", chatflow.name)),
        Some(chatflow) => bad(ITEM, format!("`{}` is not published and active", chatflow.name), hint),
        None => bad(ITEM, format!("chatflow `{id}` does not exist"), hint),
    })
}

async fn bindings(api: &Api, page: &Page) -> Result<PageCheckItem, Problem> {
    const ITEM: &str = "bindings";
    let mut wrong = Vec::new();
    for binding in &page.settings.bindings {
        wrong.extend(super::bindings::wrong_with(api, &page.id, binding).await?.into_iter().map(|(_, detail)| detail));
    }
    wrong.dedup();
    if wrong.is_empty() {
        return Ok(good(ITEM, format!("{} bindings, and each can do what it says", page.settings.bindings.len())));
    }
    Ok(bad(ITEM, wrong.join("; "), "mend the chatflow, or change `settings.bindings`"))
}
