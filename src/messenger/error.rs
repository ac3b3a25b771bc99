//! What an error of the Graph API means, and so what to do: one table, decided by subcode first, then by code.
//!
//! HTTP status and message text decide nothing: texts are localised and statuses vary.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use super::error_table;
use super::graph::Usage;
use super::loose::{Int, Text, plain, truth};

/// A send that failed, sorted by what has to happen next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Meta did not take it and may take it later: again after `after` (else by our own back-off), `at_most` times.
    #[error("{cause}")]
    Retry { after: Option<Duration>, at_most: Option<u32>, cause: Cause },
    /// Too many calls: the whole page waits, then again.
    #[error("{cause}")]
    Throttled { after: Option<Duration>, cause: Cause },
    /// The messaging window is closed, whatever we believed. Final for this message.
    #[error("{cause}")]
    WindowClosed { cause: Cause },
    /// The person cannot be reached (blocked the page, left, wrong id). Final for this message.
    #[error("{cause}")]
    Unavailable { cause: Cause },
    /// Meta refuses this message or this app's right to send it. Final for this message.
    #[error("{cause}")]
    Refused { cause: Cause },
    /// Nothing of this page can be sent until someone mends it (dead token, restriction): hold its queue.
    /// `probe_after`: when it may mend itself, the earliest sensible try.
    #[error("{cause}")]
    PageBlocked { probe_after: Option<Duration>, cause: Cause },
    /// Another app has the thread. No blind repeat: the conversation is `external`.
    #[error("{cause}")]
    NotThreadOwner { cause: Cause },
    /// The message may have been sent. Wait for its echo before anything else; `resend` false: never send it again.
    #[error("{cause}")]
    Unknown { resend: bool, cause: Cause },
    /// We built a request that Meta cannot take. Final; shown to operators.
    #[error("{cause}")]
    Bug { cause: Cause },
}

impl SendError {
    pub fn cause(&self) -> &Cause {
        match self {
            Self::Retry { cause, .. }
            | Self::Throttled { cause, .. }
            | Self::WindowClosed { cause }
            | Self::Unavailable { cause }
            | Self::Refused { cause }
            | Self::PageBlocked { cause, .. }
            | Self::NotThreadOwner { cause }
            | Self::Unknown { cause, .. }
            | Self::Bug { cause } => cause,
        }
    }
}

/// Any other call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The token is no longer (or never was) valid: connect the page anew.
    #[error("{0}")]
    TokenDead(Cause),
    /// The token may not do this: a permission or a role is missing.
    #[error("{0}")]
    NotPermitted(Cause),
    #[error("{cause}")]
    Throttled { after: Option<Duration>, cause: Cause },
    /// Meta did not answer, or asked to come back later.
    #[error("{0}")]
    Unreachable(Cause),
    /// Meta understood and said no.
    #[error("{0}")]
    Refused(Cause),
}

impl CallError {
    pub fn cause(&self) -> &Cause {
        match self {
            Self::TokenDead(cause) | Self::NotPermitted(cause) | Self::Unreachable(cause) | Self::Refused(cause) => cause,
            Self::Throttled { cause, .. } => cause,
        }
    }
}

/// Why, for people and logs. Its `Display` is one line: the reason, then Meta's codes. Never contains a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cause {
    /// What happened and what to do, in our words.
    pub reason: String,
    pub code: Option<i64>,
    pub subcode: Option<i64>,
    /// What Meta's support asks for.
    pub fbtrace: Option<String>,
    /// Meta's own text, cut to a sensible length.
    pub said: Option<String>,
    pub usage: Option<Usage>,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        if let Some(code) = self.code {
            write!(f, " (Meta's code {code}")?;
            if let Some(subcode) = self.subcode {
                write!(f, "/{subcode}")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// The `error` object of an answer, or the lack of one.
#[derive(Debug, Default)]
pub(super) struct ApiError {
    pub status: u16,
    pub code: Option<i64>,
    pub subcode: Option<i64>,
    pub transient: bool,
    pub fbtrace: Option<String>,
    pub said: Option<String>,
    pub usage: Option<Usage>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorFields,
}

#[derive(Deserialize)]
struct ErrorFields {
    #[serde(default)]
    code: Int,
    #[serde(default)]
    error_subcode: Int,
    #[serde(default, deserialize_with = "truth")]
    is_transient: bool,
    fbtrace_id: Option<Text>,
    message: Option<Text>,
    error_user_msg: Option<Text>,
}

impl ApiError {
    pub fn read(status: u16, body: &[u8], usage: Option<Usage>) -> Self {
        let Ok(ErrorBody { error }) = serde_json::from_slice(body) else { return Self { status, usage, ..Self::default() } };
        Self {
            status,
            code: error.code.0,
            subcode: error.error_subcode.0.filter(|&subcode| subcode != 0),
            transient: error.is_transient,
            fbtrace: plain(error.fbtrace_id),
            said: plain(error.error_user_msg).or(plain(error.message)).map(|said| presentable(&said)),
            usage,
        }
    }

    pub fn into_send_error(self) -> SendError {
        let (verdict, reason) = self.verdict();
        let wait = self.usage.and_then(|usage| usage.regain);
        let cause = self.cause(reason);
        match verdict {
            Verdict::Retry { after_s, at_most } => SendError::Retry { after: after_s.map(Duration::from_secs), at_most, cause },
            Verdict::Throttled => SendError::Throttled { after: wait, cause },
            Verdict::WindowClosed => SendError::WindowClosed { cause },
            Verdict::Unavailable => SendError::Unavailable { cause },
            Verdict::Refused | Verdict::NotPermitted => SendError::Refused { cause },
            Verdict::TokenDead => SendError::PageBlocked { probe_after: None, cause },
            Verdict::Restricted { probe_s } => SendError::PageBlocked { probe_after: Some(Duration::from_secs(probe_s)), cause },
            Verdict::NotThreadOwner => SendError::NotThreadOwner { cause },
            Verdict::Unknown { resend } => SendError::Unknown { resend, cause },
            Verdict::Bug => SendError::Bug { cause },
        }
    }

    pub fn into_call_error(self) -> CallError {
        let (verdict, reason) = self.verdict();
        let wait = self.usage.and_then(|usage| usage.regain);
        let cause = self.cause(reason);
        match verdict {
            Verdict::TokenDead => CallError::TokenDead(cause),
            Verdict::NotPermitted => CallError::NotPermitted(cause),
            Verdict::Throttled => CallError::Throttled { after: wait, cause },
            Verdict::Retry { .. } | Verdict::Unknown { .. } => CallError::Unreachable(cause),
            _ => CallError::Refused(cause),
        }
    }

    fn cause(self, reason: &str) -> Cause {
        // Where the table only knows the code's family, Meta's own words say more.
        let reason = match (&self.said, reason) {
            (Some(said), "") => format!("Meta refused it: {said}"),
            (None, "") => format!("Meta answered with status {} and no explanation", self.status),
            (_, reason) => reason.to_owned(),
        };
        Cause { reason, code: self.code, subcode: self.subcode, fbtrace: self.fbtrace, said: self.said, usage: self.usage }
    }

    fn verdict(&self) -> (Verdict, &'static str) {
        match (self.code, self.status) {
            (Some(code), _) => error_table::verdict(code, self.subcode, self.transient),
            (None, 429) => (Verdict::Throttled, "too many calls"),
            (None, 401) => (Verdict::TokenDead, "Meta does not accept the page's token: connect the page anew"),
            (None, 408 | 500..) => {
                (Verdict::Unknown { resend: true }, "Meta's server failed, so it is not known whether it took the request")
            }
            (None, _) => (Verdict::Bug, ""),
        }
    }
}

/// What happened, before the caller's kind of error is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Retry { after_s: Option<u64>, at_most: Option<u32> },
    Throttled,
    WindowClosed,
    Unavailable,
    Refused,
    NotPermitted,
    TokenDead,
    Restricted { probe_s: u64 },
    NotThreadOwner,
    Unknown { resend: bool },
    Bug,
}

/// Cut, and without anything that could be a token: Meta repeats malformed ones in its texts.
fn presentable(said: &str) -> String {
    let words = said.split(' ').map(|word| {
        let opaque = word.len() >= 30 && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-|.".contains(letter));
        if opaque { "…" } else { word }
    });
    words.collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
