//! The power goes, at any instant: what was acknowledged is there (P1), and the database is whole.
//!
//! A process that is killed (see [`super::kill`]) leaves all that it wrote with the operating system. A machine that stops
//! leaves what was synced, and of what was not any part, in any order, torn between sectors. So the real binary runs
//! with a library that keeps a journal of its writes and syncs; from it the disk is made as it may have been found after
//! many instants, among them those right after an answer, and those at which SQLite's log began anew.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "processes and sockets live in real time")]

#[path = "power/journal.rs"]
mod journal;

use std::collections::HashSet;
use std::sync::Arc;

use causerie::store::sql::conn::{Purpose, Target};
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::kill::meta::Meta;
use crate::kill::server::Server;
use crate::support::store::Folder;
use journal::{Disk, Journal};

const VISITORS: usize = 48;
/// Enough for the log to begin anew a few times.
const MESSAGES: usize = 60;
/// Instants of each kind.
const INSTANTS: usize = 8;

/// A message, and how long the journal was when Meta had the answer.
struct Acknowledged {
    mid: String,
    at: usize,
}

#[actix_web::test]
async fn when_the_power_goes_what_was_acknowledged_is_on_the_disk() {
    let folder = Folder::new();
    let path = folder.path().join("journal");
    let meta = Meta::start().await;
    let mut server = Server::prepare(&meta.base_url()).await;
    let database = server.database().canonicalize().unwrap();
    let before: Disk = [std::fs::read(&database).unwrap(), Vec::new()];
    server.start_with(&[("LD_PRELOAD", journal::compile()), ("POWER_JOURNAL", path.clone()), ("POWER_DATABASE", database)]);
    meta.serves(&server.base_url());
    let visits: Vec<_> = (0..VISITORS).map(|visitor| actix_web::rt::spawn(visit(meta.clone(), visitor, path.clone()))).collect();
    let mut acknowledged = Vec::new();
    for visit in visits {
        acknowledged.extend(visit.await.unwrap());
    }
    server.stop();

    let journal = Journal::read(&path);
    let new_logs = journal.new_logs();
    assert!(!new_logs.is_empty(), "the log never began anew: more messages are needed");
    acknowledged.sort_by_key(|one| one.at);
    let answers = acknowledged.iter().step_by(acknowledged.len() / INSTANTS).map(|one| one.at);
    let any = (1..=INSTANTS).map(|n| journal.len() / INSTANTS * n);
    let mut chance = Chance(7);
    for instant in new_logs.iter().copied().chain(answers).chain(any) {
        // Nothing that was not synced arrived; some did; all but a little did.
        for arrives in [0, 50, 97] {
            let disk = journal.disk_after(instant, &before, || chance.is_below(arrives));
            let lost = lost(&folder, &disk, acknowledged.iter().take_while(|one| one.at <= instant));
            assert!(lost.is_empty(), "after {instant} bytes of the journal, with {arrives} of 100 sectors that were not synced: {lost:?}");
        }
    }
    eprintln!("{} messages, {} new logs, {} MB", acknowledged.len(), new_logs.len(), journal.len() >> 20);
}

async fn visit(meta: Arc<Meta>, visitor: usize, journal: std::path::PathBuf) -> Vec<Acknowledged> {
    let mut acknowledged = Vec::new();
    for number in 0..MESSAGES {
        let mid = format!("m-{visitor}-{number}");
        meta.deliver(&format!("9{visitor:04}"), &[(mid.clone(), format!("n{number}"))]).await;
        let at = usize::try_from(std::fs::metadata(&journal).unwrap().len()).unwrap();
        acknowledged.push(Acknowledged { mid, at });
    }
    acknowledged
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Opens what the disk holds, as the server would: the database is whole, and these events are in it, but for those returned.
fn lost<'a>(folder: &Folder, disk: &Disk, acknowledged: impl Iterator<Item = &'a Acknowledged>) -> Vec<&'a str> {
    let found = folder.path().join("found");
    std::fs::create_dir_all(&found).unwrap();
    let database = found.join("power.sqlite3");
    std::fs::write(&database, &disk[0]).unwrap();
    std::fs::write(found.join("power.sqlite3-wal"), &disk[1]).unwrap();
    let mut conn = Target::parse(&format!("sqlite:{}", database.display())).unwrap().open(Purpose::Write).unwrap();
    let mut lines = |query: &str| -> Vec<String> {
        let lines: Vec<Line> = diesel::sql_query(query).load(&mut conn).unwrap();
        lines.into_iter().map(|line| line.line).collect()
    };
    assert_eq!(lines("SELECT integrity_check AS line FROM pragma_integrity_check"), ["ok"]);
    let there: HashSet<String> = lines("SELECT json_extract(body, '$.dedupe') AS line FROM events").into_iter().collect();
    drop(conn);
    std::fs::remove_dir_all(&found).unwrap();
    acknowledged.map(|one| one.mid.as_str()).filter(|mid| !there.contains(*mid)).collect()
}

/// xorshift: the same each time.
struct Chance(u64);

impl Chance {
    fn is_below(&mut self, percent: u64) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % 100 < percent
    }
}
