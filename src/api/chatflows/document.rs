//! Flow documents in requests and answers: JSON, or YAML where the headers say so.

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api::etag;
use crate::api::extract::{body_limit, parse_json, read_body};
use crate::api::problem::{Code, Problem};
use crate::flow::issue::Code as IssueCode;
use crate::flow::parse;

/// Which of the two a header names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Yaml,
}

fn format(media_type: &str) -> Option<Format> {
    match media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => Some(Format::Yaml),
        "application/json" => Some(Format::Json),
        other if other.starts_with("application/") && other.ends_with("+json") => Some(Format::Json),
        other if other.starts_with("application/") && other.ends_with("+yaml") => Some(Format::Yaml),
        _ => None,
    }
}

/// A body in JSON or YAML; without a content type it is JSON. Twice the same key in one object is refused, whatever `T` is:
/// of a document, one of the two would be lost in silence.
#[derive(Debug)]
pub struct JsonOrYaml<T>(pub T);

/// As [`JsonOrYaml`]; `None` for an empty body.
#[derive(Debug)]
pub struct Optional<T>(pub Option<T>);

impl<T: DeserializeOwned + 'static> FromRequest for JsonOrYaml<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Optional::from_request(request, payload);
        Box::pin(async move {
            let nothing = || Problem::new(Code::MalformedJson, "the body is empty");
            body.await?.0.map(Self).ok_or_else(nothing)
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Optional<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let said = match request.headers().get(CONTENT_TYPE) {
            Some(header) => header.to_str().ok().and_then(format),
            None => Some(Format::Json),
        };
        let (limit, payload) = (body_limit(request), payload.take());
        Box::pin(async move {
            let format = said.ok_or_else(|| Problem::new(Code::UnsupportedMediaType, "send `application/json` or `application/yaml`"))?;
            let body = read_body(payload, limit).await?;
            if body.trim_ascii().is_empty() {
                return Ok(Self(None));
            }
            parse_json(read(&body, format)?.to_string().as_bytes()).map(|value| Self(Some(value)))
        })
    }
}

fn read(body: &[u8], format: Format) -> Result<Value, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| Problem::new(Code::MalformedJson, "the body is not UTF-8"))?;
    if format == Format::Json && !text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
        // Else it would be read as YAML, which takes nearly everything.
        return parse_json::<Value>(body);
    }
    parse(text).map_err(|issue| match issue.code {
        IssueCode::Unreadable => Problem::new(Code::MalformedJson, issue.message),
        code => Problem::invalid(issue.pointer, code.word(), issue.message),
    })
}

/// A document as the answer, in the format that was asked for.
#[derive(Debug)]
pub struct DocumentAnswer {
    pub document: Value,
    pub revision: i64,
}

impl Responder for DocumentAnswer {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut answer = HttpResponse::Ok();
        answer.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
        answer.insert_header((ETAG, etag::tag(self.revision)));
        let accepted = request.headers().get(ACCEPT).and_then(|header| header.to_str().ok()).unwrap_or_default();
        let wanted = accepted.split(',').find_map(format);
        match wanted {
            Some(Format::Yaml) => match serde_norway::to_string(&self.document) {
                Ok(text) => answer.content_type("application/yaml").body(text),
                Err(error) => actix_web::ResponseError::error_response(&Problem::new(Code::Internal, error.to_string())),
            },
            _ => answer.json(self.document),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_read_to_the_same_document() {
        let json = read(br#"{"nodes":{"a":[{"type":"end"}]},"n":1}"#, Format::Json).unwrap();
        let yaml = read(b"nodes:\n  a:\n    - type: end\nn: 1\n", Format::Yaml).unwrap();
        assert_eq!(json, yaml);
    }

    #[test]
    fn what_is_not_of_the_format_is_said() {
        let cases: [(&[u8], Format, Code); 6] = [
            (b"{", Format::Json, Code::MalformedJson),
            (b"a: 1", Format::Json, Code::MalformedJson),
            (b"a: [", Format::Yaml, Code::MalformedJson),
            (b"\xff", Format::Json, Code::MalformedJson),
            (br#"{"a":1,"a":2}"#, Format::Json, Code::InvalidBody),
            (b"a: 1\na: 2", Format::Yaml, Code::InvalidBody),
        ];
        for (body, format, code) in cases {
            assert_eq!(read(body, format).unwrap_err().code(), code, "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_media_type_names_its_format() {
        let cases = [
            ("application/json; charset=utf-8", Some(Format::Json)),
            ("application/vnd.x+json", Some(Format::Json)),
            ("Application/YAML", Some(Format::Yaml)),
            ("text/yaml", Some(Format::Yaml)),
            ("text/plain", None),
            ("*/*", None),
        ];
        for (text, expected) in cases {
            assert_eq!(format(text), expected, "{text}");
        }
    }
}
