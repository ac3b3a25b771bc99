use actix_web::patch;
use actix_web::web::Data;
use serde::Deserialize;

use super::PageView;
use super::bindings::check_bindings;
use super::edit::{Token, edit};
use crate::api::answer::{Answer, Reply};
use crate::api::chatflows::missing;
use crate::api::etag::IfMatch;
use crate::api::extract::{FieldChecks, Json, Path, present};
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::{PageId, RuleSetId};
use crate::domain::page::{Page, PageBinding, PageSettings};

/// What is left out stays as it is.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdatePageBody {
    /// The rules that a transfer to `default` follows: shared ones or the page's own; null for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<RuleSetId>)]
    transfer_rules: Option<Option<RuleSetId>>,
    settings: Option<UpdatePageSettingsBody>,
}

/// What is left out stays as it is.
#[derive(Debug, Default, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpdatePageSettingsBody {
    /// How long a foreign echo mutes the bot: hours of silence, 1 to 720.
    external_mute_hours: Option<u32>,
    /// A direct link starts a flow even while a person owns the conversation.
    link_overrides_agent: Option<bool>,
    /// Sent when the page is paused or has no active chatflow, and only then; at most 1,990 characters; null for none.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    away_message: Option<Option<String>>,
    /// Sends per second to this page's visitors, 1 to 300.
    sends_per_second: Option<u32>,
    /// All of them: those that are not listed are gone. Each names an active chatflow of the page, and may name a node of it.
    bindings: Option<Vec<PageBinding>>,
}

/// Change a page's settings
#[utoipa::path(tag = "pages", operation_id = "update_page", params(PageId), responses((status = OK, body = PageView)), security(("bearer" = ["administer"])))]
#[patch("/pages/{id}")]
pub async fn update_page(api: Data<Api>, id: Path<PageId>, if_match: IfMatch, body: Json<UpdatePageBody>) -> Reply<PageView> {
    if let Some(Some(rules)) = body.0.transfer_rules {
        check_rules(&api, &id.0, rules).await?;
    }
    if let Some(bindings) = body.0.settings.as_ref().and_then(|settings| settings.bindings.as_ref()) {
        check_bindings(&api, &id.0, bindings).await?;
    }
    let page = edit(&api, &id.0, &if_match, Token::Keep, |page| change(page, &body.0)).await?;
    let revision = page.revision;
    Ok(Answer::ok(page.into()).at(revision))
}

fn change(page: &mut Page, body: &UpdatePageBody) -> Result<(), Problem> {
    if let Some(rules) = body.transfer_rules {
        page.rules = rules;
    }
    let UpdatePageSettingsBody { external_mute_hours, link_overrides_agent, away_message, sends_per_second, bindings } =
        body.settings.clone().unwrap_or_default();
    let settings = &mut page.settings;
    settings.external_mute_hours = external_mute_hours.unwrap_or(settings.external_mute_hours);
    settings.link_overrides_agent = link_overrides_agent.unwrap_or(settings.link_overrides_agent);
    settings.sends_per_second = sends_per_second.unwrap_or(settings.sends_per_second);
    if let Some(bindings) = bindings {
        settings.bindings = bindings;
    }
    if let Some(away) = away_message {
        settings.away_message = away;
    }
    check_settings(settings)
}

async fn check_rules(api: &Api, page: &PageId, rules: RuleSetId) -> Result<(), Problem> {
    let known = api.store.rule_sets_for(page).await?.into_iter().any(|set| set.id == rules);
    if known { Ok(()) } else { Err(missing("/transfer_rules", format!("the page has no transfer rules `{rules}`"))) }
}

pub(super) fn check_settings(settings: &PageSettings) -> Result<(), Problem> {
    let mut checks = FieldChecks::default();
    for fault in settings.faults() {
        checks.check(false, &format!("/settings/{}", fault.field), fault.to_string());
    }
    checks.done()
}
