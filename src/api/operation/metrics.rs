//! `/metrics`, in the text format that Prometheus reads. Written from what the actors and the store tell about
//! themselves when asked: nothing is counted for it, and two servers in one process do not mix their figures.

use std::fmt::Write as _;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::runtime::Observation;

const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Figures for Prometheus
///
/// Open to everybody who reaches the server, unless `server.metrics_token` is set: then it is the bearer token.
#[utoipa::path(
    tag = "operation",
    operation_id = "show_metrics",
    responses((status = OK, content_type = "text/plain", body = String)),
    security(())
)]
#[get("/metrics")]
pub async fn show_metrics(api: Data<Api>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if let Some(token) = &api.settings.server.metrics_token {
        let sent = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let sent = sent.strip_prefix("Bearer ").unwrap_or_default();
        if !bool::from(sent.as_bytes().ct_eq(token.expose_secret().as_bytes())) {
            return Err(Problem::new(Code::TokenInvalid, "send `server.metrics_token` as the bearer token"));
        }
    }
    Ok(HttpResponse::Ok().content_type(FORMAT).body(text(&api.runtime.observe().await)))
}

#[derive(Clone, Copy)]
enum Kind {
    Gauge,
    Counter,
}

fn text(seen: &Observation) -> String {
    let mut out = String::new();
    let backlog = &seen.backlog;
    let waiting = |n: i64| u64::try_from(n).unwrap_or(0);
    for (name, kind, help, value) in [
        ("live_conversations", Kind::Gauge, "Conversation actors in memory.", seen.live_conversations),
        ("queued_events", Kind::Gauge, "Events in the actors' queues.", seen.queued_events),
        ("turns_running", Kind::Gauge, "Turns under way.", seen.turns_running),
        ("sends_running", Kind::Gauge, "Sends under way.", seen.sends_running),
        ("turns_total", Kind::Counter, "Turns that were committed.", seen.turns),
        ("turns_failed_total", Kind::Counter, "Turns that failed.", seen.turns_failed),
        ("conflicts_total", Kind::Counter, "Commits that were refused because the conversation had moved.", seen.conflicts),
        ("actors_replaced_total", Kind::Counter, "Conversation actors that failed and were replaced.", seen.actors_replaced),
        ("sends_total", Kind::Counter, "Messages given to the Send API.", seen.sends),
        ("sends_repeated_total", Kind::Counter, "Messages sent again after an unknown outcome.", seen.sends_repeated),
        ("pending_events", Kind::Gauge, "Accepted events that no turn has taken yet.", waiting(backlog.pending_events)),
        ("parked_events", Kind::Gauge, "Events whose turns all failed.", waiting(backlog.parked_events)),
        ("queued_messages", Kind::Gauge, "Messages that wait to be sent.", waiting(backlog.queued_messages)),
        ("held_messages", Kind::Gauge, "Messages held until their cause is mended.", waiting(backlog.held_messages)),
        ("timers", Kind::Gauge, "Timers that wait.", waiting(backlog.timers)),
        ("callouts", Kind::Gauge, "HTTP calls of flows that wait.", waiting(backlog.callouts)),
    ] {
        head(&mut out, name, kind, help);
        _ = writeln!(out, "causerie_{name} {value}");
    }
    pages(&mut out, seen);
    hosts(&mut out, seen);
    out
}

fn pages(out: &mut String, seen: &Observation) {
    head(out, "page_sends_running", Kind::Gauge, "Sends under way, by page.");
    for page in &seen.pages {
        _ = writeln!(out, "causerie_page_sends_running{{page=\"{}\"}} {}", label(&page.page), page.sends_running);
    }
    head(out, "page_blocked", Kind::Gauge, "1 where the page's queue stands still.");
    for page in &seen.pages {
        _ = writeln!(out, "causerie_page_blocked{{page=\"{}\"}} {}", label(&page.page), u8::from(page.blocked.is_some()));
    }
}

fn hosts(out: &mut String, seen: &Observation) {
    head(out, "callout_host_failures", Kind::Gauge, "Failures in a row of a host that flows call.");
    for host in &seen.callout_hosts {
        _ = writeln!(out, "causerie_callout_host_failures{{host=\"{}\"}} {}", label(&host.host), host.failures);
    }
    head(out, "callout_host_open", Kind::Gauge, "1 where the host is left alone for a while.");
    for host in &seen.callout_hosts {
        _ = writeln!(out, "causerie_callout_host_open{{host=\"{}\"}} {}", label(&host.host), u8::from(host.open_until.is_some()));
    }
}

fn head(out: &mut String, name: &str, kind: Kind, help: &str) {
    let kind = match kind {
        Kind::Gauge => "gauge",
        Kind::Counter => "counter",
    };
    _ = writeln!(out, "# HELP causerie_{name} {help}\n# TYPE causerie_{name} {kind}");
}

fn label(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::PageObservation;

    #[test]
    fn every_figure_has_its_help_and_type() {
        let page = PageObservation { page: "10\"01".into(), blocked: Some("dead token".into()), ..PageObservation::default() };
        let text = text(&Observation { turns: 7, pages: vec![page], ..Observation::default() });
        assert!(text.contains("\ncauserie_turns_total 7\n"), "{text}");
        assert!(text.contains("causerie_page_blocked{page=\"10\\\"01\"} 1\n"), "{text}");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split([' ', '{']).next().unwrap();
            assert!(text.contains(&format!("# HELP {name} ")) && text.contains(&format!("# TYPE {name} ")), "{name}");
        }
    }
}
