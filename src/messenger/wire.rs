//! The shapes of a webhook, as Meta sends them (serde). What they mean is [`super::inbound`]'s business.
//!
//! A key that is not named here is ignored; an event with no named kind at all is found by [`Event::is_known`].

use serde::Deserialize;
use serde_json::{Map, Value};

use super::loose::{Int, Text, list, truth};

#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    pub entry: Vec<Entry>,
}

/// Unknown keys are refused here, so that a new list of events is met by the careful walk and kept.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub id: Text,
    #[serde(default)]
    pub time: Int,
    #[serde(default)]
    pub messaging: Vec<Event>,
    #[serde(default)]
    pub standby: Vec<Event>,
    #[serde(default)]
    pub changes: Vec<Change>,
    /// Which apps had the thread before (after lead ads): says nothing that the events do not.
    #[serde(default, rename = "hop_context")]
    _hop_context: serde::de::IgnoredAny,
}

#[derive(Debug, Deserialize)]
pub(super) struct Change {
    pub field: Text,
    #[serde(default)]
    pub value: Value,
}

/// One element of `messaging` or `standby`: parties, a time and one kind (several were never seen, and are all taken).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub sender: Option<Party>,
    pub recipient: Option<Party>,
    pub timestamp: Int,
    pub message: Option<Message>,
    pub message_edit: Option<Edit>,
    pub reaction: Option<Reaction>,
    pub postback: Option<Postback>,
    pub referral: Option<Referral>,
    pub lead: Option<Value>,
    pub optin: Option<Map<String, Value>>,
    pub delivery: Option<Delivery>,
    pub read: Option<Read>,
    pub pass_thread_control: Option<Thread>,
    pub take_thread_control: Option<Thread>,
    pub request_thread_control: Option<Thread>,
    pub app_roles: Option<Value>,
    pub account_linking: Option<AccountLinking>,
    pub policy_enforcement: Option<PolicyEnforcement>,
    pub messaging_feedback: Option<Value>,
    pub messaging_customer_information: Option<Value>,
    pub form: Option<Value>,
    pub response_feedback: Option<ResponseFeedback>,
    pub order: Option<Value>,
    /// A coupon was tapped.
    pub template: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Party {
    pub id: Option<Text>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub mid: Option<Text>,
    pub text: Option<Text>,
    pub quick_reply: Option<QuickReply>,
    #[serde(default, deserialize_with = "list")]
    pub attachments: Vec<Attachment>,
    pub reply_to: Option<ReplyTo>,
    pub referral: Option<Referral>,
    #[serde(default, deserialize_with = "list")]
    pub commands: Vec<Command>,
    #[serde(default, deserialize_with = "truth")]
    pub is_echo: bool,
    pub app_id: Option<Text>,
    pub metadata: Option<Text>,
    #[serde(default, deserialize_with = "truth")]
    pub is_deleted: bool,
    #[serde(default, deserialize_with = "truth")]
    pub is_unsupported: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct QuickReply {
    pub payload: Option<Text>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ReplyTo {
    pub mid: Option<Text>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Command {
    pub name: Text,
}

/// `url` and `title` are in the payload, but beside it in the echo of a shared link.
#[derive(Debug, Deserialize)]
pub(super) struct Attachment {
    pub r#type: Option<Text>,
    #[serde(default)]
    pub payload: Value,
    pub url: Option<Text>,
    pub title: Option<Text>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Edit {
    pub mid: Text,
    pub text: Option<Text>,
    #[serde(default)]
    pub num_edit: Int,
}

#[derive(Debug, Deserialize)]
pub(super) struct Reaction {
    pub mid: Text,
    pub reaction: Option<Text>,
    pub emoji: Option<Text>,
    pub action: Option<Text>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Postback {
    pub mid: Option<Text>,
    pub title: Option<Text>,
    pub payload: Option<Text>,
    pub referral: Option<Referral>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Referral {
    pub r#ref: Option<Text>,
    pub source: Option<Text>,
    pub r#type: Option<Text>,
    pub ad_id: Option<Text>,
    /// What else it says: `ads_context_data`, `referer_uri`, `product`.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Delivery {
    #[serde(default, deserialize_with = "list")]
    pub mids: Vec<Text>,
    #[serde(default)]
    pub watermark: Int,
}

#[derive(Debug, Deserialize)]
pub(super) struct Read {
    #[serde(default)]
    pub watermark: Int,
}

/// The three hand-over kinds.
#[derive(Debug, Deserialize)]
pub(super) struct Thread {
    pub previous_owner_app_id: Option<Text>,
    pub new_owner_app_id: Option<Text>,
    pub requested_owner_app_id: Option<Text>,
    pub metadata: Option<Text>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AccountLinking {
    pub status: Text,
    pub authorization_code: Option<Text>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PolicyEnforcement {
    pub action: Text,
    pub reason: Option<Text>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ResponseFeedback {
    pub mid: Option<Text>,
    pub feedback: Text,
}
