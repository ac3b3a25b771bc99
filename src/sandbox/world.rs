//! What the stand-in knows: the app, its Pages, the people and their threads. Plain data, serialisable, no I/O.
//!
//! Rules that change it stand in [`super::send`], [`super::visitor`], [`super::threads`] and [`super::profile`].

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fault::FaultRule;
use super::rules::Subscription;

/// The Page inbox is an app of Meta's own.
pub const INBOX_APP: &str = "263902037430900";

/// Typing bubbles vanish by themselves after about this long.
pub const TYPING_LASTS: SignedDuration = SignedDuration::from_secs(20);

/// The whole state. What only tests need (faults, records) is not kept in a snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    pub app: FbApp,
    pub pages: BTreeMap<String, FbPage>,
    /// By PSID, which is unique over all Pages here.
    pub threads: BTreeMap<String, Thread>,
    /// What the page offers besides the chat; see [`Offers`].
    #[serde(skip)]
    pub offers: Offers,
    #[serde(skip)]
    pub manners: Manners,
    #[serde(skip)]
    pub faults: Vec<FaultRule>,
    #[serde(skip)]
    pub sent: Vec<Sent>,
    #[serde(skip)]
    pub actions: Vec<SenderAction>,
    #[serde(skip)]
    pub controls: Vec<Control>,
    #[serde(skip)]
    pub webhooks: Vec<WebhookRecord>,
    #[serde(skip)]
    pub calls: BTreeMap<String, u64>,
    /// Counts up with every id that is given out.
    pub counter: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FbApp {
    pub id: String,
    pub name: String,
    pub secret: String,
    /// Where webhooks go; see [`super::Sandbox::subscribe_app`].
    pub callback: Option<String>,
    /// "Require App Secret": calls without a right `appsecret_proof` are refused.
    pub require_proof: bool,
    /// Where this stand-in is reached, for the pictures it serves: `http://127.0.0.1:8080/sandbox`.
    pub public_url: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FbPage {
    pub id: String,
    pub name: String,
    pub username: Option<String>,
    pub category: String,
    pub token: String,
    /// The token is dead: answers 190 with this subcode.
    pub dead: Option<i64>,
    /// Fields of `subscribed_apps`; nothing is delivered for others.
    pub subscription: Subscription,
    pub profile: Map<String, Value>,
    /// Changes of the Messenger profile within the last ten minutes.
    #[serde(default)]
    pub profile_calls: Vec<Timestamp>,
    /// Conversation Routing with our app as the default; without it every app may send.
    pub routing: bool,
}

impl FbPage {
    pub fn new(id: &str, name: &str, token: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            username: None,
            category: "Shopping & Retail".to_owned(),
            token: token.to_owned(),
            dead: None,
            subscription: Subscription::default(),
            profile: Map::new(),
            profile_calls: Vec::new(),
            routing: false,
        }
    }

    pub fn username(mut self, username: &str) -> Self {
        self.username = Some(username.to_owned());
        self
    }

    /// Subscribed to every field, as after connecting.
    pub fn subscribed(mut self) -> Self {
        self.subscription = Subscription::all();
        self
    }

    pub fn get_started(&self) -> Option<&str> {
        self.profile.get("get_started")?.get("payload")?.as_str()
    }
}

/// A person on Messenger.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    pub first_name: String,
    pub last_name: String,
    pub locale: String,
    /// Hours from UTC.
    pub timezone: f64,
    pub phone: Option<String>,
    pub email: Option<String>,
    /// Where false the User Profile API answers 230.
    pub consent: bool,
}

impl Person {
    pub fn new(first_name: &str, last_name: &str, locale: &str) -> Self {
        let mail = format!("{}.{}@example.org", first_name.to_lowercase(), last_name.to_lowercase()).replace(' ', "-");
        Self {
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            locale: locale.to_owned(),
            timezone: 1.0,
            phone: None,
            email: mail.is_ascii().then_some(mail),
            consent: true,
        }
    }

    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

/// One person with one Page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Thread {
    pub psid: String,
    pub page: String,
    pub person: Person,
    /// The person has written or tapped: the PSID exists for the Page.
    pub started: bool,
    /// The ref of a link that opened this new thread; goes out with Get Started.
    pub pending_ref: Option<String>,
    /// The last act that opened the 24 hours.
    pub window_opened_at: Option<Timestamp>,
    pub items: Vec<Item>,
    pub typing_since: Option<Timestamp>,
    /// The Page has marked everything until then as seen.
    pub seen_at: Option<Timestamp>,
    /// Conversation Routing: who has the thread. `None`: idle.
    pub owner_app: Option<String>,
    /// The person has blocked the Page.
    pub blocked: bool,
}

impl Thread {
    pub fn new(psid: &str, page: &str, person: Person) -> Self {
        Self {
            psid: psid.to_owned(),
            page: page.to_owned(),
            person,
            started: false,
            pending_ref: None,
            window_opened_at: None,
            items: Vec::new(),
            typing_since: None,
            seen_at: None,
            owner_app: None,
            blocked: false,
        }
    }

    pub fn is_typing(&self, now: Timestamp) -> bool {
        self.typing_since.is_some_and(|since| now.duration_since(since) < TYPING_LASTS)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Visitor,
    Page,
}

/// One line of a thread, as Messenger shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    pub mid: String,
    pub at: Timestamp,
    pub side: Side,
    /// The sending app, for the Page's side.
    pub app_id: Option<String>,
    /// As on the wire: the `message` of a send, or what the visitor sent.
    pub message: Value,
    pub delivered: bool,
    pub read: bool,
    pub reaction: Option<String>,
}

/// What the sandbox page offers to click: the demo fills it, the stand-in itself knows none of it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Offers {
    /// Where people meet a direct link: a poster, an ad, a mail.
    pub links: Vec<OfferedLink>,
    /// Who can sign in at the agent's desk with one click.
    pub sign_ins: Vec<SignIn>,
}

/// The page speaks English and French.
#[derive(Debug, Clone, Serialize)]
pub struct Words {
    pub en: &'static str,
    pub fr: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct OfferedLink {
    pub page: String,
    pub title: String,
    pub note: Words,
    /// `https://m.me/…?ref=…`.
    pub url: String,
}

/// Printed by the demo, so no secret.
#[derive(Debug, Clone, Serialize)]
pub struct SignIn {
    pub name: String,
    pub role: String,
    pub note: Words,
    pub email: String,
    pub password: String,
}

/// What happens by itself after a send.
#[derive(Debug, Clone, Copy)]
pub struct Manners {
    pub echoes: Echoes,
    /// A delivery receipt follows every accepted message.
    pub receipts: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self { echoes: Echoes::After, receipts: false }
    }
}

/// When the echo of our own send comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echoes {
    After,
    /// The webhook is answered before the Send API answers: seen in the wild.
    Before,
    Never,
}

/// A send that was accepted.
#[derive(Debug, Clone)]
pub struct Sent {
    pub at: Timestamp,
    pub page: String,
    pub psid: String,
    pub mid: String,
    /// The whole request.
    pub body: Value,
}

impl Sent {
    pub fn message(&self) -> &Value {
        &self.body["message"]
    }

    /// The words of a text, of a button template, of the first card; empty for media.
    pub fn text(&self) -> &str {
        let message = self.message();
        let payload = &message["attachment"]["payload"];
        [&message["text"], &payload["text"], &payload["elements"][0]["title"]].into_iter().find_map(Value::as_str).unwrap_or_default()
    }

    pub fn metadata(&self) -> Option<&str> {
        self.message()["metadata"].as_str()
    }
}

/// `typing_on` and its kin, as they came.
#[derive(Debug, Clone, PartialEq)]
pub struct SenderAction {
    pub at: Timestamp,
    pub psid: String,
    pub action: String,
}

/// A call of a thread-control endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    pub at: Timestamp,
    pub page: String,
    pub call: String,
    pub psid: String,
    pub target_app: Option<String>,
    pub metadata: Option<String>,
}

/// A webhook and what became of it.
#[derive(Debug, Clone)]
pub struct WebhookRecord {
    pub number: u64,
    pub at: Timestamp,
    pub page: String,
    pub psid: String,
    pub body: Value,
    pub attempts: u32,
    /// The last answer's status; `None` where no answer came.
    pub status: Option<u16>,
    pub done: bool,
}
