//! The page's static files, embedded; nothing is loaded from outside.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "src/web/sandbox/"]
struct Web;

/// Scripts and styles from here alone; pictures also from the chatflows' own addresses.
const POLICY: &str = "default-src 'self'; img-src 'self' data: https: http:; media-src 'self' https: http:; object-src 'none'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub async fn index(request: HttpRequest) -> HttpResponse {
    serve(&request, "index.html")
}

pub async fn file(request: HttpRequest, path: Path<String>) -> HttpResponse {
    serve(&request, &path)
}

fn serve(request: &HttpRequest, path: &str) -> HttpResponse {
    let Some(file) = Web::get(path) else { return HttpResponse::NotFound().finish() };
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let kept = request.headers().get("if-none-match").and_then(|value| value.to_str().ok()) == Some(tag.as_str());
    if kept {
        return HttpResponse::NotModified().insert_header(("ETag", tag)).finish();
    }
    HttpResponse::Ok()
        .content_type(content_type(path))
        .insert_header(("ETag", tag))
        .insert_header(("Cache-Control", "no-cache"))
        .insert_header(("Content-Security-Policy", POLICY))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Referrer-Policy", "no-referrer"))
        .body(file.data.into_owned())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
