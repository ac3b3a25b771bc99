//! An empty store on each database, for the contract suite and for tests that need one.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use causerie::store::sql::SqlStore;
use causerie::vault::Vault;

use super::postgres::Database;

/// A folder that is removed with this value.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let name = format!("causerie-test-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A store over an empty SQLite file, and the folder to keep while it is used.
pub fn sqlite_store() -> (SqlStore, Folder) {
    let folder = Folder::new();
    let store = open(&sqlite_url(&folder));
    (store, folder)
}

fn sqlite_url(folder: &Folder) -> String {
    format!("sqlite:{}", folder.path().join("test.sqlite3").display())
}

pub fn open(url: &str) -> SqlStore {
    SqlStore::open(url, Arc::new(Vault::ephemeral().unwrap())).unwrap()
}

/// Runs one case of the contract on an empty store of each database, one after the other.
pub fn on_each_database<F: Future<Output = ()>>(case: impl Fn(SqlStore) -> F) {
    on_each_url(|url| case(open(&url)));
}

/// As [`on_each_database`], for cases that open the same database more than once, as several nodes do.
pub fn on_each_url<F: Future<Output = ()>>(case: impl Fn(String) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    eprintln!("on SQLite");
    let folder = Folder::new();
    runtime.block_on(case(sqlite_url(&folder)));
    eprintln!("on PostgreSQL");
    let database = Database::create();
    runtime.block_on(case(database.url().to_owned()));
}
