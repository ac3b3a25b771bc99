//! The Graph API's HTTP side: `/sandbox/graph/{version}/…`. Parses a call, checks its token, meets it with a scripted
//! fault where there is one, and answers as Meta does. What a call *means* stands with [`World`].

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::Method;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::error::GraphError;
use super::events::Hook;
use super::fault::{self, Fault};
use super::handle::Sandbox;
use super::rules::hmac_hex;
use super::world::{Echoes, World};

/// Mounts the stand-in at `/sandbox/graph`.
pub fn configure(sandbox: Sandbox) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        let scope = web::scope("/sandbox/graph").app_data(Data::new(sandbox)).app_data(web::PayloadConfig::new(1 << 20));
        config.service(scope.route("/{version}/{path:.*}", web::route().to(answer)));
    }
}

/// One call, taken apart.
struct Call {
    method: Method,
    node: String,
    edge: String,
    /// Query, then body.
    params: Map<String, Value>,
    /// The JSON body alone: what a send is checked on.
    body: Value,
}

impl Call {
    fn read(request: &HttpRequest, version: &str, path: &str, bytes: &Bytes) -> Result<Self, GraphError> {
        let known = version.strip_prefix('v').and_then(|number| number.split_once('.'));
        if !known.is_some_and(|(major, minor)| major.parse::<u32>().is_ok_and(|major| major >= 21) && minor == "0") {
            return Err(GraphError::new(2635, None, format!("You are calling a deprecated version of the API: {version}")));
        }
        let mut params = Map::new();
        let query: Vec<(String, String)> = url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
        params.extend(query.into_iter().map(|(key, value)| (key, Value::String(value))));
        let form = request.content_type().starts_with("application/x-www-form-urlencoded");
        let body = if bytes.is_empty() {
            Value::Null
        } else if form {
            let pairs = url::form_urlencoded::parse(bytes).into_owned();
            Value::Object(pairs.map(|(key, value)| (key, structured(value))).collect())
        } else {
            serde_json::from_slice(bytes).map_err(|_| GraphError::parameter("The request body is not valid JSON"))?
        };
        if let Some(body) = body.as_object() {
            params.extend(body.clone());
        }
        let bearer = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        if let Some(token) = bearer.and_then(|value| value.strip_prefix("Bearer ").or(value.strip_prefix("OAuth "))) {
            params.insert("access_token".to_owned(), json!(token));
        }
        let (node, edge) = path.split_once('/').unwrap_or((path, ""));
        Ok(Self { method: request.method().clone(), node: node.to_owned(), edge: edge.trim_end_matches('/').to_owned(), params, body })
    }

    fn param(&self, key: &str) -> &str {
        self.params.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn psid(&self) -> Option<&str> {
        (self.edge == "messages").then(|| self.body["recipient"]["id"].as_str().unwrap_or_default())
    }
}

/// In a form, objects arrive as JSON text.
fn structured(value: String) -> Value {
    let looks = value.starts_with(['{', '[']);
    looks.then(|| serde_json::from_str(&value).ok()).flatten().unwrap_or(Value::String(value))
}

async fn answer(sandbox: Data<Sandbox>, request: HttpRequest, path: web::Path<(String, String)>, bytes: Bytes) -> HttpResponse {
    let (version, path) = path.into_inner();
    let call = match Call::read(&request, &version, &path, &bytes) {
        Ok(call) => call,
        Err(error) => return refusal(&sandbox, &error),
    };
    let fault = sandbox.change(|world, _| {
        let name = format!("{} {}", call.method, if call.edge.is_empty() { "node" } else { &call.edge });
        *world.calls.entry(name).or_default() += 1;
        let met = fault::Call { path: &path, message: call.body.get("message").is_some(), psid: call.psid() };
        fault::take(&mut world.faults, met)
    });
    match fault {
        None => run(&sandbox, &call, None).await,
        Some(Fault::Refuse(error)) => refusal(&sandbox, &error),
        Some(Fault::Status(status)) => {
            let status = actix_web::http::StatusCode::from_u16(status).unwrap_or(actix_web::http::StatusCode::BAD_GATEWAY);
            HttpResponse::build(status).content_type("text/html").body("<html><body>Sorry, something went wrong.</body></html>")
        }
        Some(Fault::Drop) => cut(),
        Some(Fault::Delay(time)) => {
            super::courier::pause(time).await;
            run(&sandbox, &call, None).await
        }
        Some(Fault::Usage(percent)) => run(&sandbox, &call, Some(percent)).await,
        Some(Fault::AcceptThenDrop) => {
            run(&sandbox, &call, None).await;
            cut()
        }
        Some(Fault::AcceptThenHang(time)) => {
            let answer = run(&sandbox, &call, None).await;
            super::courier::pause(time).await;
            answer
        }
        Some(Fault::AcceptThenRefuse(error)) => {
            run(&sandbox, &call, None).await;
            refusal(&sandbox, &error)
        }
    }
}

async fn run(sandbox: &Sandbox, call: &Call, usage: Option<u32>) -> HttpResponse {
    if call.edge == "subscriptions" {
        return super::standin::app_subscription(sandbox, &call.node, &call.params)
            .await
            .map_or_else(|error| refusal(sandbox, &error), |answer| HttpResponse::Ok().json(answer));
    }
    let (outcome, page) = sandbox.change(|world, now| match world.page_of(call) {
        Ok(page) => (world.perform(call, &page, now), page),
        Err(error) => (Err(error), String::new()),
    });
    match outcome {
        Err(error) => refusal(sandbox, &error),
        Ok((answer, hooks)) => {
            let first = sandbox.look(|world| world.webhooks.len());
            sandbox.post(hooks);
            if sandbox.look(|world| world.manners.echoes == Echoes::Before) {
                let told = |world: &World| world.webhooks.iter().skip(first).all(|record| record.attempts > 0);
                sandbox.until(std::time::Duration::from_secs(5), told).await;
            }
            let mut response = HttpResponse::Ok();
            if let Some(percent) = usage {
                let figures = json!({ "call_count": percent, "total_cputime": percent, "total_time": percent });
                let mut business = figures.clone();
                business["type"] = json!("messenger");
                business["estimated_time_to_regain_access"] = json!(u32::from(percent >= 100));
                response.insert_header(("X-App-Usage", figures.to_string()));
                response.insert_header(("X-Business-Use-Case-Usage", json!({ page: [business] }).to_string()));
            }
            response.json(answer)
        }
    }
}

impl World {
    /// The Page whose token was sent, its proof checked; empty for calls of the app itself.
    fn page_of(&self, call: &Call) -> Result<String, GraphError> {
        if call.node == "debug_token" {
            return Ok(String::new());
        }
        let token = call.param("access_token");
        if token.is_empty() {
            return Err(GraphError::token(None, "An access token is required to request this resource."));
        }
        let page = self.pages.values().find(|page| page.token == token);
        let page = page.ok_or_else(|| GraphError::token(None, "Invalid OAuth access token - Cannot parse access token"))?;
        if let Some(subcode) = page.dead {
            return Err(GraphError::token(Some(subcode), "Error validating access token: the session has been invalidated."));
        }
        match call.param("appsecret_proof") {
            "" if self.app.require_proof => Err(GraphError::parameter("API calls from the server require an appsecret_proof argument")),
            "" => Ok(page.id.clone()),
            proof if proof == hmac_hex(&self.app.secret, token.as_bytes()) => Ok(page.id.clone()),
            _ => Err(GraphError::parameter("Invalid appsecret_proof provided in the API argument")),
        }
    }

    fn perform(&mut self, call: &Call, own: &str, now: Timestamp) -> Result<(Value, Vec<Hook>), GraphError> {
        if call.node == "debug_token" {
            return self.debug_token(&call.params).map(plain);
        }
        let about_page = call.node == "me" || call.node == own;
        let page = self.pages.get(own).ok_or_else(|| GraphError::no_object(own))?;
        if call.edge.is_empty() {
            return match (&call.method, about_page) {
                (&Method::GET, true) => self.page_fields(page, call.param("fields")).map(plain),
                (&Method::GET, false) => self.person_fields(page, &call.node, call.param("fields")).map(plain),
                _ => Err(GraphError::no_object(&call.node)),
            };
        }
        if !about_page {
            return Err(GraphError::no_object(&call.node));
        }
        match (call.method.as_str(), call.edge.as_str()) {
            ("POST", "messages") => self.send(own, &call.body, now).map(|accepted| (accepted.answer, accepted.hooks)),
            ("GET", "thread_owner") => self.thread_owner(own, &call.params).map(plain),
            (
                "POST",
                edge @ ("pass_thread_control"
                | "take_thread_control"
                | "request_thread_control"
                | "release_thread_control"
                | "extend_thread_control"),
            ) => self.control(own, edge, &call.params, now),
            _ => self.page_edge(call, own, now).map(plain),
        }
    }

    fn page_edge(&mut self, call: &Call, own: &str, now: Timestamp) -> Result<Value, GraphError> {
        let (app, name) = (self.app.id.clone(), self.app.name.clone());
        let page = self.pages.get_mut(own).ok_or_else(|| GraphError::no_object(own))?;
        match (call.method.as_str(), call.edge.as_str()) {
            ("GET", "messenger_profile") => page.read_profile(call.param("fields")),
            ("POST", "messenger_profile") => page.write_profile(&call.params, now),
            ("DELETE", "messenger_profile") => page.clear_profile(&call.params, now),
            ("GET", "subscribed_apps") if page.subscription.0.is_empty() => Ok(json!({ "data": [] })),
            ("GET", "subscribed_apps") => {
                let fields = &page.subscription.0;
                Ok(json!({ "data": [{ "id": app, "name": name, "category": "Business", "subscribed_fields": fields }] }))
            }
            ("POST", "subscribed_apps") => page.subscribe(&call.params),
            ("DELETE", "subscribed_apps") => {
                page.subscription.0.clear();
                Ok(json!({ "success": true }))
            }
            _ => Err(GraphError::new(2500, None, format!("Unknown path components: /{}", call.edge))),
        }
    }
}

fn plain(answer: Value) -> (Value, Vec<Hook>) {
    (answer, Vec::new())
}

fn refusal(sandbox: &Sandbox, error: &GraphError) -> HttpResponse {
    let trace = sandbox.change(|world, now| world.next_mid(now)).replace("m_", "A");
    let status = actix_web::http::StatusCode::from_u16(error.status).unwrap_or(actix_web::http::StatusCode::BAD_REQUEST);
    HttpResponse::build(status).json(error.body(&trace))
}

/// An answer whose body breaks off: the caller sees a broken connection.
fn cut() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(BreaksOff)
}

struct BreaksOff;

impl MessageBody for BreaksOff {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(64)
    }

    fn poll_next(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Option<Result<Bytes, Self::Error>>> {
        std::task::Poll::Ready(Some(Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))))
    }
}
