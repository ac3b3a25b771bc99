//! The Send API's limits on a `message` object: what Meta refuses with code 100, refused here with the same code.
//!
//! Pure: JSON in, a [`GraphError`] or nothing out. Figures from the Send API reference, "Message limits" and
//! "Templates". Start with [`message`].

use serde_json::{Map, Value};

use super::error::GraphError;

type Check = Result<(), GraphError>;
type Object = Map<String, Value>;

/// Texts must stay below this many characters.
pub const TEXT: usize = 2000;
const PAYLOAD: usize = 1000;
const TITLE: usize = 20;

const CONTENTS: [&str; 5] = ["text", "attachment", "attachments", "sticker_id", "template"];

/// Checks one `message` of a send.
pub fn message(message: &Value) -> Check {
    let message = object(message, "message")?;
    keys(message, "message", &["text", "attachment", "attachments", "sticker_id", "template", "quick_replies", "metadata"])?;
    let contents: Vec<&str> = CONTENTS.into_iter().filter(|key| message.contains_key(*key)).collect();
    match contents.as_slice() {
        [] => return refuse("Param message must contain text or an attachment"),
        [_] => {}
        [first, second, ..] => return refuse(format!("Param message cannot have both {first} and {second}")),
    }
    if let Some(value) = message.get("text") {
        text(value, "message[text]", TEXT - 1)?;
    }
    if let Some(value) = message.get("metadata") {
        text(value, "message[metadata]", PAYLOAD - 1)?;
    }
    if let Some(value) = message.get("attachment") {
        attachment(value)?;
    }
    if let Some(value) = message.get("attachments") {
        images(value)?;
    }
    match message.get("quick_replies") {
        Some(value) => quick_replies(value),
        None => Ok(()),
    }
}

fn quick_replies(value: &Value) -> Check {
    for reply in list(value, "message[quick_replies]", 1, 13)? {
        let reply = object(reply, "message[quick_replies]")?;
        keys(reply, "message[quick_replies]", &["content_type", "title", "payload", "image_url"])?;
        match reply.get("content_type").and_then(Value::as_str) {
            Some("text") => {
                if !reply.contains_key("image_url") || reply.contains_key("title") {
                    required(reply, "title", "quick_replies", TITLE)?;
                }
                required(reply, "payload", "quick_replies", PAYLOAD)?;
                optional_url(reply, "image_url")?;
            }
            Some("user_phone_number" | "user_email") => {}
            other => return refuse(format!("Param quick_replies[content_type] {} is not supported", other.unwrap_or("(missing)"))),
        }
    }
    Ok(())
}

fn images(value: &Value) -> Check {
    for one in list(value, "message[attachments]", 1, 30)? {
        if one.get("type").and_then(Value::as_str) != Some("image") {
            return refuse("Param message[attachments] supports only images");
        }
        attachment(one)?;
    }
    Ok(())
}

fn attachment(value: &Value) -> Check {
    let attachment = object(value, "message[attachment]")?;
    keys(attachment, "message[attachment]", &["type", "payload"])?;
    let payload = attachment.get("payload").and_then(Value::as_object);
    let Some(payload) = payload else { return refuse("Param message[attachment][payload] must be an object") };
    match attachment.get("type").and_then(Value::as_str) {
        Some("image" | "video" | "audio" | "file") => {
            keys(payload, "message[attachment][payload]", &["url", "is_reusable", "attachment_id"])?;
            if payload.contains_key("url") == payload.contains_key("attachment_id") {
                return refuse("Param message[attachment][payload] needs exactly one of url and attachment_id");
            }
            optional_url(payload, "url")
        }
        Some("template") => template(payload),
        other => refuse(format!("Param message[attachment][type] {} is not supported", other.unwrap_or("(missing)"))),
    }
}

fn template(payload: &Object) -> Check {
    match payload.get("template_type").and_then(Value::as_str) {
        Some("button") => {
            required(payload, "text", "payload", 640)?;
            buttons(payload.get("buttons").unwrap_or(&Value::Null), 1)
        }
        Some("generic") => generic(payload),
        Some("media") => {
            for element in elements(payload, 1)? {
                keys(element, "elements", &["media_type", "url", "attachment_id", "buttons"])?;
                one_of(element, "media_type", &["image", "video"])?;
                if element.contains_key("url") == element.contains_key("attachment_id") {
                    return refuse("Media template needs exactly one of url and attachment_id");
                }
                if element.get("url").and_then(Value::as_str).is_some_and(|url| !on_facebook(url)) {
                    return refuse("Media template supports only Facebook URLs");
                }
                optional_buttons(element)?;
            }
            Ok(())
        }
        Some("receipt") => receipt(payload),
        Some("coupon") => {
            required(payload, "title", "payload", 80)?;
            optional(payload, "subtitle", 80)?;
            optional(payload, "payload", PAYLOAD)?;
            optional_url(payload, "coupon_url")?;
            match (payload.get("coupon_code").and_then(Value::as_str), payload.contains_key("coupon_url")) {
                (None, false) => refuse("Coupon template needs coupon_code or coupon_url"),
                (Some(code), _) if code.contains(' ') => refuse("Param coupon_code must not contain spaces"),
                _ => Ok(()),
            }
        }
        Some("image_grid") => image_grid(payload),
        Some("customer_feedback" | "customer_information" | "product" | "instant_form") => Ok(()),
        other => refuse(format!("Param payload[template_type] {} is not supported", other.unwrap_or("(missing)"))),
    }
}

fn generic(payload: &Object) -> Check {
    for element in elements(payload, 10)? {
        keys(element, "elements", &["title", "subtitle", "image_url", "default_action", "buttons"])?;
        required(element, "title", "elements", 80)?;
        optional(element, "subtitle", 80)?;
        optional_url(element, "image_url")?;
        if element.len() < 2 {
            return refuse("Param elements needs a title and at least one more property");
        }
        if let Some(action) = element.get("default_action") {
            let action = object(action, "default_action")?;
            one_of(action, "type", &["web_url"])?;
            required(action, "url", "default_action", 2083)?;
            if action.contains_key("title") {
                return refuse("Param default_action must not have a title");
            }
        }
        optional_buttons(element)?;
    }
    Ok(())
}

fn receipt(payload: &Object) -> Check {
    for key in ["recipient_name", "order_number", "currency", "payment_method"] {
        required(payload, key, "payload", PAYLOAD)?;
    }
    match payload.get("summary").and_then(|summary| summary.get("total_cost")) {
        Some(cost) if cost.is_number() || cost.is_string() => {}
        _ => return refuse("Param payload[summary][total_cost] is required"),
    }
    let lines = payload.get("elements").map_or(Ok(&[][..]), |value| list(value, "payload[elements]", 0, 100))?;
    for line in lines {
        let line = object(line, "payload[elements]")?;
        required(line, "title", "elements", PAYLOAD)?;
        if !line.get("price").is_some_and(|price| price.is_number() || price.is_string()) {
            return refuse("Param elements[price] is required");
        }
        optional_url(line, "image_url")?;
    }
    if let Some(address) = payload.get("address") {
        let address = object(address, "payload[address]")?;
        for key in ["street_1", "city", "postal_code", "state", "country"] {
            required(address, key, "address", PAYLOAD)?;
        }
    }
    optional_url(payload, "order_url")
}

fn image_grid(payload: &Object) -> Check {
    for element in elements(payload, 1)? {
        required(element, "title", "elements", 45)?;
        optional(element, "subtitle", 80)?;
        let images = list(element.get("images").unwrap_or(&Value::Null), "elements[images]", 2, 6)?;
        let heroes = images.iter().filter(|image| image.get("is_hero_image").and_then(Value::as_bool) == Some(true)).count();
        if heroes > 1 {
            return refuse("Param elements[images] may have one hero image");
        }
        for image in images {
            grid_image(object(image, "elements[images]")?)?;
        }
        optional_buttons(element)?;
    }
    Ok(())
}

fn grid_image(image: &Object) -> Check {
    keys(image, "elements[images]", &["url", "is_hero_image", "action"])?;
    required(image, "url", "images", 2083)?;
    optional_url(image, "url")?;
    let Some(action) = image.get("action") else { return Ok(()) };
    let action = object(action, "images[action]")?;
    one_of(action, "type", &["web_url", "postback"])?;
    if action.get("type").and_then(Value::as_str) == Some("postback") {
        required(action, "payload", "action", PAYLOAD)?;
        return required(action, "text", "action", PAYLOAD);
    }
    required(action, "url", "action", 2083)?;
    optional_url(action, "url")
}

fn on_facebook(url: &str) -> bool {
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| host == "facebook.com" || host.ends_with(".facebook.com"))
}

fn elements(payload: &Object, most: usize) -> Result<Vec<&Object>, GraphError> {
    let elements = list(payload.get("elements").unwrap_or(&Value::Null), "payload[elements]", 1, most)?;
    elements.iter().map(|element| object(element, "payload[elements]")).collect()
}

fn optional_buttons(element: &Object) -> Check {
    match element.get("buttons") {
        Some(value) => buttons(value, 1),
        None => Ok(()),
    }
}

/// At most three, each with what its type asks for.
pub fn buttons(value: &Value, least: usize) -> Check {
    for button in list(value, "buttons", least, 3)? {
        let button = object(button, "buttons")?;
        match button.get("type").and_then(Value::as_str) {
            Some("postback") => {
                keys(button, "buttons", &["type", "title", "payload"])?;
                required(button, "title", "buttons", TITLE)?;
                required(button, "payload", "buttons", PAYLOAD)?;
            }
            Some("web_url") => {
                required(button, "title", "buttons", TITLE)?;
                required(button, "url", "buttons", 2083)?;
                optional_url(button, "url")?;
                if button.contains_key("webview_height_ratio") {
                    one_of(button, "webview_height_ratio", &["compact", "tall", "full"])?;
                }
            }
            Some("phone_number") => {
                required(button, "title", "buttons", TITLE)?;
                required(button, "payload", "buttons", PAYLOAD)?;
                if !button.get("payload").and_then(Value::as_str).is_some_and(|number| number.starts_with('+')) {
                    return refuse("Param buttons[payload] must be a phone number in the form +1234567890");
                }
            }
            Some("account_link" | "account_unlink" | "game_play" | "audio_call") => {}
            other => return refuse(format!("Param buttons[type] {} is not supported", other.unwrap_or("(missing)"))),
        }
    }
    Ok(())
}

pub fn object<'a>(value: &'a Value, name: &str) -> Result<&'a Object, GraphError> {
    value.as_object().ok_or_else(|| GraphError::parameter(format!("Param {name} must be a JSON object")))
}

pub fn list<'a>(value: &'a Value, name: &str, least: usize, most: usize) -> Result<&'a [Value], GraphError> {
    match value.as_array() {
        Some(items) if items.len() > most => Err(GraphError::parameter(format!("Param {name} has too many elements: at most {most}"))),
        Some(items) if items.len() < least => Err(GraphError::parameter(format!("Param {name} has too few elements: at least {least}"))),
        Some(items) => Ok(items),
        None => Err(GraphError::parameter(format!("Param {name} must be an array"))),
    }
}

/// A string of 1 to `most` characters.
pub fn text(value: &Value, name: &str, most: usize) -> Check {
    match value.as_str() {
        Some("") | None => refuse(format!("Param {name} must be a non-empty UTF-8 encoded string")),
        Some(text) if text.chars().count() > most => refuse(format!("Length of param {name} must be less than or equal to {most}")),
        Some(_) => Ok(()),
    }
}

pub fn required(object: &Object, key: &str, parent: &str, most: usize) -> Check {
    text(object.get(key).unwrap_or(&Value::Null), &format!("{parent}[{key}]"), most)
}

fn optional(object: &Object, key: &str, most: usize) -> Check {
    match object.get(key) {
        Some(value) => text(value, key, most),
        None => Ok(()),
    }
}

fn optional_url(object: &Object, key: &str) -> Check {
    let Some(value) = object.get(key) else { return Ok(()) };
    let good = value.as_str().and_then(|text| url::Url::parse(text).ok()).is_some_and(|url| matches!(url.scheme(), "http" | "https"));
    if good { Ok(()) } else { refuse(format!("Param {key} is not a valid URL")) }
}

fn one_of(object: &Object, key: &str, words: &[&str]) -> Check {
    match object.get(key).and_then(Value::as_str) {
        Some(word) if words.contains(&word) => Ok(()),
        _ => refuse(format!("Param {key} must be one of {{{}}}", words.join(", "))),
    }
}

/// Meta refuses what it does not know inside a message.
pub fn keys(object: &Object, name: &str, known: &[&str]) -> Check {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => refuse(format!("Invalid keys \"{key}\" were found in param \"{name}\".")),
        None => Ok(()),
    }
}

fn refuse<T>(message: impl Into<String>) -> Result<T, GraphError> {
    Err(GraphError::parameter(message))
}
