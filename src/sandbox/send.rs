//! `POST /{page}/messages`: the request's rules, the windows, and what an accepted send changes.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::error::GraphError;
use super::events::{self, Hook};
use super::limits;
use super::world::{Echoes, Item, SenderAction, Sent, Side, Thread, World};

const STANDARD: SignedDuration = SignedDuration::from_hours(24);
const HUMAN_AGENT: SignedDuration = SignedDuration::from_hours(7 * 24);
const DEAD_TAGS: [&str; 3] = ["CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE"];
const KEYS: [&str; 11] = [
    "recipient",
    "messaging_type",
    "tag",
    "message",
    "sender_action",
    "payload",
    "notification_type",
    "persona_id",
    "reply_to",
    "thread_control",
    "access_token",
];

/// What the Graph API answers, and the webhooks that follow.
pub struct Accepted {
    pub answer: Value,
    pub hooks: Vec<Hook>,
}

impl World {
    /// Takes one send of `page`, or refuses it as Meta would.
    pub fn send(&mut self, page: &str, body: &Value, now: Timestamp) -> Result<Accepted, GraphError> {
        let request = limits::object(body, "body")?;
        if let Some(key) = request.keys().find(|key| !KEYS.contains(&key.as_str()) && *key != "appsecret_proof") {
            return Err(GraphError::parameter(format!("Invalid parameter \"{key}\"")));
        }
        let psid = recipient(request)?;
        let opened = self.reachable(page, &psid)?;
        match (request.get("message"), request.get("sender_action")) {
            (Some(_), Some(_)) => Err(GraphError::new(100, Some(2_018_014), "Cannot send message and sender_action in the same request")),
            (None, None) => Err(GraphError::parameter("The parameter message is required")),
            (None, Some(action)) => self.sender_action(&psid, action, request, opened, now),
            (Some(message), None) => {
                limits::message(message)?;
                window(request, message, opened, now)?;
                Ok(self.accept(&psid, body, now))
            }
        }
    }

    /// The thread must exist on this Page, not be blocked, and be ours to write into. Gives its window.
    fn reachable(&self, page: &str, psid: &str) -> Result<Option<Timestamp>, GraphError> {
        let thread = self.threads.get(psid).filter(|thread| thread.page == page && thread.started);
        let thread = thread.ok_or_else(GraphError::no_user)?;
        if thread.blocked {
            return Err(GraphError::new(551, Some(1_545_041), "This person isn't available right now."));
        }
        let routing = self.pages.get(page).is_some_and(|page| page.routing);
        if routing && thread.owner_app.as_ref().is_some_and(|owner| *owner != self.app.id) {
            let why = "Message failed to send because another app is controlling this thread now.";
            return Err(GraphError::new(10, Some(2_018_300), why));
        }
        Ok(thread.window_opened_at)
    }

    fn sender_action(
        &mut self,
        psid: &str,
        action: &Value,
        request: &Map<String, Value>,
        opened: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Accepted, GraphError> {
        if !within(opened, STANDARD, now) {
            return Err(GraphError::window_closed());
        }
        let action = action.as_str().unwrap_or_default();
        let answer = Accepted { answer: json!({ "recipient_id": psid }), hooks: Vec::new() };
        let Some(thread) = self.threads.get_mut(psid) else { return Err(GraphError::no_user()) };
        match action {
            "typing_on" => thread.typing_since = Some(now),
            "typing_off" => thread.typing_since = None,
            "mark_seen" => thread.seen_at = Some(now),
            "react" | "unreact" => react(thread, action, request)?,
            _ => {
                return Err(GraphError::parameter("Param sender_action must be one of {MARK_SEEN, REACT, TYPING_OFF, TYPING_ON, UNREACT}"));
            }
        }
        self.actions.push(SenderAction { at: now, psid: psid.to_owned(), action: action.to_owned() });
        Ok(answer)
    }

    /// Puts the message into the thread and says what follows.
    fn accept(&mut self, psid: &str, body: &Value, now: Timestamp) -> Accepted {
        let mid = self.next_mid(now);
        let app_id = Some(self.app.id.clone());
        let item = Item {
            mid: mid.clone(),
            at: now,
            side: Side::Page,
            app_id,
            message: body["message"].clone(),
            delivered: false,
            read: false,
            reaction: None,
        };
        let mut hooks = Vec::new();
        let mut page = String::new();
        if let Some(thread) = self.threads.get_mut(psid) {
            page = thread.page.clone();
            thread.typing_since = None;
            thread.items.push(item.clone());
            if self.manners.echoes != Echoes::Never {
                hooks.push(events::echo(thread, &item, now));
            }
            if self.manners.receipts {
                let mids = thread.undelivered();
                hooks.push(events::delivery(thread, &mids, now));
            }
            if let Some(control) = body.get("thread_control") {
                thread.owner_app = match control["control_type"].as_str() {
                    Some("pass") => control["app_id"].as_str().map(str::to_owned),
                    _ => None,
                };
            }
        }
        self.sent.push(Sent { at: now, page, psid: psid.to_owned(), mid: mid.clone(), body: body.clone() });
        Accepted { answer: json!({ "recipient_id": psid, "message_id": mid }), hooks }
    }

    /// Opaque and never repeated, also not after a restart with kept data.
    pub fn next_mid(&mut self, now: Timestamp) -> String {
        self.counter += 1;
        let seed = self.counter.wrapping_add((now.as_millisecond() as u64) << 20);
        let random = crate::domain::ids::IdMaker::new(now, seed).next_u64();
        format!("m_{random:016x}{:x}", self.counter)
    }
}

/// The PSID of `recipient`; other kinds of recipient are not offered here.
pub fn recipient(request: &Map<String, Value>) -> Result<String, GraphError> {
    let recipient = limits::object(request.get("recipient").unwrap_or(&Value::Null), "recipient")?;
    match (recipient.len(), recipient.get("id").and_then(Value::as_str)) {
        (1, Some(id)) => Ok(id.to_owned()),
        _ => Err(GraphError::parameter("Param recipient must have exactly one of id, user_ref, comment_id, post_id")),
    }
}

fn within(opened: Option<Timestamp>, window: SignedDuration, now: Timestamp) -> bool {
    opened.is_some_and(|opened| now.duration_since(opened) < window)
}

/// Which window the messaging type asks for, and whether it is open.
fn window(request: &Map<String, Value>, message: &Value, opened: Option<Timestamp>, now: Timestamp) -> Result<(), GraphError> {
    let tag = request.get("tag").and_then(Value::as_str);
    let allowed = match (request.get("messaging_type").and_then(Value::as_str), tag) {
        (Some("RESPONSE" | "UPDATE"), None) => STANDARD,
        (Some("RESPONSE" | "UPDATE"), Some(_)) => {
            return Err(GraphError::parameter("The parameter tag is only allowed with messaging_type MESSAGE_TAG"));
        }
        (Some("MESSAGE_TAG"), Some("HUMAN_AGENT")) => HUMAN_AGENT,
        (Some("MESSAGE_TAG"), Some("CUSTOMER_FEEDBACK")) => {
            if message["attachment"]["payload"]["template_type"] != "customer_feedback" {
                return Err(GraphError::parameter("Tag CUSTOMER_FEEDBACK needs the customer feedback template"));
            }
            HUMAN_AGENT
        }
        (Some("MESSAGE_TAG"), Some(tag)) if DEAD_TAGS.contains(&tag) => {
            return Err(GraphError::new(100, Some(1_893_061), format!("The message tag {tag} is no longer supported.")));
        }
        (Some("MESSAGE_TAG"), Some(tag)) => return Err(GraphError::parameter(format!("Param tag: unknown tag {tag}"))),
        (Some("MESSAGE_TAG"), None) => return Err(GraphError::parameter("The parameter tag is required with MESSAGE_TAG")),
        (Some("UTILITY"), _) => return Err(GraphError::parameter("Utility messages need an approved template")),
        _ => {
            return Err(GraphError::parameter("Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG, UTILITY}"));
        }
    };
    if within(opened, allowed, now) { Ok(()) } else { Err(GraphError::window_closed()) }
}

fn react(thread: &mut Thread, action: &str, request: &Map<String, Value>) -> Result<(), GraphError> {
    let payload = request.get("payload").unwrap_or(&Value::Null);
    let mid = payload["message_id"].as_str().unwrap_or_default();
    let item = thread.items.iter_mut().find(|item| item.mid == mid);
    let item = item.ok_or_else(|| GraphError::parameter("Param payload[message_id] is not a message of this thread"))?;
    item.reaction = if action == "react" { payload["reaction"].as_str().map(str::to_owned) } else { None };
    Ok(())
}
