//! Meta's side of the HTTP server: the webhook's verification and its deliveries.
//!
//! Invariant (P1): the signature is checked on the raw bytes before anything reads them, and a delivery is answered with
//! 200 only when every event of it is durable. Anything else is a 5xx, and Meta delivers again. What is signed and not
//! understood is kept and answered with 200: refusing it would end the subscription within the hour.

use std::sync::Arc;

use actix_web::dev;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, X_CONTENT_TYPE_OPTIONS};
use actix_web::web::{self, Bytes, Data};
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, post};
use futures_util::future::{Ready, ready};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::extract::read_body;
use super::problem::{Code, Problem};
use super::state::Api;
use crate::clock::SharedClock;
use crate::config::{Limits, Meta};
use crate::domain::event::InboundEvent;
use crate::domain::ids::IdMaker;
use crate::messenger::signature::AppSecrets;
use crate::messenger::webhook::{self, Parsed};
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::store::turns::NewEvent;

const SIGNATURE: &str = "x-hub-signature-256";

/// What the two endpoints stand on. Made once per worker.
pub struct Intake {
    /// `None`: nothing can be proved, so nothing is taken.
    secrets: Option<AppSecrets>,
    verify_token: Option<SecretString>,
    body_bytes: usize,
    /// Events that are made durable at once; a larger delivery takes several commits.
    at_once: usize,
    clock: SharedClock,
    runtime: Arc<dyn Runtime>,
}

impl Intake {
    pub fn new(meta: &Meta, limits: &Limits, clock: SharedClock, runtime: Arc<dyn Runtime>) -> Self {
        let previous = meta.previous_app_secret.as_ref().map(ExposeSecret::expose_secret);
        Self {
            secrets: meta.app_secret.as_ref().map(|secret| AppSecrets::new(secret.expose_secret(), previous)),
            verify_token: meta.verify_token.clone(),
            body_bytes: limits.webhook_body_bytes,
            at_once: limits.webhook_events.max(1),
            clock,
            runtime,
        }
    }

    pub(super) fn of(api: &Api) -> Self {
        Self::new(&api.settings.meta, &api.settings.limits, api.clock.clone(), api.runtime.clone())
    }

    /// Whether it is Meta, with the word that was typed into its dashboard.
    fn knows(&self, word: &str) -> bool {
        let right = self.verify_token.as_ref().map(ExposeSecret::expose_secret).filter(|right| !right.is_empty());
        right.is_some_and(|right| bool::from(right.as_bytes().ct_eq(word.as_bytes())))
    }

    fn check_signature(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
        let Some(secrets) = &self.secrets else {
            tracing::error!("a webhook came and `meta.app_secret` is not set: webhooks cannot be checked, and are refused");
            return Err(Problem::new(Code::Unavailable, "webhooks are not set up"));
        };
        secrets.verify(headers.get(SIGNATURE).map(|value| value.as_bytes()), body).map_err(|error| {
            tracing::warn!(%error, bytes = body.len(), "a webhook was refused: {error}");
            // Which of the two it was, and anything of the body, is nobody's business.
            Problem::new(Code::SignatureRefused, "the webhook is not signed by the app")
        })
    }

    async fn take(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
        self.check_signature(headers, body)?;
        let now = self.clock.now();
        let Parsed { events, unknown } = webhook::parse(body, now).map_err(|error| {
            tracing::warn!(%error, bytes = body.len(), "a signed webhook is not JSON");
            Problem::new(Code::MalformedJson, "the webhook is not JSON")
        })?;
        if unknown > 0 {
            tracing::info!(unknown, events = events.len(), "a webhook has {unknown} events of unknown kinds: kept, and ignored");
        }
        let seed = getrandom::u64().map_err(|error| {
            tracing::error!(%error, "the system gives no random bytes");
            Problem::new(Code::Internal, "the system gives no random bytes")
        })?;
        let mut ids = IdMaker::new(now, seed);
        let mut events = events.into_iter().map(|event: InboundEvent| NewEvent { id: ids.next(), received_at: now, event });
        loop {
            let some: Vec<NewEvent> = events.by_ref().take(self.at_once).collect();
            if some.is_empty() {
                return Ok(());
            }
            self.runtime.deliver(some).await.map_err(again)?;
        }
    }
}

/// Nothing that a store says may look to Meta like its own mistake.
fn again(error: StoreError) -> Problem {
    let what = error.to_string();
    let problem = Problem::from(error);
    if problem.code().status().is_server_error() {
        return problem;
    }
    tracing::error!(error = what, "events could not be made durable");
    Problem::new(Code::Unavailable, "the events could not be stored").retry_after(5)
}

/// The body as it came: not decompressed, not decoded.
pub struct RawBody(dev::Payload);

impl FromRequest for RawBody {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(_: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        ready(Ok(Self(payload.take())))
    }
}

/// Answers Meta's question whether this webhook is ours
///
/// Meta asks when the callback address is saved in the app's dashboard; the challenge is answered as it came.
#[utoipa::path(
    tag = "messenger",
    operation_id = "verify_webhook",
    params(
        ("hub.mode" = String, Query, description = "`subscribe`"),
        ("hub.verify_token" = String, Query, description = "The setting `meta.verify_token`"),
        ("hub.challenge" = String, Query),
    ),
    responses((status = OK, body = String, content_type = "text/plain", description = "The challenge")),
    security(())
)]
#[get("/webhooks/messenger")]
pub async fn verify_webhook(request: HttpRequest, intake: Data<Intake>) -> Result<HttpResponse, Problem> {
    let of =
        |name: &str| url::form_urlencoded::parse(request.query_string().as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value);
    let (mode, word, challenge) = (of("hub.mode"), of("hub.verify_token"), of("hub.challenge"));
    match challenge {
        Some(challenge) if mode.as_deref() == Some("subscribe") && word.is_some_and(|word| intake.knows(&word)) => {
            let mut answer = HttpResponse::Ok();
            // Whoever knows the word chooses the text; a browser must not take it for a page.
            answer.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
            Ok(answer.body(challenge.into_owned()))
        }
        _ => Err(Problem::new(Code::Forbidden, "the verify token is not the one that was set")),
    }
}

/// Takes Meta's events
///
/// Signed with `X-Hub-Signature-256`. 200 once every event is stored; 503 where they cannot be, and Meta delivers again.
#[utoipa::path(
    tag = "messenger",
    operation_id = "receive_webhook",
    params(("X-Hub-Signature-256" = String, Header, description = "`sha256=` and the HMAC of the raw body with the app secret")),
    request_body(content = Object, content_type = "application/json"),
    responses((status = OK, description = "Every event is stored")),
    security(())
)]
#[post("/webhooks/messenger")]
pub async fn receive_webhook(request: HttpRequest, body: RawBody, intake: Data<Intake>) -> Result<HttpResponse, Problem> {
    let body: Bytes = read_body(body.0, intake.body_bytes).await?;
    intake.take(request.headers(), &body).await?;
    Ok(HttpResponse::Ok().finish())
}

pub(super) fn routes(config: &mut super::routes::Routes<'_>) {
    config.service(verify_webhook).service(receive_webhook);
}

pub(super) fn state(api: &Data<Api>) -> Data<Intake> {
    web::Data::new(Intake::of(api))
}
