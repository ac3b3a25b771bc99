//! The allocator, and how memory that nothing uses any more goes back to the system. The only unsafe call of the server.

use causerie::clock::{Clock, SystemClock};
use jiff::SignedDuration;

/// Actor messages between threads are about four times as fast as with glibc's allocator. Built without huge pages: they
/// made an idle server hold twice as much.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EVERY: SignedDuration = SignedDuration::from_secs(5);

/// Runs until it is dropped. On its own mimalloc gives pages back only while it is asked for memory: what the start and
/// each sign-in's argon2 (19 MiB) leave behind would stay for as long as nobody writes.
pub async fn give_back() {
    let clock = SystemClock;
    loop {
        clock.sleep_until(clock.now() + EVERY).await;
        #[allow(unsafe_code, reason = "mimalloc offers it to C only; it takes no pointer, and any thread may call it")]
        unsafe {
            libmimalloc_sys::mi_collect(true);
        }
    }
}
