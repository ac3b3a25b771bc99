//! Meta's error answers: `{"error":{"message","type","code","error_subcode"?,"fbtrace_id"}}`.
//!
//! Facts from the Graph API's "Handling errors" and the Messenger error table; the HTTP status is 400 unless said otherwise.

use serde_json::{Value, json};

/// One refusal, as the Graph API would word it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphError {
    pub status: u16,
    pub code: i64,
    pub subcode: Option<i64>,
    pub kind: &'static str,
    pub message: String,
}

impl GraphError {
    pub fn new(code: i64, subcode: Option<i64>, message: impl Into<String>) -> Self {
        let status = if matches!(code, 1 | 2) { 500 } else { 400 };
        Self { status, code, subcode, kind: "OAuthException", message: format!("(#{code}) {}", message.into()) }
    }

    /// `100` without a subcode: a parameter is wrong.
    pub fn parameter(message: impl Into<String>) -> Self {
        Self::new(100, None, message)
    }

    /// `190`: the token is missing, unknown or dead.
    pub fn token(subcode: Option<i64>, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::new(190, subcode, "") }
    }

    /// `100`/`33`: no such object, or not for this token.
    pub fn no_object(id: &str) -> Self {
        let message = format!(
            "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation"
        );
        Self { kind: "GraphMethodException", message, ..Self::new(100, Some(33), "") }
    }

    /// `10`/`2018278`: the window is closed.
    pub fn window_closed() -> Self {
        Self::new(10, Some(2_018_278), "This message is sent outside of allowed window.")
    }

    /// `100`/`2018001`: no such visitor on this page.
    pub fn no_user() -> Self {
        Self::new(100, Some(2_018_001), "No matching user found")
    }

    /// The body of the answer. `trace` is Meta's `fbtrace_id`, for support tickets.
    pub fn body(&self, trace: &str) -> Value {
        let mut error = json!({ "message": self.message, "type": self.kind, "code": self.code });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        if matches!(self.code, 2) {
            error["is_transient"] = json!(true);
        }
        error["fbtrace_id"] = json!(trace);
        json!({ "error": error })
    }
}
