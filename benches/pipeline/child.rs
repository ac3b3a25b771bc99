//! The process that is measured: started, watched through `/proc`, and killed at the end.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child as Process, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::args::Role;
use crate::folder::Folder;
use crate::seed;

/// The kernel counts CPU time in hundredths of a second here, on every architecture that Rust's Linux has.
const TICKS_PER_SECOND: u64 = 100;
const LONGEST_START: Duration = Duration::from_secs(30);

pub struct Child {
    process: Process,
    pub address: SocketAddr,
    /// From the moment it was started until it took a connection.
    pub ready_in: Duration,
}

/// Of a process, in bytes.
#[derive(Clone, Copy)]
pub struct Memory {
    pub resident: u64,
    /// Without the pages of the executable and its libraries.
    pub own: u64,
}

impl Child {
    /// The real server on the database in `folder`, which must be seeded.
    pub fn serve(folder: &Folder, sink: SocketAddr, settings: &[(&str, &str)]) -> Result<Self> {
        // The port is free again before the server binds it.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = File::create(folder.path().join("log"))?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_causerie"));
        command
            .arg("serve")
            .env_clear()
            .env("CAUSERIE_SERVER_LISTEN", address.to_string())
            .env("CAUSERIE_DATABASE_URL", format!("sqlite:{}", folder.database().display()))
            .env("CAUSERIE_VAULT_KEY", seed::VAULT_KEY)
            .env("CAUSERIE_META_APP_ID", seed::APP_ID)
            .env("CAUSERIE_META_APP_SECRET", seed::APP_SECRET)
            .env("CAUSERIE_META_GRAPH_URL", format!("http://{sink}"));
        command.envs(settings.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let begun = Instant::now();
        let process = command.spawn().context("cannot start the server")?;
        let mut child = Self { process, address, ready_in: Duration::ZERO };
        while TcpStream::connect(address).is_err() {
            if begun.elapsed() > LONGEST_START || child.process.try_wait()?.is_some() {
                bail!("the server did not start: {}", std::fs::read_to_string(folder.path().join("log")).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        child.ready_in = begun.elapsed();
        Ok(child)
    }

    /// This program again, in one of its roles.
    pub fn play(role: Role, database: Option<&Path>, sink: Option<SocketAddr>) -> Result<Self> {
        use clap::ValueEnum;
        let name = role.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--role", &name]).stdin(Stdio::null()).stdout(Stdio::piped());
        if let Some(database) = database {
            command.arg("--database").arg(database);
        }
        if let Some(sink) = sink {
            command.args(["--sink", &sink.to_string()]);
        }
        let begun = Instant::now();
        let mut process = command.spawn().context("cannot start a child")?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line.trim().parse().with_context(|| format!("the child `{name}` did not start"))?;
        Ok(Self { process, address, ready_in: begun.elapsed() })
    }

    /// CPU time so far, of all its threads.
    pub fn cpu(&self) -> Result<Duration> {
        cpu_of(&self.process.id().to_string())
    }

    pub fn memory(&self) -> Result<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let kibibytes = |name: &str| -> Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line in /proc")?;
            Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
        };
        Ok(Memory { resident: kibibytes("VmRSS:")?, own: kibibytes("RssAnon:")? })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// CPU time of the load generator itself.
pub fn own_cpu() -> Result<Duration> {
    cpu_of("self")
}

fn cpu_of(process: &str) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the name in brackets, which may hold anything; user and system time are the 14th and 15th.
    let (_, rest) = stat.rsplit_once(')').context("no name in /proc/…/stat")?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut ticks = || -> Result<u64> { Ok(fields.next().context("no times in /proc/…/stat")?.parse()?) };
    let total = ticks()? + ticks()?;
    Ok(Duration::from_millis(total * 1000 / TICKS_PER_SECOND))
}
