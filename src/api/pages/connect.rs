use actix_web::post;
use actix_web::web::Data;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::PageView;
use super::edit::{Token, edit, release_held, reload};
use super::graph::Step;
use super::update::check_settings;
use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::chatflows::{self, Birth, LiveChatBody};
use crate::api::etag::IfMatch;
use crate::api::extract::Json;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::chatflow::ChatflowKind;
use crate::domain::page::{GET_STARTED_PAYLOAD, Page, PageSettings, PageState};
use crate::flow::live_chat::LiveChat;
use crate::messenger::graph::{PageAccess, PageInfo, TokenInfo};
use crate::store::StoreError;
use crate::store::chatflows::NewChatflow;
use crate::store::pages::NewPage;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectPageBody {
    /// A page token made from a long-lived user token, or a system user's. Kept encrypted, never shown.
    #[schema(value_type = String, format = Password)]
    page_access_token: SecretString,
    /// Create a live-chat chatflow, publish it and make it the page's primary one. Only when the page is new.
    #[serde(default = "yes")]
    default_chatflow: bool,
    /// What the default chatflow says, where it is not Causerie's own text.
    #[serde(default)]
    live_chat: Option<LiveChatBody>,
    /// Only when the page is new.
    #[serde(default)]
    settings: PageSettings,
}

fn yes() -> bool {
    true
}

/// Connect a Facebook Page
///
/// Checks the token at Meta, subscribes the app to the page's events, sets the Get Started button where there is none,
/// and gives the page a live-chat chatflow that answers at once. A refusal names its `step` (`token`, `subscription`,
/// `get_started`) and what to do. A page that is known gets the new token, and its held messages are sent.
#[utoipa::path(tag = "pages", operation_id = "connect_page", responses((status = CREATED, body = PageView), (status = OK, body = PageView, description = "It was known: connected again")), security(("bearer" = ["administer"])))]
#[post("/pages")]
pub async fn connect_page(api: Data<Api>, caller: Caller, body: Json<ConnectPageBody>) -> Reply<PageView> {
    let body = body.0;
    check_settings(&body.settings)?;
    if !body.settings.bindings.is_empty() {
        let detail = "bind chatflows once the page is connected and has some";
        return Err(Problem::invalid("/settings/bindings", "invalid_value", detail));
    }
    let token = &body.page_access_token;
    let info = api.graph.page_info(token).await.map_err(|error| Step::Token.refused(&error))?;
    check_token(&api, token).await?;
    let access = PageAccess { page: info.id.clone(), token: token.clone() };
    let chatflow = default_chatflow(&api, &caller, &info, &body).await?;
    prepare(&api, &access).await?;
    if api.store.page(&info.id).await?.is_some() {
        return connect_again(&api, info, access).await;
    }
    let page = Page {
        id: info.id.clone(),
        name: info.name.clone(),
        username: info.username.clone(),
        state: PageState::Active,
        primary: None,
        rules: None,
        settings: body.settings.clone(),
        revision: 1,
        created_at: api.clock.now(),
    };
    match api.store.connect(NewPage { page, token: access.token.clone(), chatflow }).await {
        Ok(()) => {}
        // Connected by somebody else in the same moment.
        Err(StoreError::Conflict { what: "page" }) => return connect_again(&api, info, access).await,
        Err(error) => return Err(error.into()),
    }
    reload(&api, &info.id).await;
    let page = super::find(&api, &info.id).await?;
    let revision = page.revision;
    Ok(Answer::created(format!("/v1/pages/{}", page.id), page.into()).at(revision))
}

/// What Meta says about the token, where the server may ask.
async fn check_token(api: &Api, token: &SecretString) -> Result<(), Problem> {
    let said = api.graph.token_info(token).await.map_err(|error| Step::Token.refused(&error))?;
    let detail = said.and_then(|info| useless(info, api.settings.meta.app_id.as_deref()));
    detail.map_or(Ok(()), |detail| Err(Problem::new(Code::TokenRefused, detail).with("step", Step::Token.word().into())))
}

/// Why nothing can be done with this token, and what to do.
fn useless(info: TokenInfo, our_app: Option<&str>) -> Option<String> {
    if !info.valid {
        let why = info.error.unwrap_or_else(|| "Meta says that it is not valid".to_owned());
        return Some(format!("the token is not valid: {why}; make a new page token"));
    }
    if let Some(kind) = info.kind.filter(|kind| kind == "USER" || kind == "APP") {
        return Some(format!("this is a token of type `{kind}`: take the page's own `access_token` from `/me/accounts`"));
    }
    match (info.app, our_app) {
        (Some(app), Some(ours)) if app != ours => {
            Some(format!("the token was made for app `{app}`, and this server is app `{ours}`: its events would not arrive here"))
        }
        _ => None,
    }
}

/// Meta's side: the page's events come to us, and a new visitor's link is not lost.
async fn prepare(api: &Api, access: &PageAccess) -> Result<(), Problem> {
    api.graph.subscribe(access).await.map_err(|error| Step::Subscription.refused(&error))?;
    let profile = api.graph.profile(access).await.map_err(|error| Step::GetStarted.refused(&error))?;
    if profile.get("get_started").is_none() {
        let button = json!({ "get_started": { "payload": GET_STARTED_PAYLOAD } });
        api.graph.set_profile(access, &button).await.map_err(|error| Step::GetStarted.refused(&error))?;
    }
    Ok(())
}

async fn default_chatflow(api: &Api, caller: &Caller, info: &PageInfo, body: &ConnectPageBody) -> Result<Option<NewChatflow>, Problem> {
    if !body.default_chatflow {
        let nothing = "`live_chat` is the default chatflow's: leave it out, or leave `default_chatflow` out";
        return if body.live_chat.is_some() { Err(Problem::invalid("/live_chat", "invalid_value", nothing)) } else { Ok(None) };
    }
    let short = match &body.live_chat {
        Some(short) => short.read("/live_chat")?,
        None => LiveChat::default(),
    };
    let document = short.document();
    chatflows::refuse_errors(api, &info.id, None, "Live chat", &document).await?;
    let birth = Birth { page: info.id.clone(), name: "Live chat".to_owned(), kind: ChatflowKind::LiveChat, document };
    birth.published(api, caller, "created when the page was connected").map(Some)
}

/// The new token, name and state; a page that an operator paused stays paused.
async fn connect_again(api: &Api, info: PageInfo, access: PageAccess) -> Reply<PageView> {
    let page = edit(api, &access.page, &IfMatch::none(), Token::Replace(access.token), |page| {
        page.reconnect(info.name.clone(), info.username.clone());
        Ok(())
    })
    .await?;
    release_held(api, &page).await;
    let revision = page.revision;
    Ok(Answer::ok(page.into()).at(revision))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_valid_page_token_of_this_app_is_of_use() {
        let good =
            TokenInfo { valid: true, kind: Some("PAGE".into()), app: Some("77".into()), expires_at: None, scopes: vec![], error: None };
        let cases = [
            (good.clone(), None),
            (TokenInfo { kind: Some("SYSTEM_USER".into()), ..good.clone() }, None),
            (TokenInfo { kind: None, app: None, ..good.clone() }, None),
            (TokenInfo { valid: false, error: Some("the session has expired".into()), ..good.clone() }, Some("the session has expired")),
            (TokenInfo { kind: Some("USER".into()), ..good.clone() }, Some("/me/accounts")),
            (TokenInfo { app: Some("78".into()), ..good.clone() }, Some("app `78`")),
        ];
        for (info, expected) in cases {
            let detail = useless(info.clone(), Some("77"));
            match expected {
                None => assert_eq!(detail, None, "{info:?}"),
                Some(part) => assert!(detail.is_some_and(|detail| detail.contains(part)), "{info:?}"),
            }
        }
        assert_eq!(useless(TokenInfo { app: Some("78".into()), ..good }, None), None, "a server without an app id cannot tell");
    }
}
