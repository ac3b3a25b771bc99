//! `kill -9` of the real binary under load, at every window of a turn, and a restart: what was promised holds.
//!
//! - no acknowledged message is unanswered (P1, P6);
//! - no turn is taken twice: the flow counts its turns, and each reply carries the count (P2, P4);
//! - no reply out of order (P3, P5);
//! - a reply is sent twice only where Meta had taken it and the process died before its echo: counted, at most one per
//!   conversation and kill.
//!
//! Real time, as the process has no clock but the machine's: nothing here depends on how long anything takes, only on
//! that it ends.

#![allow(clippy::disallowed_methods, reason = "processes and sockets live in real time")]

#[path = "kill/meta.rs"]
mod meta;
#[path = "kill/server.rs"]
mod server;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use causerie::clock::{Clock, SystemClock};

use meta::{Meta, Window};
use server::Server;

const CONVERSATIONS: usize = 24;
/// Long enough for the slowest machine; what is lost stays lost.
const PATIENCE: jiff::SignedDuration = jiff::SignedDuration::from_secs(120);

const KILLS: [Window; 6] =
    [Window::BeforeAck, Window::AfterAck, Window::SendArrived, Window::SendAnswered, Window::AfterAck, Window::SendArrived];

#[actix_web::test]
async fn killed_at_any_instant_nothing_is_lost_or_doubled_or_out_of_order() {
    let meta = Meta::start().await;
    let mut server = Server::prepare(&meta.base_url()).await;
    server.start();
    meta.serves(&server.base_url());

    let over = Arc::new(AtomicBool::new(false));
    let visits = (0..CONVERSATIONS).map(|visitor| actix_web::rt::spawn(visit(meta.clone(), visitor, over.clone())));
    let visits: Vec<_> = visits.collect();
    for window in KILLS {
        meta.reaches(window).await;
        server.kill();
        server.start();
    }
    over.store(true, Ordering::Release);
    let mut written = Vec::new();
    for visit in visits {
        written.push(visit.await.unwrap());
    }
    all_answered(&meta, &written).await;
    let doubles = check(&meta, &written);
    eprintln!("{} messages, {} kills, {doubles} replies sent twice", written.iter().sum::<usize>(), KILLS.len());
    assert!(doubles <= KILLS.len() * CONVERSATIONS, "{doubles} replies were sent twice");
    server.stop();
}

/// One visitor: writes the next message once the one before is acknowledged, as Meta delivers. Returns how many.
async fn visit(meta: Arc<Meta>, visitor: usize, over: Arc<AtomicBool>) -> usize {
    let mut number = 0;
    while !over.load(Ordering::Acquire) {
        meta.deliver(&psid(visitor), &format!("m-{visitor}-{number}"), &format!("n{number}")).await;
        number += 1;
    }
    number
}

fn psid(visitor: usize) -> String {
    format!("9{visitor:04}")
}

async fn all_answered(meta: &Meta, written: &[usize]) {
    let begun = SystemClock.now();
    let all = written.iter().sum::<usize>();
    while meta.distinct_replies() < all {
        let waited = SystemClock.now().duration_since(begun);
        assert!(waited < PATIENCE, "only {} of {all} messages were answered", meta.distinct_replies());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Returns how many replies arrived twice.
fn check(meta: &Meta, written: &[usize]) -> usize {
    let mut doubles = 0;
    for (visitor, messages) in written.iter().enumerate() {
        let replies = meta.replies_to(&psid(visitor));
        let mut seen = HashSet::new();
        let firsts: Vec<&str> = replies.iter().filter(|reply| seen.insert(&reply.metadata)).map(|reply| reply.text.as_str()).collect();
        doubles += replies.len() - firsts.len();
        let reply = |number| if number == 0 { "start #0".to_owned() } else { format!("n{number} #{number}") };
        let expected: Vec<String> = (0..*messages).map(reply).collect();
        assert_eq!(firsts, expected, "replies to visitor {visitor}");
        for pair in replies.windows(2) {
            let (before, after) = (place(&pair[0].text), place(&pair[1].text));
            assert!(after >= before, "visitor {visitor}: `{}` was sent after `{}`", pair[1].text, pair[0].text);
        }
    }
    doubles
}

/// The turn that a reply belongs to.
fn place(text: &str) -> usize {
    text.rsplit_once('#').unwrap().1.parse().unwrap()
}
