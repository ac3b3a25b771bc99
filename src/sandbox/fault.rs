//! Scripted trouble: what the Graph API does wrong for the next calls. Only tests use it.

use std::time::Duration;

use super::error::GraphError;

/// What goes wrong with one call.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Refused with Meta's error; nothing was accepted.
    Refuse(GraphError),
    /// A bare HTTP status with an HTML body, as a proxy in trouble answers; nothing was accepted.
    Status(u16),
    /// The connection is cut before anything was accepted.
    Drop,
    /// Accepted, then the connection is cut: the caller cannot know.
    AcceptThenDrop,
    /// Accepted, then silence for this long.
    AcceptThenHang(Duration),
    /// Accepted, then answered with an error (1/1357046).
    AcceptThenRefuse(GraphError),
    /// Works, after this long.
    Delay(Duration),
    /// Works, and reports this percentage in the usage headers.
    Usage(u32),
}

impl Fault {
    /// Refused with this code and subcode.
    pub fn code(code: i64, subcode: impl Into<Option<i64>>) -> Self {
        Self::Refuse(GraphError::new(code, subcode.into(), "scripted"))
    }
}

/// Which calls a fault meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// Sends of messages.
    Messages,
    /// `typing_on`, `mark_seen` and the like.
    SenderActions,
    /// Anything whose path contains this, e.g. `subscribed_apps`.
    Path(String),
    Everything,
}

#[derive(Debug, Clone)]
pub struct FaultRule {
    pub on: On,
    /// Only sends to this person.
    pub psid: Option<String>,
    /// How many calls are still to be met.
    pub times: u32,
    pub fault: Fault,
}

impl FaultRule {
    /// The next message, to anyone.
    pub fn next(fault: Fault) -> Self {
        Self { on: On::Messages, psid: None, times: 1, fault }
    }

    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Until [`super::Sandbox::clear_faults`].
    pub fn lasting(self) -> Self {
        self.times(u32::MAX)
    }

    pub fn to(mut self, psid: &str) -> Self {
        self.psid = Some(psid.to_owned());
        self
    }

    pub fn on(mut self, on: On) -> Self {
        self.on = on;
        self
    }
}

/// What a call is, for matching.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub path: &'a str,
    pub message: bool,
    pub psid: Option<&'a str>,
}

/// The first rule that meets the call is used up by one.
pub fn take(rules: &mut Vec<FaultRule>, call: Call<'_>) -> Option<Fault> {
    let meets = |rule: &FaultRule| {
        let to = rule.psid.is_none() || rule.psid.as_deref() == call.psid;
        let sending = call.psid.is_some();
        to && match &rule.on {
            On::Messages => sending && call.message,
            On::SenderActions => sending && !call.message,
            On::Path(part) => call.path.contains(part.as_str()),
            On::Everything => true,
        }
    };
    let index = rules.iter().position(meets)?;
    let rule = &mut rules[index];
    let fault = rule.fault.clone();
    if rule.times == u32::MAX {
        return Some(fault);
    }
    rule.times = rule.times.saturating_sub(1);
    if rule.times == 0 {
        rules.remove(index);
    }
    Some(fault)
}
