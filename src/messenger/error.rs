//! What an error of the Graph API means, and so what to do: one table, decided by subcode first, then by code.
//!
//! HTTP status and message text decide nothing: texts are localised and statuses vary.

use std::fmt;
use std::time::Duration;

use super::graph::Usage;

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
