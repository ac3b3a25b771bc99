//! The HTTP calls that flows ask for. A flow's author is not an administrator of the network the server stands in, so
//! addresses of private networks are refused unless the setting allows them.
//!
//! Invariant: a connection goes only to an address that [`address::check`] has let through. Names are resolved here,
//! once, and the connection uses that very answer, so a name cannot point elsewhere between check and use. Redirects are not followed: a flow sees
//! the 3xx and may call again.

pub mod address;
pub mod circuit;
pub mod filled;

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use url::{Host, Url};

use self::address::Refused;
use self::circuit::{Circuits, HostState};
use self::filled::{Filled, Secrets};
use crate::domain::Timestamp;
use crate::domain::event::CalloutResult;
use crate::flow::effect::CalloutRequest;
use crate::flow::limits::VALUE_DEPTH;
use crate::flow::secret;
use crate::flow::variable::is_deeper;

/// No call takes longer, whatever a flow asks for.
const LONGEST: Duration = Duration::from_secs(60);
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
/// Headers that belong to the connection, not to the author.
const OURS: [&str; 6] = ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te"];

#[derive(Debug, Clone)]
pub struct CalloutSettings {
    /// Addresses of private networks, of this machine and of this link may be called.
    pub allow_private: bool,
    /// Where a request names none.
    pub timeout: Duration,
    /// Larger answers fail; counted after decompression.
    pub answer_bytes: usize,
    /// Failures in a row after which a host is left alone; 0: never.
    pub breaker_failures: u32,
    /// For how long.
    pub breaker_pause: SignedDuration,
}

impl Default for CalloutSettings {
    fn default() -> Self {
        Self {
            allow_private: false,
            timeout: Duration::from_secs(10),
            answer_bytes: 256 * 1024,
            breaker_failures: 5,
            breaker_pause: SignedDuration::from_secs(30),
        }
    }
}

/// Cheap to clone: clones share their connections.
#[derive(Debug, Clone)]
pub struct CalloutClient {
    http: Client,
    settings: CalloutSettings,
    circuits: Arc<Circuits>,
}

impl CalloutClient {
    /// Fails only where TLS cannot be set up.
    pub fn new(settings: CalloutSettings) -> Result<Self, reqwest::Error> {
        let http = Client::builder()
            .dns_resolver(Guarded { allow_private: settings.allow_private })
            .connect_timeout(LONGEST_CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would resolve names for itself.
            .no_proxy()
            .user_agent(concat!("causerie/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let circuits = Arc::new(Circuits::new(settings.breaker_failures, settings.breaker_pause));
        Ok(Self { http, settings, circuits })
    }

    /// Makes the call once, with its secrets in place. Never fails: how it ended is the flow's to decide on.
    pub async fn call(&self, request: &CalloutRequest, secrets: &Secrets, now: Timestamp) -> CalloutResult {
        let (call, host) = match self.build(request, secrets, now) {
            Ok(built) => built,
            Err(reason) => return CalloutResult::Refused { reason },
        };
        if let Err(until) = self.circuits.admit(&host, now) {
            let reason = format!("`{host}` has failed again and again: it is not asked until {until}");
            return CalloutResult::Refused { reason };
        }
        let asked = if request.timeout_ms == 0 { self.settings.timeout } else { Duration::from_millis(request.timeout_ms.into()) };
        let mut result = match tokio::time::timeout(asked.min(LONGEST), self.answer(call)).await {
            Ok(Ok(result) | Err(result)) => result,
            Err(_) => CalloutResult::TimedOut,
        };
        let good = matches!(result, CalloutResult::Answered { status, .. } if status < 500);
        self.circuits.note(&host, good, now);
        if let CalloutResult::Answered { body, .. } = &mut result {
            filled::hide(body, secrets);
        }
        result
    }

    /// Hosts that failed lately, and which of them are left alone.
    pub fn hosts(&self) -> Vec<HostState> {
        self.circuits.states()
    }

    /// The error is how a call ended that got no answer.
    async fn answer(&self, call: RequestBuilder) -> Result<CalloutResult, CalloutResult> {
        let response = call.send().await.map_err(broken)?;
        let status = response.status().as_u16();
        let body = self.body(response).await?;
        let body = value(&body);
        if is_deeper(&body, VALUE_DEPTH) {
            return Ok(CalloutResult::Refused { reason: format!("the answer is nested more than {VALUE_DEPTH} deep") });
        }
        Ok(CalloutResult::Answered { status, body })
    }

    /// The call, and the host that it goes to. Reasons name the URL as the flow wrote it, never as it was filled.
    fn build(&self, request: &CalloutRequest, secrets: &Secrets, now: Timestamp) -> Result<(RequestBuilder, String), String> {
        let mut filled = Filled::of(request, secrets)?;
        let written = secret::shown(&request.url);
        let url = Url::parse(filled.url.trim()).map_err(|error| format!("`{}` is no URL: {error}", shown(&written)))?;
        self.check(&url)?;
        let method =
            Method::from_bytes(request.method.as_bytes()).map_err(|_| format!("`{}` is no HTTP method", shown(&request.method)))?;
        if let Some(name) = &request.sign {
            filled.sign(method.as_str(), &url, name, secrets, now)?;
        }
        let host = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let mut call = self.http.request(method, url);
        for (name, value) in &filled.headers {
            let (name, value) = header(name, value)?;
            call = call.header(name, value);
        }
        if let Some((user, password)) = &filled.basic_auth {
            call = call.basic_auth(user, Some(password));
        }
        if let Some(body) = filled.body {
            if !request.headers.keys().any(|name| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str())) {
                call = call.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            call = call.body(body);
        }
        Ok((call, host))
    }

    /// What the resolver never sees: other schemes, and hosts that are addresses (`Url` has read decimal, octal and
    /// hexadecimal spellings as such).
    fn check(&self, url: &Url) -> Result<(), String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("`{}` is neither http nor https", shown(url.scheme())));
        }
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => ip.into(),
            Some(Host::Ipv6(ip)) => ip.into(),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err("the URL names no host".to_owned()),
        };
        if self.settings.allow_private { Ok(()) } else { address::check(ip).map_err(|refused| refused.to_string()) }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, CalloutResult> {
        let most = self.settings.answer_bytes;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > most {
                return Err(CalloutResult::Refused { reason: format!("the answer is larger than {most} bytes") });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
        return Err(format!("the header `{}` cannot be set", shown(name)));
    }
    let wrong = || format!("the header `{}` is not allowed in HTTP", shown(name));
    Ok((HeaderName::try_from(name).map_err(|_| wrong())?, HeaderValue::try_from(value).map_err(|_| wrong())?))
}

/// JSON where it is JSON, else a string. Without NUL, which a database's text cannot hold.
fn value(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    let mut value = serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()));
    if body.contains(&0) || body.windows(6).any(|window| window == b"\\u0000") {
        replace_nul(&mut value);
    }
    value
}

fn replace_nul(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.replace('\0', "\u{fffd}"),
        Value::Array(items) => items.iter_mut().for_each(replace_nul),
        Value::Object(fields) => fields.values_mut().for_each(replace_nul),
        _ => {}
    }
}

/// With the innermost cause, without the URL: it may hold what the author's templates put there.
fn broken(error: reqwest::Error) -> CalloutResult {
    if error.is_timeout() {
        return CalloutResult::TimedOut;
    }
    let error = error.without_url();
    let mut innermost: &dyn StdError = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let reason = innermost.to_string();
    if innermost.is::<Refused>() { CalloutResult::Refused { reason } } else { CalloutResult::Failed { reason } }
}

fn shown(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Resolves a name and gives out its addresses only if all of them may be called.
struct Guarded {
    allow_private: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            // The port comes from the URL later; 0 only satisfies the interface.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let refused = found.iter().find_map(|address| address::check(address.ip()).err());
            match refused {
                Some(refused) if !allow_private => Err(Box::<dyn StdError + Send + Sync>::from(Refused::named(name.as_str(), &refused))),
                _ => Ok(Box::new(found.into_iter()) as Addrs),
            }
        })
    }
}
