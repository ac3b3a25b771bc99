//! One line per admin request, under an id that the answer carries too. Never a body, a query or a token.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use tracing::Instrument;
use uuid::Uuid;

use super::caller::Caller;
use super::problem::{Code, Problem};
use super::state::Api;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Around everything else of `/v1`.
pub(super) async fn logged(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(api) = request.app_data::<web::Data<Api>>().cloned() else {
        return Err(Problem::new(Code::Internal, "the server is not set up").into());
    };
    let id: Uuid = api.ids()?.next();
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let span = tracing::info_span!("request", %id, %method, path);
    let began = api.clock.now();
    let mut answer = next.call(request).instrument(span.clone()).await?.map_into_boxed_body();
    let (status, ms) = (answer.status().as_u16(), api.clock.now().duration_since(began).as_millis());
    let user = answer.request().extensions().get::<Caller>().map(|caller| caller.user.id.to_string());
    span.in_scope(|| tracing::info!(status, ms, user, "{method} {path}: {status}"));
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(answer)
}
