//! Webhooks: what an event looks like on the wire, and whether it is delivered at all.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::world::{Item, Side, Thread, WebhookRecord, World};

/// One event about one thread, before it is known whether anyone wants it.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The subscription it needs.
    pub field: &'static str,
    pub psid: String,
    /// The element of `messaging` or `standby`.
    pub event: Value,
}

/// A body to be signed and posted.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub number: u64,
    pub thread: String,
    pub url: String,
    pub secret: String,
    pub body: String,
}

impl World {
    /// Wraps events for delivery; drops those without a subscription, without a callback, or of an unknown thread.
    pub fn post(&mut self, hooks: Vec<Hook>, now: Timestamp) -> Vec<Delivery> {
        hooks.into_iter().filter_map(|hook| self.post_one(hook, now)).collect()
    }

    fn post_one(&mut self, hook: Hook, now: Timestamp) -> Option<Delivery> {
        let thread = self.threads.get(&hook.psid)?;
        let page = self.pages.get(&thread.page)?;
        let foreign = page.routing && thread.owner_app.as_ref().is_some_and(|owner| *owner != self.app.id);
        // Handover events reach both sides; everything else only the standby channel while another app owns the thread.
        let standby = foreign && hook.field != "messaging_handovers";
        if !page.subscription.has(hook.field) || (standby && !page.subscription.has("standby")) {
            return None;
        }
        let mut event = hook.event;
        if standby && let Some(postback) = event.get_mut("postback").and_then(Value::as_object_mut) {
            postback.remove("payload");
        }
        let channel = if standby { "standby" } else { "messaging" };
        let page = page.id.clone();
        let body = json!({ "object": "page", "entry": [{ "id": page, "time": now.as_millisecond(), channel: [event] }] });
        self.deliver(page, hook.psid, body, now)
    }

    /// Puts a whole body on the way, as it is.
    pub fn deliver(&mut self, page: String, psid: String, body: Value, now: Timestamp) -> Option<Delivery> {
        let url = self.app.callback.clone()?;
        let number = self.webhooks.len() as u64;
        let wire = super::rules::escape(&body.to_string());
        let thread = psid.clone();
        self.webhooks.push(WebhookRecord { number, at: now, page, psid, body, attempts: 0, status: None, done: false });
        Some(Delivery { number, thread, url, secret: self.app.secret.clone(), body: wire })
    }
}

/// An event from the visitor: `extra` is `{"message":{…}}`, `{"postback":{…}}`, ….
pub fn from_visitor(thread: &Thread, field: &'static str, extra: Value, now: Timestamp) -> Hook {
    wrap(field, &thread.psid, &thread.psid, &thread.page, extra, now)
}

/// The echo of something the Page sent.
pub fn echo(thread: &Thread, item: &Item, now: Timestamp) -> Hook {
    let mut message = json!({ "is_echo": true, "mid": item.mid });
    let app = item.app_id.as_deref().unwrap_or_default();
    // Meta sends a number, though elsewhere it is a string.
    message["app_id"] = app.parse::<u64>().map_or_else(|_| json!(app), |number| json!(number));
    for key in ["metadata", "text"] {
        if let Some(value) = item.message.get(key) {
            message[key] = value.clone();
        }
    }
    if let Some(attachment) = item.message.get("attachment") {
        message["attachments"] = json!([attachment]);
    }
    if let Some(attachments) = item.message.get("attachments") {
        message["attachments"] = attachments.clone();
    }
    wrap("message_echoes", &thread.psid, &thread.page, &thread.psid, json!({ "message": message }), now)
}

/// What the Page sent has arrived.
pub fn delivery(thread: &Thread, mids: &[String], now: Timestamp) -> Hook {
    let extra = json!({ "delivery": { "mids": mids, "watermark": now.as_millisecond() } });
    from_visitor(thread, "message_deliveries", extra, now)
}

pub fn read(thread: &Thread, now: Timestamp) -> Hook {
    from_visitor(thread, "message_reads", json!({ "read": { "watermark": now.as_millisecond() } }), now)
}

/// `pass_thread_control`, `take_thread_control`, `request_thread_control`.
pub fn handover(thread: &Thread, kind: &str, body: Value, now: Timestamp) -> Hook {
    from_visitor(thread, "messaging_handovers", json!({ kind: body }), now)
}

fn wrap(field: &'static str, psid: &str, sender: &str, recipient: &str, extra: Value, now: Timestamp) -> Hook {
    let mut event = json!({ "sender": { "id": sender }, "recipient": { "id": recipient }, "timestamp": now.as_millisecond() });
    if let (Some(event), Some(extra)) = (event.as_object_mut(), extra.as_object()) {
        event.extend(extra.clone());
    }
    Hook { field, psid: psid.to_owned(), event }
}

impl Thread {
    /// The messages of the Page that nobody has confirmed yet.
    pub fn undelivered(&mut self) -> Vec<String> {
        let waiting = self.items.iter_mut().filter(|item| item.side == Side::Page && !item.delivered);
        waiting
            .map(|item| {
                item.delivered = true;
                item.mid.clone()
            })
            .collect()
    }
}
