//! What the server wrote to its database and synced, in order, and what a disk may hold of it after any instant.

use std::path::{Path, PathBuf};
use std::process::Command;

const FILES: usize = 2;
const HEAD: usize = 24;
/// What a disk writes whole, or not at all.
const SECTOR: usize = 512;

/// Compiles the library that the server is started with. Not into the system's temporary folder, where it might not run.
pub fn compile() -> PathBuf {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/power/journal.c");
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("power-journal.so");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-Wall", "-o"]).arg(&library).arg(source).arg("-ldl").status();
    assert!(built.unwrap().success(), "cc failed");
    library
}

enum What {
    Write(std::ops::Range<usize>),
    Length,
    SyncBegins,
    SyncEnds,
}

struct Step {
    what: What,
    file: usize,
    at: u64,
    /// The journal's length with it.
    end: usize,
}

pub struct Journal {
    bytes: Vec<u8>,
    steps: Vec<Step>,
}

/// The database and its log.
pub type Disk = [Vec<u8>; FILES];

impl Journal {
    pub fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let (mut steps, mut from) = (Vec::new(), 0);
        while from < bytes.len() {
            let number = |at: usize| u64::from_le_bytes(bytes[from + at..from + at + 8].try_into().unwrap());
            let (what, file) = (u32::try_from(number(0) & 0xffff_ffff).unwrap(), usize::try_from(number(0) >> 32).unwrap());
            let end = from + HEAD + usize::try_from(number(16)).unwrap();
            let what = match what {
                0 => What::Write(from + HEAD..end),
                1 => What::Length,
                2 => What::SyncBegins,
                _ => What::SyncEnds,
            };
            steps.push(Step { what, file, at: number(8), end });
            from = end;
        }
        Self { bytes, steps }
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The instants at which the log had just begun anew, over what it held before.
    pub fn new_logs(&self) -> Vec<usize> {
        let begins = |step: &&Step| step.file == 1 && step.at == 0 && matches!(step.what, What::Write(_));
        self.steps.iter().filter(begins).map(|step| step.end).skip(1).collect()
    }

    /// What the disk may hold where the power went when the journal was `until` long: all that was synced, and of the rest
    /// whatever `arrived` says, sector by sector.
    pub fn disk_after(&self, until: usize, before: &Disk, mut arrived: impl FnMut() -> bool) -> Disk {
        let many = self.steps.partition_point(|step| step.end <= until);
        let synced = self.synced(many);
        let mut disk = before.clone();
        for (index, step) in self.steps[..many].iter().enumerate() {
            let (file, at, safe) = (&mut disk[step.file], usize::try_from(step.at).unwrap(), index < synced[step.file]);
            match &step.what {
                What::Write(data) if safe => write(file, at, &self.bytes[data.clone()]),
                What::Write(data) => {
                    let mut at = at;
                    // As it lies on the disk, not as it was written.
                    let mut rest = &self.bytes[data.clone()];
                    while !rest.is_empty() {
                        let (sector, others) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
                        if arrived() {
                            write(file, at, sector);
                        }
                        (at, rest) = (at + sector.len(), others);
                    }
                }
                What::Length if safe || arrived() => file.resize(at, 0),
                What::Length | What::SyncBegins | What::SyncEnds => {}
            }
        }
        disk
    }

    /// For each file, the number of first steps that syncs among the first `many` have brought to the disk.
    fn synced(&self, many: usize) -> [usize; FILES] {
        let mut synced = [0; FILES];
        for (index, end) in self.steps[..many].iter().enumerate().filter(|(_, step)| matches!(step.what, What::SyncEnds)) {
            let begin = self.steps[..index].iter().rposition(|step| matches!(step.what, What::SyncBegins) && step.at == end.at);
            synced[end.file] = synced[end.file].max(begin.unwrap());
        }
        synced
    }
}

fn write(file: &mut Vec<u8>, at: usize, data: &[u8]) {
    let end = at + data.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[at..end].copy_from_slice(data);
}
