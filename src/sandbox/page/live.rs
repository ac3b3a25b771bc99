//! When to look again: a server-sent event per change of the world, several quick ones as one.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data};
use futures_util::stream;

use crate::sandbox::courier::pause;
use crate::sandbox::handle::Sandbox;

/// Changes within this time are told as one.
const GATHER: Duration = Duration::from_millis(40);
/// A comment goes out at least this often, so that a dead connection is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub async fn live(sandbox: Data<Sandbox>) -> HttpResponse {
    let changes = sandbox.changes();
    let first = Bytes::from_static(b"retry: 500\n\ndata: changed\n\n");
    let events = stream::unfold((sandbox, changes, Some(first)), |(sandbox, mut changes, first)| async move {
        if let Some(first) = first {
            return Some((Ok::<_, actix_web::Error>(first), (sandbox, changes, None)));
        }
        // Asked before the wait too: the change that tells of the end may have been gathered with others.
        if sandbox.is_closed() {
            return None;
        }
        let told = tokio::time::timeout(HEARTBEAT, changes.changed()).await;
        if sandbox.is_closed() || matches!(told, Ok(Err(_))) {
            return None;
        }
        let chunk = if told.is_ok() {
            pause(GATHER).await;
            changes.mark_unchanged();
            Bytes::from_static(b"data: changed\n\n")
        } else {
            Bytes::from_static(b": still here\n\n")
        };
        Some((Ok(chunk), (sandbox, changes, None)))
    });
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("Content-Encoding", "identity"))
        .streaming(events)
}
