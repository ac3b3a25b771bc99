use std::collections::BTreeMap;

use actix_web::patch;
use actix_web::web::Data;
use serde::Deserialize;
use serde_json::Value;

use super::LinkView;
use super::fields::check;
use super::show::find;
use super::view::view;
use crate::api::answer::{Answer, Reply};
use crate::api::chatflows;
use crate::api::etag::IfMatch;
use crate::api::extract::{Json, Path, present};
use crate::api::pages;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::ids::LinkId;
use crate::domain::link::{IsDirect, Link};
use crate::store::StoreError;

/// What is left out stays as it is; null takes a value away.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpdateLinkBody {
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    label: Option<Option<String>>,
    /// All of them: those that are not listed are gone.
    variables: Option<BTreeMap<String, Value>>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    locale: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    node: Option<Option<String>>,
    /// Not for a chatflow's own link.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<Timestamp>)]
    expires_at: Option<Option<Timestamp>>,
}

/// Change a link
///
/// Its `ref` and its chatflow stay: what is printed must not come to mean something else.
#[utoipa::path(tag = "links", operation_id = "update_link", params(LinkId), responses((status = OK, body = LinkView)), security(("bearer" = ["edit_flows"])))]
#[patch("/links/{id}")]
pub async fn update_link(api: Data<Api>, id: Path<LinkId>, if_match: IfMatch, body: Json<UpdateLinkBody>) -> Reply<LinkView> {
    let found = find(&api, id.0).await?;
    if_match.guards(found.revision)?;
    let new_expiry = body.0.expires_at.flatten();
    if found.direct && new_expiry.is_some() {
        return Err(IsDirect(found.id).into());
    }
    let link = changed(found, body.0);
    let chatflow = chatflows::find(&api, link.chatflow).await?;
    check(&api, &link, &chatflow, new_expiry).await?;
    save(&api, link).await
}

fn changed(mut link: Link, body: UpdateLinkBody) -> Link {
    let UpdateLinkBody { label, variables, locale, node, expires_at } = body;
    link.label = label.unwrap_or(link.label);
    link.variables = variables.unwrap_or(link.variables);
    link.locale = locale.unwrap_or(link.locale);
    link.node = node.unwrap_or(link.node);
    link.expires_at = expires_at.unwrap_or(link.expires_at);
    link
}

/// At the revision that was read.
pub(super) async fn save(api: &Api, link: Link) -> Reply<LinkView> {
    let revision = api.store.update_link(&link).await.map_err(|error| match error {
        StoreError::Conflict { .. } => Problem::new(Code::Stale, "it has changed meanwhile; read it again and repeat the change"),
        other => other.into(),
    })?;
    pages::reload(api, &link.page).await;
    Ok(Answer::ok(view(api, link).await?).at(revision))
}

impl From<IsDirect> for Problem {
    fn from(refused: IsDirect) -> Self {
        Self::new(Code::DirectLink, refused.to_string())
    }
}
