//! What goes out, platform-neutral. `messenger/send.rs` compiles it to the Send API within Meta's limits.

pub mod limits;
pub mod raw;
pub mod template;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Timestamp;
use super::ids::{ConversationId, MessageId, PageId, Psid, UserId};
pub use template::Template;

/// One bubble, as a flow or a person meant it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    Text {
        text: String,
    },
    Media {
        media: MediaKind,
        url: String,
    },
    /// Text with one to three lasting buttons.
    Buttons {
        text: String,
        buttons: Vec<Button>,
    },
    /// One card, or a carousel of up to ten.
    Cards {
        cards: Vec<Card>,
    },
    /// One of the templates with a shape of its own.
    Template {
        template: Template,
    },
    /// Only for a Send API `message` object that was checked beforehand.
    Raw {
        message: Value,
    },
    /// No bubble: the thread is passed to Meta's Page inbox, in its order among the messages.
    PassThread,
}

/// A bubble with the quick replies under it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageOut {
    #[serde(flatten)]
    pub content: Content,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quick_replies: Vec<QuickReply>,
}

impl MessageOut {
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: Content::Text { text: text.into() }, quick_replies: Vec::new() }
    }

    /// Everything on it that gives a payload when it is tapped: what stands on it, the card it belongs to, the payload.
    pub fn taps(&self) -> Vec<(&str, Option<&str>, &str)> {
        let mut taps = Vec::new();
        for (card, buttons) in self.content.buttons() {
            taps.extend(buttons.iter().filter_map(|button| match button {
                Button::Postback { title, payload } => Some((title.as_str(), card, payload.as_str())),
                Button::Url { .. } | Button::Phone { .. } => None,
            }));
        }
        if let Content::Template { template: Template::ImageGrid(grid) } = &self.content {
            taps.extend(grid.images.iter().filter_map(|image| match &image.action {
                Some(template::ImageAction::Postback { text, payload }) => Some((text.as_str(), None, payload.as_str())),
                _ => None,
            }));
        }
        taps.extend(self.quick_replies.iter().filter_map(|reply| match reply {
            QuickReply::Text { title, payload } => Some((title.as_str(), None, payload.as_str())),
            QuickReply::PhoneNumber | QuickReply::Email => None,
        }));
        taps
    }
}

impl Content {
    /// Whether Meta counts it against its limit for audio and video. A template with a video is counted so to be safe.
    pub fn is_audio_or_video(&self) -> bool {
        let heavy = |kind: MediaKind| matches!(kind, MediaKind::Audio | MediaKind::Video);
        match self {
            Self::Media { media, .. } => heavy(*media),
            Self::Template { template: Template::Media(template) } => heavy(template.media),
            Self::Raw { message } => matches!(message["attachment"]["type"].as_str(), Some("audio" | "video")),
            Self::Text { .. } | Self::Buttons { .. } | Self::Cards { .. } | Self::Template { .. } | Self::PassThread => false,
        }
    }

    /// Lasting buttons, with the title of the card they stand on.
    pub fn buttons(&self) -> Vec<(Option<&str>, &[Button])> {
        match self {
            Self::Buttons { buttons, .. } => vec![(None, buttons)],
            Self::Cards { cards } => cards.iter().map(|card| (Some(card.title.as_str()), card.buttons.as_slice())).collect(),
            Self::Template { template } => vec![(None, template.buttons())],
            Self::Text { .. } | Self::Media { .. } | Self::Raw { .. } | Self::PassThread => Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    Video,
    Audio,
    File,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum QuickReply {
    Text {
        /// At most 20 characters.
        title: String,
        /// At most 1,000 characters: the signed token of the option.
        payload: String,
    },
    /// Messenger offers the person's own phone number, if the profile has one.
    PhoneNumber,
    /// Messenger offers the person's own e-mail address, if the profile has one.
    Email,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Button {
    Postback {
        title: String,
        payload: String,
    },
    Url {
        title: String,
        url: String,
        /// Messenger's own choice where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        height: Option<WebviewHeight>,
    },
    Phone {
        title: String,
        number: String,
    },
}

impl Button {
    pub fn title(&self) -> &str {
        match self {
            Self::Postback { title, .. } | Self::Url { title, .. } | Self::Phone { title, .. } => title,
        }
    }
}

/// How much of the screen a web page opened from a message takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebviewHeight {
    Compact,
    Tall,
    Full,
}

/// A web page that a tap opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebLink {
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<WebviewHeight>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// What a tap on the card itself opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_action: Option<WebLink>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
}

/// Who wrote a message. The policy guard decides by it which window applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Author {
    Visitor,
    Bot,
    Agent {
        user: UserId,
    },
    /// Another app or a person in the Page inbox.
    External,
    /// Ours, about the conversation: internal lines ("transferred to Ana"), and the away message. Unlike the bot's, it
    /// leaves even while the page is paused.
    System,
}

/// Where one message of a transcript stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// From the visitor or another app.
    Received,
    /// Committed, waiting for its turn.
    Queued,
    /// Waits until its cause is mended (dead token, paused page).
    Held,
    Sent,
    Delivered,
    Read,
    Failed,
    /// Taken back before it left (an agent took over).
    Cancelled,
    /// An internal note or a system line: never leaves.
    Internal,
}

/// One line of a conversation's transcript.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub at: Timestamp,
    pub author: Author,
    pub body: MessageBody,
    pub status: MessageStatus,
    /// Meta's id, once known.
    pub mid: Option<String>,
    /// Why it failed or is held, for people: Meta's code and our advice.
    pub reason: Option<String>,
}

/// What a transcript line shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "body", rename_all = "snake_case")]
pub enum MessageBody {
    Out(MessageOut),
    In(super::event::MessageIn),
    /// A tapped button or menu entry.
    Tap {
        title: Option<String>,
        payload: Option<String>,
    },
    /// The visitor came through a link or an ad.
    Entry {
        r#ref: Option<String>,
        source: Option<String>,
    },
    Reaction {
        emoji: Option<String>,
        added: bool,
    },
    Note {
        text: String,
    },
    /// A system line: `event` is stable (`transferred`, `claimed`, `released`, `closed`, …), `text` is for people.
    Line {
        event: String,
        text: String,
    },
}

/// A committed message that Meta has not accepted yet.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxItem {
    pub message: MessageId,
    pub conversation: ConversationId,
    pub page: PageId,
    pub psid: Psid,
    /// Order within the conversation; the dispatcher never overtakes.
    pub seq: i64,
    pub author: Author,
    pub body: MessageOut,
    /// Typing is shown before it for this long, counted from the one before.
    pub pause_ms: u32,
    /// Not before this time.
    pub due_at: Timestamp,
    pub attempts: u32,
    /// Claimed by a sender until then; a crash leaves it to be taken over. Also tells one claim from another.
    pub claimed_until: Option<Timestamp>,
    /// An earlier claim ran out without a recorded end: it may have been sent. (A recorded retry is no doubt.)
    pub doubtful: bool,
    /// The visitor's last window-opening act, as of the commit; the guard checks again at the send.
    pub window_opened_at: Option<Timestamp>,
}
