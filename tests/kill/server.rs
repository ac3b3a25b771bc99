//! The real binary as a process: prepared, started, killed, started again on the same data.

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use causerie::clock::{Clock, SystemClock};
use causerie::domain::chatflow::{Chatflow, ChatflowKind, ChatflowVersion};
use causerie::domain::ids::{ChatflowId, IdMaker, PageId};
use causerie::domain::link::{Link, REF_RANDOM_BYTES};
use causerie::domain::page::{Page, PageSettings, PageState};
use causerie::domain::rollout::SessionPolicy;
use causerie::store::chatflows::NewChatflow;
use causerie::store::pages::{NewPage, PageStore};
use causerie::store::sql::SqlStore;
use causerie::vault::Vault;
use serde_json::{Value, json};

use crate::support::store::Folder;

pub const PAGE: &str = "104772918265031";
pub const APP: &str = "77";
pub const SECRET: &str = "test_app_secret";
const VAULT_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

pub struct Server {
    child: Option<Child>,
    address: SocketAddr,
    graph_url: String,
    folder: Folder,
}

/// Answers every message with one bubble that carries what was said and how many turns there were.
pub fn counting_flow() -> Value {
    json!({
        "spec_version": "1.0",
        "languages": ["en"],
        "variables": { "said": { "type": "text" }, "turns": { "type": "number", "default": 0 } },
        "start": "loop",
        "nodes": { "loop": [
            { "type": "ask", "save": "said", "text": "{{ said | default('start') }} #{{ turns }}" },
            { "type": "set", "values": { "turns": "{{ turns + 1 }}" } },
            { "type": "goto", "node": "loop" }
        ] }
    })
}

impl Server {
    /// A database with one page and its flow, and a free port.
    pub async fn prepare(graph_url: &str) -> Self {
        let folder = Folder::new();
        // Free a moment ago; nobody else on this machine asks for it by number.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let server = Self { child: None, address, graph_url: graph_url.to_owned(), folder };
        let url = server.database_url();
        let store = tokio::task::spawn_blocking(move || SqlStore::open(&url, Arc::new(Vault::from_text(VAULT_KEY).unwrap())));
        connect(&store.await.unwrap().unwrap()).await;
        server
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("kill.sqlite3")
    }

    fn database_url(&self) -> String {
        format!("sqlite:{}", self.database().display())
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts the binary and waits until it listens.
    pub fn start(&mut self) {
        self.start_with(&[]);
    }

    /// As [`Self::start`], with more in its environment.
    pub fn start_with(&mut self, more: &[(&str, PathBuf)]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_causerie"));
        let settings = [
            ("CAUSERIE_SERVER_LISTEN", self.address.to_string()),
            ("CAUSERIE_DATABASE_URL", self.database_url()),
            ("CAUSERIE_VAULT_KEY", VAULT_KEY.to_owned()),
            ("CAUSERIE_META_APP_ID", APP.to_owned()),
            ("CAUSERIE_META_APP_SECRET", SECRET.to_owned()),
            ("CAUSERIE_META_VERIFY_TOKEN", "verify".to_owned()),
            ("CAUSERIE_META_GRAPH_URL", self.graph_url.clone()),
            // Short, so that a restart need not wait long for the claims of the dead; long enough that only a kill makes a doubt.
            ("CAUSERIE_SENDING_TIMEOUT_MS", "2000".to_owned()),
            ("CAUSERIE_SENDING_ECHO_GRACE_MS", "3000".to_owned()),
            ("CAUSERIE_SENDING_LEASE_MS", "6000".to_owned()),
            ("CAUSERIE_SERVER_LOG", "error".to_owned()),
        ];
        command
            .arg("serve")
            .envs(settings)
            .envs(more.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let begun = SystemClock.now();
        while TcpStream::connect(self.address).is_err() {
            let late = SystemClock.now().duration_since(begun) > jiff::SignedDuration::from_secs(60);
            if late || child.try_wait().unwrap().is_some() {
                let _ = child.kill();
                let mut said = String::new();
                let _ = child.stderr.take().unwrap().read_to_string(&mut said);
                panic!("the server did not start: {said}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.child = Some(child);
    }

    /// SIGKILL: nothing is flushed, closed or finished.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub fn stop(&mut self) {
        self.kill();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

async fn connect(store: &SqlStore) {
    let now = SystemClock.now();
    let mut ids = IdMaker::new(now, 1);
    let (id, page): (ChatflowId, PageId) = (ids.next(), PAGE.into());
    let chatflow = Chatflow {
        id,
        page: page.clone(),
        name: "Loop".into(),
        kind: ChatflowKind::Bot,
        active: true,
        draft: counting_flow(),
        published: Some(1),
        rollout: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    let version = ChatflowVersion {
        chatflow: id,
        number: 1,
        document: counting_flow(),
        note: None,
        published_by: None,
        published_at: now,
        policy: SessionPolicy::Keep,
        withdrawn: None,
    };
    let link = Link::direct(ids.next(), page.clone(), id, [7; REF_RANDOM_BYTES], now);
    let page = Page {
        id: page,
        name: "Maison Lumen".into(),
        username: None,
        state: PageState::Active,
        primary: None,
        rules: None,
        settings: PageSettings { sends_per_second: 100_000, ..PageSettings::default() },
        revision: 1,
        created_at: now,
    };
    let chatflow = NewChatflow { chatflow, version: Some(version), link };
    store.connect(NewPage { page, token: "EAAtest".into(), chatflow: Some(chatflow) }).await.unwrap();
}
