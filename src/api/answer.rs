//! What handlers give back.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETAG, HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

use super::etag;
use super::problem::Problem;

/// The type of every handler.
pub type Reply<T> = Result<Answer<T>, Problem>;

/// A JSON answer with the headers that belong to it. Never cached: it is one person's view.
#[derive(Debug)]
pub struct Answer<T> {
    status: StatusCode,
    body: Option<T>,
    revision: Option<i64>,
    location: Option<String>,
}

impl<T> Answer<T> {
    /// 200.
    pub fn ok(body: T) -> Self {
        Self { status: StatusCode::OK, body: Some(body), revision: None, location: None }
    }

    /// 201 and where it is now.
    pub fn created(location: impl Into<String>, body: T) -> Self {
        Self { status: StatusCode::CREATED, body: Some(body), revision: None, location: Some(location.into()) }
    }

    /// With the `ETag` of this revision.
    #[must_use]
    pub fn at(mut self, revision: i64) -> Self {
        self.revision = Some(revision);
        self
    }
}

impl Answer<()> {
    /// 204: done, and nothing to say.
    pub fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None, revision: None, location: None }
    }
}

impl<T: Serialize> Responder for Answer<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        answer.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
        if let Some(revision) = self.revision {
            answer.insert_header((ETAG, etag::tag(revision)));
        }
        if let Some(location) = self.location.and_then(|place| HeaderValue::from_str(&place).ok()) {
            answer.insert_header((LOCATION, location));
        }
        match self.body {
            Some(body) => answer.json(body),
            None => answer.finish(),
        }
    }
}
