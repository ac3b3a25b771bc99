//! One circuit breaker per host: a system that is down is not asked again and again, and its callers need not wait for it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;

use crate::domain::Timestamp;

/// Hosts that are remembered; hosts are written in flows, so this is plenty.
const HOSTS: usize = 4096;

/// A host that has failed lately.
#[derive(Debug, Clone, PartialEq)]
pub struct HostState {
    /// Host and port.
    pub host: String,
    /// Failures in a row.
    pub failures: u32,
    /// Not asked until then; after it, one call finds out.
    pub open_until: Option<Timestamp>,
}

#[derive(Debug)]
pub struct Circuits {
    /// Failures in a row that open a circuit; 0: never.
    pub failures: u32,
    /// How long it stays open.
    pub pause: SignedDuration,
    hosts: Mutex<HashMap<String, HostState>>,
}

impl Circuits {
    pub fn new(failures: u32, pause: SignedDuration) -> Self {
        Self { failures, pause, hosts: Mutex::default() }
    }

    /// Whether the host may be asked now.
    ///
    /// # Errors
    /// Until when it may not.
    pub fn admit(&self, host: &str, now: Timestamp) -> Result<(), Timestamp> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(state) = hosts.get_mut(host) else { return Ok(()) };
        match state.open_until {
            Some(until) if now < until => Err(until),
            Some(_) => {
                // This call finds out; the others wait for what it finds.
                state.open_until = now.checked_add(self.pause).ok();
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// How a call of the host ended.
    pub fn note(&self, host: &str, good: bool, now: Timestamp) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if good {
            hosts.remove(host);
            return;
        }
        if self.failures == 0 || hosts.len() >= HOSTS && !hosts.contains_key(host) {
            return;
        }
        let state = hosts.entry(host.to_owned()).or_insert_with(|| HostState { host: host.to_owned(), failures: 0, open_until: None });
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.failures {
            state.open_until = now.checked_add(self.pause).ok();
        }
    }

    /// The hosts that failed last, by name.
    pub fn states(&self) -> Vec<HostState> {
        let mut states: Vec<HostState> = self.hosts.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        states.sort_by(|a, b| a.host.cmp(&b.host));
        states
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_fails_in_a_row_rests_and_then_one_call_finds_out() {
        let circuits = Circuits::new(3, SignedDuration::from_secs(30));
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        for n in 0..3 {
            assert_eq!(circuits.admit("a", at(n)), Ok(()));
            circuits.note("a", false, at(n));
        }
        assert_eq!(circuits.admit("a", at(3)), Err(at(32)));
        assert_eq!(circuits.admit("b", at(3)), Ok(()), "another host is another matter");
        assert_eq!(circuits.admit("a", at(32)), Ok(()), "one call");
        assert_eq!(circuits.admit("a", at(33)), Err(at(62)), "and no other");
        circuits.note("a", false, at(34));
        assert_eq!(circuits.admit("a", at(40)), Err(at(64)));
        assert_eq!(circuits.states(), [HostState { host: "a".into(), failures: 4, open_until: Some(at(64)) }]);
        assert_eq!(circuits.admit("a", at(64)), Ok(()));
        circuits.note("a", true, at(65));
        assert_eq!((circuits.admit("a", at(65)), circuits.states()), (Ok(()), vec![]));
    }

    #[test]
    fn successes_in_between_keep_it_closed_and_zero_never_opens() {
        let at = Timestamp::UNIX_EPOCH;
        let circuits = Circuits::new(2, SignedDuration::from_secs(30));
        for _ in 0..5 {
            circuits.note("a", false, at);
            circuits.note("a", true, at);
        }
        assert_eq!(circuits.admit("a", at), Ok(()));
        let never = Circuits::new(0, SignedDuration::from_secs(30));
        (0..9).for_each(|_| never.note("a", false, at));
        assert_eq!(never.admit("a", at), Ok(()));
    }
}
