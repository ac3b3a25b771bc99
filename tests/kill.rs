//! `kill -9` of the real binary under load, at every window of a turn, and a restart: what was promised holds.
//!
//! - no acknowledged message is unanswered (P1, P6);
//! - no turn is taken twice: the flow counts its turns, and each reply carries the count (P2, P4);
//! - no reply out of order (P3, P5);
//! - a reply is sent twice only where Meta had taken it and the process died before it had acknowledged the echo: each
//!   double must lie astride a kill, its echo open at that kill, and each kill may double one reply of a conversation.
//!
//! Some deliveries carry two events of one visitor, which are made durable first and taken after the 200.
//!
//! Real time, as the process has no clock but the machine's: nothing here depends on how long anything takes, only on
//! that it ends.

#![allow(clippy::disallowed_methods, reason = "processes and sockets live in real time")]

#[path = "kill/meta.rs"]
pub mod meta;
#[path = "kill/server.rs"]
pub mod server;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use causerie::clock::{Clock, SystemClock};

use meta::{Meta, Reply, Window};
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
    let mut kills = Vec::new();
    for window in KILLS {
        meta.reaches(window).await;
        let before = meta.tick();
        server.kill();
        kills.push(Kill { before, after: meta.tick() });
        server.start();
    }
    over.store(true, Ordering::Release);
    let mut written = Vec::new();
    for visit in visits {
        written.push(visit.await.unwrap());
    }
    all_answered(&meta, &written).await;
    let doubles = check(&meta, &written, &kills);
    eprintln!("{} messages, {} kills, {doubles} replies sent twice", written.iter().sum::<usize>(), KILLS.len());
    server.stop();
}

/// The process ended between these two instants, in the order in which Meta saw things.
struct Kill {
    before: u64,
    after: u64,
}

/// One visitor: writes the next message, now and then two, once what came before is acknowledged, as Meta delivers.
/// Returns how many.
async fn visit(meta: Arc<Meta>, visitor: usize, over: Arc<AtomicBool>) -> usize {
    let mut number = 0;
    while !over.load(Ordering::Acquire) {
        let many = if (number + visitor) % 3 == 2 { 2 } else { 1 };
        let messages: Vec<_> = (number..number + many).map(|n| (format!("m-{visitor}-{n}"), format!("n{n}"))).collect();
        meta.deliver(&psid(visitor), &messages).await;
        number += many;
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

/// Returns how many replies arrived more than once.
fn check(meta: &Meta, written: &[usize], kills: &[Kill]) -> usize {
    let mut doubles = 0;
    for (visitor, messages) in written.iter().enumerate() {
        let replies = meta.replies_to(&psid(visitor));
        let mut seen = HashSet::new();
        let firsts: Vec<&str> = replies.iter().filter(|reply| seen.insert(&reply.metadata)).map(|reply| reply.text.as_str()).collect();
        doubles += check_doubles(meta, &replies, kills);
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

/// Each repeat of a reply has its own kill to blame: after Meta took the reply and before it was repeated, with its echo
/// not acknowledged. Returns how many there are.
fn check_doubles(meta: &Meta, replies: &[Reply], kills: &[Kill]) -> usize {
    let mut blamed = HashSet::new();
    for (index, again) in replies.iter().enumerate() {
        let Some(once) = replies[..index].iter().rfind(|reply| reply.metadata == again.metadata) else { continue };
        let echoed = meta.echo_acknowledged(&again.metadata).unwrap_or(u64::MAX);
        let to_blame = |kill: &Kill| once.tick < kill.after && again.tick > kill.before && echoed > kill.before;
        let kill = (0..kills.len()).find(|index| !blamed.contains(index) && to_blame(&kills[*index]));
        let why = format!("taken at {}, repeated at {}, echo acknowledged at {echoed}", once.tick, again.tick);
        blamed.insert(kill.unwrap_or_else(|| panic!("`{}` was sent twice with no kill to blame: {why}", again.text)));
    }
    blamed.len()
}

/// The turn that a reply belongs to.
fn place(text: &str) -> usize {
    text.rsplit_once('#').unwrap().1.parse().unwrap()
}
