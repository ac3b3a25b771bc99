//! What comes in: one [`InboundEvent`] per element of a webhook's `messaging` or `standby` array.
//!
//! Platform shapes end in `messenger/`; what cannot be understood is kept as [`Inbound::Unknown`], never dropped.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Timestamp;
use super::ids::{PageId, Psid};

/// One event as Meta meant it, before anything was decided about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InboundEvent {
    pub page: PageId,
    /// The visitor. `None` for events about the page itself (policy enforcement, app roles) and for opt-ins by `user_ref`.
    pub psid: Option<Psid>,
    /// Meta's time of the event; the entry's time where the event has none.
    pub at: Timestamp,
    /// Unique per page: the `mid`, else a hash of page, sender, timestamp, kind and payload. Redeliveries carry the same.
    pub dedupe: String,
    /// Came in `standby`: another app owns the thread. Recorded, never answered.
    #[serde(default)]
    pub standby: bool,
    pub what: Inbound,
}

/// The kinds of Messenger events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Inbound {
    Message(MessageIn),
    /// A send by the Page itself: ours, another app's, or a person's in the Page inbox.
    Echo(Echo),
    Edit {
        mid: String,
        text: String,
        num_edit: u32,
    },
    Reaction {
        mid: String,
        reaction: Option<String>,
        emoji: Option<String>,
        added: bool,
    },
    Postback {
        mid: Option<String>,
        title: Option<String>,
        payload: Option<String>,
        referral: Option<Referral>,
    },
    Referral {
        referral: Referral,
        lead: Option<Value>,
    },
    Optin {
        r#ref: Option<String>,
        user_ref: Option<String>,
        raw: Value,
    },
    Delivery {
        mids: Vec<String>,
        watermark: Option<Timestamp>,
    },
    Read {
        watermark: Timestamp,
    },
    PassThread {
        previous_app: Option<String>,
        new_app: Option<String>,
        metadata: Option<String>,
    },
    TakeThread {
        previous_app: Option<String>,
        new_app: Option<String>,
        metadata: Option<String>,
    },
    RequestThread {
        app: Option<String>,
        metadata: Option<String>,
    },
    AppRoles {
        roles: Value,
    },
    AccountLinking {
        linked: bool,
        authorization_code: Option<String>,
    },
    PolicyEnforcement {
        action: String,
        reason: Option<String>,
    },
    Feedback {
        raw: Value,
    },
    CustomerInformation {
        raw: Value,
    },
    LeadForm {
        raw: Value,
    },
    ResponseFeedback {
        mid: Option<String>,
        feedback: String,
    },
    Order {
        raw: Value,
    },
    CouponClick {
        raw: Value,
    },
    /// A kind this version does not know: kept raw, ignored with a reason.
    Unknown {
        keys: Vec<String>,
        raw: Value,
    },
    /// Page-level notifications in `changes` (feed, template status, the dashboard's test button).
    Change {
        field: String,
        raw: Value,
    },
    /// Ours: a durable timer is due.
    TimerFired {
        timer: super::ids::TimerId,
    },
    /// Ours: Meta refused a send in a way that concerns the whole conversation.
    SendRefused {
        why: SendRefusal,
    },
    /// Ours: an HTTP call of a flow has ended.
    CalloutReturned {
        callout: super::ids::CalloutId,
        result: CalloutResult,
    },
}

impl Inbound {
    /// The stable name of the kind, as stored and shown.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Echo(_) => "echo",
            Self::Edit { .. } => "edit",
            Self::Reaction { .. } => "reaction",
            Self::Postback { .. } => "postback",
            Self::Referral { .. } => "referral",
            Self::Optin { .. } => "optin",
            Self::Delivery { .. } => "delivery",
            Self::Read { .. } => "read",
            Self::PassThread { .. } => "pass_thread",
            Self::TakeThread { .. } => "take_thread",
            Self::RequestThread { .. } => "request_thread",
            Self::AppRoles { .. } => "app_roles",
            Self::AccountLinking { .. } => "account_linking",
            Self::PolicyEnforcement { .. } => "policy_enforcement",
            Self::Feedback { .. } => "feedback",
            Self::CustomerInformation { .. } => "customer_information",
            Self::LeadForm { .. } => "lead_form",
            Self::ResponseFeedback { .. } => "response_feedback",
            Self::Order { .. } => "order",
            Self::CouponClick { .. } => "coupon_click",
            Self::Unknown { .. } => "unknown",
            Self::Change { .. } => "change",
            Self::TimerFired { .. } => "timer_fired",
            Self::SendRefused { .. } => "send_refused",
            Self::CalloutReturned { .. } => "callout_returned",
        }
    }
}

/// A visitor's message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MessageIn {
    pub mid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The payload of a tapped quick reply; `text` is then its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quick_reply: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
}

/// What a visitor attached. `kind` is Meta's word (`image`, `video`, `audio`, `file`, `sticker`, `fallback`, `location`, …).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The payload as it came, for kinds with more to say.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub raw: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Echo {
    pub mid: String,
    /// The app that sent it; not ours means a person or another app. Meta sends a number or a string.
    pub app_id: Option<String>,
    /// What we gave as `metadata`: the outbox id of our message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// How the visitor came: an m.me link, an ad, a plugin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Referral {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#ref: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ad_id: Option<String>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub raw: Value,
}

/// What a refused send tells about its conversation; Meta's word goes before our own belief.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendRefusal {
    /// The standard messaging window is closed (10/2018278): only a person may answer now.
    WindowClosed,
    /// A person's own words were refused (10/2018278): nothing may be sent until the visitor writes.
    HumanAgentWindowClosed,
    /// Another app has the thread (2018300, 100/2534037).
    NotThreadOwner,
}

/// How an `http_request` action ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CalloutResult {
    /// An answer came, whatever its status. `body` is JSON where it parses, else a string; cut at the configured size.
    Answered {
        status: u16,
        body: Value,
    },
    TimedOut,
    /// It could not be made, and may succeed another time: no connection. `reason` is for people.
    Failed {
        reason: String,
    },
    /// It could not be made, and the same call would end the same: an address that must not be called, a header that is
    /// not allowed, an unknown secret, a host that is left alone for now, an answer that is too large. `reason` is for people.
    Refused {
        reason: String,
    },
}
