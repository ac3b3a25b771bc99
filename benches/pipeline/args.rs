//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

/// Measures the floors, the whole pipeline, its latency and memory, and the engine, in one run.
#[derive(Parser, Clone)]
pub struct Args {
    /// Seconds that each measurement lasts.
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
    /// Conversations at once, in the closed loop and at the fixed rate.
    #[arg(long, default_value_t = 200)]
    pub conversations: usize,
    /// Webhooks a second at the fixed rate, over all conversations.
    #[arg(long, default_value_t = 4_000)]
    pub rate: u32,
    /// Webhooks a second at the fixed rate of a single conversation.
    #[arg(long, default_value_t = 100)]
    pub rate_of_one: u32,
    /// Live conversations for the memory figures.
    #[arg(long, default_value_t = 20_000)]
    pub live: usize,
    /// Idle conversations in the store for the memory and start figures.
    #[arg(long, default_value_t = 1_000_000)]
    pub stored: usize,
    /// Only this part; may be given several times. Ratios need the floors.
    #[arg(long, value_enum)]
    pub only: Vec<Part>,
    /// The stand-in echoes every message, as Meta does: twice the webhooks.
    #[arg(long)]
    pub echoes: bool,
    /// Everything this often, and the median of each figure.
    #[arg(long, default_value_t = 1)]
    pub repeat: u32,
    /// One JSON object instead of tables.
    #[arg(long)]
    pub json: bool,
    /// Where the databases are made; `target/tmp` else. The disk under it is part of what is measured.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// `cargo bench` adds it.
    #[arg(long, hide = true)]
    pub bench: bool,
    /// What a child of the benchmark is.
    #[arg(long, value_enum, hide = true)]
    pub role: Option<Role>,
    #[arg(long, hide = true)]
    pub database: Option<PathBuf>,
    #[arg(long, hide = true)]
    pub sink: Option<SocketAddr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    Engine,
    Floors,
    Throughput,
    Latency,
    Memory,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Checks the signature and parses.
    Parse,
    /// And makes the event durable.
    Accept,
    /// And commits all rows of a turn.
    Turn,
    /// Sends to the stand-in, and nothing else.
    Client,
}

impl Args {
    pub fn length(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}
