//! A request with its secrets in place, for one call: written nowhere, shown nowhere.

use std::collections::HashMap;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::Sha256;
use url::Url;

use crate::domain::Timestamp;
use crate::flow::effect::CalloutRequest;
use crate::flow::secret::{Part, parts};

/// Values by name.
pub type Secrets = HashMap<String, SecretString>;

/// Seconds since 1970 when the call was signed.
pub const TIMESTAMP_HEADER: &str = "x-causerie-timestamp";
/// `v1=` and the HMAC-SHA256, in hex, of `{timestamp}.{method}.{path and query}.{body}` under the named secret.
pub const SIGNATURE_HEADER: &str = "x-causerie-signature";
/// What stands in an answer where it repeats a secret. Shorter ones may be there by chance.
const HIDDEN: &str = "[secret]";
const SHORTEST_HIDDEN: usize = 6;

/// No `Debug`: it holds secrets in the clear.
pub struct Filled {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub basic_auth: Option<(String, String)>,
    pub body: Option<String>,
}

impl Filled {
    /// # Errors
    /// Which secret is missing.
    pub fn of(request: &CalloutRequest, secrets: &Secrets) -> Result<Self, String> {
        let plain: fn(&str) -> String = str::to_owned;
        let escape = if request.form { form } else { json };
        let headers = request.headers.iter().map(|(name, value)| Ok((name.clone(), fill(value, secrets, plain)?)));
        let basic_auth = request
            .basic_auth
            .as_ref()
            .map(|(user, password)| Ok::<_, String>((fill(user, secrets, plain)?, fill(password, secrets, plain)?)));
        Ok(Self {
            url: fill(&request.url, secrets, percent)?,
            headers: headers.collect::<Result<_, String>>()?,
            basic_auth: basic_auth.transpose()?,
            body: request.body.as_ref().map(|body| fill(body, secrets, escape)).transpose()?,
        })
    }

    /// The two headers that prove who calls and when.
    ///
    /// # Errors
    /// The secret is missing.
    pub fn sign(&mut self, method: &str, url: &Url, secret: &str, secrets: &Secrets, at: Timestamp) -> Result<(), String> {
        let key = find(secret, secrets)?;
        let timestamp = at.as_second();
        let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let signed = format!("{timestamp}.{method}.{target}.{}", self.body.as_deref().unwrap_or_default());
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_err(|error| error.to_string())?;
        mac.update(signed.as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        self.headers.push((TIMESTAMP_HEADER.to_owned(), timestamp.to_string()));
        self.headers.push((SIGNATURE_HEADER.to_owned(), format!("v1={signature}")));
        Ok(())
    }
}

fn find<'a>(name: &str, secrets: &'a Secrets) -> Result<&'a str, String> {
    secrets.get(name).map(ExposeSecret::expose_secret).ok_or_else(|| format!("there is no secret `{name}`"))
}

fn fill(text: &str, secrets: &Secrets, escape: fn(&str) -> String) -> Result<String, String> {
    let written = parts(text).into_iter().map(|part| match part {
        Part::Words(words) => Ok(words.to_owned()),
        Part::Secret(name) => find(name, secrets).map(escape),
    });
    written.collect()
}

/// Inside a JSON text.
fn json(secret: &str) -> String {
    let quoted = Value::from(secret).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

fn form(secret: &str) -> String {
    url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()
}

/// Inside a path or a query.
fn percent(secret: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    secret.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// An answer may repeat what it was asked with: what flows see of it does not.
pub fn hide(value: &mut Value, secrets: &Secrets) {
    match value {
        Value::String(text) => {
            for secret in secrets.values().map(ExposeSecret::expose_secret).filter(|secret| secret.len() >= SHORTEST_HIDDEN) {
                if text.contains(secret) {
                    *text = text.replace(secret, HIDDEN);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, secrets)),
        Value::Object(fields) => fields.values_mut().for_each(|field| hide(field, secrets)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_escaped_for_the_place_where_it_stands() {
        let secrets = Secrets::from([("k".to_owned(), SecretString::from("a\"b&c d/é"))]);
        let mark = "\u{f8f0}k\u{f8f1}";
        let request = CalloutRequest {
            url: format!("https://x.example/{mark}?k={mark}"),
            headers: [("authorization".to_owned(), format!("Bearer {mark}"))].into(),
            body: Some(format!("{{\"k\":\"{mark}\"}}")),
            ..CalloutRequest::default()
        };
        let filled = Filled::of(&request, &secrets).unwrap();
        assert_eq!(filled.url, "https://x.example/a%22b%26c%20d%2F%C3%A9?k=a%22b%26c%20d%2F%C3%A9");
        assert_eq!(filled.headers, [("authorization".to_owned(), "Bearer a\"b&c d/é".to_owned())]);
        assert_eq!(serde_json::from_str::<Value>(&filled.body.unwrap()).unwrap(), json!({ "k": "a\"b&c d/é" }));
        let body = Some(format!("k={mark}&x=1"));
        let filled = Filled::of(&CalloutRequest { form: true, body, ..CalloutRequest::default() }, &secrets).unwrap();
        assert_eq!(filled.body.unwrap(), "k=a%22b%26c+d%2F%C3%A9&x=1");
        let missing = Filled::of(&request, &Secrets::new()).err().unwrap();
        assert_eq!(missing, "there is no secret `k`");
    }

    #[test]
    fn the_signature_is_what_any_other_hmac_gives() {
        let secrets = Secrets::from([("k".to_owned(), SecretString::from("key"))]);
        let request = CalloutRequest { url: "https://x.example/a?b=c".into(), body: Some("{}".into()), ..CalloutRequest::default() };
        let mut filled = Filled::of(&request, &secrets).unwrap();
        let at = Timestamp::from_second(1_780_000_000).unwrap();
        filled.sign("POST", &Url::parse(&request.url).unwrap(), "k", &secrets, at).unwrap();
        // printf '1780000000.POST./a?b=c.{}' | openssl dgst -sha256 -hmac key
        let expected = "b2b442dfc1c52fdee5f83e9d386e5803b9deb0b5c4eb64e0abbafb9ec0909444";
        assert_eq!(filled.headers[0], (TIMESTAMP_HEADER.to_owned(), "1780000000".to_owned()));
        assert_eq!(filled.headers[1], (SIGNATURE_HEADER.to_owned(), format!("v1={expected}")));
    }

    #[test]
    fn an_answer_that_repeats_a_secret_does_not_tell_it() {
        let secrets = Secrets::from([("k".to_owned(), SecretString::from("s3cr3t!")), ("short".to_owned(), SecretString::from("ok"))]);
        let mut answer = json!({ "you sent": ["Bearer s3cr3t!", { "x": "ok" }], "n": 1 });
        hide(&mut answer, &secrets);
        assert_eq!(answer, json!({ "you sent": ["Bearer [secret]", { "x": "ok" }], "n": 1 }));
    }
}
