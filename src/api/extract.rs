//! What handlers take from a request: [`Json`], [`Path`], [`Query`], [`IfMatch`](super::etag::IfMatch), [`Paging`](super::paging::Paging).
//!
//! Named as actix-web's own, so that utoipa describes them, but each refusal is a problem document that names the field.

use std::collections::BTreeMap;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::{LocalBoxFuture, Ready, ready};
use futures_util::{FutureExt, StreamExt};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::problem::{Code, FieldError, Problem};
use super::state::Api;

/// A JSON body. 400 where it is not JSON, 413 where it is too large, 415 where it says that it is something else,
/// 422 with the field's pointer where it does not fit.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = check_media_type(request);
        let limit = body_limit(request);
        let payload = payload.take();
        Box::pin(async move {
            media_type?;
            let body = read_body(payload, limit).await?;
            parse_json(&body).map(Self)
        })
    }
}

/// The largest body that the admin API takes, in bytes.
pub(super) fn body_limit(request: &HttpRequest) -> usize {
    request.app_data::<web::Data<Api>>().map_or(1 << 20, |api| api.settings.limits.admin_body_bytes)
}

fn check_media_type(request: &HttpRequest) -> Result<(), Problem> {
    let Some(header) = request.headers().get(CONTENT_TYPE) else { return Ok(()) };
    let essence = header.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType, "send `application/json`"))
}

/// The whole body, or 413.
pub(super) async fn read_body(mut payload: Payload, limit: usize) -> Result<web::Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Problem::new(Code::MalformedJson, format!("the body could not be read: {error}")))?;
        if body.len() + chunk.len() > limit {
            return Err(Problem::new(Code::BodyTooLarge, format!("the body is larger than {limit} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Parses a body and says where it does not fit.
pub fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        match inner.classify() {
            serde_json::error::Category::Data => unfit(pointer, &inner),
            _ => Problem::new(Code::MalformedJson, inner.to_string()),
        }
    })?;
    reader.end().map_err(|error| Problem::new(Code::MalformedJson, error.to_string()))?;
    Ok(value)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => push_key(&mut pointer, key),
            // An enum's variant is not a place in the document; `Unknown` cannot be named.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
}

/// serde names an unknown or a missing field only in its text: "unknown field `x`, expected …".
fn unfit(mut pointer: String, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let detail = text.split(" at line ").next().unwrap_or(&text).to_owned();
    let named = detail.split('`').nth(1);
    let code = match named {
        Some(_) if detail.starts_with("unknown field") => "unknown_field",
        Some(_) if detail.starts_with("missing field") => "missing_field",
        _ => "invalid_value",
    };
    if let (Some(name), "unknown_field" | "missing_field") = (named, code) {
        let mut last = String::new();
        push_key(&mut last, name);
        if !(code == "unknown_field" && pointer.ends_with(&last)) {
            pointer.push_str(&last);
        }
    }
    Problem::invalid(pointer, code, detail)
}

/// The path's parts: one id (`Path<UserId>`) or a tuple.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = web::Path::<T>::from_request(request, payload).now_or_never();
        ready(match read {
            Some(Ok(parts)) => Ok(Self(parts.into_inner())),
            Some(Err(error)) => Err(Problem::new(Code::InvalidPath, error.to_string())),
            None => Err(Problem::new(Code::InvalidPath, "the path could not be read")),
        })
    }
}

/// Query parameters of a struct with `#[serde(deny_unknown_fields)]`. `limit` and `after` are
/// [`Paging`](super::paging::Paging)'s and are not given to `T`.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse_query(request.query_string(), |name| !matches!(name, "limit" | "after")).map(Self))
    }
}

/// Reads the parameters that `wanted` names.
pub(super) fn parse_query<T: DeserializeOwned>(text: &str, wanted: impl Fn(&str) -> bool) -> Result<T, Problem> {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(text.as_bytes()).into_owned().filter(|(name, _)| wanted(name)).collect();
    let mut seen = BTreeMap::new();
    for (name, _) in &pairs {
        if seen.insert(name.clone(), ()).is_some() {
            return Err(wrong_query(name, format!("`{name}` is given twice")));
        }
    }
    let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
    let reader = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(encoded.as_bytes()));
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().to_string();
        let detail = error.into_inner().to_string();
        let name = detail.split('`').nth(1).filter(|_| path == ".").unwrap_or(&path).to_owned();
        wrong_query(&name, detail)
    })
}

fn wrong_query(name: &str, detail: String) -> Problem {
    let code = if detail.starts_with("unknown field") { "unknown_field" } else { "invalid_value" };
    Problem::new(Code::InvalidQuery, detail.clone()).field(format!("?{name}"), code, detail)
}

/// For a PATCH's nullable field: absent is `None`, `null` is `Some(None)`.
///
/// ```ignore
/// #[serde(default, deserialize_with = "extract::present")]
/// away_message: Option<Option<String>>,
/// ```
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(input).map(Some)
}

/// Collects what is wrong with a body's fields, so that all of it is said at once.
#[derive(Debug, Default)]
pub struct FieldChecks(Vec<FieldError>);

impl FieldChecks {
    /// Notes `detail` unless `holds`.
    pub fn check(&mut self, holds: bool, pointer: &str, detail: impl Into<String>) {
        if !holds {
            self.0.push(FieldError { pointer: pointer.to_owned(), code: "invalid_value".to_owned(), detail: detail.into() });
        }
    }

    /// Notes a field with a code of its own unless `holds`.
    pub fn check_as(&mut self, holds: bool, pointer: &str, code: &str, detail: impl Into<String>) {
        if !holds {
            self.0.push(FieldError { pointer: pointer.to_owned(), code: code.to_owned(), detail: detail.into() });
        }
    }

    /// A line of text for people: 1 to `most` characters, no control characters, trimmed.
    pub fn line(&mut self, text: &str, most: usize, pointer: &str) {
        let good = !text.is_empty() && text.chars().count() <= most && text.trim() == text && !text.chars().any(char::is_control);
        self.check(good, pointer, format!("1 to {most} characters in one line, no space at either end"));
    }

    pub fn done(self) -> Result<(), Problem> {
        Problem::check_fields(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "read from JSON, never looked at")]
    struct Outer {
        name: String,
        #[serde(default)]
        parts: Vec<Inner>,
        #[serde(default, deserialize_with = "present")]
        note: Option<Option<String>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "read from JSON, never looked at")]
    struct Inner {
        count: u32,
    }

    fn refusal(body: &str) -> (u16, serde_json::Value) {
        let problem = parse_json::<Outer>(body.as_bytes()).unwrap_err();
        let status = problem.code().status().as_u16();
        let body = actix_web::ResponseError::error_response(&problem).into_body();
        let bytes = actix_web::body::MessageBody::try_into_bytes(body).unwrap();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    #[test]
    fn a_refused_body_names_the_field() {
        for (body, status, pointer, code) in [
            (r#"{"name":"a","colour":1}"#, 422, "/colour", "unknown_field"),
            (r#"{"name":"a","parts":[{"count":1},{"count":2,"x/y":3}]}"#, 422, "/parts/1/x~1y", "unknown_field"),
            (r#"{"parts":[]}"#, 422, "/name", "missing_field"),
            (r#"{"name":"a","parts":[{}]}"#, 422, "/parts/0/count", "missing_field"),
            (r#"{"name":"a","parts":[{"count":"one"}]}"#, 422, "/parts/0/count", "invalid_value"),
            (r#"{"name":7}"#, 422, "/name", "invalid_value"),
            (r#"[]"#, 422, "", "invalid_value"),
        ] {
            let (got, problem) = refusal(body);
            assert_eq!(got, status, "{body}");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{body} {problem}");
            assert_eq!(problem["errors"][0]["code"], code, "{body} {problem}");
        }
    }

    #[test]
    fn what_is_not_json_is_400() {
        for body in ["", "{", "{\"name\":\"a\"} x", "name=a"] {
            let (status, problem) = refusal(body);
            assert_eq!((status, &problem["code"]), (400, &"malformed_json".into()), "{body}");
        }
    }

    #[test]
    fn null_and_absent_are_told_apart() {
        let absent: Outer = parse_json(br#"{"name":"a"}"#).unwrap();
        let null: Outer = parse_json(br#"{"name":"a","note":null}"#).unwrap();
        assert_eq!((absent.note, null.note), (None, Some(None)));
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        active: Option<bool>,
        name: Option<String>,
    }

    #[test]
    fn a_query_says_which_parameter_is_wrong() {
        let wanted = |name: &str| name != "limit";
        let filter: Filter = parse_query("active=true&limit=x&name=a%20b", wanted).unwrap();
        assert_eq!(filter, Filter { active: Some(true), name: Some("a b".into()) });
        for (query, pointer) in [("actve=true", "?actve"), ("active=maybe", "?active"), ("name=a&name=b", "?name")] {
            let problem = parse_query::<Filter>(query, wanted).unwrap_err();
            let body = actix_web::ResponseError::error_response(&problem).into_body();
            let problem: serde_json::Value = serde_json::from_slice(&actix_web::body::MessageBody::try_into_bytes(body).unwrap()).unwrap();
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        }
    }
}
