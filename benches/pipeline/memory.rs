//! Memory of the server, and how soon it is ready.

use std::time::Duration;

use anyhow::Result;

use crate::args::{Args, Role};
use crate::child::Child;
use crate::folder::Folder;
use crate::load::{self, on_one_thread};
use crate::report::{Aim, Report};
use crate::scene::Scene;
use crate::{seed, sink};

const MIB: f64 = 1_048_576.0;
const REFERENCE_LIVE: f64 = 100_000.0;
/// Until the first sweeps are over, and the server has given back what its start left behind.
const SETTLE: Duration = Duration::from_secs(7);

pub fn measure(args: &Args, report: &mut Report) -> Result<()> {
    report.part("Memory and start", "resident memory of the process");
    floor(args, report)?;
    empty_and_live(args, report)?;
    stored(args, report)
}

/// A program of actix-web, SQLite and this benchmark's own code, which keeps nothing in memory.
#[allow(clippy::cast_precision_loss, reason = "bytes, as figures")]
fn floor(args: &Args, report: &mut Report) -> Result<()> {
    let folder = Folder::new(args)?;
    let child = Child::play(Role::Turn, Some(&folder.database()), None)?;
    report.add("floor C: start to ready", child.ready_in.as_secs_f64() * 1e3, "ms", None);
    std::thread::sleep(SETTLE);
    let idle = child.memory()?;
    report.add("floor C: idle", idle.resident as f64 / MIB, "MiB", None);
    report.add("  of it without the executable's pages", idle.own as f64 / MIB, "MiB", None);
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "bytes and conversations, as figures")]
fn empty_and_live(args: &Args, report: &mut Report) -> Result<()> {
    let folder = Folder::new(args)?;
    seed::make(&folder.database(), 0)?;
    let (first, second) = (args.live / 2, args.live);
    on_one_thread(async {
        let scene = Scene::with(second);
        let sink = sink::start(scene.clone()).await?;
        let child = Child::serve(&folder, sink, &[("CAUSERIE_ACTORS_IDLE_SECONDS", "36000")])?;
        report.add("start to ready, empty database", child.ready_in.as_secs_f64() * 1e3, "ms", Some(Aim::AtMost(50.0)));
        tokio::time::sleep(SETTLE).await;
        let idle = child.memory()?;
        report.add("idle", idle.resident as f64 / MIB, "MiB", Some(Aim::AtMost(20.0)));
        report.add("  of it without the executable's pages", idle.own as f64 / MIB, "MiB", None);
        load::once_each(&scene, child.address, 0..first, 64).await?;
        tokio::time::sleep(SETTLE).await;
        let half = child.memory()?.resident;
        load::once_each(&scene, child.address, first..second, 64).await?;
        tokio::time::sleep(SETTLE).await;
        let whole = child.memory()?.resident;
        let each = whole.saturating_sub(half) as f64 / (second - first).max(1) as f64;
        report.add(&format!("{second} live conversations"), whole as f64 / MIB, "MiB", None);
        report.add("  per conversation (the second half of them)", each, "bytes", None);
        let reference = whole as f64 + (REFERENCE_LIVE - second as f64) * each;
        let how = if args.live == 100_000 { "" } else { " (extrapolated)" };
        report.add(&format!("100000 live conversations{how}"), reference / MIB, "MiB", Some(Aim::AtMost(200.0)));
        Ok(())
    })
}

#[allow(clippy::cast_precision_loss, reason = "bytes, as figures")]
fn stored(args: &Args, report: &mut Report) -> Result<()> {
    let folder = Folder::new(args)?;
    seed::make(&folder.database(), args.stored)?;
    on_one_thread(async {
        let sink = sink::start(Scene::with(0)).await?;
        let child = Child::serve(&folder, sink, &[])?;
        let what = format!("{} stored and idle conversations", args.stored);
        report.add(&format!("start to ready, {what}"), child.ready_in.as_secs_f64() * 1e3, "ms", Some(Aim::AtMost(50.0)));
        tokio::time::sleep(SETTLE).await;
        report.add(&what, child.memory()?.resident as f64 / MIB, "MiB", Some(Aim::AtMost(20.0)));
        Ok(())
    })
}
