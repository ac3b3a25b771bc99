//! Lost updates: a resource with a revision carries it as its `ETag`; `If-Match` holds a change to what was read.

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderValue, IF_MATCH};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Ready, ready};

use super::problem::{Code, Problem};

/// The strong tag of a revision.
pub fn tag(revision: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{revision}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

/// The request's `If-Match`, if it has one. Without it the change holds whatever happened since.
#[derive(Debug, Clone, PartialEq)]
pub struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// As a request without the header: for changes that a handler makes of its own.
    pub fn none() -> Self {
        Self(None)
    }

    /// 412 `stale` unless the request names `revision`, any (`*`), or none at all.
    pub fn guards(&self, revision: i64) -> Result<(), Problem> {
        let Some(tags) = &self.0 else { return Ok(()) };
        let current = format!("\"{revision}\"");
        if tags.iter().any(|tag| tag == "*" || *tag == current) {
            return Ok(());
        }
        Err(Problem::new(Code::Stale, format!("it is at {current} now; read it again and repeat the change")))
    }

    fn read(header: Option<&HeaderValue>) -> Result<Self, Problem> {
        let Some(header) = header else { return Ok(Self(None)) };
        let text = header.to_str().map_err(|_| Problem::new(Code::InvalidHeader, "`If-Match` is not readable"))?;
        Ok(Self(Some(text.split(',').map(|tag| tag.trim().to_owned()).collect())))
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request.headers().get(IF_MATCH)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_current_revision_passes() {
        let read = |text: &str| IfMatch::read(Some(&HeaderValue::from_str(text).unwrap())).unwrap();
        assert!(IfMatch(None).guards(3).is_ok());
        assert!(read("\"3\"").guards(3).is_ok());
        assert!(read("*").guards(3).is_ok());
        assert!(read("\"2\", \"3\"").guards(3).is_ok());
        for old in ["\"2\"", "3", "W/\"3\"", ""] {
            assert_eq!(read(old).guards(3).unwrap_err().code(), Code::Stale, "{old}");
        }
        assert_eq!(tag(3), "\"3\"");
    }
}
