//! What the Graph API answers: its shapes (serde), and the usage headers.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;

use crate::domain::contact::Profile;
use crate::domain::ids::PageId;
use crate::messenger::graph::{PageInfo, TokenInfo, Usage};
use crate::messenger::loose::{Int, Text, plain, truth};

#[derive(Deserialize)]
pub(super) struct Data<T> {
    pub data: T,
}

#[derive(Deserialize)]
pub(super) struct MessageAnswer {
    pub message_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct PageBody {
    id: Text,
    name: Option<Text>,
    username: Option<Text>,
}

impl From<PageBody> for PageInfo {
    fn from(body: PageBody) -> Self {
        let name = plain(body.name).unwrap_or_else(|| body.id.0.clone());
        Self { id: PageId::new(body.id.0), name, username: plain(body.username).filter(|name| !name.is_empty()) }
    }
}

#[derive(Deserialize)]
pub(super) struct TokenBody {
    #[serde(default, deserialize_with = "truth")]
    is_valid: bool,
    r#type: Option<Text>,
    app_id: Option<Text>,
    /// Seconds; 0: never.
    #[serde(default)]
    expires_at: Int,
    #[serde(default)]
    scopes: Vec<String>,
    error: Option<TokenErrorBody>,
}

#[derive(Deserialize)]
struct TokenErrorBody {
    message: Option<Text>,
}

impl From<TokenBody> for TokenInfo {
    fn from(body: TokenBody) -> Self {
        Self {
            valid: body.is_valid,
            kind: plain(body.r#type),
            app: plain(body.app_id),
            expires_at: body.expires_at.time(),
            scopes: body.scopes,
            error: body.error.and_then(|error| plain(error.message)),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct SubscriptionBody {
    pub id: Option<Text>,
    #[serde(default)]
    pub subscribed_fields: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct ProfileBody {
    first_name: Option<Text>,
    last_name: Option<Text>,
    locale: Option<Text>,
    timezone: Option<f64>,
    profile_pic: Option<Text>,
}

impl From<ProfileBody> for Profile {
    fn from(body: ProfileBody) -> Self {
        Self {
            first_name: plain(body.first_name),
            last_name: plain(body.last_name),
            locale: plain(body.locale),
            timezone: body.timezone,
            picture_url: plain(body.profile_pic),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct OwnerBody {
    thread_owner: Option<OwnerFields>,
}

#[derive(Deserialize)]
struct OwnerFields {
    app_id: Option<Text>,
}

impl OwnerBody {
    pub fn app_id(self) -> Option<String> {
        self.thread_owner.and_then(|owner| plain(owner.app_id))
    }
}

/// One object of the usage headers; all figures are percent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct UsageBody {
    call_count: Int,
    total_cputime: Int,
    total_time: Int,
    /// Minutes.
    estimated_time_to_regain_access: Int,
}

impl UsageBody {
    fn usage(&self) -> Usage {
        let figure = |number: Int| number.0.and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
        let regain = u64::from(figure(self.estimated_time_to_regain_access));
        Usage {
            percent: figure(self.call_count).max(figure(self.total_cputime)).max(figure(self.total_time)),
            regain: (regain > 0).then(|| Duration::from_secs(regain * 60)),
        }
    }
}

/// The worst of all that the answer's headers say; `None` where they say nothing (they come only after many calls).
pub(super) fn usage(headers: &HeaderMap) -> Option<Usage> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let flat = ["x-app-usage", "x-page-usage"].into_iter().filter_map(header).filter_map(|text| serde_json::from_str(text).ok());
    let nested = header("x-business-use-case-usage").and_then(|text| serde_json::from_str::<BTreeMap<String, Vec<UsageBody>>>(text).ok());
    let all = flat.chain(nested.into_iter().flat_map(BTreeMap::into_values).flatten());
    all.map(|body: UsageBody| body.usage()).reduce(|a, b| Usage { percent: a.percent.max(b.percent), regain: a.regain.max(b.regain) })
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn of(headers: &[(&'static str, &'static str)]) -> Option<Usage> {
        usage(&headers.iter().map(|&(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect())
    }

    #[test]
    fn the_worst_figure_of_the_usage_headers_counts() {
        let app = ("x-app-usage", r#"{"call_count":28,"total_cputime":25,"total_time":25}"#);
        let business = (
            "x-business-use-case-usage",
            r#"{"G1":[{"type":"pages","call_count":3},{"type":"messenger","call_count":95,"total_cputime":20,"total_time":20,"estimated_time_to_regain_access":19}]}"#,
        );
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[app]), Some(Usage { percent: 28, regain: None }));
        assert_eq!(of(&[app, business]), Some(Usage { percent: 95, regain: Some(Duration::from_secs(1140)) }));
        assert_eq!(of(&[("x-app-usage", "nonsense")]), None);
        assert_eq!(of(&[("x-app-usage", r#"{"call_count":-1,"total_time":"40"}"#)]), Some(Usage { percent: 40, regain: None }));
    }
}
