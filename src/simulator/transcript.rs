//! Effects as lines that read like a chat.

use jiff::{SignedDuration, Timestamp};

use super::stage::Turn;
use crate::domain::message::template::{MediaSource, Template};
use crate::domain::message::{Button, Card, Content, MediaKind, MessageOut, QuickReply};
use crate::domain::transfer::Destination;
use crate::flow::effect::{Effect, TicketDraft, TicketEdit};
use crate::flow::secret::shown;

/// One line per effect. What is said stands as it is, with `[quick replies]` and `{buttons}`; all else in `(brackets)`.
/// `agent` names a user id, `now` is the turn's time.
pub fn lines(turn: &Turn, now: Timestamp, agent: &dyn Fn(crate::domain::ids::UserId) -> String) -> Vec<String> {
    let notes = turn.notes.iter().map(|note| format!("({note})"));
    notes.chain(turn.effects.iter().map(|effect| line(effect, now, agent))).collect()
}

fn line(effect: &Effect, now: Timestamp, agent: &dyn Fn(crate::domain::ids::UserId) -> String) -> String {
    match effect {
        Effect::Send { message, pause_ms: 0 } => said(message),
        Effect::Send { message, pause_ms } => {
            format!("(typing {}) {}", length(SignedDuration::from_millis((*pause_ms).into())), said(message))
        }
        Effect::OpenTicket(draft) => ticket(draft),
        Effect::UpdateTicket(edit) => ticket_edit(edit),
        Effect::Emit { name, data, .. } => format!("(event {name} {data})"),
        Effect::Close => "(the conversation is closed)".into(),
        Effect::Transfer { decision, .. } => match &decision.destination {
            Destination::Agent { agent: user, .. } => format!("(transfer to {})", agent(*user)),
            Destination::Queue { .. } => "(transfer to the queue)".into(),
            Destination::PageInbox => "(transfer to the Page inbox)".into(),
            Destination::Away => "(transfer: nobody can take it, the bot keeps it)".into(),
            Destination::TicketAndQueue { .. } => "(transfer to the queue, with a ticket)".into(),
        },
        Effect::Callout { request, .. } => match &request.body {
            Some(body) => format!("(callout {} {} {})", request.method, shown(&request.url), shown(body)),
            None => format!("(callout {} {})", request.method, shown(&request.url)),
        },
        Effect::Typing => "(typing)".into(),
        Effect::SetTimer { at, .. } => format!("(pause {})", length(at.duration_since(now))),
        Effect::CancelTimer { .. } => "(pause ended)".into(),
        Effect::Finished => "(finished)".into(),
        Effect::Report(report) => format!("(report {} at {}/{}: {})", report.code, report.node, report.action, report.text),
    }
}

fn ticket(draft: &TicketDraft) -> String {
    let status = draft.status.as_deref().unwrap_or("first status");
    let mut line = format!("(ticket in {}/{status}: {}", draft.pipeline, draft.subject);
    if !draft.description.is_empty() {
        line.push_str(&format!("; {}", draft.description));
    }
    for (name, value) in &draft.fields {
        line.push_str(&format!("; {name}={value}"));
    }
    line.push(')');
    line
}

fn ticket_edit(edit: &TicketEdit) -> String {
    let mut changes: Vec<String> = Vec::new();
    changes.extend(edit.status.as_ref().map(|status| format!("status={status}")));
    changes.extend(edit.priority.map(|priority| format!("priority={}", priority.word())));
    changes.extend(edit.subject.as_ref().map(|subject| format!("subject={subject}")));
    changes.extend(edit.description.as_ref().map(|description| format!("description={description}")));
    changes.extend(edit.fields.iter().map(|(name, value)| format!("{name}={value}")));
    let pipeline = edit.pipeline.as_ref().map_or_else(String::new, |pipeline| format!(" in {pipeline}"));
    format!("(ticket updated{pipeline}: {})", changes.join("; "))
}

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
fn length(duration: SignedDuration) -> String {
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
