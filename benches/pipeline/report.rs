//! Figures beside their aims and their floors, as tables or as JSON.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::{Value, json};

use crate::args::Args;
use crate::load::Window;

/// What design calls for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

/// How often a second, and for how much CPU time.
#[derive(Debug, Clone, Copy)]
pub struct Floor {
    pub rate: f64,
    /// Microseconds each, of the measured process alone.
    pub cpu: f64,
}

impl Floor {
    #[allow(clippy::cast_precision_loss, reason = "a count of webhooks")]
    pub fn of(count: usize, window: &Window) -> Self {
        Self { rate: count as f64 / window.seconds, cpu: window.cpu / count as f64 * 1e6 }
    }
}

#[derive(Default)]
pub struct Floors {
    pub turn: Option<Floor>,
    pub client: Option<Floor>,
}

struct Figure {
    part: String,
    what: String,
    /// One per round.
    values: Vec<f64>,
    unit: &'static str,
    aim: Option<Aim>,
}

#[derive(Default)]
pub struct Report {
    part: String,
    /// The line that was added last and is no sub-line.
    above: String,
    about: Vec<(String, String)>,
    figures: Vec<Figure>,
}

impl Report {
    pub fn part(&mut self, name: &str, about: &str) {
        name.clone_into(&mut self.part);
        if !self.about.iter().any(|(known, _)| known == name) {
            self.about.push((name.to_owned(), about.to_owned()));
            eprintln!("measuring: {name}");
        }
    }

    pub fn add(&mut self, what: &str, value: f64, unit: &'static str, aim: Option<Aim>) {
        // A figure of a sub-line belongs to the line above it.
        if !what.starts_with(' ') {
            what.clone_into(&mut self.above);
        }
        let name = if what.starts_with(' ') { format!("{what}\u{0}{}", self.above) } else { what.to_owned() };
        match self.figures.iter_mut().find(|figure| figure.part == self.part && figure.what == name) {
            Some(figure) => figure.values.push(value),
            None => self.figures.push(Figure { part: self.part.clone(), what: name, values: vec![value], unit, aim }),
        }
    }

    pub fn floor(&mut self, what: &str, floor: Floor) {
        self.add(what, floor.rate, "/s", None);
        self.add("  CPU each", floor.cpu, "µs", None);
    }

    /// The pipeline beside the turn floor, bare and with the client's cost of a send in it.
    pub fn ratios(&mut self, floors: &Floors, ours: Floor) {
        let (Some(turn), Some(client)) = (floors.turn, floors.client) else { return };
        let with_send = 1.0 / (1.0 / turn.rate + 1.0 / client.rate);
        self.add("  rate beside floor C", ours.rate / turn.rate, "×", None);
        self.add("  rate beside floors C and S one after the other", ours.rate / with_send, "×", Some(Aim::AtLeast(0.5)));
        self.add("  CPU of floors C and S beside ours", (turn.cpu + client.cpu) / ours.cpu, "×", Some(Aim::AtLeast(0.5)));
    }

    pub fn print(&self, args: &Args) -> Result<()> {
        let machine = machine(args);
        if args.json {
            let figures: Vec<Value> = self.figures.iter().map(Figure::json).collect();
            println!("{}", json!({ "machine": machine, "seconds": args.seconds, "repeat": args.repeat, "figures": figures }));
            return Ok(());
        }
        let mut out = format!("{machine}\n");
        for (part, about) in &self.about {
            writeln!(out, "\n{part}: {about}")?;
            for figure in self.figures.iter().filter(|figure| figure.part == *part) {
                writeln!(out, "{}", figure.line())?;
            }
        }
        print!("{out}");
        Ok(())
    }
}

impl Figure {
    fn name(&self) -> &str {
        self.what.split('\0').next().unwrap_or_default()
    }

    fn median(&self) -> f64 {
        let mut sorted = self.values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn is_met(&self) -> Option<bool> {
        Some(match self.aim? {
            Aim::AtLeast(least) => self.median() >= least,
            Aim::AtMost(most) => self.median() <= most,
        })
    }

    fn line(&self) -> String {
        let aim = match self.aim {
            Some(Aim::AtLeast(least)) => format!("≥ {}", short(least)),
            Some(Aim::AtMost(most)) => format!("≤ {}", short(most)),
            None => String::new(),
        };
        let met = self.is_met().map_or("", |met| if met { "yes" } else { "NO" });
        let value = format!("{} {}", short(self.median()), self.unit);
        format!("  {:<76} {value:>14}   {aim:<9} {met}", self.name()).trim_end().to_owned()
    }

    fn json(&self) -> Value {
        let aim = match self.aim {
            Some(Aim::AtLeast(least)) => json!({ "at_least": least }),
            Some(Aim::AtMost(most)) => json!({ "at_most": most }),
            None => Value::Null,
        };
        json!({
            "part": self.part, "what": self.what.replace('\0', " of "), "unit": self.unit,
            "median": self.median(), "values": self.values, "aim": aim, "met": self.is_met(),
        })
    }
}

/// Three digits that matter, thousands apart.
fn short(value: f64) -> String {
    if value.abs() < 10.0 {
        return format!("{value:.2}");
    }
    if value.abs() < 1000.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut apart = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

fn machine(args: &Args) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).map_or("", |rest| rest.trim_start_matches(['\t', ' ', ':']));
    let load = read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned();
    let kernel = read("/proc/sys/kernel/osrelease");
    format!(
        "{cores} cores ({model}), Linux {}, load before the end {load}; load generator and stand-in on the same cores; loopback, no TLS; \
         SQLite, every commit synced; bench profile: optimised, without link-time optimisation; {} s each, median of {}",
        kernel.trim(),
        args.seconds,
        args.repeat.max(1)
    )
}
