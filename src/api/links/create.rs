use std::collections::BTreeMap;

use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;
use serde_json::Value;

use super::LinkView;
use super::fields::check;
use super::view::view;
use crate::api::answer::{Answer, Reply};
use crate::api::chatflows;
use crate::api::extract::Json;
use crate::api::pages;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::ids::ChatflowId;
use crate::domain::link::{Link, REF_RANDOM_BYTES};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateLinkBody {
    chatflow: ChatflowId,
    /// For people, such as the campaign's name: 1 to 200 characters.
    #[serde(default)]
    label: Option<String>,
    /// Set in the session over the declared defaults: at most 50.
    #[serde(default)]
    variables: BTreeMap<String, Value>,
    /// The language it opens in, such as `fr` or `fr_CA`.
    #[serde(default)]
    locale: Option<String>,
    /// The node it opens, where that is not the chatflow's start.
    #[serde(default)]
    node: Option<String>,
    /// From then on it is a miss, and the primary chatflow answers.
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

/// Create a link
///
/// Its `ref` is random and cannot be guessed; `url` is what to publish.
#[utoipa::path(tag = "links", operation_id = "create_link", responses((status = CREATED, body = LinkView)), security(("bearer" = ["edit_flows"])))]
#[post("/links")]
pub async fn create_link(api: Data<Api>, body: Json<CreateLinkBody>) -> Reply<LinkView> {
    let CreateLinkBody { chatflow, label, variables, locale, node, expires_at } = body.0;
    let chatflow = chatflows::named(&api, chatflow, "/chatflow").await?;
    let born = Link::direct(api.ids()?.next(), chatflow.page.clone(), chatflow.id, random_ref()?, api.clock.now());
    let link = Link { label, direct: false, variables, locale, node, expires_at, ..born };
    check(&api, &link, &chatflow, expires_at).await?;
    api.store.insert_link(&link).await?;
    pages::reload(&api, &link.page).await;
    let revision = link.revision;
    Ok(Answer::created(format!("/v1/links/{}", link.id), view(&api, link).await?).at(revision))
}

/// What a ref is made of.
pub fn random_ref() -> Result<[u8; REF_RANDOM_BYTES], Problem> {
    let mut random = [0; REF_RANDOM_BYTES];
    getrandom::fill(&mut random).map_err(|error| {
        tracing::error!(%error, "the system gives no random bytes");
        Problem::new(Code::Internal, "the system gives no random bytes")
    })?;
    Ok(random)
}
