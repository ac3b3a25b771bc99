//! A message as a line that reads like a chat: what is said as it stands, with `[quick replies]` and `{buttons}`.

use jiff::SignedDuration;

use crate::domain::message::template::{MediaSource, Template};
use crate::domain::message::{Button, Card, Content, MediaKind, MessageOut, QuickReply};

/// A message with its `[quick replies]` and `{buttons}`.
pub fn said(message: &MessageOut) -> String {
    let mut line = match &message.content {
        Content::Text { text } => text.clone(),
        Content::Buttons { text, buttons } => format!("{text}{}", buttons_line(buttons)),
        Content::Media { media, url } => {
            let kind = match media {
                MediaKind::Image => "image",
                MediaKind::Video => "video",
                MediaKind::Audio => "audio",
                MediaKind::File => "file",
            };
            format!("<{kind} {url}>")
        }
        Content::Cards { cards } => {
            let cards: Vec<String> = cards.iter().map(card).collect();
            cards.join(" ")
        }
        Content::Template { template } => format!("<{}>{}", shape(template), buttons_line(template.buttons())),
        Content::PassThread => "<the thread goes to the Page inbox>".into(),
        Content::Raw { message } => format!("<raw {message}>"),
    };
    for reply in &message.quick_replies {
        line.push_str(&match reply {
            QuickReply::Text { title, .. } => format!(" [{title}]"),
            QuickReply::PhoneNumber => " [your phone number]".into(),
            QuickReply::Email => " [your e-mail address]".into(),
        });
    }
    line
}

/// `{Title}` for each button, `{Title: where it leads}` where that is outside of the conversation.
fn buttons_line(buttons: &[Button]) -> String {
    let line = buttons.iter().map(|button| match button {
        Button::Postback { title, .. } => format!(" {{{title}}}"),
        Button::Url { title, url, .. } => format!(" {{{title}: {url}}}"),
        Button::Phone { title, number } => format!(" {{{title}: {number}}}"),
    });
    line.collect()
}

fn card(card: &Card) -> String {
    let link = card.default_action.as_ref().map(|link| &link.url);
    let parts: Vec<&str> =
        [Some(&card.title), card.subtitle.as_ref(), card.image_url.as_ref(), link].into_iter().flatten().map(String::as_str).collect();
    format!("<card {}>{}", parts.join(" | "), buttons_line(&card.buttons))
}

fn shape(template: &Template) -> String {
    match template {
        Template::Receipt(receipt) => {
            let lines: Vec<String> = receipt.elements.iter().map(|line| format!("{} {}", line.title, line.price)).collect();
            format!("receipt {} | {}", template.summary(), lines.join(" | "))
        }
        Template::Coupon(_) => format!("coupon {}", template.summary()),
        Template::ImageGrid(grid) => {
            let images: Vec<&str> = grid.images.iter().map(|image| image.url.as_str()).collect();
            format!("images {} | {}", grid.title, images.join(" | "))
        }
        Template::Media(media) => match &media.source {
            MediaSource::Url { url } => format!("media {url}"),
            MediaSource::AttachmentId { id } => format!("media {id}"),
        },
    }
}

/// `1.5s`, `2h`, `90s`.
pub fn length(duration: SignedDuration) -> String {
    let millis = duration.as_millis();
    match millis {
        0 => "0s".into(),
        _ if millis % 86_400_000 == 0 => format!("{}d", millis / 86_400_000),
        _ if millis % 3_600_000 == 0 => format!("{}h", millis / 3_600_000),
        _ if millis % 60_000 == 0 => format!("{}m", millis / 60_000),
        _ if millis % 1_000 == 0 => format!("{}s", millis / 1_000),
        _ => format!("{millis}ms"),
    }
}
