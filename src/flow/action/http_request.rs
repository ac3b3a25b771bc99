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
use crate::flow::template::{Json, Template};
use crate::flow::web_url::WebUrl;

use super::{Behaviour, Shape};

words! {
    /// The HTTP method.
    pub enum Method {
        /// Reads.
        Get = "GET",
        /// Creates, or does.
        Post = "POST",
        /// Replaces.
        Put = "PUT",
        /// Changes.
        Patch = "PATCH",
        /// Removes.
        Delete = "DELETE",
    }
}

document! {
    /// Asks another system over HTTP, and goes on when it has answered, or at `failed`.
    ///
    /// ```json
    /// { "type": "http_request", "url": "https://shop.example/orders/{{ last_text | urlencode }}",
    ///   "timeout": "5s", "save": { "state": "/state" } }
    /// ```
    ///
    /// ```json
    /// { "type": "http_request", "method": "POST", "url": "https://crm.example/leads",
    ///   "headers": { "x-source": "messenger" }, "body": { "name": "{{ contact.name }}" }, "retries": 2 }
    /// ```
    pub struct HttpRequest {
        /// The HTTP method.
        pub method: Method = Method::Get,
        /// An absolute URL. Scheme and host are written out.
        pub url: WebUrl<false>,
        /// Header → value.
        pub headers: Ordered<Template> = Ordered(Vec::new()),
        /// Sent as JSON.
        pub body: Option<Json>,
        /// How long an answer may take: 100 ms to 60 s.
        pub timeout: Span<{ limits::SHORTEST_CALLOUT_MS }, { limits::LONGEST_CALLOUT_MS }> = Span(SignedDuration::from_secs(10)),
        /// How often more after a failure that may pass (0 to 5).
        pub retries: Whole<0, 5> = Whole(0),
        /// Variable → JSON pointer into the answer; `""` is the whole answer.
        pub save: Saves = Saves(Vec::new()),
        /// The variable that gets the answer's status code.
        pub save_status: Option<Save>,
        /// Where to go on when no answer came, or its status is not 2xx.
        pub failed: Option<Target>,
        /// Where to go on when the time was over; `failed` unless said otherwise.
        pub timed_out: Option<Target>,
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
        if self.method == Method::Get && self.body.is_some() {
            r.at("body", |r| r.issue(Code::WrongValue, "a GET request has no body", "use `POST`, or put it into the URL"));
        }
        for (name, _) in &self.headers.0 {
            let token = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
            if !token {
                r.at("headers", |r| r.issue(Code::WrongValue, format!("`{}` is not a header's name", shorten(name)), ""));
            }
        }
    }

    fn shape(&self) -> Shape {
        Shape { pauses: true, ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        match self.request(run) {
            Some(request) => Next::Wait(run.callout(request)),
            None => self.fail(run, self.failed, "the request could not be built"),
        }
    }

    fn resume(&self, run: &mut Run<'_>, arrived: Arrived<'_>) -> Next {
        // People had the conversation meanwhile: what was asked before they came is asked again.
        let Arrived::Callout(result) = arrived else { return self.run(run) };
        if let (Some(save), CalloutResult::Answered { status, .. }) = (&self.save_status, result) {
            run.set(&save.0, (*status).into());
        }
        match result {
            CalloutResult::Answered { status: 200..=299, body } => {
                for (name, pointer) in &self.save.0 {
                    let value = body.pointer(pointer).cloned().unwrap_or(Value::Null);
                    if value.is_null() {
                        run.trace(format!("save {name}"), false, &format!("the answer has nothing at `{pointer}`"));
                    }
                    run.set(name, value);
                }
                Next::On
            }
            CalloutResult::Answered { status, .. } => self.fail(run, self.failed, &format!("the answer's status is {status}")),
            CalloutResult::TimedOut => self.fail(run, self.timed_out.or(self.failed), "no answer in time"),
            CalloutResult::Failed { reason } => self.fail(run, self.failed, reason),
        }
    }
}

impl HttpRequest {
    fn request(&self, run: &mut Run<'_>) -> Option<CalloutRequest> {
        let url = run.plain(&self.url.0)?;
        let mut headers = BTreeMap::new();
        for (name, value) in &self.headers.0 {
            // A line break would smuggle in another header.
            let value = run.plain(value)?.replace(['\r', '\n'], " ");
            headers.insert(name.to_lowercase(), value);
        }
        let body = match &self.body {
            Some(body) => {
                headers.entry("content-type".into()).or_insert_with(|| "application/json".into());
                Some(run.json(body)?.to_string())
            }
            None => None,
        };
        let retries = u8::try_from(self.retries.0).unwrap_or(5);
        Some(CalloutRequest { method: self.method.word().into(), url, headers, body, timeout_ms: self.timeout.millis(), retries })
    }

    fn fail(&self, run: &mut Run<'_>, target: Option<Target>, why: &str) -> Next {
        run.trace("failed", target.is_some(), why);
        match target {
            Some(target) => Next::Goto(target.0),
            None => {
                run.report("callout_failed", format!("{why}, and the action has no `failed` arm"));
                Next::On
            }
        }
    }
}
