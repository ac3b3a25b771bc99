//! What one bubble may hold: the Send API's limits, as constants, and what of a bubble breaks them.

use std::fmt;

use super::raw;
use super::template::{Coupon, ImageAction, ImageGrid, MediaCard, MediaSource, Receipt, Template};
use super::{Button, Card, Content, MessageOut, QuickReply};

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
/// An address that a tap opens, in characters.
pub const URL: usize = 2_083;
/// Lines of a receipt.
pub const RECEIPT_LINES: usize = 100;
/// Title and subtitle of a coupon, in characters.
pub const COUPON_TITLE: usize = 80;
/// Pictures of an image grid: at least and at most.
pub const GRID_IMAGES: std::ops::RangeInclusive<usize> = 2..=6;
/// Title of an image grid, in characters.
pub const GRID_TITLE: usize = 45;
/// Subtitle of an image grid, in characters.
pub const GRID_SUBTITLE: usize = 80;
/// Pictures of one message without a template.
pub const IMAGES: usize = 30;

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
        Content::Template { template } => found.template(template),
        Content::Raw { message } => {
            let told = raw::problems(message, raw::Strings::Final).into_iter();
            found.0.extend(told.map(|problem| Problem { at: format!("/message{}", problem.at), ..problem }));
        }
        Content::PassThread => {}
    }
    found.quick_replies(&message.quick_replies);
    found.0
}

/// As [`problems`], without what cutting into several bubbles mends.
pub fn unmendable(message: &MessageOut) -> Vec<Problem> {
    let mended: &[&str] = match &message.content {
        Content::Text { text } | Content::Buttons { text, .. } if text.trim().is_empty() => &[],
        Content::Text { .. } => &["/text"],
        Content::Buttons { buttons, .. } if !buttons.is_empty() => &["/text", "/buttons"],
        Content::Cards { cards } if !cards.is_empty() => &["/cards"],
        _ => &[],
    };
    problems(message).into_iter().filter(|problem| !mended.contains(&problem.at.as_str())).collect()
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
        } else if chars(url) > URL {
            self.add(at, format!("the address has more than {URL} characters"));
        }
    }

    fn optional(&mut self, at: &str, text: Option<&String>, most: usize) {
        if let Some(text) = text {
            self.short(at.to_owned(), text, most);
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
                Button::Url { title, url, .. } => {
                    self.short(format!("{at}/{i}/title"), title, CHOICE_TITLE);
                    self.url(format!("{at}/{i}/url"), url);
                }
                Button::Phone { title, number } => {
                    self.short(format!("{at}/{i}/title"), title, CHOICE_TITLE);
                    self.short(format!("{at}/{i}/number"), number, PAYLOAD);
                    // Meta's form is `+` and the whole number (reference §4.3).
                    if !number.starts_with('+') {
                        self.add(format!("{at}/{i}/number"), "the phone number does not start with `+`".to_owned());
                    }
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
            if let Some(link) = &card.default_action {
                self.url(format!("/cards/{i}/default_action/url"), &link.url);
            }
            let bare = card.subtitle.is_none() && card.image_url.is_none() && card.default_action.is_none();
            if bare && card.buttons.is_empty() {
                self.add(format!("/cards/{i}"), "a card needs a subtitle, an image or a button beside its title".to_owned());
            }
            self.buttons(&format!("/cards/{i}/buttons"), &card.buttons);
        }
    }

    fn template(&mut self, template: &Template) {
        match template {
            Template::Receipt(receipt) => self.receipt(receipt),
            Template::Coupon(coupon) => self.coupon(coupon),
            Template::ImageGrid(grid) => self.grid(grid),
            Template::Media(media) => self.media(media),
        }
    }

    fn receipt(&mut self, receipt: &Receipt) {
        for (at, text) in [
            ("/recipient_name", &receipt.recipient_name),
            ("/order_number", &receipt.order_number),
            ("/currency", &receipt.currency),
            ("/payment_method", &receipt.payment_method),
        ] {
            self.short(at.to_owned(), text, PAYLOAD);
        }
        if receipt.elements.len() > RECEIPT_LINES {
            let count = receipt.elements.len();
            self.add("/elements", format!("there are {count} lines, Messenger takes {RECEIPT_LINES}"));
        }
        for (i, line) in receipt.elements.iter().enumerate() {
            self.short(format!("/elements/{i}/title"), &line.title, PAYLOAD);
            if let Some(url) = &line.image_url {
                self.url(format!("/elements/{i}/image_url"), url);
            }
        }
        if let Some(url) = &receipt.order_url {
            self.url("/order_url", url);
        }
    }

    fn coupon(&mut self, coupon: &Coupon) {
        self.short("/title".to_owned(), &coupon.title, COUPON_TITLE);
        self.optional("/subtitle", coupon.subtitle.as_ref(), COUPON_TITLE);
        self.optional("/payload", coupon.payload.as_ref(), PAYLOAD);
        match (&coupon.code, &coupon.url) {
            (None, None) => self.add("", "a coupon needs a code or an address".to_owned()),
            (Some(code), _) if code.is_empty() || code.contains(char::is_whitespace) => {
                self.add("/code", "a coupon's code is one word without spaces".to_owned());
            }
            _ => {}
        }
        if let Some(url) = &coupon.url {
            self.url("/url", url);
        }
    }

    fn grid(&mut self, grid: &ImageGrid) {
        self.short("/title".to_owned(), &grid.title, GRID_TITLE);
        self.optional("/subtitle", grid.subtitle.as_ref(), GRID_SUBTITLE);
        if !GRID_IMAGES.contains(&grid.images.len()) {
            let (least, most) = (GRID_IMAGES.start(), GRID_IMAGES.end());
            self.add("/images", format!("there are {} pictures, Messenger takes {least} to {most}", grid.images.len()));
        }
        if grid.images.iter().filter(|image| image.hero).count() > 1 {
            self.add("/images", "only one picture may be the large one".to_owned());
        }
        for (i, image) in grid.images.iter().enumerate() {
            self.url(format!("/images/{i}/url"), &image.url);
            match &image.action {
                Some(ImageAction::Url { url }) => self.url(format!("/images/{i}/action/url"), url),
                Some(ImageAction::Postback { text, payload }) => {
                    self.short(format!("/images/{i}/action/text"), text, PAYLOAD);
                    self.short(format!("/images/{i}/action/payload"), payload, PAYLOAD);
                }
                None => {}
            }
        }
        if grid.buttons.iter().any(|button| matches!(button, Button::Phone { .. })) {
            self.add("/buttons", "an image grid has no phone buttons".to_owned());
        }
        self.buttons("/buttons", &grid.buttons);
    }

    fn media(&mut self, media: &MediaCard) {
        match &media.source {
            MediaSource::Url { url } if !facebook(url) => {
                self.add("/url", "the media template takes only addresses on facebook.com".to_owned());
            }
            MediaSource::AttachmentId { id } if id.trim().is_empty() => self.add("/attachment_id", "it is empty".to_owned()),
            _ => {}
        }
        self.buttons("/buttons", &media.buttons);
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

/// A page's own post or video: the only addresses that the media template takes.
pub fn facebook(url: &str) -> bool {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    host.is_some_and(|host| host == "facebook.com" || host.ends_with(".facebook.com"))
}

/// The stricter of the countings that Meta may mean.
pub fn utf16_len(text: &str) -> usize {
    // ASCII is by far the most common, and needs no decoding.
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

pub fn chars(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

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
        let card = Card { title: "t".into(), subtitle: None, image_url: None, default_action: None, buttons: vec![] };
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
                                default_action: None,
                                buttons: vec![Button::Url { title: "Go".into(), url: "javascript:x".into(), height: None }]
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
