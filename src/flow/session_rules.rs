//! How long a session lives, what survives it, what follows it, and what its silence does.

use std::borrow::Cow;

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::interrupt::{Keyword, Then};
use super::issue::Code;
use super::limits;
use super::read::{Read, Reader, document};
use super::read_types::{Duration, Name, Span, Target};
use super::text::Text;
use super::{OnComplete, StaleChoice};

document! {
    /// How long a session lives and what follows it.
    pub struct SessionRules {
        /// Idle longer than this, the session has ended: `1m` to `30d`, or `never`. 24 hours unless said otherwise.
        pub timeout: Timeout = Timeout::default(),
        /// What happens to a message after the session has finished: `inbox`, `restart`, or `{ "goto": node }`. A menu entry
        /// or button that an interrupt takes begins a new session in any case.
        pub on_complete: OnComplete = OnComplete::Inbox,
        /// Words that begin the chatflow anew once it has finished, whatever `on_complete` says: each alone in a message; case,
        /// accents and punctuation do not count. While it runs, an interrupt does that.
        pub restart_keywords: Vec<Keyword> = Vec::new(),
        /// What a tap on an option of an earlier question does: `resume`, `restart` or `explain`. Once no session runs, all
        /// three begin the chatflow that the option is of at its start, whatever `on_complete` says: who taps wants to go on.
        /// `explain` says first that the choice is past.
        pub stale_choice: StaleChoice = StaleChoice::Explain,
        /// How long `on_complete` holds once the session has finished; after that a message begins with the primary chatflow.
        /// As `timeout` unless said otherwise; `never`: for ever, as HubSpot does.
        pub completed_timeout: Option<Timeout>,
        /// Session variables that the contact's next session of this chatflow begins with: `none`, `all`, or their names.
        /// Contact variables always survive.
        pub keep: Keep = Keep::Names(Vec::new()),
        /// What the visitor's silence does while a question is open.
        pub on_timeout: Option<OnTimeout>,
        /// Waits this long for more before a message is taken as an answer: what comes meanwhile is one answer, a line each.
        /// From 500 ms to 30 s; each message starts the wait anew, up to five times as long. A tap ends it.
        pub burst: Option<Span<500, 30_000>>,
    }
}

document! {
    /// What the visitor's silence does while a question is open: once per silence, and only while Messenger lets the bot
    /// speak (24 hours after the visitor's last act).
    ///
    /// ```json
    /// { "after": "10m", "goto": "still_there", "then": "return" }
    /// ```
    pub struct OnTimeout {
        /// After how long a silence: 1 minute to 24 hours; the session's `timeout` unless said otherwise.
        pub after: Option<Span<60_000, 86_399_000>>,
        /// Where the flow goes on.
        pub goto: Target,
        /// `stay`: the question is left; a node that asks lives for another `timeout`. `return`: the question is asked again.
        pub then: Then = Then::Stay,
        /// Said on the way back, before the question is asked again.
        pub return_text: Option<Text>,
    }
}

/// Which session variables survive into the next session.
#[derive(Debug, Clone, PartialEq)]
pub enum Keep {
    All,
    Names(Vec<String>),
}

impl Read for Keep {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        match value {
            Value::String(word) if word == "all" => Some(Self::All),
            Value::String(word) if word == "none" => Some(Self::Names(Vec::new())),
            Value::Array(_) => {
                let names = Vec::<Name>::read(r, value)?;
                for name in &names {
                    let pointer = r.pointer().to_owned();
                    r.found.uses.entry(name.0.clone()).or_insert(pointer);
                }
                Some(Self::Names(names.into_iter().map(|name| name.0).collect()))
            }
            other => super::read::wrong_word(r, other, &["none", "all"]),
        }
    }
}

impl JsonSchema for Keep {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Keep".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let names = generator.subschema_for::<Vec<Name>>();
        json_schema!({ "anyOf": [{ "enum": ["none", "all"] }, names], "default": "none" })
    }
}

/// As read, and looked at as a whole.
#[derive(Debug, Default)]
pub struct Session(pub SessionRules);

impl Read for Session {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let rules = SessionRules::read(r, value)?;
        rules.check(r);
        Some(Self(rules))
    }
}

impl JsonSchema for Session {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Session".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<SessionRules>()
    }
}

impl SessionRules {
    /// What the fields mean together.
    fn check(&self, r: &mut Reader<'_>) {
        if !self.restart_keywords.is_empty() && self.on_complete == OnComplete::Restart {
            let hint = "leave them out, or leave `on_complete: restart` out";
            r.at("restart_keywords", |r| r.issue(Code::NoEffect, "every message begins the chatflow anew", hint));
        }
        let Some(hook) = &self.on_timeout else { return };
        let window = SignedDuration::from_hours(24);
        let timeout = self.timeout.0;
        let after = hook.after.map(|span| span.0);
        r.at("on_timeout", |r| match (after, timeout) {
            (None, timeout) if timeout.is_none_or(|timeout| timeout >= window) => {
                let message = "`after` is missing: the session's own timeout is not within the 24 hours in which the bot may speak";
                r.issue(Code::MissingField, message, "for example `10m`");
            }
            (Some(after), Some(timeout)) if after > timeout => {
                r.at("after", |r| r.issue(Code::WrongValue, "the session has ended by then", "make it at most the session's `timeout`"));
            }
            _ if hook.return_text.is_some() && hook.then == Then::Stay => {
                r.at("return_text", |r| r.issue(Code::NoEffect, "nothing comes back here", "say `then: return`"));
            }
            _ => {}
        });
    }

    /// Of what silence the hook speaks.
    pub fn silence(&self) -> Option<SignedDuration> {
        let hook = self.on_timeout.as_ref()?;
        hook.after.map(|span| span.0).or(self.timeout.0)
    }
}

impl Default for SessionRules {
    fn default() -> Self {
        Self {
            timeout: Timeout::default(),
            on_complete: OnComplete::Inbox,
            restart_keywords: Vec::new(),
            stale_choice: StaleChoice::Explain,
            completed_timeout: None,
            keep: Keep::Names(Vec::new()),
            on_timeout: None,
            burst: None,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Timeout(pub Option<jiff::SignedDuration>);

impl Default for Timeout {
    fn default() -> Self {
        Self(Some(jiff::SignedDuration::from_hours(24)))
    }
}

impl Read for Timeout {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        if value.as_str() == Some("never") {
            return Some(Self(None));
        }
        let duration = Duration::read(r, value)?;
        if duration.0 < limits::SHORTEST_TIMEOUT || duration.0 > limits::LONGEST_TIMEOUT {
            r.issue(Code::WrongValue, "a session's timeout is 1 minute to 30 days", "or `never`");
            return None;
        }
        Some(Self(Some(duration.0)))
    }
}

impl JsonSchema for Timeout {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Timeout".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<Duration>(), { "const": "never" }] })
    }
}

impl Read for OnComplete {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        match value {
            Value::Object(object) => {
                r.no_others(object, &["goto"]);
                r.field::<Target>(object, "goto")?;
                Some(Self::Goto(object.get("goto")?.as_str()?.to_owned()))
            }
            Value::String(word) if word == "inbox" => Some(Self::Inbox),
            Value::String(word) if word == "restart" => Some(Self::Restart),
            other => super::read::wrong_word(r, other, &["inbox", "restart"]),
        }
    }
}

impl Read for StaleChoice {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        match value.as_str() {
            Some("resume") => Some(Self::Resume),
            Some("restart") => Some(Self::Restart),
            Some("explain") => Some(Self::Explain),
            _ => super::read::wrong_word(r, value, &["resume", "restart", "explain"]),
        }
    }
}
