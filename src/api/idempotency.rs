//! `Idempotency-Key`: a POST that is sent twice is done once and answered twice.
//!
//! Every signed-in POST has it; a handler need not know. A refused request (4xx, 5xx) changed nothing and may be
//! tried again under the same key.

use std::future::Future;

use actix_web::body::{BoxBody, to_bytes_limited};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION};
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use sha2::{Digest, Sha256};

use super::caller::Caller;
use super::extract::{body_limit, read_body};
use super::problem::{Code, Problem};
use super::state::Api;
use crate::store::requests::{Begun, RecordedAnswer, RequestKey};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Said on an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const MAX_KEY: usize = 200;
/// Larger answers are not kept; no operation that creates or sends gives one.
const MAX_ANSWER: usize = 4 << 20;

/// Runs `handle`, or gives the answer that the same request got before.
pub(super) async fn once<F, Fut>(api: web::Data<Api>, mut request: ServiceRequest, handle: F) -> Result<ServiceResponse<BoxBody>, Error>
where
    F: FnOnce(ServiceRequest) -> Fut + 'static,
    Fut: Future<Output = Result<ServiceResponse<BoxBody>, Error>>,
{
    let key = match begin(&api, &mut request).await {
        Ok(Turn::Plain) => return handle(request).await,
        Ok(Turn::Again(answer)) => return Ok(request.into_response(answer)),
        Ok(Turn::First(key)) => key,
        Err(problem) => return Ok(request.error_response(problem)),
    };
    // A task of its own: a client that hangs up must not stop it between the deed and its record.
    let done = actix_web::rt::spawn(async move {
        match handle(request).await {
            Ok(answer) if answer.status().is_success() => record(&api, key, answer).await,
            refused => {
                abandon(&api, key).await;
                refused
            }
        }
    });
    done.await.map_err(|_| Problem::new(Code::Internal, "the server failed on this request; the log says why"))?
}

enum Turn {
    /// No key.
    Plain,
    First(RequestKey),
    Again(HttpResponse),
}

async fn begin(api: &Api, request: &mut ServiceRequest) -> Result<Turn, Problem> {
    let Some(key) = request_key(request)? else { return Ok(Turn::Plain) };
    let limit = body_limit(request.request());
    let body = read_body(request.take_payload(), limit).await?;
    let hash = fingerprint(request, &body);
    request.set_payload(Payload::from(body));
    match api.store.begin_request(key.clone(), hash, api.clock.now()).await? {
        Begun::Fresh => Ok(Turn::First(key)),
        Begun::Running => Err(Problem::new(Code::IdempotencyInFlight, "the first one has not been answered yet").retry_after(1)),
        Begun::OtherBody => Err(Problem::new(Code::IdempotencyKeyReused, "it came with another body or query")),
        Begun::Finished(answer) => Ok(Turn::Again(replay(answer)?)),
    }
}

/// The key, scoped to the caller and the operation; `None` where the request has none or is public.
fn request_key(request: &ServiceRequest) -> Result<Option<RequestKey>, Problem> {
    let Some(value) = request.headers().get(HEADER).filter(|_| request.method() == Method::POST) else { return Ok(None) };
    let Some(user) = request.extensions().get::<Caller>().map(|caller| caller.user.id) else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= MAX_KEY);
    let Some(key) = key else {
        return Err(Problem::new(Code::InvalidHeader, format!("`Idempotency-Key` is 1 to {MAX_KEY} visible ASCII characters")));
    };
    Ok(Some(RequestKey { scope: format!("{user} POST {}", request.match_info().as_str()), key: key.to_owned() }))
}

fn fingerprint(request: &ServiceRequest, body: &Bytes) -> String {
    let mut hash = Sha256::new();
    hash.update(request.query_string().as_bytes());
    hash.update([0]);
    hash.update(body);
    hex::encode(hash.finalize())
}

fn replay(answer: RecordedAnswer) -> Result<HttpResponse, Problem> {
    let status = StatusCode::from_u16(answer.status).map_err(|_| Problem::new(Code::Internal, "the recorded answer cannot be read"))?;
    let mut response = HttpResponse::build(status);
    for (name, value) in answer.headers {
        response.insert_header((name, value));
    }
    response.insert_header((REPLAYED, HeaderValue::from_static("true")));
    Ok(if answer.body.is_empty() { response.finish() } else { response.body(answer.body) })
}

/// The request is done: what cannot be recorded now may not become an error to its caller.
async fn record(api: &Api, key: RequestKey, answer: ServiceResponse<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    let (request, response) = answer.into_parts();
    let (head, body) = response.into_parts();
    let Ok(Ok(bytes)) = to_bytes_limited(body, MAX_ANSWER).await else {
        return Err(Problem::new(Code::Internal, "the answer could not be kept").into());
    };
    let headers = [CONTENT_TYPE, ETAG, LOCATION].iter().filter_map(|name| {
        let value = head.headers().get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let recorded =
        RecordedAnswer { status: head.status().as_u16(), headers: headers.collect(), body: String::from_utf8_lossy(&bytes).into_owned() };
    if let Err(error) = api.store.finish_request(key, recorded).await {
        tracing::warn!(%error, "an answer could not be kept for its Idempotency-Key");
    }
    Ok(ServiceResponse::new(request, head.set_body(bytes).map_into_boxed_body()))
}

async fn abandon(api: &Api, key: RequestKey) {
    if let Err(error) = api.store.abandon_request(key).await {
        tracing::warn!(%error, "an Idempotency-Key could not be freed");
    }
}
