//! Where the demo keeps its data: a folder of the caller's, or a temporary one that is removed at the end.
//!
//! The sandbox's world is kept beside the database, so that a visitor's thread is still there after a restart.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use crate::sandbox::{Sandbox, World};

const WORLD: &str = "sandbox.json";
/// Changes are written at most this often.
const PAUSE: Duration = Duration::from_secs(2);

pub struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    /// # Errors
    /// It cannot be made.
    pub fn open(chosen: Option<PathBuf>) -> anyhow::Result<Self> {
        let temporary = chosen.is_none();
        let path = match chosen {
            Some(path) => path,
            None => std::env::temp_dir().join(format!("causerie-demo-{:016x}", getrandom::u64()?)),
        };
        fs::create_dir_all(&path).with_context(|| format!("cannot make the folder {}", path.display()))?;
        Ok(Self { path, temporary })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The sandbox's world from an earlier start.
    pub fn kept(&self) -> anyhow::Result<Option<World>> {
        let file = self.path.join(WORLD);
        if !file.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_str(&text).map(Some).with_context(|| format!("{} is from another version; remove it", file.display()))
    }

    /// Writes the world now and then while it changes.
    pub fn keep(&self, sandbox: Sandbox) {
        if self.temporary {
            return;
        }
        let file = self.path.join(WORLD);
        let mut changes = sandbox.changes();
        actix_web::rt::spawn(async move {
            while changes.changed().await.is_ok() && !sandbox.is_closed() {
                if let Err(error) = write(&file, &sandbox) {
                    tracing::warn!("the sandbox could not be kept: {error:#}");
                }
                sandbox.pause(PAUSE).await;
            }
        });
    }

    /// Writes the world, or removes the temporary folder (when dropped).
    pub fn save(self, sandbox: &Sandbox) -> anyhow::Result<()> {
        if self.temporary { Ok(()) } else { write(&self.path.join(WORLD), sandbox) }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            // A leftover in the system's temporary folder is no failure.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Whole or not at all.
fn write(file: &Path, sandbox: &Sandbox) -> anyhow::Result<()> {
    let text = serde_json::to_string(&sandbox.snapshot())?;
    let beside = file.with_extension("json.new");
    fs::write(&beside, text)?;
    Ok(fs::rename(&beside, file)?)
}
