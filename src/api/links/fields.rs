//! What the fields of a link must be.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::extract::FieldChecks;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::Timestamp;
use crate::domain::chatflow::Chatflow;
use crate::domain::link::Link;

const MAX_LABEL: usize = 200;
const MAX_VARIABLES: usize = 50;
/// Bytes of a variable's value, as JSON.
const MAX_VALUE: usize = 2_000;

/// All that is wrong with a link, at once. `now`: an expiry that was just given must lie ahead.
pub async fn check(api: &Api, link: &Link, chatflow: &Chatflow, new_expiry: Option<Timestamp>) -> Result<(), Problem> {
    let mut checks = FieldChecks::default();
    if let Some(label) = &link.label {
        checks.line(label, MAX_LABEL, "/label");
    }
    if let Some(locale) = &link.locale {
        checks.check(is_locale(locale), "/locale", "a locale such as `fr` or `fr_CA`");
    }
    check_variables(&mut checks, &link.variables);
    if let Some(at) = new_expiry {
        checks.check(at > api.clock.now(), "/expires_at", "a time that lies ahead");
    }
    if let Some(node) = &link.node {
        let document = opened(api, chatflow).await?;
        let known = document["nodes"].get(node).is_some();
        checks.check(known, "/node", format!("`{}` has no node `{node}`", chatflow.name));
    }
    checks.done()
}

/// What a new session begins with: the published version, or the draft of a chatflow that was never published.
pub async fn opened(api: &Api, chatflow: &Chatflow) -> Result<Value, Problem> {
    let version = match chatflow.published {
        Some(number) => api.store.version(chatflow.id, number).await?,
        None => None,
    };
    Ok(version.map_or_else(|| chatflow.draft.clone(), |version| version.document))
}

fn check_variables(checks: &mut FieldChecks, variables: &BTreeMap<String, Value>) {
    checks.check(variables.len() <= MAX_VARIABLES, "/variables", format!("at most {MAX_VARIABLES}"));
    for (name, value) in variables {
        let pointer = format!("/variables/{}", name.replace('~', "~0").replace('/', "~1"));
        checks.check(is_name(name), &pointer, "a name of letters, digits and `_`, at most 100, not starting with a digit");
        checks.check(value.to_string().len() <= MAX_VALUE, &pointer, format!("at most {MAX_VALUE} bytes as JSON"));
    }
}

fn is_name(name: &str) -> bool {
    let first = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    first && name.chars().count() <= 100 && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn is_locale(text: &str) -> bool {
    let (language, region) = text.split_once('_').map_or((text, None), |(language, region)| (language, Some(region)));
    let language = (2..=3).contains(&language.len()) && language.chars().all(|c| c.is_ascii_lowercase());
    language && region.is_none_or(|region| (2..=4).contains(&region.len()) && region.chars().all(|c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_and_variable_names_are_told_from_nonsense() {
        for (text, fine) in [
            ("fr", true),
            ("fr_CA", true),
            ("fil_PH", true),
            ("zh_Hans", true),
            ("", false),
            ("FR", false),
            ("fr-CA", false),
            ("french", false),
        ] {
            assert_eq!(is_locale(text), fine, "{text}");
        }
        for (text, fine) in [("topic", true), ("_t1", true), ("numéro", true), ("", false), ("1st", false), ("a b", false), ("a.b", false)]
        {
            assert_eq!(is_name(text), fine, "{text}");
        }
    }
}
