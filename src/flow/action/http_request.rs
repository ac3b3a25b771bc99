//! The action `http_request`: the session waits, another layer makes the call.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use crate::domain::event::CalloutResult;
use crate::flow::effect::CalloutRequest;
use crate::flow::issue::Code;
use crate::flow::limits;
use crate::flow::read::{Read, Reader, document, shorten, words};
use crate::flow::read_types::{Ordered, Save, Span, Target, Whole};
use crate::flow::run::{Arrived, Next, Run};
use crate::flow::secret::{self, SecretJson, SecretName, SecretText, SecretUrl};
use crate::flow::text::TextKey;

use super::reply::Reply;
use super::{Behaviour, Shape};

words! {
    /// How a body is sent.
    pub enum Encoding {
        /// As JSON (`application/json`).
        Json = "json",
        /// As a form's fields (`application/x-www-form-urlencoded`): the body is an object.
        Form = "form",
    }
}

document! {
    /// Asks another system over HTTP, and goes on when it has answered, or at `failed`. A host that fails again and again is
    /// left alone for a while, and calls to it fail at once.
    ///
    /// `{{ secrets.name }}` stands for a secret of the server (`PUT /v1/secrets/{name}`) in `url`, `headers`, `body` and
    /// `basic_auth`, and nowhere else. Flows, sessions and explanations never hold its value.
    ///
    /// ```json
    /// { "type": "http_request", "url": "https://shop.example/orders/{{ last_text | urlencode }}",
    ///   "timeout": "5s", "save": { "state": "/state" } }
    /// ```
    ///
    /// ```json
    /// { "type": "http_request", "method": "POST", "url": "https://crm.example/leads",
    ///   "headers": { "authorization": "Bearer {{ secrets.crm_token }}" }, "body": { "name": "{{ contact.name }}" }, "retries": 2 }
    /// ```
    ///
    /// ```json
    /// { "type": "http_request", "method": "PUT", "url": "https://legacy.example/contact", "send_as": "form",
    ///   "body": { "id": "{{ contact.id }}" }, "basic_auth": { "user": "bot", "password": "{{ secrets.legacy_password }}" },
    ///   "sign": "legacy_hmac", "failed": "handoff" }
    /// ```
    ///
    /// ```json
    /// { "type": "http_request", "method": "POST", "url": "https://advice.example/next", "body": { "said": "{{ last_text }}" },
    ///   "reply": { "goto": ["menu", "handoff"], "set": ["topic"] }, "failed": "handoff" }
    /// ```
    pub struct HttpRequest {
        /// The HTTP method, in capitals: `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, or whatever the other side understands.
        pub method: Method = Method::default(),
        /// An absolute URL. Scheme and host are written out.
        pub url: SecretUrl,
        /// Header → value.
        pub headers: Ordered<SecretText> = Ordered(Vec::new()),
        /// What is sent.
        pub body: Option<SecretJson>,
        /// How the body is sent.
        pub send_as: Encoding = Encoding::Json,
        /// User and password by HTTP's Basic scheme.
        pub basic_auth: Option<BasicAuth>,
        /// The name of a secret that signs the call: the header `x-causerie-timestamp` holds the seconds since 1970,
        /// `x-causerie-signature` is `v1=` and the HMAC-SHA256, in hex, of `{timestamp}.{method}.{path and query}.{body}`.
        pub sign: Option<SecretName>,
        /// How long an answer may take: 100 ms to 60 s.
        pub timeout: Span<{ limits::SHORTEST_CALLOUT_MS }, { limits::LONGEST_CALLOUT_MS }> = Span(SignedDuration::from_secs(10)),
        /// How often more after a failure that may pass (0 to 5): no connection, no answer in time, a status of 500 or more, or
        /// 429. What would end the same is not repeated: an address that must not be called, a header that is not allowed,
        /// an unknown secret, an answer that is too large, a host that is left alone.
        pub retries: Whole<0, 5> = Whole(0),
        /// Variable → JSON pointer into the answer; `""` is the whole answer.
        pub save: Saves = Saves(Vec::new()),
        /// The variable that gets the answer's status code.
        pub save_status: Option<Save>,
        /// The answer itself may say texts, set variables and choose the next node, of those listed here.
        pub reply: Option<Reply>,
        /// Where to go on when no answer came, or its status is not 2xx. Without it the flow goes on with the next action, after
        /// its text `callout_failed`, where it has one under `texts`.
        pub failed: Option<Target>,
        /// Where to go on when the time was over; `failed` unless said otherwise.
        pub timed_out: Option<Target>,
    }
}

document! {
    /// User and password.
    pub struct BasicAuth {
        /// Who calls.
        pub user: SecretText,
        /// A secret, as a rule.
        pub password: SecretText,
    }
}

/// Any method but those that speak to proxies.
#[derive(Debug, PartialEq, Eq)]
pub struct Method(String);

impl Default for Method {
    fn default() -> Self {
        Self("GET".into())
    }
}

impl Method {
    fn has_no_body(&self) -> bool {
        matches!(self.0.as_str(), "GET" | "HEAD")
    }
}

impl Read for Method {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let word = String::read(r, value)?;
        let token = (1..=20).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
        if !token || matches!(word.as_str(), "CONNECT" | "TRACE") {
            let hint = "in capitals: `GET`, `POST`, `PUT`, `PATCH`, `DELETE`";
            r.issue(Code::WrongValue, format!("`{}` is not a method that a flow may use", shorten(&word)), hint);
            return None;
        }
        Some(Self(word))
    }
}

impl schemars::JsonSchema for Method {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Method".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Z-]{1,20}$", "examples": ["GET", "POST", "PUT", "PATCH", "DELETE"], "default": "GET" })
    }
}

/// Variable → JSON pointer.
#[derive(Debug)]
pub struct Saves(Vec<(String, String)>);

impl Read for Saves {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let saves = Ordered::<String>::read(r, value)?;
        for (name, pointer) in &saves.0 {
            r.at(name, |r| {
                Save::read(r, &name.as_str().into());
                if !pointer.is_empty() && !pointer.starts_with('/') {
                    let message = format!("`{}` is not a JSON pointer", shorten(pointer));
                    r.issue(Code::WrongValue, message, "write `/state`, `/items/0/price`, or an empty text for the whole answer");
                }
            });
        }
        Some(Self(saves.0))
    }
}

impl schemars::JsonSchema for Saves {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Saves".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Ordered::<String>::json_schema(generator)
    }
}

impl Behaviour for HttpRequest {
    fn settle(&mut self, r: &mut Reader<'_>) {
        if self.method.has_no_body() && self.body.is_some() {
            r.at("body", |r| {
                r.issue(Code::WrongValue, format!("a {} request has no body", self.method.0), "use `POST`, or put it into the URL");
            });
        }
        if self.send_as == Encoding::Form && self.body.as_ref().is_none_or(|body| !body.is_object()) {
            r.at("body", |r| r.issue(Code::WrongValue, "a form is an object: field → value", "or leave `send_as` out"));
        }
        let authorized = self.headers.0.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if authorized && self.basic_auth.is_some() {
            r.at("basic_auth", |r| r.issue(Code::NoEffect, "the header `authorization` is given too", "only the header is sent"));
        }
        for (name, _) in &self.headers.0 {
            let token = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
            if !token {
                r.at("headers", |r| r.issue(Code::WrongValue, format!("`{}` is not a header's name", shorten(name)), ""));
            }
        }
    }

    fn shape(&self) -> Shape {
        Shape { pauses: true, speaks: self.reply.is_some(), ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        if !run.session.aside.may_call() {
            run.report(
                "too_many_calls",
                format!("{} calls without a pause or a word of the visitor's: the flow ends", limits::CALLS_IN_A_ROW),
            );
            return Next::Finish;
        }
        match self.request(run) {
            Some(request) => Next::Wait(run.callout(request)),
            None => self.fail(run, self.failed, "the request could not be built"),
        }
    }

    fn resume(&self, run: &mut Run<'_>, arrived: Arrived<'_>) -> Next {
        // A session that was stored by an earlier release does not know which call it waited for: it is made again.
        let Arrived::Callout(result) = arrived else { return self.run(run) };
        if let (Some(save), CalloutResult::Answered { status, .. }) = (&self.save_status, result) {
            run.set(&save.0, (*status).into());
        }
        match result {
            CalloutResult::Answered { status: status @ 200..=299, body } => {
                run.trace("callout", true, &format!("the answer's status is {status}"));
                for (name, pointer) in &self.save.0 {
                    let value = body.pointer(pointer).cloned().unwrap_or(Value::Null);
                    if value.is_null() {
                        run.trace(format!("save {name}"), false, &format!("the answer has nothing at `{pointer}`"));
                    }
                    run.set(name, value);
                }
                self.reply.as_ref().map_or(Next::On, |reply| self.replied(run, reply, body))
            }
            CalloutResult::Answered { status, .. } => self.fail(run, self.failed, &format!("the answer's status is {status}")),
            CalloutResult::TimedOut => self.fail(run, self.timed_out.or(self.failed), "no answer in time"),
            CalloutResult::Failed { reason } | CalloutResult::Refused { reason } => self.fail(run, self.failed, reason),
        }
    }
}

impl HttpRequest {
    fn request(&self, run: &mut Run<'_>) -> Option<CalloutRequest> {
        let url = self.url.0.render(run)?;
        let mut headers = BTreeMap::new();
        for (name, value) in &self.headers.0 {
            // A line break would smuggle in another header.
            let value = value.render(run)?.replace(['\r', '\n'], " ");
            headers.insert(name.to_lowercase(), value);
        }
        let form = self.send_as == Encoding::Form;
        let body = match &self.body {
            Some(body) => {
                let media_type = if form { "application/x-www-form-urlencoded" } else { "application/json" };
                headers.entry("content-type".into()).or_insert_with(|| media_type.into());
                let value = body.value(run)?;
                Some(if form { fields(&value) } else { value.to_string() })
            }
            None => None,
        };
        let basic_auth = match &self.basic_auth {
            Some(auth) if !headers.contains_key("authorization") => Some((auth.user.render(run)?, auth.password.render(run)?)),
            _ => None,
        };
        let retries = u8::try_from(self.retries.0).unwrap_or(5);
        let sign = self.sign.as_ref().map(|name| name.0.clone());
        let (method, timeout_ms) = (self.method.0.clone(), self.timeout.millis());
        Some(CalloutRequest { method, url, headers, body, form, basic_auth, sign, timeout_ms, retries })
    }

    fn replied(&self, run: &mut Run<'_>, reply: &Reply, answer: &Value) -> Next {
        let why = match reply.follow(run, answer) {
            Ok(next) => {
                run.trace("reply", true, "the answer is followed");
                return next;
            }
            Err(why) => format!("the answer cannot be followed: {why}"),
        };
        if self.failed.is_some() {
            run.report("bad_reply", why.as_str());
        }
        self.fail(run, self.failed, &why)
    }

    fn fail(&self, run: &mut Run<'_>, target: Option<Target>, why: &str) -> Next {
        run.trace("failed", target.is_some(), why);
        match target {
            Some(target) => Next::Goto(target.0),
            None => {
                run.report("callout_failed", format!("{why}, and the action has no `failed` arm"));
                run.say_if_given(TextKey::CalloutFailed);
                Next::On
            }
        }
    }
}

/// A form's fields: texts as they are, all else as JSON; null is left out. Marks of secrets stay marks.
fn fields(value: &Value) -> String {
    let Value::Object(fields) = value else { return String::new() };
    let encode = |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let mut pairs = Vec::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        pairs.push(format!("{}={}", encode(name), secret::map_words(&text, encode)));
    }
    pairs.join("&")
}
