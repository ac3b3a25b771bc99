//! `/healthz` and `/readyz`, for whoever starts and watches the process.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpResponse, Responder, get};
use serde::Serialize;

use super::answer::{Answer, Reply};
use super::state::Api;
use crate::store::access::UserFilter;

#[derive(Serialize, utoipa::ToSchema)]
pub struct HealthView {
    /// `ok`
    status: &'static str,
    version: &'static str,
}

const WELL: HealthView = HealthView { status: "ok", version: env!("CARGO_PKG_VERSION") };

/// Whether the process answers
#[utoipa::path(tag = "operation", operation_id = "show_health", responses((status = OK, body = HealthView)), security(()))]
#[get("/healthz")]
pub async fn show_health() -> Reply<HealthView> {
    Ok(Answer::ok(WELL))
}

/// Whether it can work: the database answers
#[utoipa::path(tag = "operation", operation_id = "show_readiness", responses((status = OK, body = HealthView)), security(()))]
#[get("/readyz")]
pub async fn show_readiness(api: Data<Api>) -> Reply<HealthView> {
    api.store.users(UserFilter::default(), None, 1).await?;
    Ok(Answer::ok(WELL))
}

/// This document
#[utoipa::path(tag = "operation", operation_id = "show_openapi", responses((status = OK, content_type = "application/json")), security(()))]
#[get("/openapi.json")]
pub async fn show_openapi(api: Data<Api>) -> impl Responder {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-cache")).content_type("application/json").body(api.document.clone())
}
