//! Latency at a fixed rate, whatever the answers do.

use anyhow::Result;

use crate::args::{Args, Role};
use crate::child::Child;
use crate::folder::Folder;
use crate::load::{self, Window, all_is_well, on_one_thread, window};
use crate::report::{Aim, Report};
use crate::scene::Scene;
use crate::{seed, sink};

pub fn measure(args: &Args, report: &mut Report) -> Result<()> {
    report.part("Latency at a fixed rate", "webhook due to its 200 (ack), to its bubble's arrival at the Send API (reply)");
    let one = format!("1 conversation, {}/s", args.rate_of_one);
    floor(report, &one, &run_floor(args, 1, args.rate_of_one)?);
    figures(report, &one, &run(args, 1, args.rate_of_one)?, [0.5, 3.0, 1.0, 5.0]);
    let many = format!("{} conversations, {}/s", args.conversations, args.rate);
    floor(report, &many, &run_floor(args, args.conversations, args.rate)?);
    figures(report, &many, &run(args, args.conversations, args.rate)?, [20.0, 40.0, 25.0, 50.0]);
    Ok(())
}

fn floor(report: &mut Report, what: &str, window: &Window) {
    for (name, percent) in [("ack p50", 50.0), ("ack p99", 99.0)] {
        report.add(&format!("{what}: floor C, {name}"), window.acks.percentile(percent), "ms", None);
    }
}

/// The same webhooks to floor C, which answers when all rows of a turn are durable, and sends nothing.
fn run_floor(args: &Args, conversations: usize, rate: u32) -> Result<Window> {
    let folder = Folder::new(args)?;
    let child = Child::play(Role::Turn, Some(&folder.database()), None)?;
    on_one_thread(async {
        let scene = Scene::with(conversations);
        let tasks = load::fixed_rate(&scene, child.address, rate, false).await?;
        let window = window(&scene, &child, args.length()).await?;
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        all_is_well(&scene).await?;
        Ok(window)
    })
}

fn figures(report: &mut Report, what: &str, window: &Window, aims: [f64; 4]) {
    let (acks, replies) = (&window.acks, &window.replies);
    let all = [("ack p50", acks, 50.0), ("ack p99", acks, 99.0), ("reply p50", replies, 50.0), ("reply p99", replies, 99.0)];
    for ((name, samples, percent), aim) in all.into_iter().zip(aims) {
        report.add(&format!("{what}: {name}"), samples.percentile(percent), "ms", Some(Aim::AtMost(aim)));
    }
}

fn run(args: &Args, conversations: usize, rate: u32) -> Result<Window> {
    let folder = Folder::new(args)?;
    seed::make(&folder.database(), 0)?;
    on_one_thread(async {
        let scene = Scene::with(conversations);
        let sink = sink::start(scene.clone()).await?;
        let child = Child::serve(&folder, sink, &[])?;
        if args.echoes {
            load::echo(&scene, child.address).await?;
        }
        load::once_each(&scene, child.address, 0..conversations, 8).await?;
        let tasks = load::fixed_rate(&scene, child.address, rate, true).await?;
        let window = window(&scene, &child, args.length()).await?;
        // The last task is the one that sets the pace.
        if let Some(pace) = tasks.last() {
            pace.abort();
        }
        all_is_well(&scene).await?;
        Ok(window)
    })
}
