//! Meta, as far as a crash concerns it: takes sends, echoes them, delivers webhooks until they are acknowledged.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::web::{Data, Json, Path};
use actix_web::{App, HttpResponse, HttpServer, web};
use causerie::clock::{Clock, SystemClock};
use causerie::messenger::signature::AppSecrets;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use super::server::{APP, PAGE, SECRET};

/// An instant of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The webhook is on its way in: accept and commit may be under way.
    BeforeAck,
    /// Acknowledged: the reply is committed, perhaps not sent.
    AfterAck,
    /// The send is at Meta, its answer is not out.
    SendArrived,
    /// Answered: perhaps not recorded, not echoed.
    SendAnswered,
}

#[derive(Debug, Clone)]
pub struct Reply {
    pub text: String,
    pub metadata: String,
    /// When it arrived.
    pub tick: u64,
}

pub struct Meta {
    secrets: AppSecrets,
    http: reqwest::Client,
    address: std::net::SocketAddr,
    /// Where the server listens.
    target: watch::Sender<String>,
    replies: Mutex<HashMap<String, Vec<Reply>>>,
    /// By the message's metadata: when its echo was first acknowledged.
    echoes: Mutex<HashMap<String, u64>>,
    /// Counts what Meta sees, so that two things have an order.
    ticks: AtomicU64,
    windows: mpsc::UnboundedSender<Window>,
    reached: tokio::sync::Mutex<mpsc::UnboundedReceiver<Window>>,
    counter: AtomicU64,
}

impl Meta {
    pub async fn start() -> Arc<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let (windows, reached) = mpsc::unbounded_channel();
        let meta = Arc::new(Self {
            secrets: AppSecrets::new(SECRET, None),
            http: reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap(),
            address: listener.local_addr().unwrap(),
            target: watch::Sender::new(String::new()),
            replies: Mutex::default(),
            echoes: Mutex::default(),
            ticks: AtomicU64::new(1),
            windows,
            reached: tokio::sync::Mutex::new(reached),
            counter: AtomicU64::new(1),
        });
        let shared = meta.clone();
        let app = move || {
            App::new()
                .app_data(Data::from(shared.clone()))
                .route("/{version}/{page}/messages", web::post().to(take_send))
                .default_service(web::to(|| async { HttpResponse::Ok().json(json!({"id": PAGE})) }))
        };
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
        actix_web::rt::spawn(server);
        meta
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn serves(&self, base_url: &str) {
        self.target.send_replace(base_url.to_owned());
    }

    /// Waits until the window has come up often enough that conversations are in all their states.
    pub async fn reaches(&self, window: Window) {
        let mut reached = self.reached.lock().await;
        while reached.try_recv().is_ok() {}
        let mut times = 0;
        while times < 2 * super::CONVERSATIONS {
            let one = tokio::time::timeout(Duration::from_secs(60), reached.recv()).await;
            times += usize::from(one.expect("nothing happens any more") == Some(window));
        }
    }

    /// The next instant.
    pub fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }

    /// Delivers messages (mid and text) in one webhook, again and again until it is acknowledged with 200.
    pub async fn deliver(&self, psid: &str, messages: &[(String, String)]) {
        let at = now();
        let event = |(mid, text): &(String, String)| json!({"sender": {"id": psid}, "recipient": {"id": PAGE}, "timestamp": at, "message": {"mid": mid, "text": text}});
        self.post(messages.iter().map(event).collect(), at, true).await;
    }

    async fn post(&self, events: Vec<Value>, at: i64, watched: bool) {
        let body = json!({"object": "page", "entry": [{"id": PAGE, "time": at, "messaging": events}]}).to_string();
        let signature = self.secrets.sign(body.as_bytes());
        loop {
            if watched {
                let _ = self.windows.send(Window::BeforeAck);
            }
            let url = format!("{}/webhooks/messenger", self.target.borrow().clone());
            let request = self.http.post(url).header("X-Hub-Signature-256", &signature).header("Content-Type", "application/json");
            match request.body(body.clone()).send().await {
                Ok(answer) if answer.status().is_success() => break,
                _ => tokio::time::sleep(Duration::from_millis(15)).await,
            }
        }
        if watched {
            let _ = self.windows.send(Window::AfterAck);
        }
    }

    pub fn replies_to(&self, psid: &str) -> Vec<Reply> {
        self.replies.lock().unwrap().get(psid).cloned().unwrap_or_default()
    }

    /// When the server said that it has the echo of this message.
    pub fn echo_acknowledged(&self, metadata: &str) -> Option<u64> {
        self.echoes.lock().unwrap().get(metadata).copied()
    }

    pub fn distinct_replies(&self) -> usize {
        let replies = self.replies.lock().unwrap();
        replies.values().flatten().map(|reply| &reply.metadata).collect::<HashSet<_>>().len()
    }
}

/// The messaging window is counted from it.
fn now() -> i64 {
    SystemClock.now().as_millisecond()
}

/// Takes a message: it is sent from here on, whoever dies. The echo follows by webhook.
async fn take_send(meta: Data<Meta>, _: Path<(String, String)>, body: Json<Value>) -> HttpResponse {
    let psid = body["recipient"]["id"].as_str().unwrap().to_owned();
    if body.get("sender_action").is_some() {
        return HttpResponse::Ok().json(json!({"recipient_id": psid}));
    }
    let text = body["message"]["text"].as_str().unwrap().to_owned();
    let metadata = body["message"]["metadata"].as_str().unwrap().to_owned();
    let number = meta.counter.fetch_add(1, Ordering::Relaxed);
    let mid = format!("m_out_{number}");
    let reply = Reply { text: text.clone(), metadata: metadata.clone(), tick: meta.tick() };
    meta.replies.lock().unwrap().entry(psid.clone()).or_default().push(reply);
    let _ = meta.windows.send(Window::SendArrived);
    let at = now();
    let echo = json!({"sender": {"id": PAGE}, "recipient": {"id": psid}, "timestamp": at,
        "message": {"is_echo": true, "app_id": APP, "metadata": metadata, "mid": mid, "text": text}});
    let echoing = meta.clone().into_inner();
    actix_web::rt::spawn(async move {
        echoing.post(vec![echo], at, false).await;
        let tick = echoing.tick();
        echoing.echoes.lock().unwrap().entry(metadata).or_insert(tick);
    });
    // Meta's own time; some sends are cut off within it.
    tokio::time::sleep(Duration::from_millis(number % 7)).await;
    let _ = meta.windows.send(Window::SendAnswered);
    HttpResponse::Ok().json(json!({"recipient_id": psid, "message_id": mid}))
}
