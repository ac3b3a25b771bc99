//! A headless Chromium at a running demo: Debian's chromium and chromedriver. Their absence fails, it does not skip.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

/// A child process that is told to stop, and killed if it does not, when the test ends, however it ends.
pub struct Process(pub Child);

impl Process {
    /// Asks it to stop; its exit code, if it has ended `within` this time.
    pub fn stop(mut self, within: Duration) -> Option<i32> {
        self.terminate(within)
    }

    fn terminate(&mut self, within: Duration) -> Option<i32> {
        // The shell has it built in; `kill` as a program of its own is not everywhere.
        let _ = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.0.id())]).status();
        for _ in 0..within.as_millis() / 50 {
            if let Ok(Some(ended)) = self.0.try_wait() {
                return ended.code();
            }
            #[expect(clippy::disallowed_methods, reason = "a process ends in real time")]
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) && self.terminate(Duration::from_secs(5)).is_none() {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// Starts a program and returns the first line of its output that `wanted` takes.
fn start<T>(command: &mut Command, wanted: impl Fn(&str) -> Option<T>) -> (Process, T) {
    let name = format!("{command:?}");
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let child = Process(child);
    let found = lines.by_ref().map_while(Result::ok).find_map(|line| wanted(&line));
    let found = found.unwrap_or_else(|| panic!("{name} ended before it was ready"));
    // What follows must not fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (child, found)
}

/// `causerie demo` on a free port, and what it said about itself.
pub fn demo(more: &[&str]) -> (Process, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_causerie"));
    command.args(["demo", "--listen", "127.0.0.1:0", "--json"]).args(more);
    start(&mut command, |line| serde_json::from_str(line).ok())
}

pub struct Browser {
    pub client: Client,
    driver: String,
    profile: PathBuf,
    _process: Process,
}

impl Browser {
    pub async fn start() -> Self {
        let mut command = Command::new("chromedriver");
        command.args(["--port=0", "--allowed-ips=127.0.0.1"]).stderr(Stdio::null());
        let port = |line: &str| line.strip_suffix('.')?.rsplit("on port ").next()?.parse::<u16>().ok();
        let (process, port) = start(&mut command, port);
        let profile = std::env::temp_dir().join(format!("causerie-chromium-{:016x}", getrandom::u64().unwrap()));
        let driver = format!("http://127.0.0.1:{port}");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities(&profile)).connect(&driver).await.unwrap();
        Self { client, driver, profile, _process: process }
    }

    pub async fn end(self) {
        self.client.clone().close().await.unwrap();
        let _ = std::fs::remove_dir_all(&self.profile);
    }

    /// Waits for the element.
    pub async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        self.or_show(found, css).await
    }

    /// Waits for an element of this class that shows these words.
    pub async fn shows(&self, class: &str, words: &str) -> Element {
        let path = format!("//*[contains(concat(' ', @class, ' '), ' {class} ')][contains(., \"{words}\")]");
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(&path)).await;
        self.or_show(found, &format!("{class}: {words}")).await
    }

    async fn or_show(&self, found: Result<Element, fantoccini::error::CmdError>, what: &str) -> Element {
        match found {
            Ok(element) => element,
            Err(error) => {
                self.shot("failed").await;
                panic!("`{what}` does not appear (target/screenshots/failed.png): {error}")
            }
        }
    }

    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// A picture under `target/screenshots/`, after moving things have come to rest.
    pub async fn shot(&self, name: &str) {
        self.settle().await;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), self.client.screenshot().await.unwrap()).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "animations run in real time")]
    async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(450)).await;
    }

    /// As on a telephone: a narrow screen.
    pub async fn narrow(&self) {
        let params = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
        self.driver("goog/cdp/execute", json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": params })).await;
    }

    /// What the page complained about on its console.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.driver("se/log", json!({ "type": "browser" })).await;
        let lines = log.as_array().cloned().unwrap_or_default();
        lines.iter().filter(|line| line["level"] != "INFO" && line["level"] != "DEBUG").map(Value::to_string).collect()
    }

    /// A command that fantoccini has no word for.
    async fn driver(&self, command: &str, body: Value) -> Value {
        let session = self.client.session_id().await.unwrap().unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = http.post(format!("{}/session/{session}/{command}", self.driver)).json(&body).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["value"].take()
    }
}

fn capabilities(profile: &Path) -> serde_json::Map<String, Value> {
    let options = json!({
        "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1440,900",
            format!("--user-data-dir={}", profile.display()),
        ],
        "prefs": { "intl.accept_languages": "fr-FR,fr" },
    });
    let wanted = json!({ "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
    wanted.as_object().cloned().unwrap()
}
