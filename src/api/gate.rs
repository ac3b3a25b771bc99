//! What stands before every `/v1` handler: who asks, whether they may, and a net for panics.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use futures_util::FutureExt;

use super::caller::{Caller, authenticate};
use super::idempotency;
use super::operations::Access;
use super::problem::{Code, Problem};
use super::seen;
use super::state::Api;

/// Refuses before anything of the body is read; a handler only runs for a caller whose role may.
pub(super) async fn gate(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(api) = request.app_data::<web::Data<Api>>().cloned() else {
        return Err(Problem::new(Code::Internal, "the server is not set up").into());
    };
    match admit(&api, &request).await {
        Ok(Some(caller)) => drop(request.extensions_mut().insert(caller)),
        Ok(None) => {}
        Err(problem) => return Ok(request.error_response(problem)),
    }
    idempotency::once(api, request, |request| shielded(request, next)).await
}

/// The caller, where the operation asks for one.
///
/// Invariant: what is not in the document is not run, whatever the router would find. The path is the router's own
/// (decoded) view of it: `/v1/%75sers` is `/v1/users`.
async fn admit(api: &Api, request: &ServiceRequest) -> Result<Option<Caller>, Problem> {
    let path = request.match_info().as_str();
    match api.operations.find(request.method(), path).map(|operation| operation.access) {
        None => Err(unknown(api, path)),
        Some(Access::Nobody) => Err(Problem::new(Code::Forbidden, "nobody may do this")),
        Some(Access::Public) => Ok(None),
        Some(Access::Needs(need)) => {
            let caller = authenticate(api, request.headers()).await?;
            caller.need(need)?;
            seen::note(api, &caller).await;
            Ok(Some(caller))
        }
    }
}

/// A panic in a handler is a 500 with a problem document; the server goes on.
async fn shielded(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(answer) => answer.map(ServiceResponse::map_into_boxed_body),
        // The panic's own text is in the log by the panic hook.
        Err(_) => Err(Problem::new(Code::Internal, "the server failed on this request; the log says why").into()),
    }
}

/// Where no route matched.
pub(super) async fn fallback(request: HttpRequest, api: web::Data<Api>) -> Result<HttpResponse, Problem> {
    Err(unknown(&api, request.match_info().as_str()))
}

/// 404 for an unknown path, 405 for an unknown method of a known one.
fn unknown(api: &Api, path: &str) -> Problem {
    let methods = api.operations.methods(path);
    if methods.is_empty() {
        return Problem::not_found("path", path);
    }
    let allowed = methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(", ");
    let problem = Problem::new(Code::MethodNotAllowed, format!("`{path}` takes {allowed}"));
    match HeaderValue::from_str(&allowed) {
        Ok(value) => problem.header(ALLOW, value),
        Err(_) => problem,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::dev::Service;
    use actix_web::{App, middleware::from_fn, test};

    use super::*;

    async fn failing() -> HttpResponse {
        panic!("an accident")
    }

    #[actix_web::test]
    async fn a_panic_in_a_handler_is_a_500_and_the_next_request_is_answered() {
        let app = App::new().wrap(from_fn(shielded)).route("/", web::get().to(failing)).route("/well", web::get().to(HttpResponse::Ok));
        let app = test::init_service(app).await;
        let error = app.call(test::TestRequest::get().uri("/").to_request()).await.unwrap_err();
        assert_eq!(error.as_error::<Problem>().unwrap().code(), Code::Internal);
        assert_eq!(app.call(test::TestRequest::get().uri("/well").to_request()).await.unwrap().status(), 200);
    }
}
