//! A folder on the real disk for one measurement's database; it is removed with this value.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

use crate::args::Args;

pub struct Folder(PathBuf);

impl Folder {
    pub fn new(args: &Args) -> Result<Self> {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let parent = args.data.clone().unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into());
        let path = parent.join(format!("bench-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make `{}`", path.display()))?;
        Ok(Self(path))
    }

    pub fn database(&self) -> PathBuf {
        self.0.join("causerie.sqlite3")
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
