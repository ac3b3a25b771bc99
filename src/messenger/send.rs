//! A bubble becomes Send API bodies: [`split`] cuts what is too long for one, [`request`] writes one body. Pure.
//!
//! Messaging type and tag come from the policy guard's [`Permission`] only, never from the author of a message.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::graph::SenderAction;
use super::limits::{self, Problem};
use super::split_text::{split_buttons_text, split_text};
use super::templates;
use crate::domain::conversation::{Permission, Refusal};
use crate::domain::ids::Psid;
use crate::domain::message::{Button, Card, Content, MediaKind, MessageOut, QuickReply, WebviewHeight};

/// A finished body for `POST /{page}/messages`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendRequest {
    /// JSON.
    pub body: Bytes,
}

/// The message cannot be turned into a request; nothing would change that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("Messenger would refuse it: {}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Problem>),
    /// Passing the thread is a call of its own: [`super::graph::Graph::pass_thread_control`].
    #[error("passing the thread is no message")]
    NotAMessage,
}

/// Cuts a bubble into as many as Meta's limits ask for, in order. Quick replies go with the last.
///
/// Text is cut between sentences where it can be, else between words, and only within a word that is too long alone.
/// More than 3 buttons or 10 cards continue in further bubbles. What cannot be mended by cutting stays as it is:
/// [`request`] will refuse it.
pub fn split(message: MessageOut) -> Vec<MessageOut> {
    let MessageOut { content, quick_replies } = message;
    let mut contents = match content {
        Content::Text { text } => split_text(text).into_iter().map(|text| Content::Text { text }).collect(),
        Content::Buttons { text, buttons } => split_buttons(text, buttons),
        Content::Cards { cards } if cards.len() > limits::CARDS => {
            cards.chunks(limits::CARDS).map(|cards| Content::Cards { cards: cards.to_vec() }).collect()
        }
        whole @ (Content::Cards { .. } | Content::Media { .. } | Content::Template { .. } | Content::Raw { .. } | Content::PassThread) => {
            vec![whole]
        }
    };
    let last = contents.pop();
    let mut bubbles: Vec<MessageOut> = contents.into_iter().map(|content| MessageOut { content, quick_replies: Vec::new() }).collect();
    bubbles.extend(last.map(|content| MessageOut { content, quick_replies }));
    bubbles
}

fn split_buttons(text: String, buttons: Vec<Button>) -> Vec<Content> {
    let (before, text) = split_buttons_text(text);
    let mut contents: Vec<Content> = before.into_iter().map(|text| Content::Text { text }).collect();
    if buttons.len() <= limits::BUTTONS {
        contents.push(Content::Buttons { text, buttons });
        return contents;
    }
    let mut text = text;
    for chunk in buttons.chunks(limits::BUTTONS) {
        let above = std::mem::replace(&mut text, "…".to_owned());
        contents.push(Content::Buttons { text: above, buttons: chunk.to_vec() });
    }
    contents
}

/// The body that sends `message` to a visitor. `metadata` is our message's id: its echo carries it back.
pub fn request(message: &MessageOut, to: &Psid, permission: Permission, metadata: &str) -> Result<SendRequest, Unsendable> {
    let (messaging_type, tag) = match permission {
        Permission::Response => ("RESPONSE", None),
        Permission::HumanAgent => ("MESSAGE_TAG", Some("HUMAN_AGENT")),
        Permission::Refused(refusal) => return Err(Unsendable::Refused(refusal)),
    };
    if message.content == Content::PassThread {
        return Err(Unsendable::NotAMessage);
    }
    let problems = limits::problems(message);
    if !problems.is_empty() {
        return Err(Unsendable::Invalid(problems));
    }
    let recipient = Recipient { id: to.as_str() };
    Ok(match &message.content {
        Content::Raw { message: raw } => {
            json(&Body { recipient, messaging_type, tag, message: raw_body(raw, &message.quick_replies, metadata) })
        }
        content => json(&Body { recipient, messaging_type, tag, message: body(content, &message.quick_replies, metadata) }),
    })
}

/// The body of a sender action. It must stand alone: Meta refuses one beside a message.
pub fn action(to: &Psid, action: SenderAction) -> SendRequest {
    json(&ActionBody { recipient: Recipient { id: to.as_str() }, sender_action: action.word() })
}

fn json(body: &impl Serialize) -> SendRequest {
    // These structs cannot fail to serialise; an empty body would come back from Meta as our bug.
    SendRequest { body: serde_json::to_vec(body).unwrap_or_default().into() }
}

fn body<'a>(content: &'a Content, quick_replies: &'a [QuickReply], metadata: &'a str) -> MessageBody<'a> {
    let (text, attachment) = match content {
        Content::Text { text } => (Some(text.as_str()), None),
        Content::Media { media, url } => (None, Some(AttachmentBody { r#type: media_word(*media), payload: PayloadBody::Media { url } })),
        Content::Buttons { text, buttons } => {
            let buttons = buttons.iter().map(ButtonBody::from).collect();
            (None, Some(template(PayloadBody::Buttons { template_type: "button", text, buttons })))
        }
        Content::Cards { cards } => {
            let elements = cards.iter().map(ElementBody::from).collect();
            (None, Some(template(PayloadBody::Generic { template_type: "generic", elements })))
        }
        Content::Template { template: content } => (None, Some(template(PayloadBody::Whole(templates::payload(content))))),
        Content::Raw { .. } | Content::PassThread => (None, None),
    };
    MessageBody { text, attachment, quick_replies: quick_replies.iter().map(QuickReplyBody::from).collect(), metadata }
}

fn template(payload: PayloadBody<'_>) -> AttachmentBody<'_> {
    AttachmentBody { r#type: "template", payload }
}

fn raw_body(raw: &Value, quick_replies: &[QuickReply], metadata: &str) -> Value {
    let mut message = raw.clone();
    if let Value::Object(fields) = &mut message {
        fields.insert("metadata".into(), metadata.into());
        if !quick_replies.is_empty() {
            let replies: Vec<QuickReplyBody<'_>> = quick_replies.iter().map(QuickReplyBody::from).collect();
            fields.insert("quick_replies".into(), serde_json::to_value(replies).unwrap_or_default());
        }
    }
    message
}

fn media_word(media: MediaKind) -> &'static str {
    match media {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::File => "file",
    }
}

#[derive(Serialize)]
struct Body<'a, M> {
    recipient: Recipient<'a>,
    messaging_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'static str>,
    message: M,
}

#[derive(Serialize)]
struct ActionBody<'a> {
    recipient: Recipient<'a>,
    sender_action: &'static str,
}

#[derive(Serialize)]
struct Recipient<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct MessageBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachment: Option<AttachmentBody<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quick_replies: Vec<QuickReplyBody<'a>>,
    metadata: &'a str,
}

#[derive(Serialize)]
struct AttachmentBody<'a> {
    r#type: &'static str,
    payload: PayloadBody<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum PayloadBody<'a> {
    Media { url: &'a str },
    Buttons { template_type: &'static str, text: &'a str, buttons: Vec<ButtonBody<'a>> },
    Generic { template_type: &'static str, elements: Vec<ElementBody<'a>> },
    Whole(Value),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ButtonBody<'a> {
    Postback {
        title: &'a str,
        payload: &'a str,
    },
    WebUrl {
        title: &'a str,
        url: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        webview_height_ratio: Option<WebviewHeight>,
    },
    PhoneNumber {
        title: &'a str,
        payload: &'a str,
    },
}

impl<'a> From<&'a Button> for ButtonBody<'a> {
    fn from(button: &'a Button) -> Self {
        match button {
            Button::Postback { title, payload } => Self::Postback { title, payload },
            Button::Url { title, url, height } => Self::WebUrl { title, url, webview_height_ratio: *height },
            Button::Phone { title, number } => Self::PhoneNumber { title, payload: number },
        }
    }
}

/// What a tap on the card itself opens: a `web_url` button without a title.
#[derive(Serialize)]
struct ActionOfCard<'a> {
    r#type: &'static str,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    webview_height_ratio: Option<WebviewHeight>,
}

#[derive(Serialize)]
struct ElementBody<'a> {
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subtitle: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_action: Option<ActionOfCard<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    buttons: Vec<ButtonBody<'a>>,
}

impl<'a> From<&'a Card> for ElementBody<'a> {
    fn from(card: &'a Card) -> Self {
        Self {
            title: &card.title,
            subtitle: card.subtitle.as_deref(),
            image_url: card.image_url.as_deref(),
            default_action: card.default_action.as_ref().map(|link| ActionOfCard {
                r#type: "web_url",
                url: &link.url,
                webview_height_ratio: link.height,
            }),
            buttons: card.buttons.iter().map(ButtonBody::from).collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "content_type", rename_all = "snake_case")]
enum QuickReplyBody<'a> {
    Text { title: &'a str, payload: &'a str },
    UserPhoneNumber,
    UserEmail,
}

impl<'a> From<&'a QuickReply> for QuickReplyBody<'a> {
    fn from(reply: &'a QuickReply) -> Self {
        match reply {
            QuickReply::Text { title, payload } => Self::Text { title, payload },
            QuickReply::PhoneNumber => Self::UserPhoneNumber,
            QuickReply::Email => Self::UserEmail,
        }
    }
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;
