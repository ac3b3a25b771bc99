//! What Meta refuses when a page is connected or checked, as a problem that names the step and what to do.

use serde_json::Value;

use crate::api::problem::{Code, Problem};
use crate::messenger::error::CallError;

/// The steps of connecting a page, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Token,
    Subscription,
    GetStarted,
}

impl Step {
    /// Stable: the problem's `step`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Subscription => "subscription",
            Self::GetStarted => "get_started",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Token => "the token could not be checked",
            Self::Subscription => "the app could not be subscribed to the page's events",
            Self::GetStarted => "the page's Get Started button could not be set",
        }
    }

    /// What to do where the token may not do this.
    fn permission(self) -> &'static str {
        match self {
            Self::Token => "make a page token with `pages_show_list` and `pages_messaging`",
            Self::Subscription => "give the app `pages_manage_metadata` and `pages_messaging`, and make a new page token",
            Self::GetStarted => "give the app `pages_messaging`, and make a new page token",
        }
    }

    /// What Meta said about a call of this step.
    pub fn refused(self, error: &CallError) -> Problem {
        let about = self.about();
        let cause = error.cause();
        let problem = match error {
            CallError::TokenDead(_) => {
                Problem::new(Code::TokenRefused, format!("{about}: {cause}; make a new page token and connect the page again"))
            }
            CallError::NotPermitted(_) => Problem::new(Code::PermissionMissing, format!("{about}: {cause}; {}", self.permission())),
            CallError::Throttled { after, .. } => {
                let seconds = after.map_or(60, |after| i64::try_from(after.as_secs()).unwrap_or(3600));
                Problem::new(Code::GraphUnavailable, format!("{about}: {cause}; try again later")).retry_after(seconds)
            }
            CallError::Unreachable(_) => Problem::new(Code::GraphUnavailable, format!("{about}: {cause}; try again")).retry_after(5),
            CallError::Refused(_) => Problem::new(Code::GraphRefused, format!("{about}: {cause}")),
        };
        let problem = problem.with("step", self.word().into());
        match &cause.said {
            Some(said) => problem.with("meta", Value::from(said.as_str())),
            None => problem,
        }
    }
}
