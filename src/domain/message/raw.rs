//! What Meta would refuse of a Send API `message` object that somebody wrote by hand.
//!
//! Rules and figures: Send API reference, "message", "Message limits" and "Templates". Start with [`problems`].

use serde_json::{Map, Value};

use super::limits::{self, Problem, chars, facebook, utf16_len};

type Object = Map<String, Value>;

/// Whether texts are known already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strings {
    /// As they will be sent.
    Final,
    /// A text with `{{` in it may become anything: nothing is said about it.
    Templates,
}

/// Everything that Meta would refuse. The places are JSON pointers into the message.
pub fn problems(message: &Value, strings: Strings) -> Vec<Problem> {
    let mut check = Check { found: Vec::new(), strings };
    check.message(message);
    check.found
}

const CONTENTS: [&str; 4] = ["text", "attachment", "attachments", "sticker_id"];

struct Check {
    found: Vec<Problem>,
    strings: Strings,
}

impl Check {
    fn add(&mut self, at: &str, text: impl Into<String>) {
        self.found.push(Problem { at: at.to_owned(), text: text.into() });
    }

    fn message(&mut self, message: &Value) {
        let Some(message) = self.object("", message) else { return };
        if message.contains_key("metadata") {
            self.add("/metadata", "the server writes `metadata` itself, to find the message's echo");
        }
        if message.contains_key("template") {
            self.add("/template", "utility messages need an approved template and are not answers");
        }
        self.keys("", message, &["text", "attachment", "attachments", "sticker_id", "template", "quick_replies", "metadata"]);
        let contents: Vec<&str> = CONTENTS.into_iter().filter(|key| message.contains_key(*key)).collect();
        match contents.as_slice() {
            [] => self.add("", "it needs one of `text`, `attachment`, `attachments`, `sticker_id`"),
            [_] => {}
            [first, second, ..] => self.add("", format!("it cannot have both `{first}` and `{second}`")),
        }
        if let Some(text) = message.get("text") {
            self.text("/text", text, limits::TEXT, utf16_len);
        }
        if let Some(attachment) = message.get("attachment") {
            self.attachment("/attachment", attachment);
        }
        if let Some(images) = message.get("attachments") {
            self.images(images);
        }
        if let Some(id) = message.get("sticker_id")
            && !id.is_number()
        {
            self.short("/sticker_id", id, limits::PAYLOAD);
        }
        if let Some(replies) = message.get("quick_replies") {
            self.quick_replies(replies);
        }
    }

    fn quick_replies(&mut self, replies: &Value) {
        for (at, reply) in self.list("/quick_replies", replies, 1..=limits::QUICK_REPLIES) {
            let Some(reply) = self.object(&at, reply) else { continue };
            self.keys(&at, reply, &["content_type", "title", "payload", "image_url"]);
            self.one_of(&at, reply, "content_type", &["text", "user_phone_number", "user_email"]);
            if reply.get("content_type").and_then(Value::as_str) == Some("text") {
                // A picture may stand in for the title.
                if reply.contains_key("title") || !reply.contains_key("image_url") {
                    self.required(&at, reply, "title", limits::CHOICE_TITLE);
                }
                self.required(&at, reply, "payload", limits::PAYLOAD);
                self.url(&at, reply, "image_url");
            }
        }
    }

    fn images(&mut self, images: &Value) {
        for (at, image) in self.list("/attachments", images, 1..=limits::IMAGES) {
            if image.get("type").and_then(Value::as_str) != Some("image") {
                self.add(&at, "several attachments in one message are images only");
            }
            self.attachment(&at, image);
        }
    }

    fn attachment(&mut self, at: &str, attachment: &Value) {
        let Some(attachment) = self.object(at, attachment) else { return };
        self.keys(at, attachment, &["type", "payload"]);
        self.one_of(at, attachment, "type", &["image", "video", "audio", "file", "template"]);
        let at = format!("{at}/payload");
        let Some(payload) = self.object(&at, attachment.get("payload").unwrap_or(&Value::Null)) else { return };
        if attachment.get("type").and_then(Value::as_str) == Some("template") {
            self.template(&at, payload);
            return;
        }
        self.keys(&at, payload, &["url", "is_reusable", "attachment_id"]);
        if payload.contains_key("url") == payload.contains_key("attachment_id") {
            self.add(&at, "it needs exactly one of `url` and `attachment_id`");
        }
        self.url(&at, payload, "url");
    }

    fn template(&mut self, at: &str, payload: &Object) {
        const KNOWN: [&str; 10] = [
            "generic",
            "button",
            "media",
            "image_grid",
            "receipt",
            "coupon",
            "product",
            "customer_feedback",
            "customer_information",
            "instant_form",
        ];
        self.one_of(at, payload, "template_type", &KNOWN);
        match payload.get("template_type").and_then(Value::as_str).unwrap_or_default() {
            "button" => {
                self.required(at, payload, "text", limits::BUTTONS_TEXT);
                self.buttons(at, payload, 1);
            }
            "generic" => self.each(at, payload, limits::CARDS, Self::card),
            "media" => self.each(at, payload, 1, Self::media),
            "image_grid" => self.each(at, payload, 1, Self::grid),
            "product" => self.each(at, payload, limits::CARDS, |check, at, element| check.required(at, element, "id", limits::PAYLOAD)),
            "receipt" => self.receipt(at, payload),
            "coupon" => self.coupon(at, payload),
            "customer_feedback" => self.feedback(at, payload),
            "customer_information" => self.expiry(at, payload),
            "instant_form" => self.required(at, payload, "form_id", limits::PAYLOAD),
            _ => {}
        }
    }

    fn each(&mut self, at: &str, payload: &Object, most: usize, one: impl Fn(&mut Self, &str, &Object)) {
        let elements = payload.get("elements").unwrap_or(&Value::Null);
        for (at, element) in self.list(&format!("{at}/elements"), elements, 1..=most) {
            if let Some(element) = self.object(&at, element) {
                one(self, &at, element);
            }
        }
    }

    fn card(&mut self, at: &str, card: &Object) {
        self.keys(at, card, &["title", "subtitle", "image_url", "default_action", "buttons"]);
        self.required(at, card, "title", limits::CARD_TITLE);
        self.optional(at, card, "subtitle", limits::CARD_SUBTITLE);
        self.url(at, card, "image_url");
        if card.len() < 2 {
            self.add(at, "a card needs a subtitle, an image or a button beside its title");
        }
        if let Some(action) = card.get("default_action") {
            let at = format!("{at}/default_action");
            let Some(action) = self.object(&at, action) else { return };
            self.one_of(&at, action, "type", &["web_url"]);
            self.required(&at, action, "url", limits::URL);
            self.url(&at, action, "url");
            if action.contains_key("title") {
                self.add(&at, "a card's own action has no title");
            }
        }
        self.optional_buttons(at, card);
    }

    fn media(&mut self, at: &str, element: &Object) {
        self.one_of(at, element, "media_type", &["image", "video"]);
        if element.contains_key("url") == element.contains_key("attachment_id") {
            self.add(at, "it needs exactly one of `url` and `attachment_id`");
        }
        if element.get("url").and_then(Value::as_str).is_some_and(|url| !self.open(url) && !facebook(url)) {
            self.add(&format!("{at}/url"), "the media template takes only addresses on facebook.com");
        }
        self.optional_buttons(at, element);
    }

    fn grid(&mut self, at: &str, element: &Object) {
        self.required(at, element, "title", limits::GRID_TITLE);
        self.optional(at, element, "subtitle", limits::GRID_SUBTITLE);
        let images = self.list(&format!("{at}/images"), element.get("images").unwrap_or(&Value::Null), limits::GRID_IMAGES);
        if images.iter().filter(|(_, image)| image.get("is_hero_image") == Some(&Value::Bool(true))).count() > 1 {
            self.add(&format!("{at}/images"), "only one picture may be the large one");
        }
        for (at, image) in images {
            let Some(image) = self.object(&at, image) else { continue };
            self.required(&at, image, "url", limits::URL);
            let Some(action) = image.get("action").and_then(Value::as_object) else { continue };
            if action.get("type").and_then(Value::as_str) == Some("postback") {
                let at = format!("{at}/action");
                self.required(&at, action, "payload", limits::PAYLOAD);
                self.required(&at, action, "text", limits::PAYLOAD);
            }
        }
        self.optional_buttons(at, element);
    }

    fn receipt(&mut self, at: &str, payload: &Object) {
        for key in ["recipient_name", "order_number", "currency", "payment_method"] {
            self.required(at, payload, key, limits::PAYLOAD);
        }
        match payload.get("summary").and_then(|summary| summary.get("total_cost")) {
            Some(cost) if cost.is_number() || cost.is_string() => {}
            _ => self.add(&format!("{at}/summary/total_cost"), "it is missing"),
        }
        if let Some(elements) = payload.get("elements") {
            for (at, element) in self.list(&format!("{at}/elements"), elements, 0..=limits::RECEIPT_LINES) {
                let Some(element) = self.object(&at, element) else { continue };
                self.required(&at, element, "title", limits::PAYLOAD);
                if !element.contains_key("price") {
                    self.add(&format!("{at}/price"), "it is missing");
                }
            }
        }
    }

    fn coupon(&mut self, at: &str, payload: &Object) {
        self.required(at, payload, "title", limits::COUPON_TITLE);
        self.optional(at, payload, "subtitle", limits::COUPON_TITLE);
        self.optional(at, payload, "payload", limits::PAYLOAD);
        self.url(at, payload, "coupon_url");
        let code = payload.get("coupon_code");
        if code.is_none() && !payload.contains_key("coupon_url") {
            self.add(at, "a coupon needs `coupon_code` or `coupon_url`");
        }
        if code.and_then(Value::as_str).is_some_and(|code| !self.open(code) && code.contains(char::is_whitespace)) {
            self.add(&format!("{at}/coupon_code"), "a coupon's code has no spaces");
        }
    }

    fn feedback(&mut self, at: &str, payload: &Object) {
        self.required(at, payload, "title", 65);
        self.optional(at, payload, "subtitle", 80);
        self.optional(at, payload, "button_title", 20);
        self.expiry(at, payload);
        let screens = payload.get("feedback_screens").unwrap_or(&Value::Null);
        for (at, screen) in self.list(&format!("{at}/feedback_screens"), screens, 1..=1) {
            self.list(&format!("{at}/questions"), screen.get("questions").unwrap_or(&Value::Null), 1..=1);
        }
    }

    /// Both forms that collect data ask for the privacy notice, and run out.
    fn expiry(&mut self, at: &str, payload: &Object) {
        let privacy = payload.get("business_privacy").and_then(|privacy| privacy.get("url"));
        if !privacy.is_some_and(Value::is_string) {
            self.add(&format!("{at}/business_privacy/url"), "it is missing");
        }
        let days = payload.get("expires_in_days");
        if days.is_some_and(|days| days.as_u64().is_some_and(|days| !(1..=7).contains(&days))) {
            self.add(&format!("{at}/expires_in_days"), "it is 1 to 7");
        }
    }

    fn optional_buttons(&mut self, at: &str, element: &Object) {
        if element.contains_key("buttons") {
            self.buttons(at, element, 1);
        }
    }

    fn buttons(&mut self, at: &str, element: &Object, least: usize) {
        const KNOWN: [&str; 7] = ["web_url", "postback", "phone_number", "account_link", "account_unlink", "game_play", "audio_call"];
        let buttons = element.get("buttons").unwrap_or(&Value::Null);
        for (at, button) in self.list(&format!("{at}/buttons"), buttons, least..=limits::BUTTONS) {
            let Some(button) = self.object(&at, button) else { continue };
            self.one_of(&at, button, "type", &KNOWN);
            let kind = button.get("type").and_then(Value::as_str).unwrap_or_default();
            if matches!(kind, "postback" | "web_url" | "phone_number") {
                self.required(&at, button, "title", limits::CHOICE_TITLE);
            }
            match kind {
                "postback" => self.required(&at, button, "payload", limits::PAYLOAD),
                "web_url" => {
                    self.required(&at, button, "url", limits::URL);
                    self.url(&at, button, "url");
                    if button.contains_key("webview_height_ratio") {
                        self.one_of(&at, button, "webview_height_ratio", &["compact", "tall", "full"]);
                    }
                }
                "phone_number" => {
                    self.required(&at, button, "payload", limits::PAYLOAD);
                    if button.get("payload").and_then(Value::as_str).is_some_and(|n| !self.open(n) && !n.starts_with('+')) {
                        self.add(&format!("{at}/payload"), "the phone number does not start with `+`");
                    }
                }
                _ => {}
            }
        }
    }

    // --- values

    /// May become anything.
    fn open(&self, text: &str) -> bool {
        self.strings == Strings::Templates && text.contains("{{")
    }

    fn object<'a>(&mut self, at: &str, value: &'a Value) -> Option<&'a Object> {
        if value.as_str().is_some_and(|text| self.open(text)) {
            return None;
        }
        if !value.is_object() {
            self.add(at, "it must be a JSON object");
        }
        value.as_object()
    }

    fn list<'a>(&mut self, at: &str, value: &'a Value, count: std::ops::RangeInclusive<usize>) -> Vec<(String, &'a Value)> {
        if value.as_str().is_some_and(|text| self.open(text)) {
            return Vec::new();
        }
        let Some(items) = value.as_array() else {
            self.add(at, "it must be a list");
            return Vec::new();
        };
        if !count.contains(&items.len()) {
            self.add(at, format!("there are {}, Messenger takes {} to {}", items.len(), count.start(), count.end()));
        }
        items.iter().enumerate().map(|(i, item)| (format!("{at}/{i}"), item)).collect()
    }

    fn keys(&mut self, at: &str, object: &Object, known: &[&str]) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            let place = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
            self.add(&place, "Messenger does not know this key here");
        }
    }

    fn required(&mut self, at: &str, object: &Object, key: &str, most: usize) {
        let at = format!("{at}/{key}");
        match object.get(key) {
            Some(value) => self.short(&at, value, most),
            None => self.add(&at, "it is missing"),
        }
    }

    fn optional(&mut self, at: &str, object: &Object, key: &str, most: usize) {
        if let Some(value) = object.get(key) {
            self.short(&format!("{at}/{key}"), value, most);
        }
    }

    fn short(&mut self, at: &str, value: &Value, most: usize) {
        self.text(at, value, most, chars);
    }

    fn text(&mut self, at: &str, value: &Value, most: usize, count: impl Fn(&str) -> usize) {
        let Some(text) = value.as_str() else { return self.add(at, "it must be a text") };
        if self.open(text) {
            return;
        }
        match count(text) {
            _ if text.trim().is_empty() => self.add(at, "it is empty"),
            length if length > most => self.add(at, format!("it has {length} characters, Messenger takes {most}")),
            _ => {}
        }
    }

    fn url(&mut self, at: &str, object: &Object, key: &str) {
        let url = object.get(key).and_then(Value::as_str).filter(|url| !self.open(url));
        if url.is_some_and(|url| !(url.starts_with("https://") || url.starts_with("http://"))) {
            self.add(&format!("{at}/{key}"), "the address does not start with `https://`");
        }
    }

    fn one_of(&mut self, at: &str, object: &Object, key: &str, known: &[&str]) {
        match object.get(key).and_then(Value::as_str) {
            Some(word) if known.contains(&word) || self.open(word) => {}
            _ => self.add(&format!("{at}/{key}"), format!("one of: {}", known.join(", "))),
        }
    }
}

#[cfg(test)]
#[path = "raw_tests.rs"]
mod tests;
