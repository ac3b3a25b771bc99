//! One line of a transcript as the API shows it. Payloads of options stay inside: they are the server's own tokens.

use serde::Serialize;

use crate::domain::Timestamp;
use crate::domain::event::{Attachment, MessageIn};
use crate::domain::ids::{ConversationId, MessageId, UserId};
use crate::domain::message::template::{MediaSource, ReceiptLine, Template};
use crate::domain::message::{Author, Button, Card, Content, MediaKind, Message, MessageBody, MessageOut, MessageStatus, QuickReply};

/// One line of a transcript.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MessageView {
    pub id: MessageId,
    /// Its place in the conversation, counted from 1; what `order=asc` goes by.
    pub position: i64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub by: AuthorKind,
    /// The agent who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<UserId>,
    pub kind: MessageKind,
    /// What to show for it, whatever its kind.
    pub text: String,
    pub status: MessageStatus,
    /// Why it failed or is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentView>,
    /// Titles of the quick replies and buttons under it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<CardView>,
    /// A system line's stable word: `transferred`, `claimed`, `released`, `closed`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Where it says why the turn that wrote this went as it did; absent where that is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthorKind {
    Visitor,
    Bot,
    Agent,
    /// Another app, or a person in the Page inbox.
    External,
    System,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    Text,
    Attachment,
    Buttons,
    Cards,
    /// A receipt, a coupon, an image grid or a picture with buttons.
    Template,
    /// A Send API message that a flow wrote itself.
    Raw,
    /// The visitor tapped a button, a quick reply or a menu entry.
    Tap,
    /// The visitor came through a link or an ad.
    Entry,
    Reaction,
    /// For colleagues; never sent.
    Note,
    /// What happened to the conversation.
    Line,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AttachmentView {
    /// `image`, `video`, `audio`, `file`, `sticker`, `location`, `fallback`, …
    pub kind: String,
    pub url: Option<String>,
    pub title: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CardView {
    pub title: String,
    pub subtitle: Option<String>,
    pub image_url: Option<String>,
    /// What a tap on the card opens.
    pub url: Option<String>,
    pub choices: Vec<String>,
}

/// What a body shows.
struct Shown {
    kind: MessageKind,
    text: String,
    attachments: Vec<AttachmentView>,
    choices: Vec<String>,
    cards: Vec<CardView>,
    event: Option<String>,
}

impl MessageView {
    pub fn new(position: i64, message: Message) -> Self {
        let (by, agent) = match message.author {
            Author::Visitor => (AuthorKind::Visitor, None),
            Author::Bot => (AuthorKind::Bot, None),
            Author::Agent { user } => (AuthorKind::Agent, Some(user)),
            Author::External => (AuthorKind::External, None),
            Author::System => (AuthorKind::System, None),
        };
        let shown = show(message.body);
        Self {
            id: message.id,
            position,
            at: message.at,
            by,
            agent,
            kind: shown.kind,
            text: shown.text,
            status: message.status,
            reason: message.reason,
            attachments: shown.attachments,
            choices: shown.choices,
            cards: shown.cards,
            event: shown.event,
            explanation: None,
        }
    }

    /// With the link to its explanation, where one may be kept.
    pub fn explained(mut self, conversation: ConversationId, kept_since: Option<Timestamp>) -> Self {
        let by_turn = matches!(self.by, AuthorKind::Visitor | AuthorKind::Bot | AuthorKind::System);
        if by_turn && kept_since.is_some_and(|since| self.at >= since) {
            self.explanation = Some(format!("/v1/conversations/{conversation}/messages/{}/explanation", self.id));
        }
        self
    }
}

fn plain(kind: MessageKind, text: impl Into<String>) -> Shown {
    Shown { kind, text: text.into(), attachments: Vec::new(), choices: Vec::new(), cards: Vec::new(), event: None }
}

fn show(body: MessageBody) -> Shown {
    match body {
        MessageBody::Out(out) => show_out(out),
        MessageBody::In(message) => show_in(message),
        MessageBody::Tap { title, payload } => plain(MessageKind::Tap, title.or(payload).unwrap_or_default()),
        MessageBody::Entry { r#ref, source } => plain(MessageKind::Entry, r#ref.or(source).unwrap_or_default()),
        MessageBody::Reaction { emoji, added } => {
            let text = emoji.unwrap_or_default();
            plain(MessageKind::Reaction, if added { text } else { format!("{text} (taken back)") })
        }
        MessageBody::Note { text } => plain(MessageKind::Note, text),
        MessageBody::Line { event, text } => Shown { event: Some(event), ..plain(MessageKind::Line, text) },
    }
}

fn show_out(out: MessageOut) -> Shown {
    let mut shown = match out.content {
        Content::Text { text } => plain(MessageKind::Text, text),
        Content::Media { media, url } => {
            let attachment = AttachmentView { kind: media_word(media).to_owned(), url: Some(url), title: None };
            Shown { attachments: vec![attachment], ..plain(MessageKind::Attachment, "") }
        }
        Content::Buttons { text, buttons } => {
            Shown { choices: buttons.into_iter().map(button_title).collect(), ..plain(MessageKind::Buttons, text) }
        }
        Content::Cards { cards } => {
            let titles: Vec<&str> = cards.iter().map(|card| card.title.as_str()).collect();
            let text = titles.join(" · ");
            Shown { cards: cards.into_iter().map(CardView::from).collect(), ..plain(MessageKind::Cards, text) }
        }
        Content::Template { template } => show_template(template),
        Content::PassThread => {
            Shown { event: Some("passed".to_owned()), ..plain(MessageKind::Line, "the thread was passed to the Page inbox") }
        }
        Content::Raw { message } => plain(MessageKind::Raw, raw_words(&message)),
    };
    shown.choices.extend(out.quick_replies.into_iter().map(|reply| match reply {
        QuickReply::Text { title, .. } => title,
        QuickReply::PhoneNumber => "(phone number)".to_owned(),
        QuickReply::Email => "(e-mail address)".to_owned(),
    }));
    shown
}

fn show_template(template: Template) -> Shown {
    let text = template.summary();
    let choices = template.buttons().iter().map(|button| button.title().to_owned()).collect();
    let pictures = match &template {
        Template::ImageGrid(grid) => grid.images.iter().map(|image| ("image", image.url.clone())).collect(),
        Template::Media(media) => match &media.source {
            MediaSource::Url { url } => vec![(media_word(media.media), url.clone())],
            MediaSource::AttachmentId { .. } => Vec::new(),
        },
        Template::Receipt(_) | Template::Coupon(_) => Vec::new(),
    };
    let attachments =
        pictures.into_iter().map(|(kind, url)| AttachmentView { kind: kind.to_owned(), url: Some(url), title: None }).collect();
    let cards = match template {
        Template::Receipt(receipt) => receipt.elements.into_iter().map(|line| bought(line, &receipt.currency)).collect(),
        _ => Vec::new(),
    };
    Shown { attachments, choices, cards, ..plain(MessageKind::Template, text) }
}

fn bought(line: ReceiptLine, currency: &str) -> CardView {
    let price = format!("{} {currency}", line.price);
    let subtitle = Some(line.subtitle.map_or_else(|| price.clone(), |subtitle| format!("{subtitle} · {price}")));
    CardView { title: line.title, subtitle, image_url: line.image_url, url: None, choices: Vec::new() }
}

/// The first words found in a message that a flow wrote itself.
fn raw_words(message: &serde_json::Value) -> &str {
    let payload = &message["attachment"]["payload"];
    let places = [&message["text"], &payload["text"], &payload["title"], &payload["elements"][0]["title"], &payload["url"]];
    places.into_iter().find_map(serde_json::Value::as_str).unwrap_or_default()
}

fn show_in(message: MessageIn) -> Shown {
    let kind = match (&message.text, &message.quick_reply) {
        (_, Some(_)) => MessageKind::Tap,
        (Some(_), None) => MessageKind::Text,
        (None, None) => MessageKind::Attachment,
    };
    Shown {
        attachments: message.attachments.into_iter().map(AttachmentView::from).collect(),
        ..plain(kind, message.text.unwrap_or_default())
    }
}

fn media_word(media: MediaKind) -> &'static str {
    match media {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::File => "file",
    }
}

fn button_title(button: Button) -> String {
    button.title().to_owned()
}

impl From<Attachment> for AttachmentView {
    fn from(attachment: Attachment) -> Self {
        Self { kind: attachment.kind, url: attachment.url, title: attachment.title }
    }
}

impl From<Card> for CardView {
    fn from(card: Card) -> Self {
        let choices = card.buttons.into_iter().map(button_title).collect();
        Self {
            title: card.title,
            subtitle: card.subtitle,
            image_url: card.image_url,
            url: card.default_action.map(|link| link.url),
            choices,
        }
    }
}
