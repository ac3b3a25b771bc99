//! A signed-in caller of the admin REST API, in a few verbs.

use anyhow::{Context, bail};
use reqwest::{Client, Method};
use serde_json::{Value, json};

pub struct Caller {
    http: Client,
    base: String,
    token: String,
}

impl Caller {
    /// # Errors
    /// The server refuses, or does not answer.
    pub async fn sign_in(base_url: &str, email: &str, password: &str) -> anyhow::Result<Self> {
        let http = Client::builder().no_proxy().build()?;
        let mut caller = Self { http, base: format!("{base_url}/v1"), token: String::new() };
        let signed = caller.call(Method::POST, "auth/login", Some(json!({ "email": email, "password": password }))).await?;
        caller.token = signed["access_token"].as_str().unwrap_or_default().to_owned();
        Ok(caller)
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// The item of a list whose `field` is `value`, else the one that `body` makes. True where it was made.
    pub async fn ensure(&self, list: &str, field: &str, value: &str, body: Value) -> anyhow::Result<(Value, bool)> {
        let found = self.get(&format!("{list}{}limit=200", if list.contains('?') { '&' } else { '?' })).await?;
        let items = found["items"].as_array().cloned().unwrap_or_default();
        if let Some(known) = items.into_iter().find(|item| item[field] == value) {
            return Ok((known, false));
        }
        let path = list.split('?').next().unwrap_or(list);
        Ok((self.post(path, body).await?, true))
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let mut request = self.http.request(method.clone(), format!("{}/{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.with_context(|| format!("{method} {path}"))?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            bail!("{method} {path} was answered with {status}: {text}");
        }
        if text.is_empty() { Ok(Value::Null) } else { serde_json::from_str(&text).with_context(|| format!("{method} {path}")) }
    }
}
