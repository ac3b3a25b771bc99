//! The whole pipeline in a closed loop: a visitor writes again when their bubble has arrived at the Send API.

use std::time::Duration;

use anyhow::Result;

use crate::args::Args;
use crate::child::Child;
use crate::folder::Folder;
use crate::load::{self, ClosedLoop, Window, all_is_well, on_one_thread, window};
use crate::report::{Aim, Floor, Floors, Report};
use crate::scene::Scene;
use crate::{seed, sink};

const SLOW: Duration = Duration::from_millis(50);
/// Enough that 50 ms of waiting are not what limits the rate: at 10,000 a second, 500 sends are under way.
const MANY: usize = 2_000;

pub fn measure(args: &Args, floors: &Floors, report: &mut Report) -> Result<()> {
    report.part("Whole pipeline", "webhook to Send API arrival, everything durable, closed loop");
    let few = args.conversations;
    let quick = run(args, few, Duration::ZERO)?;
    let rate = figures(report, &format!("{few} conversations, Graph answers at once"), &quick);
    report.ratios(floors, Floor::of(quick.replies.count(), &quick));
    let label = format!("{few} conversations");
    report.add(&format!("{label}: ack p50"), quick.acks.percentile(50.0), "ms", Some(Aim::AtMost(20.0)));
    report.add(&format!("{label}: ack p99"), quick.acks.percentile(99.0), "ms", Some(Aim::AtMost(40.0)));
    report.add(&format!("{label}: reply p50"), quick.replies.percentile(50.0), "ms", Some(Aim::AtMost(25.0)));
    report.add(&format!("{label}: reply p99"), quick.replies.percentile(99.0), "ms", Some(Aim::AtMost(50.0)));

    let slow = run(args, few, SLOW)?;
    let slow_rate = figures(report, &format!("{few} conversations, Graph answers after 50 ms"), &slow);
    #[allow(clippy::cast_precision_loss, reason = "a count of conversations")]
    let bound = few as f64 / SLOW.as_secs_f64();
    report.add("  of what is possible in order (one send at a time per conversation)", slow_rate / bound, "×", None);
    let many = run(args, MANY, SLOW)?;
    let many_rate = figures(report, &format!("{MANY} conversations, Graph answers after 50 ms"), &many);
    report.add("  beside the first", many_rate / rate, "×", Some(Aim::AtLeast(1.0)));
    Ok(())
}

fn figures(report: &mut Report, what: &str, window: &Window) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "a count of webhooks")]
    let count = window.replies.count() as f64;
    report.add(&format!("{what}: webhooks"), count / window.seconds, "/s", Some(Aim::AtLeast(10_000.0)));
    report.add("  CPU per webhook, receive to recorded", window.cpu / count * 1e6, "µs", Some(Aim::AtMost(100.0)));
    report.add("  CPU of the load generator beside it", window.own_cpu / count * 1e6, "µs", None);
    count / window.seconds
}

fn run(args: &Args, conversations: usize, answer_after: Duration) -> Result<Window> {
    let folder = Folder::new(args)?;
    seed::make(&folder.database(), 0)?;
    on_one_thread(async {
        let scene = Scene::with(conversations);
        scene.answer_after.set(answer_after);
        let sink = sink::start(scene.clone()).await?;
        let in_flight = conversations.max(256).to_string();
        let child = Child::serve(&folder, sink, &[("CAUSERIE_SENDING_IN_FLIGHT", &in_flight)])?;
        if args.echoes {
            load::echo(&scene, child.address).await?;
        }
        let load = ClosedLoop::start(&scene, child.address, true);
        let window = window(&scene, &child, args.length()).await?;
        load.stop().await?;
        all_is_well(&scene).await?;
        Ok(window)
    })
}
