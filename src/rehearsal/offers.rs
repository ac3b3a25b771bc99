//! What a visitor can tap: everything that was said and stays, the newest last.

use serde_json::Value;

use crate::domain::message::template::{ImageAction, Template};
use crate::domain::message::{Button, Content, MessageOut, QuickReply};

pub(super) struct Offer {
    pub title: String,
    /// Of the card that it stands on: several cards may have a button of the same title, `Lamp: Buy` is the one of `Lamp`.
    card: Option<String>,
    /// `None`: it leads out of the conversation, and nothing comes back.
    pub payload: Option<String>,
    /// It comes back as a message.
    pub quick: bool,
}

impl Offer {
    pub fn is_called(&self, wanted: &str) -> bool {
        let with_card = || self.card.as_ref().and_then(|card| wanted.strip_prefix(card.as_str())?.strip_prefix(": "));
        self.title == wanted || with_card() == Some(self.title.as_str())
    }
}

/// Whatever on it can be tapped, in the order in which it is seen.
pub(super) fn offers(message: &MessageOut) -> Vec<Offer> {
    let mut offers = Vec::new();
    for (card, buttons) in message.content.buttons() {
        offers.extend(buttons.iter().map(|button| button_offer(card, button)));
    }
    match &message.content {
        Content::Template { template: Template::ImageGrid(grid) } => {
            offers.extend(grid.images.iter().filter_map(|image| match image.action.as_ref()? {
                ImageAction::Postback { text, payload } => Some(offer(text, Some(payload), false)),
                ImageAction::Url { .. } => None,
            }));
        }
        Content::Raw { message } => raw(message, &mut offers),
        _ => {}
    }
    offers.extend(message.quick_replies.iter().filter_map(|reply| match reply {
        QuickReply::Text { title, payload } => Some(offer(title, Some(payload), true)),
        QuickReply::PhoneNumber | QuickReply::Email => None,
    }));
    offers
}

fn offer(title: &str, payload: Option<&str>, quick: bool) -> Offer {
    Offer { title: title.to_owned(), card: None, payload: payload.map(str::to_owned), quick }
}

fn button_offer(card: Option<&str>, button: &Button) -> Offer {
    let made = match button {
        Button::Postback { title, payload } => offer(title, Some(payload), false),
        Button::Url { title, .. } | Button::Phone { title, .. } => offer(title, None, false),
    };
    Offer { card: card.map(str::to_owned), ..made }
}

/// The Send API's own words: buttons of a template, of its elements, and quick replies.
fn raw(message: &Value, offers: &mut Vec<Offer>) {
    let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let mut add = |tapped: &Value, card: Option<&str>, quick: bool| {
        if let Some(title) = tapped["title"].as_str() {
            let made = offer(title, tapped["payload"].as_str(), quick);
            offers.push(Offer { card: card.map(str::to_owned), ..made });
        }
    };
    let payload = &message["attachment"]["payload"];
    list(payload, "buttons").iter().for_each(|button| add(button, None, false));
    for element in list(payload, "elements") {
        list(&element, "buttons").iter().for_each(|button| add(button, element["title"].as_str(), false));
    }
    list(message, "quick_replies").iter().for_each(|reply| add(reply, None, true));
}
