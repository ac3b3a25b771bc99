//! The Send API's limits, as constants, and what of a bubble breaks them.

use std::fmt;

use serde_json::Value;

use crate::domain::message::{Button, Card, Content, MessageOut, QuickReply};

/// Meta says "less than 2,000 characters" and not what a character is: cut below it, counted in UTF-16 units.
pub const TEXT: usize = 1_990;
/// The text above lasting buttons, in characters.
pub const BUTTONS_TEXT: usize = 640;
/// Lasting buttons under one text or card.
pub const BUTTONS: usize = 3;
pub const QUICK_REPLIES: usize = 13;
/// Title of a button or quick reply, in characters.
pub const CHOICE_TITLE: usize = 20;
/// Payload of a button or quick reply, in characters.
pub const PAYLOAD: usize = 1_000;
/// Cards in one carousel.
pub const CARDS: usize = 10;
/// Title of a card, in characters.
pub const CARD_TITLE: usize = 80;
/// Subtitle of a card, in characters.
pub const CARD_SUBTITLE: usize = 80;
/// `metadata`, which comes back in the echo: less than 1,000 characters.
pub const METADATA: usize = 999;
/// Media that Meta fetches itself, in bytes.
pub const MEDIA_BYTES: u64 = 25 * 1024 * 1024;
/// An image that Meta fetches itself, in bytes.
pub const IMAGE_BYTES: u64 = 8 * 1024 * 1024;

/// One limit that a bubble breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where in the message, as a JSON pointer (`/buttons/2/title`).
    pub at: String,
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at `{}`", self.text, self.at)
    }
}

/// Everything that Meta would refuse about this one bubble, after [`super::send::split`]. Empty: it may be sent.
pub fn problems(message: &MessageOut) -> Vec<Problem> {
    let mut found = Found(Vec::new());
    match &message.content {
        Content::Text { text } => found.text("/text", text, utf16_len(text), TEXT),
        Content::Media { url, .. } => found.url("/url", url),
        Content::Buttons { text, buttons } => {
            found.text("/text", text, chars(text), BUTTONS_TEXT);
            if buttons.is_empty() {
                found.add("/buttons", "a message with buttons needs at least one".to_owned());
            }
            found.buttons("/buttons", buttons);
        }
        Content::Cards { cards } => found.cards(cards),
        Content::Raw { message } => found.raw(message),
        Content::PassThread => {}
    }
    found.quick_replies(&message.quick_replies);
    found.0
}

struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, at: impl Into<String>, text: String) {
        self.0.push(Problem { at: at.into(), text });
    }

    fn text(&mut self, at: &str, text: &str, length: usize, most: usize) {
        if text.trim().is_empty() {
            self.add(at, "the text is empty".to_owned());
        } else if length > most {
            self.add(at, format!("the text has {length} characters, Messenger takes {most}"));
        }
    }

    fn short(&mut self, at: String, text: &str, most: usize) {
        let length = chars(text);
        if length == 0 {
            self.add(at, "it is empty".to_owned());
        } else if length > most {
            self.add(at, format!("it has {length} characters, Messenger takes {most}"));
        }
    }

    fn url(&mut self, at: impl Into<String>, url: &str) {
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            self.add(at, "the address does not start with `https://`".to_owned());
        }
    }

    fn buttons(&mut self, at: &str, buttons: &[Button]) {
        if buttons.len() > BUTTONS {
            self.add(at, format!("there are {} buttons, Messenger takes {BUTTONS}", buttons.len()));
        }
        for (i, button) in buttons.iter().enumerate() {
            match button {
                Button::Postback { title, payload } => {
                    self.short(format!("{at}/{i}/title"), title, CHOICE_TITLE);
                    self.short(format!("{at}/{i}/payload"), payload, PAYLOAD);
                }
                Button::Url { title, url } => {
                    self.short(format!("{at}/{i}/title"), title, CHOICE_TITLE);
                    self.url(format!("{at}/{i}/url"), url);
                }
                Button::Phone { title, number } => {
                    self.short(format!("{at}/{i}/title"), title, CHOICE_TITLE);
                    self.short(format!("{at}/{i}/number"), number, PAYLOAD);
                }
            }
        }
    }

    fn cards(&mut self, cards: &[Card]) {
        if cards.is_empty() || cards.len() > CARDS {
            self.add("/cards", format!("there are {} cards, Messenger takes 1 to {CARDS}", cards.len()));
        }
        for (i, card) in cards.iter().enumerate() {
            self.short(format!("/cards/{i}/title"), &card.title, CARD_TITLE);
            if let Some(subtitle) = &card.subtitle {
                self.short(format!("/cards/{i}/subtitle"), subtitle, CARD_SUBTITLE);
            }
            if let Some(url) = &card.image_url {
                self.url(format!("/cards/{i}/image_url"), url);
            }
            if card.subtitle.is_none() && card.image_url.is_none() && card.buttons.is_empty() {
                self.add(format!("/cards/{i}"), "a card needs a subtitle, an image or a button beside its title".to_owned());
            }
            self.buttons(&format!("/cards/{i}/buttons"), &card.buttons);
        }
    }

    fn raw(&mut self, message: &Value) {
        if !message.is_object() {
            self.add("/message", "a raw message must be a JSON object".to_owned());
        }
    }

    fn quick_replies(&mut self, replies: &[QuickReply]) {
        if replies.len() > QUICK_REPLIES {
            self.add("/quick_replies", format!("there are {} quick replies, Messenger takes {QUICK_REPLIES}", replies.len()));
        }
        for (i, reply) in replies.iter().enumerate() {
            if let QuickReply::Text { title, payload } = reply {
                self.short(format!("/quick_replies/{i}/title"), title, CHOICE_TITLE);
                self.short(format!("/quick_replies/{i}/payload"), payload, PAYLOAD);
            }
        }
    }
}

/// The stricter of the countings that Meta may mean.
pub(super) fn utf16_len(text: &str) -> usize {
    // ASCII is by far the most common, and needs no decoding.
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

pub(super) fn chars(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(message: &MessageOut) -> Vec<String> {
        problems(message).into_iter().map(|problem| problem.at).collect()
    }

    fn postback(title: &str) -> Button {
        Button::Postback { title: title.into(), payload: "p".into() }
    }

    #[test]
    fn each_limit_is_told_with_its_place() {
        let reply = |title: &str, payload: &str| QuickReply::Text { title: title.into(), payload: payload.into() };
        let card = Card { title: "t".into(), subtitle: None, image_url: None, buttons: vec![] };
        let cases: Vec<(MessageOut, Vec<&str>)> = vec![
            (MessageOut::text("x".repeat(1_990)), vec![]),
            (MessageOut::text("x".repeat(1_991)), vec!["/text"]),
            // Two UTF-16 units each: 995 fit, 996 do not.
            (MessageOut::text("😀".repeat(995)), vec![]),
            (MessageOut::text("😀".repeat(996)), vec!["/text"]),
            (MessageOut::text(" \n"), vec!["/text"]),
            (
                MessageOut {
                    content: Content::Buttons { text: "é".repeat(641), buttons: vec![postback(&"é".repeat(21)), postback("ok")] },
                    quick_replies: vec![],
                },
                vec!["/text", "/buttons/0/title"],
            ),
            (
                MessageOut { content: Content::Buttons { text: "é".repeat(640), buttons: vec![postback("a"); 4] }, quick_replies: vec![] },
                vec!["/buttons"],
            ),
            (MessageOut { content: Content::Cards { cards: vec![card.clone()] }, quick_replies: vec![] }, vec!["/cards/0"]),
            (
                MessageOut {
                    content: Content::Cards {
                        cards: vec![
                            Card {
                                subtitle: Some("s".repeat(81)),
                                image_url: Some("cdn.test/x.png".into()),
                                title: "t".repeat(81),
                                buttons: vec![Button::Url { title: "Go".into(), url: "javascript:x".into() }]
                            };
                            1
                        ],
                    },
                    quick_replies: vec![],
                },
                vec!["/cards/0/title", "/cards/0/subtitle", "/cards/0/image_url", "/cards/0/buttons/0/url"],
            ),
            (
                MessageOut {
                    quick_replies: vec![reply(&"é".repeat(20), &"p".repeat(1_000)), QuickReply::Email, reply("", &"p".repeat(1_001))],
                    ..MessageOut::text("?")
                },
                vec!["/quick_replies/2/title", "/quick_replies/2/payload"],
            ),
            (MessageOut { quick_replies: vec![QuickReply::PhoneNumber; 14], ..MessageOut::text("?") }, vec!["/quick_replies"]),
            (MessageOut { content: Content::Raw { message: Value::Null }, quick_replies: vec![] }, vec!["/message"]),
        ];
        for (message, expected) in cases {
            assert_eq!(places(&message), expected, "{message:?}");
        }
    }
}
