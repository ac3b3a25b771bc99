//! What a refused request answers: an RFC 9457 problem document with a stable `code`.
//!
//! Adding a refusal: one line in the catalogue below; the handler makes it with [`Problem::new`].
//! Inner layers know no status codes: their errors become problems here, by `From`.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::command::CommandRefused;
use crate::runtime::CommandError;
use crate::store::StoreError;

macro_rules! catalogue {
    ($($name:ident $code:literal $status:literal $title:literal;)*) => {
        /// Every way in which a request is refused. Codes never change; titles may.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            pub const ALL: &[Code] = &[$(Code::$name,)*];
            /// The stable word.
            pub fn word(self) -> &'static str { match self { $(Code::$name => $code,)* } }
            pub fn title(self) -> &'static str { match self { $(Code::$name => $title,)* } }
            fn number(self) -> u16 { match self { $(Code::$name => $status,)* } }
        }
    };
}

catalogue! {
    // the request itself
    MalformedJson "malformed_json" 400 "The body is not JSON";
    InvalidPath "invalid_path" 400 "A part of the path is not of the form asked for";
    InvalidQuery "invalid_query" 400 "A query parameter is not understood";
    InvalidHeader "invalid_header" 400 "A header is not understood";
    NotFound "not_found" 404 "There is no such thing";
    MethodNotAllowed "method_not_allowed" 405 "The path does not take this method";
    BodyTooLarge "body_too_large" 413 "The body is larger than the limit";
    UnsupportedMediaType "unsupported_media_type" 415 "The body's media type is not taken here";
    InvalidBody "invalid_body" 422 "The body is not what the operation takes";
    // who asks
    Unauthenticated "unauthenticated" 401 "Sign in first";
    TokenInvalid "token_invalid" 401 "The access token is not valid";
    TokenExpired "token_expired" 401 "The access token has expired";
    SignInFailed "sign_in_failed" 401 "The e-mail address or the password is wrong";
    RefreshRefused "refresh_refused" 401 "The refresh token is not valid any more";
    Forbidden "forbidden" 403 "Your role does not allow this";
    SignatureRefused "signature_refused" 403 "The signature is missing or wrong";
    TooManyAttempts "too_many_attempts" 429 "Too many attempts";
    // the state of things
    Conflict "conflict" 409 "It collides with something that exists";
    InUse "in_use" 409 "It is still needed by something else";
    Stale "stale" 412 "It has changed since you read it";
    IdempotencyKeyReused "idempotency_key_reused" 422 "The Idempotency-Key was used for another request";
    IdempotencyInFlight "idempotency_in_flight" 409 "The first request with this Idempotency-Key is still running";
    MissingReference "missing_reference" 422 "Something that the request names does not exist";
    LastOwner "last_owner" 409 "An active owner must remain";
    // pages, chatflows, links
    TokenRefused "token_refused" 422 "Meta does not accept this page token";
    PermissionMissing "permission_missing" 422 "The page token may not do this at Meta";
    GraphRefused "graph_refused" 422 "Meta refused";
    GraphUnavailable "graph_unavailable" 503 "Meta does not answer now";
    PageDisconnected "page_disconnected" 409 "The page is disconnected";
    FlowHasErrors "flow_has_errors" 422 "The document has errors";
    FlowTestsFailed "flow_tests_failed" 422 "A test of the flow fails";
    NeverPublished "never_published" 409 "The chatflow was never published";
    ChatflowInactive "chatflow_inactive" 409 "The chatflow is inactive";
    RolloutUnderWay "rollout_under_way" 409 "A rollout is under way";
    NoRollout "no_rollout" 409 "No rollout is under way";
    IsPrimary "is_primary" 409 "It is its page's primary chatflow";
    SecondPrimary "second_primary" 409 "The page has a primary chatflow";
    DirectLink "direct_link" 409 "It is a chatflow's own link";
    // conversations
    ConversationBusy "conversation_busy" 503 "Too much waits for this conversation";
    CommandRefused "command_refused" 409 "The conversation's state does not allow this";
    NotYours "not_yours" 409 "Somebody else has the conversation";
    WindowClosed "window_closed" 409 "Messenger allows no message now";
    NoServiceSeat "no_service_seat" 409 "Only users with a service seat may be given conversations";
    // tickets
    IllegalTransition "illegal_transition" 409 "The pipeline does not allow this move";
    OpenTicketExists "open_ticket_exists" 409 "The conversation has an open ticket already";
    // ours
    Overloaded "overloaded" 503 "Too much is waiting";
    Unavailable "unavailable" 503 "Something that the server needs does not answer";
    Internal "internal" 500 "The server failed";
}

impl Code {
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.number()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// One part of a body, query or path that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body; `?name` for a query parameter.
    pub pointer: String,
    /// Stable: `unknown_field`, `missing_field`, `invalid_value`, `taken`, …
    pub code: String,
    pub detail: String,
}

/// The answer to a refused request.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    // Boxed: every handler's `Result` would be as large as these two.
    more: Box<Map<String, Value>>,
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), more: Box::default(), header: None }
    }

    /// `noun` as a person says it: "no user `us_…`".
    pub fn not_found(noun: &str, id: impl fmt::Display) -> Self {
        Self::new(Code::NotFound, format!("no {noun} `{id}`"))
    }

    /// A body that is well-formed and wrong in one field. `pointer` is a JSON pointer.
    pub fn invalid(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(Code::InvalidBody, detail.clone()).field(pointer, code, detail)
    }

    /// A query that is understood and wrong in one parameter.
    pub fn invalid_query(name: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(Code::InvalidQuery, detail.clone()).field(format!("?{name}"), "invalid_value", detail)
    }

    /// A unique value that something else has.
    pub fn taken(pointer: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(Code::Conflict, detail.clone()).field(pointer, "taken", detail)
    }

    /// Somebody else's change came between the reading and the saving.
    pub fn stale() -> Self {
        Self::new(Code::Stale, "it has changed meanwhile; read it again and repeat the change")
    }

    /// Names one more field.
    #[must_use]
    pub fn field(mut self, pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError { pointer: pointer.into(), code: code.to_owned(), detail: detail.into() });
        self
    }

    /// An extension member, such as the issues of a flow.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: i64) -> Self {
        self.header = Some(Box::new((RETRY_AFTER, HeaderValue::from(seconds.max(1)))));
        self
    }

    #[must_use]
    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some(Box::new((name, value)));
        self
    }

    pub fn code(&self) -> Code {
        self.code
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Fails with all fields that were found wrong, at once; `Ok` when there are none.
    pub fn check_fields(errors: Vec<FieldError>) -> Result<(), Self> {
        let Some(first) = errors.first() else { return Ok(()) };
        let mut problem = Self::new(Code::InvalidBody, first.detail.clone());
        problem.errors = errors;
        Err(problem)
    }

    fn view(&self) -> ProblemView<'_> {
        ProblemView {
            r#type: format!("urn:causerie:problem:{}", self.code.word()),
            title: self.code.title(),
            status: self.code.number(),
            code: self.code.word(),
            detail: &self.detail,
            errors: &self.errors,
            more: &self.more,
        }
    }
}

/// RFC 9457. Some codes carry further members.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemView<'a> {
    /// `urn:causerie:problem:{code}`
    r#type: String,
    title: &'a str,
    status: u16,
    /// Stable; decide by it.
    code: &'a str,
    /// For people.
    detail: &'a str,
    /// Which parts of the request are wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    #[schema(ignore)]
    more: &'a Map<String, Value>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.errors.len() < 2 {
            return write!(f, "{}: {}", self.code.word(), self.detail);
        }
        write!(f, "{}", self.code.word())?;
        self.errors.iter().try_for_each(|error| write!(f, "; {}: {}", error.pointer, error.detail))
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.code.status());
        if self.code.status() == StatusCode::UNAUTHORIZED {
            answer.insert_header((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        if let Some((name, value)) = self.header.as_deref() {
            answer.insert_header((name.clone(), value.clone()));
        }
        answer.content_type("application/problem+json");
        answer.body(serde_json::to_vec(&self.view()).unwrap_or_default())
    }
}

impl From<StoreError> for Problem {
    /// Logs what the caller must not see; this is where a store's failure is handled, so it is logged once.
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Conflict { what } => Self::new(Code::Conflict, format!("conflict on {what}")),
            StoreError::Missing { what } => Self::new(Code::MissingReference, format!("{what} does not exist")),
            StoreError::InUse { what } => Self::new(Code::InUse, format!("{what} is still in use")),
            StoreError::Overloaded => Self::new(Code::Overloaded, "too much waits for the database").retry_after(1),
            StoreError::Unavailable(cause) => {
                tracing::error!(error = %error, cause = %cause, "the database is unavailable");
                Self::new(Code::Unavailable, "the database does not answer").retry_after(5)
            }
            StoreError::Corrupt { source, .. } => {
                tracing::error!(error = %error, cause = source.as_ref().map(tracing::field::display), "a row cannot be read");
                Self::new(Code::Internal, "a stored value cannot be read; the log says which")
            }
        }
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::NotFound => Self::new(Code::NotFound, "no such conversation"),
            CommandError::Refused(refused) => {
                let code = match &refused {
                    CommandRefused::NotYours { .. } => Code::NotYours,
                    CommandRefused::Window(_) => Code::WindowClosed,
                    _ => Code::CommandRefused,
                };
                Self::new(code, refused.to_string())
            }
            CommandError::Busy => Self::new(Code::ConversationBusy, "the conversation is busy").retry_after(1),
            CommandError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_refusals_share_a_code_and_each_has_a_real_status() {
        let mut words: Vec<_> = Code::ALL.iter().map(|code| code.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(code.status().as_u16(), code.number(), "{code:?}");
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
        }
    }

    #[test]
    fn a_corrupt_row_is_not_described_to_the_caller() {
        let error = StoreError::Corrupt { table: "users", column: "role", id: "us_secret".into(), source: None };
        let problem = Problem::from(error);
        assert_eq!(problem.code(), Code::Internal);
        assert!(!serde_json::to_string(&problem.view()).unwrap().contains("us_secret"));
    }
}
