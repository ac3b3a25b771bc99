//! What stands before every `/v1` handler: who asks, whether they may, and a net for panics.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use futures_util::FutureExt;

use super::caller::authenticate;
use super::idempotency;
use super::operations::Access;
use super::problem::{Code, Problem};
use super::state::Api;

/// Refuses before anything of the body is read; a handler only runs for a caller whose role may.
pub(super) async fn gate(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(api) = request.app_data::<web::Data<Api>>().cloned() else {
        return Err(Problem::new(Code::Internal, "the server is not set up").into());
    };
    let access = api.operations.find(request.method(), request.path()).map(|operation| operation.access);
    match access {
        // The fallback says 404 or 405.
        None | Some(Access::Public) => {}
        Some(Access::Nobody) => return Err(Problem::new(Code::Forbidden, "nobody may do this").into()),
        Some(Access::Needs(need)) => {
            let caller = authenticate(&api, request.headers()).await?;
            caller.need(need)?;
            request.extensions_mut().insert(caller);
        }
    }
    idempotency::once(&api, request, |request| shielded(request, next)).await
}

/// A panic in a handler is a 500 with a problem document; the server goes on.
async fn shielded(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(answer) => answer.map(ServiceResponse::map_into_boxed_body),
        // The panic's own text is in the log by the panic hook.
        Err(_) => Err(Problem::new(Code::Internal, "the server failed on this request; the log says why").into()),
    }
}

/// 404 for an unknown path, 405 for an unknown method of a known one.
pub(super) async fn fallback(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let methods = request.app_data::<web::Data<Api>>().map(|api| api.operations.methods(request.path())).unwrap_or_default();
    if methods.is_empty() {
        return Err(Problem::not_found("path", request.path()));
    }
    let allowed = methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(", ");
    let problem = Problem::new(Code::MethodNotAllowed, format!("`{}` takes {allowed}", request.path()));
    Err(match HeaderValue::from_str(&allowed) {
        Ok(value) => problem.header(ALLOW, value),
        Err(_) => problem,
    })
}
