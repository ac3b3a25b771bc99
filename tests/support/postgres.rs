//! A fresh PostgreSQL database for each test that asks. Fails, never skips.
//!
//! `./test` starts one cluster for the whole run and names it in `CAUSERIE_TEST_POSTGRES`; without that, the test process
//! starts one of its own through the same script, which removes it when this process ends, however it ends.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};

/// An empty database, dropped with this value.
pub struct Database {
    name: String,
    url: String,
}

impl Database {
    pub fn create() -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        run(&format!("CREATE DATABASE {name}"));
        Self { url: cluster().replacen("/postgres?", &format!("/{name}?"), 1), name }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        run(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

fn run(statement: &str) {
    let mut connection = PgConnection::establish(cluster()).expect("the test cluster of PostgreSQL answers");
    sql_query(statement).execute(&mut connection).unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// The URL of the cluster's database `postgres`.
fn cluster() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| match std::env::var("CAUSERIE_TEST_POSTGRES") {
        Ok(url) => url,
        Err(_) => start_own(),
    })
}

fn start_own() -> String {
    // Kept for the life of the process: its end of the pipe is what keeps the cluster alive.
    static KEPT: OnceLock<Child> = OnceLock::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/postgres.sh");
    let mut child = Command::new("setsid")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("tests/support/postgres.sh starts (./test installs what it needs)");
    let mut url = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut url).expect("the script prints a line");
    assert!(url.starts_with("postgresql:"), "PostgreSQL did not start: is it installed? ./test does it");
    KEPT.set(child).expect("set once");
    url.trim().to_owned()
}
