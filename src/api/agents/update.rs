use actix_web::patch;
use actix_web::web::Data;
use serde::Deserialize;

use super::AgentView;
use super::show::find;
use crate::api::answer::Reply;
use crate::api::etag::IfMatch;
use crate::api::extract::{FieldChecks, Json, Path};
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::UserId;
use crate::domain::people::Agent;
use crate::store::StoreError;

const MOST_AT_ONCE: u32 = 1_000;

/// What is left out stays as it is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateAgentBody {
    /// How many conversations at once a rule may give them; 0 is none.
    #[schema(maximum = 1000)]
    capacity: Option<u32>,
    /// Such as `fr` or `en_US`.
    languages: Option<Vec<String>>,
}

/// Set how much an agent takes, and in which languages
#[utoipa::path(tag = "people", operation_id = "update_agent", params(UserId), responses((status = OK, body = AgentView)), security(("bearer" = ["lead_team"])))]
#[patch("/agents/{id}")]
pub async fn update_agent(api: Data<Api>, id: Path<UserId>, if_match: IfMatch, body: Json<UpdateAgentBody>) -> Reply<AgentView> {
    let agent = api.store.agent(id.0).await?.ok_or_else(|| Problem::not_found("agent", id.0))?.agent;
    if_match.guards(agent.revision)?;
    let agent = changed(agent, body.0)?;
    api.store.update_agent(&agent).await.map_err(|error| match error {
        StoreError::Conflict { .. } => Problem::stale(),
        other => other.into(),
    })?;
    find(&api, id.0).await
}

fn changed(mut agent: Agent, body: UpdateAgentBody) -> Result<Agent, Problem> {
    let UpdateAgentBody { capacity, languages } = body;
    let mut checks = FieldChecks::default();
    if let Some(capacity) = capacity {
        checks.check(capacity <= MOST_AT_ONCE, "/capacity", format!("at most {MOST_AT_ONCE}"));
        agent.capacity = capacity;
    }
    if let Some(languages) = languages {
        checks.check(languages.len() <= 20, "/languages", "at most 20 languages");
        for (index, language) in languages.iter().enumerate() {
            checks.check(is_language(language), &format!("/languages/{index}"), "a locale such as `fr` or `en_US`");
        }
        agent.languages = languages;
    }
    checks.done()?;
    Ok(agent)
}

/// `fr`, `en_US`, `zh_Hant_TW`: a language of two or three letters, then what narrows it.
fn is_language(text: &str) -> bool {
    let mut parts = text.split(['_', '-']);
    let language = parts.next().is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    language && text.len() <= 20 && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::is_language;

    #[test]
    fn a_language_is_told_from_other_words() {
        for good in ["fr", "en_US", "pt-BR", "zh_Hant_TW", "fil"] {
            assert!(is_language(good), "{good}");
        }
        for bad in ["", "f", "FR", "french", "fr_", "fr_é", "_fr", "fr_FR_aaaaaaaa_bbbbbbbb"] {
            assert!(!is_language(bad), "{bad}");
        }
    }
}
