//! The benchmark: `cargo bench --bench pipeline`, its options after `--` (`-- --help`). Linux only.
//!
//! One run prints, side by side, small programs that do only what nobody could leave out (the floors), and the real
//! server doing everything. The figures of a shared machine drift; what counts is the ratio of two of the same run.
//!
//! This process is the load generator and the stand-in of the Graph API, both on one thread and on raw sockets
//! ([`load`], [`sink`]). What is measured is a child process ([`child`]), so that its CPU time and its memory are its
//! own: the server, which is the very binary `causerie serve`; or a floor ([`floors`]), which is this program again.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its figures are printed")]

mod allocations;
mod args;
mod checking;
mod child;
mod connection;
mod engine;
mod floors;
mod folder;
mod latency;
mod ledger;
mod load;
mod memory;
mod report;
mod scene;
mod seed;
mod sink;
mod throughput;
mod webhook;

use anyhow::Result;
use clap::Parser;

use self::args::{Args, Part};
use self::report::{Floors, Report};

/// As the server's own, and with a counter that is switched on for the engine's figures only.
#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(role) = args.role {
        return floors::play(role, &args);
    }
    let mut report = Report::default();
    for round in 1..=args.repeat.max(1) {
        measure(&args, &mut report)?;
        if args.repeat > 1 {
            eprintln!("round {round} of {} done", args.repeat);
        }
    }
    report.print(&args)
}

fn measure(args: &Args, report: &mut Report) -> Result<()> {
    let wanted = |part| args.only.is_empty() || args.only.contains(&part);
    let mut floors = Floors::default();
    if wanted(Part::Engine) {
        engine::measure(report)?;
        checking::measure(report)?;
    }
    if wanted(Part::Floors) {
        floors = floors::measure(args, report)?;
    }
    if wanted(Part::Throughput) {
        throughput::measure(args, &floors, report)?;
    }
    if wanted(Part::Latency) {
        latency::measure(args, report)?;
    }
    if wanted(Part::Memory) {
        memory::measure(args, report)?;
    }
    Ok(())
}
