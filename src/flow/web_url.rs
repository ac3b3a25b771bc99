//! URLs in documents: absolute, with a host that no variable can change.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::issue::Code;
use super::read::{Read, Reader};
use super::template::Template;

/// The scheme and host are written out, so that nothing that a visitor says decides where a request goes.
#[derive(Debug)]
pub struct WebUrl<const HTTPS_ONLY: bool>(pub Template);

impl<const HTTPS_ONLY: bool> Read for WebUrl<HTTPS_ONLY> {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let Value::String(text) = value else { return r.wrong_type("a URL, as text", value) };
        let url = Template::read_text(r, text)?;
        check(r, url.prefix(), url.constant().is_some(), HTTPS_ONLY).then_some(Self(url))
    }
}

/// Reports what is wrong with a URL that begins with `prefix` and is nothing else where it is `constant`.
pub fn check(r: &mut Reader<'_>, prefix: &str, constant: bool, https_only: bool) -> bool {
    let Some(problem) = problem(prefix, constant, https_only) else { return true };
    let hint = "write the scheme and the host out: `https://shop.example/orders/{{ order | urlencode }}`";
    r.issue(Code::BadUrl, problem, hint);
    false
}

fn problem(prefix: &str, constant: bool, https_only: bool) -> Option<String> {
    let schemes: &[&str] = if https_only { &["https://"] } else { &["https://", "http://"] };
    let Some(rest) = schemes.iter().find_map(|scheme| prefix.strip_prefix(scheme)) else {
        return Some(format!("the URL must begin with {}", schemes.join(" or ")));
    };
    if !constant && !rest.contains(['/', '?']) {
        return Some("the URL's host must not be an expression".into());
    }
    let odd = rest.contains(char::is_whitespace) || rest.starts_with(['/', '\\']) || url::Url::parse(prefix).is_err();
    odd.then(|| "the URL cannot be read".into())
}

/// An address that is only shown: a tap opens it, or Messenger fetches a picture from it. No request of the server goes
/// there, so it may be an expression; what it becomes is checked when it is sent.
#[derive(Debug)]
pub struct LinkUrl(pub Template);

impl Read for LinkUrl {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let Value::String(text) = value else { return r.wrong_type("a URL, as text", value) };
        let url = Template::read_text(r, text)?;
        if (url.constant().is_some() || !url.prefix().is_empty())
            && let Some(problem) = problem(url.prefix(), url.constant().is_some(), false)
        {
            r.issue(Code::BadUrl, problem, "write `https://shop.example/lamps/{{ id | urlencode }}`, or one expression");
            return None;
        }
        Some(Self(url))
    }
}

impl JsonSchema for LinkUrl {
    fn schema_name() -> Cow<'static, str> {
        "LinkUrl".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^(https?://|\\{\\{)" })
    }
}

impl<const HTTPS_ONLY: bool> JsonSchema for WebUrl<HTTPS_ONLY> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "WebUrl".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "pattern": if HTTPS_ONLY { "^https://" } else { "^https?://" } })
    }
}
