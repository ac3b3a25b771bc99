//! Failed sign-ins of one address to one e-mail: after some, a pause. In memory, each node for itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;

use crate::api::problem::{Code, Problem};
use crate::config::SignIn;
use crate::domain::Timestamp;

/// Remembered at once at most; the memory is bounded whoever knocks.
const REMEMBERED: usize = 10_000;

/// Who tries what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attempt {
    pub email: String,
    pub address: String,
}

struct Failures {
    count: u32,
    /// Forgotten then.
    until: Timestamp,
}

pub struct Attempts {
    failures: Mutex<HashMap<Attempt, Failures>>,
    allowed: u32,
    pause: SignedDuration,
}

impl Attempts {
    pub fn new(settings: &SignIn) -> Self {
        let pause = SignedDuration::from_mins(settings.pause_minutes.into());
        Self { failures: Mutex::default(), allowed: settings.attempts, pause }
    }

    /// Counts this try as failed until [`Attempts::succeeded`] takes it back: tries at the same time are counted too.
    ///
    /// # Errors
    /// `too_many_attempts` while the pause lasts.
    pub fn begin(&self, attempt: &Attempt, now: Timestamp) -> Result<(), Problem> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= REMEMBERED {
            failures.retain(|_, failed| failed.until > now);
        }
        if failures.len() >= REMEMBERED && !failures.contains_key(attempt) {
            let oldest = failures.iter().min_by_key(|(_, failed)| failed.until).map(|(attempt, _)| attempt.clone());
            oldest.and_then(|attempt| failures.remove(&attempt));
        }
        let until = now + self.pause;
        let failed = failures.entry(attempt.clone()).or_insert(Failures { count: 0, until });
        if failed.until <= now {
            failed.count = 0;
        }
        if failed.count >= self.allowed {
            let seconds = failed.until.duration_since(now).as_secs();
            return Err(Problem::new(Code::TooManyAttempts, "too many failed sign-ins; wait before the next").retry_after(seconds));
        }
        *failed = Failures { count: failed.count + 1, until };
        Ok(())
    }

    pub fn succeeded(&self, attempt: &Attempt) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(attempt);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(email: &str) -> Attempt {
        Attempt { email: email.into(), address: "192.0.2.1".into() }
    }

    #[test]
    fn after_some_failures_there_is_a_pause_for_that_address_and_email_only() {
        let start: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let attempts = Attempts::new(&SignIn { attempts: 3, pause_minutes: 15, ..SignIn::default() });
        for _ in 0..3 {
            attempts.begin(&attempt("a@b.c"), start).unwrap();
        }
        assert_eq!(attempts.begin(&attempt("a@b.c"), start).unwrap_err().code(), Code::TooManyAttempts);
        assert!(attempts.begin(&attempt("x@b.c"), start).is_ok());
        assert!(attempts.begin(&attempt("a@b.c"), start + SignedDuration::from_mins(15)).is_ok());
    }

    #[test]
    fn a_success_wipes_the_slate_and_the_memory_is_bounded() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let attempts = Attempts::new(&SignIn { attempts: 1, ..SignIn::default() });
        attempts.begin(&attempt("a@b.c"), now).unwrap();
        attempts.succeeded(&attempt("a@b.c"));
        attempts.begin(&attempt("a@b.c"), now).unwrap();
        for n in 0..REMEMBERED + 10 {
            attempts.begin(&attempt(&format!("{n}@b.c")), now + SignedDuration::from_secs(1)).unwrap();
        }
        assert!(attempts.failures.lock().unwrap().len() <= REMEMBERED);
    }
}
