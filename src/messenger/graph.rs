//! The port to Meta's Graph API: every call that Causerie makes, as the layers above see it.
//!
//! The one adapter is [`super::client::GraphClient`]; tests and the sandbox point it at another base URL.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::Value;

use super::error::{CallError, SendError};
use super::send::SendRequest;
use crate::domain::Timestamp;
use crate::domain::contact::Profile;
use crate::domain::ids::{PageId, Psid};

/// The fields a connected page is subscribed to: every kind of event that Causerie takes.
///
/// The app itself must be subscribed to the same fields (its dashboard), or they are not delivered.
pub const SUBSCRIBED_FIELDS: [&str; 12] = [
    "messages",
    "messaging_postbacks",
    "messaging_referrals",
    "messaging_optins",
    "message_echoes",
    "message_edits",
    "message_reactions",
    "message_deliveries",
    "message_reads",
    "messaging_handovers",
    "standby",
    "messaging_policy_enforcement",
];

/// The app id of Meta's Page inbox, as a target of `pass_thread_control`.
///
/// Not for comparing with an echo's `app_id`: Meta's own pages print it with missing digits.
pub const PAGE_INBOX_APP: &str = "263902037430900";

/// The right to act as a page.
#[derive(Debug, Clone)]
pub struct PageAccess {
    pub page: PageId,
    pub token: SecretString,
}

/// Meta took the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Meta's id of the message; the echo carries the same. Absent in a few odd answers.
    pub mid: Option<String>,
    /// How much of the rate limit is used, where Meta said so.
    pub usage: Option<Usage>,
}

/// What the usage headers say: the worst figure of all that apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Percent of the limit; Meta throttles at 100.
    pub percent: u32,
    /// Until calls are accepted again, when throttled. Calling before prolongs it.
    pub regain: Option<Duration>,
}

/// Small signs in the thread that are no messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderAction {
    TypingOn,
    TypingOff,
    MarkSeen,
}

impl SenderAction {
    /// Meta's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::TypingOn => "typing_on",
            Self::TypingOff => "typing_off",
            Self::MarkSeen => "mark_seen",
        }
    }
}

/// Who a page token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageInfo {
    pub id: PageId,
    pub name: String,
    /// The name in `m.me/{username}`; many pages have none.
    pub username: Option<String>,
}

/// What Meta knows of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    pub valid: bool,
    /// `PAGE`, `USER`, `APP`, `SYSTEM_USER`.
    pub kind: Option<String>,
    /// The app that it was made for; another app's token gets no webhooks of ours.
    pub app: Option<String>,
    /// `None`: it does not expire by itself.
    pub expires_at: Option<Timestamp>,
    pub scopes: Vec<String>,
    /// Why it is not valid.
    pub error: Option<String>,
}

#[async_trait]
pub trait Graph: Send + Sync {
    /// Sends one message. An error says what to do about it.
    async fn send(&self, access: &PageAccess, request: &SendRequest) -> Result<Sent, SendError>;

    /// Typing on or off, seen. Its failure never matters to the message that follows.
    async fn sender_action(&self, access: &PageAccess, to: &Psid, action: SenderAction) -> Result<(), SendError>;

    /// The page that a token speaks for. The first check when a page is connected.
    async fn page_info(&self, token: &SecretString) -> Result<PageInfo, CallError>;

    /// What the token may do. `None` when the server was given no app id and so cannot ask.
    async fn token_info(&self, token: &SecretString) -> Result<Option<TokenInfo>, CallError>;

    /// Subscribes our app to the page's events ([`SUBSCRIBED_FIELDS`]); doing it again is harmless.
    async fn subscribe(&self, access: &PageAccess) -> Result<(), CallError>;

    /// The fields that our app is subscribed to at the page; empty when it is not.
    async fn subscribed_fields(&self, access: &PageAccess) -> Result<Vec<String>, CallError>;

    /// Ends the page's webhooks to our app.
    async fn unsubscribe(&self, access: &PageAccess) -> Result<(), CallError>;

    /// The Messenger Profile: `{"get_started":…, "greeting":…, …}`, only what is set. 10 calls per 10 minutes and page.
    async fn profile(&self, access: &PageAccess) -> Result<Value, CallError>;

    /// Sets the given properties of the Messenger Profile and leaves the others alone.
    async fn set_profile(&self, access: &PageAccess, properties: &Value) -> Result<(), CallError>;

    /// Removes properties of the Messenger Profile by name.
    async fn delete_profile(&self, access: &PageAccess, properties: &[&str]) -> Result<(), CallError>;

    /// Name, locale and picture of a visitor, as far as Meta gives them; nothing is no error.
    async fn user_profile(&self, access: &PageAccess, psid: &Psid) -> Result<Profile, CallError>;

    /// Hands the thread to another app ([`PAGE_INBOX_APP`]). Goes through the outbox, so it fails as a send does.
    async fn pass_thread_control(
        &self,
        access: &PageAccess,
        psid: &Psid,
        target_app: &str,
        metadata: Option<&str>,
    ) -> Result<(), SendError>;

    /// Takes the thread; only where the business lets this app.
    async fn take_thread_control(&self, access: &PageAccess, psid: &Psid, metadata: Option<&str>) -> Result<(), SendError>;

    /// Asks the thread's owner for it, by webhook.
    async fn request_thread_control(&self, access: &PageAccess, psid: &Psid, metadata: Option<&str>) -> Result<(), SendError>;

    /// Gives the thread up: it becomes idle.
    async fn release_thread_control(&self, access: &PageAccess, psid: &Psid) -> Result<(), SendError>;

    /// The app that has the thread. `None` when it is idle, or when Meta does not tell us.
    async fn thread_owner(&self, access: &PageAccess, psid: &Psid) -> Result<Option<String>, CallError>;
}
