use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;

use super::message_view::MessageView;
use super::order;
use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::extract::{FieldChecks, Json, Path};
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::command::Order;
use crate::domain::ids::ConversationId;
use crate::domain::message::{Content, MediaKind, MessageOut};

/// Characters of one reply; Messenger takes 2,000 a bubble, longer ones become several.
const LONGEST: usize = 8_000;

/// A text, or an attachment.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyBody {
    /// 1 to 8,000 characters; more than 2,000 become several bubbles.
    text: Option<String>,
    attachment: Option<AttachmentBody>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachmentBody {
    kind: MediaKind,
    /// Where Messenger fetches it from: `https`, reachable for Meta.
    url: String,
}

/// Answer the visitor
///
/// Goes out through the same queue as the bot's words: refused where Messenger would not let it through, and where
/// somebody else has the conversation.
#[utoipa::path(
    tag = "inbox",
    operation_id = "reply_to_conversation",
    params(ConversationId),
    responses((status = CREATED, body = MessageView)),
    security(("bearer" = ["serve"]))
)]
#[post("/conversations/{id}/messages")]
pub async fn reply_to_conversation(api: Data<Api>, caller: Caller, id: Path<ConversationId>, body: Json<ReplyBody>) -> Reply<MessageView> {
    let body = message(body.0)?;
    written(&api, &caller, id.0, Order::Reply { body }).await
}

/// Gives the order and answers with the message that it made.
pub(super) async fn written(api: &Api, caller: &Caller, id: ConversationId, what: Order) -> Reply<MessageView> {
    let done = order::give(api, caller, id, what).await?;
    let message = done.message.ok_or_else(|| Problem::not_found("new message in conversation", id))?;
    let view = MessageView::new(done.conversation.next_seq - 1, message);
    Ok(Answer::created(format!("/v1/conversations/{id}/messages"), view))
}

fn message(body: ReplyBody) -> Result<MessageOut, Problem> {
    let content = match (body.text, body.attachment) {
        (Some(text), None) => {
            check_text(&text)?;
            Content::Text { text }
        }
        (None, Some(AttachmentBody { kind, url })) => {
            let mut checks = FieldChecks::default();
            let good = url.len() <= 2_000 && url::Url::parse(&url).is_ok_and(|url| url.scheme() == "https" && url.has_host());
            checks.check(good, "/attachment/url", "a URL that begins with `https://`, of at most 2,000 characters");
            checks.done()?;
            Content::Media { media: kind, url }
        }
        _ => return Err(Problem::invalid("", "invalid_value", "give either `text` or `attachment`")),
    };
    Ok(MessageOut { content, quick_replies: Vec::new() })
}

pub(super) fn check_text(text: &str) -> Result<(), Problem> {
    let mut checks = FieldChecks::default();
    let good = !text.trim().is_empty() && text.chars().count() <= LONGEST;
    checks.check(good, "/text", format!("1 to {LONGEST} characters that are not all spaces"));
    checks.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_a_text_or_an_attachment_and_neither_both_nor_nothing() {
        let attachment = |url: &str| Some(AttachmentBody { kind: MediaKind::Image, url: url.to_owned() });
        let text = |text: &str| Some(text.to_owned());
        for (good, body) in [
            (true, ReplyBody { text: text("Bonjour"), attachment: None }),
            (true, ReplyBody { text: None, attachment: attachment("https://example.org/a.png") }),
            (false, ReplyBody { text: text("Bonjour"), attachment: attachment("https://example.org/a.png") }),
            (false, ReplyBody { text: None, attachment: None }),
            (false, ReplyBody { text: text(" \n"), attachment: None }),
            (false, ReplyBody { text: text(&"é".repeat(LONGEST + 1)), attachment: None }),
            (false, ReplyBody { text: None, attachment: attachment("http://example.org/a.png") }),
            (false, ReplyBody { text: None, attachment: attachment("a.png") }),
        ] {
            let shown = format!("{body:?}");
            assert_eq!(message(body).is_ok(), good, "{shown}");
        }
    }
}
