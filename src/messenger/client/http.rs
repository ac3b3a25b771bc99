//! One call and how it can fail before there is an answer: what is known of the bytes decides what may be repeated.

use bytes::Bytes;
use reqwest::RequestBuilder;

use super::answers;
use crate::messenger::error::{ApiError, CallError, Cause, SendError};
use crate::messenger::graph::Usage;

/// An answer of any status.
pub(super) struct Answer {
    pub status: u16,
    pub usage: Option<Usage>,
    pub body: Bytes,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn error(&self) -> ApiError {
        ApiError::read(self.status, &self.body, self.usage)
    }
}

/// Calls that are no sends: Meta's refusals are sorted for people who configure a page.
pub(super) async fn checked(request: RequestBuilder) -> Result<Answer, CallError> {
    let answer = answer(request).await.map_err(|broken| CallError::Unreachable(broken.cause()))?;
    if answer.is_success() { Ok(answer) } else { Err(answer.error().into_call_error()) }
}

pub(super) async fn answer(request: RequestBuilder) -> Result<Answer, Broken> {
    let response = request.send().await.map_err(Broken::of)?;
    let (status, usage) = (response.status().as_u16(), answers::usage(response.headers()));
    match response.bytes().await {
        Ok(body) => Ok(Answer { status, usage, body }),
        // Meta took it; what its answer said is lost, and the echo will bring the id.
        Err(_) if (200..300).contains(&status) => Ok(Answer { status, usage, body: Bytes::new() }),
        Err(error) => Err(Broken::of(error)),
    }
}

/// No answer came.
pub(super) struct Broken {
    /// Not one byte of the request can have reached Meta.
    before_sending: bool,
    ours: bool,
    why: String,
}

impl Broken {
    fn of(error: reqwest::Error) -> Self {
        let (before_sending, ours, timeout) = (error.is_connect(), error.is_builder(), error.is_timeout());
        let error = error.without_url();
        let mut source: &dyn std::error::Error = &error;
        while let Some(inner) = source.source() {
            source = inner;
        }
        let why = match (before_sending, timeout) {
            (true, true) => "Meta cannot be reached: connecting took too long".to_owned(),
            (true, false) => format!("Meta cannot be reached: {source}"),
            (false, true) => "Meta did not answer in time".to_owned(),
            (false, false) => format!("the connection to Meta broke: {source}"),
        };
        Self { before_sending, ours, why }
    }

    pub fn cause(self) -> Cause {
        cause(&self.why)
    }

    pub fn into_send_error(self) -> SendError {
        match self {
            Self { ours: true, .. } => SendError::Bug { cause: self.cause() },
            Self { before_sending: true, .. } => SendError::Retry { after: None, at_most: None, cause: self.cause() },
            _ => SendError::Unknown { resend: true, cause: self.cause() },
        }
    }
}

pub(super) fn cause(reason: &str) -> Cause {
    Cause { reason: reason.to_owned(), ..Cause::default() }
}
