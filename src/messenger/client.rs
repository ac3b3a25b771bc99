//! The Graph API over HTTP: the one adapter of [`Graph`], on one `reqwest` client.
//!
//! Invariant: a page's token travels in the `Authorization` header only, and no error or log carries a URL of ours.

mod answers;
mod http;
mod targets;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::answers::{Data, MessageAnswer, OwnerBody, PageBody, ProfileBody, SubscriptionBody, TokenBody};
use self::http::{Answer, Broken, answer, cause, checked};
use self::targets::{Target, Targets};
use super::error::{CallError, SendError};
use super::graph::{Graph, PageAccess, PageInfo, SUBSCRIBED_FIELDS, SenderAction, Sent, TokenInfo};
use super::send::{self, SendRequest};
use super::signature::AppSecrets;
use crate::domain::contact::Profile;
use crate::domain::ids::Psid;

/// What the client needs to know.
#[derive(Debug, Clone)]
pub struct GraphSettings {
    /// `https://graph.facebook.com`, or where the sandbox listens. Without the version.
    pub base_url: String,
    /// `v26.0`. They expire, about two years after their release.
    pub version: String,
    /// The app's id; without it tokens are not inspected and the app's own subscription is guessed.
    pub app_id: Option<String>,
    /// Proves every call (`appsecret_proof`).
    pub app_secret: Option<SecretString>,
    pub connect_timeout: Duration,
    /// From the start of a call to the end of its answer. A send that takes longer has an unknown outcome.
    pub timeout: Duration,
    /// Connections kept open between calls: as many as sends may be under way.
    pub idle_connections: usize,
}

impl Default for GraphSettings {
    fn default() -> Self {
        Self {
            base_url: "https://graph.facebook.com".into(),
            version: "v26.0".into(),
            app_id: None,
            app_secret: None,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(15),
            idle_connections: 256,
        }
    }
}

pub struct GraphClient {
    http: Client,
    /// Base URL and version, without a slash at the end.
    root: String,
    app: Option<App>,
    secrets: Option<AppSecrets>,
    targets: Targets,
}

struct App {
    id: String,
    /// `{id}|{secret}`: speaks for the app itself.
    token: Option<SecretString>,
}

impl GraphClient {
    /// Fails only where TLS cannot be set up.
    pub fn new(settings: GraphSettings) -> Result<Self, reqwest::Error> {
        let http = Client::builder()
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            .pool_max_idle_per_host(settings.idle_connections)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("causerie/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let root = format!("{}/{}", settings.base_url.trim_end_matches('/'), settings.version.trim_matches('/'));
        let secret = settings.app_secret.as_ref().map(|secret| secret.expose_secret());
        let secrets = secret.map(|secret| AppSecrets::new(secret, None));
        let app = settings.app_id.map(|id| App { token: secret.map(|secret| format!("{id}|{secret}").into()), id });
        Ok(Self { http, root, app, secrets, targets: Targets::default() })
    }

    /// `path` and `query` are ours and Meta's ids: nothing of a visitor's.
    fn call(&self, method: Method, path: &str, query: &[(&str, &str)], token: &SecretString) -> RequestBuilder {
        let token = token.expose_secret();
        let mut request = self.http.request(method, format!("{}/{path}", self.root)).query(query);
        if let Some(secrets) = &self.secrets {
            request = request.query(&[("appsecret_proof", secrets.appsecret_proof(token))]);
        }
        match bearer(token) {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        }
    }

    /// As [`call`](Self::call) makes it.
    fn target(&self, access: &PageAccess) -> Option<Target> {
        let token = access.token.expose_secret();
        let mut url = Url::parse(&format!("{}/{}/messages", self.root, access.page)).ok()?;
        if let Some(secrets) = &self.secrets {
            url.query_pairs_mut().append_pair("appsecret_proof", &secrets.appsecret_proof(token));
        }
        Some(Target { url, authorization: bearer(token) })
    }

    fn messages(&self, access: &PageAccess) -> RequestBuilder {
        let Some(target) = self.targets.of(access, || self.target(access)) else {
            return self.call(Method::POST, &format!("{}/messages", access.page), &[], &access.token);
        };
        let request = self.http.post(target.url);
        match target.authorization {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        }
    }

    async fn post_message(&self, access: &PageAccess, body: Bytes) -> Result<Answer, SendError> {
        post(self.messages(access), body).await
    }

    async fn post(&self, access: &PageAccess, edge: &str, body: Bytes) -> Result<Answer, SendError> {
        post(self.call(Method::POST, &format!("{}/{edge}", access.page), &[], &access.token), body).await
    }

    async fn thread_control(&self, access: &PageAccess, edge: &str, body: &Value) -> Result<(), SendError> {
        self.post(access, edge, body.to_string().into()).await.map(drop)
    }

    async fn read<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)], token: &SecretString) -> Result<T, CallError> {
        let answer = checked(self.call(Method::GET, path, query, token)).await?;
        serde_json::from_slice(&answer.body)
            .map_err(|_| CallError::Unreachable(cause("the answer is not of the shape that Meta documents")))
    }

    async fn profile_fields(&self, access: &PageAccess, psid: &Psid, fields: &str) -> Result<Profile, CallError> {
        let body: ProfileBody = self.read(psid.as_str(), &[("fields", fields)], &access.token).await?;
        Ok(body.into())
    }
}

/// `None` for a token with a line break in it: Meta will say that there is none.
fn bearer(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

async fn post(request: RequestBuilder, body: Bytes) -> Result<Answer, SendError> {
    let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(body);
    let answer = answer(request).await.map_err(Broken::into_send_error)?;
    if answer.is_success() { Ok(answer) } else { Err(answer.error().into_send_error()) }
}

/// Everything that a name, a greeting and a language need; then what every app with profile access may see.
const PROFILE_FIELDS: [&str; 2] = ["first_name,last_name,profile_pic,locale,timezone", "first_name,last_name,profile_pic"];

#[async_trait]
impl Graph for GraphClient {
    async fn send(&self, access: &PageAccess, request: &SendRequest) -> Result<Sent, SendError> {
        let answer = self.post_message(access, request.body.clone()).await?;
        let mid = serde_json::from_slice::<MessageAnswer>(&answer.body).ok().and_then(|body| body.message_id);
        Ok(Sent { mid, usage: answer.usage })
    }

    async fn sender_action(&self, access: &PageAccess, to: &Psid, action: SenderAction) -> Result<(), SendError> {
        self.post_message(access, send::action(to, action).body).await.map(drop)
    }

    async fn page_info(&self, token: &SecretString) -> Result<PageInfo, CallError> {
        let body: PageBody = self.read("me", &[("fields", "id,name,username")], token).await?;
        Ok(body.into())
    }

    async fn token_info(&self, token: &SecretString) -> Result<Option<TokenInfo>, CallError> {
        let Some(app_token) = self.app.as_ref().and_then(|app| app.token.as_ref()) else { return Ok(None) };
        let body: Data<TokenBody> = self.read("debug_token", &[("input_token", token.expose_secret())], app_token).await?;
        Ok(Some(body.data.into()))
    }

    async fn subscribe(&self, access: &PageAccess) -> Result<(), CallError> {
        let path = format!("{}/subscribed_apps", access.page);
        // Whether Meta adds to the fields or replaces them is not documented: always the whole list.
        let fields = SUBSCRIBED_FIELDS.join(",");
        checked(self.call(Method::POST, &path, &[("subscribed_fields", &fields)], &access.token)).await.map(drop)
    }

    async fn subscribed_fields(&self, access: &PageAccess) -> Result<Vec<String>, CallError> {
        let path = format!("{}/subscribed_apps", access.page);
        let body: Data<Vec<SubscriptionBody>> = self.read(&path, &[("fields", "id,subscribed_fields")], &access.token).await?;
        let ours = |app: &SubscriptionBody| self.app.as_ref().is_none_or(|ours| app.id.as_ref().is_none_or(|id| id.0 == ours.id));
        Ok(body.data.into_iter().find(ours).map(|app| app.subscribed_fields).unwrap_or_default())
    }

    async fn unsubscribe(&self, access: &PageAccess) -> Result<(), CallError> {
        let path = format!("{}/subscribed_apps", access.page);
        checked(self.call(Method::DELETE, &path, &[], &access.token)).await.map(drop)
    }

    async fn profile(&self, access: &PageAccess) -> Result<Value, CallError> {
        const FIELDS: &str = "get_started,greeting,ice_breakers,persistent_menu,whitelisted_domains,account_linking_url,commands";
        let path = format!("{}/messenger_profile", access.page);
        let body: Data<Vec<Value>> = self.read(&path, &[("fields", FIELDS)], &access.token).await?;
        Ok(body.data.into_iter().next().unwrap_or_else(|| json!({})))
    }

    async fn set_profile(&self, access: &PageAccess, properties: &Value) -> Result<(), CallError> {
        let path = format!("{}/messenger_profile", access.page);
        checked(self.call(Method::POST, &path, &[], &access.token).json(properties)).await.map(drop)
    }

    async fn delete_profile(&self, access: &PageAccess, properties: &[&str]) -> Result<(), CallError> {
        let path = format!("{}/messenger_profile", access.page);
        let body = json!({ "fields": properties });
        checked(self.call(Method::DELETE, &path, &[], &access.token).json(&body)).await.map(drop)
    }

    async fn user_profile(&self, access: &PageAccess, psid: &Psid) -> Result<Profile, CallError> {
        // One field that the app may not see fails the whole call.
        for fields in PROFILE_FIELDS {
            match self.profile_fields(access, psid, fields).await {
                Err(CallError::NotPermitted(_)) => {}
                // No profile: an account made with a phone number, or no consent yet.
                Err(CallError::Refused(_)) => return Ok(Profile::default()),
                other => return other,
            }
        }
        Ok(Profile::default())
    }

    async fn pass_thread_control(
        &self,
        access: &PageAccess,
        psid: &Psid,
        target_app: &str,
        metadata: Option<&str>,
    ) -> Result<(), SendError> {
        let mut body = thread_body(psid, metadata);
        body["target_app_id"] = target_app.into();
        self.thread_control(access, "pass_thread_control", &body).await
    }

    async fn take_thread_control(&self, access: &PageAccess, psid: &Psid, metadata: Option<&str>) -> Result<(), SendError> {
        self.thread_control(access, "take_thread_control", &thread_body(psid, metadata)).await
    }

    async fn request_thread_control(&self, access: &PageAccess, psid: &Psid, metadata: Option<&str>) -> Result<(), SendError> {
        self.thread_control(access, "request_thread_control", &thread_body(psid, metadata)).await
    }

    async fn release_thread_control(&self, access: &PageAccess, psid: &Psid) -> Result<(), SendError> {
        self.thread_control(access, "release_thread_control", &thread_body(psid, None)).await
    }

    async fn thread_owner(&self, access: &PageAccess, psid: &Psid) -> Result<Option<String>, CallError> {
        let path = format!("{}/thread_owner", access.page);
        let body: Data<Vec<OwnerBody>> = self.read(&path, &[("recipient", psid.as_str())], &access.token).await?;
        Ok(body.data.into_iter().next().and_then(OwnerBody::app_id))
    }
}

fn thread_body(psid: &Psid, metadata: Option<&str>) -> Value {
    let mut body = json!({ "recipient": { "id": psid } });
    if let Some(metadata) = metadata {
        body["metadata"] = metadata.into();
    }
    body
}
