//! `/docs/language`: the reference of the flow language as a page, made of the code that is running.

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::{HttpResponse, Responder};

use crate::flow::reference::{html, reference};

static PAGE: LazyLock<String> = LazyLock::new(|| html(&reference()));

/// Says nothing that the source does not: open to everybody, as `/docs` is.
pub async fn show_language() -> impl Responder {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"))
        .content_type("text/html; charset=utf-8")
        .body(PAGE.as_str())
}
