//! The stand-in alone on a free port, and the app's webhook subscription with its handshake.

use std::time::Duration;

use actix_web::{App, HttpServer};
use serde_json::{Map, Value, json};

use super::configure;
use super::error::GraphError;
use super::handle::Sandbox;

/// A running Graph API on a port of its own; stops when dropped.
pub struct StandIn {
    pub sandbox: Sandbox,
    port: u16,
    server: actix_web::dev::ServerHandle,
}

impl StandIn {
    /// Starts on `127.0.0.1` and a free port, on a thread and runtime of its own.
    ///
    /// # Errors
    /// No port or no thread could be had.
    pub fn start(sandbox: Sandbox) -> std::io::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        sandbox.set_public_url(&format!("http://127.0.0.1:{port}/sandbox"));
        let (tell, told) = std::sync::mpsc::channel();
        let shared = sandbox.clone();
        std::thread::Builder::new().name("graph-stand-in".to_owned()).spawn(move || {
            let system = actix_web::rt::System::new();
            let started = system.block_on(async move {
                let server = HttpServer::new(move || App::new().configure(configure(shared.clone())))
                    .workers(1)
                    .disable_signals()
                    .shutdown_timeout(1)
                    .listen(listener)?
                    .run();
                let _ = tell.send(server.handle());
                server.await
            });
            if let Err(error) = started {
                tracing::error!(%error, "the graph stand-in has ended");
            }
        })?;
        let server = told.recv().map_err(|_| std::io::Error::other("the graph stand-in did not start"))?;
        Ok(Self { sandbox, port, server })
    }

    /// The base URL to give to the server instead of `https://graph.facebook.com`.
    pub fn graph_url(&self) -> String {
        format!("http://127.0.0.1:{}/sandbox/graph", self.port)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        // Sends the command at once; the future would only wait for the end.
        drop(self.server.stop(false));
    }
}

impl Sandbox {
    /// What the app dashboard does when a callback is saved: asks it to echo a challenge, then sends webhooks there.
    ///
    /// # Errors
    /// The endpoint did not answer with the challenge; the old callback stays.
    pub async fn subscribe_app(&self, callback: &str, verify_token: &str) -> Result<(), GraphError> {
        let challenge = self.change(|world, now| world.next_mid(now)).replace("m_", "");
        let query = [("hub.mode", "subscribe"), ("hub.verify_token", verify_token), ("hub.challenge", challenge.as_str())];
        let failed = |why: String| GraphError::new(2200, None, format!("Callback verification failed: {why}"));
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build();
        let client = client.map_err(|error| failed(error.to_string()))?;
        let answer = client.get(callback).query(&query).send().await.map_err(|error| failed(error.to_string()))?;
        let status = answer.status();
        let body = answer.text().await.unwrap_or_default();
        if status.as_u16() != 200 || body != challenge {
            return Err(failed(format!("HTTP status {status}")));
        }
        self.set_callback(callback);
        Ok(())
    }
}

/// `POST /{app-id}/subscriptions` with the app's own token.
pub async fn app_subscription(sandbox: &Sandbox, node: &str, params: &Map<String, Value>) -> Result<Value, GraphError> {
    let (id, secret) = sandbox.look(|world| (world.app.id.clone(), world.app.secret.clone()));
    let word = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    if node != id || word("access_token") != format!("{id}|{secret}") {
        return Err(GraphError::token(None, "Invalid OAuth access token - Cannot parse access token"));
    }
    if word("object") != "page" {
        return Err(GraphError::parameter("Param object must be one of {page}"));
    }
    sandbox.subscribe_app(word("callback_url"), word("verify_token")).await?;
    Ok(json!({ "success": true }))
}
