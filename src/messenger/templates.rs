//! Templates with a shape of their own as the Send API's `payload` (reference, "Templates").

use serde_json::{Map, Value, json};

use super::send::ButtonBody;
use crate::domain::message::template::{Coupon, GridImage, ImageAction, ImageGrid, MediaCard, MediaSource, Receipt, ReceiptLine, Template};
use crate::domain::message::{Button, MediaKind};

pub(super) fn payload(template: &Template) -> Value {
    match template {
        Template::Receipt(receipt) => receipt_payload(receipt),
        Template::Coupon(coupon) => coupon_payload(coupon),
        Template::ImageGrid(grid) => json!({ "template_type": "image_grid", "elements": [grid_element(grid)] }),
        Template::Media(media) => json!({ "template_type": "media", "elements": [media_element(media)] }),
    }
}

/// Leaves out what is not there.
fn object(fields: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let fields = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn text(value: &str) -> Option<Value> {
    Some(value.into())
}

fn maybe(value: Option<&String>) -> Option<Value> {
    value.map(|value| value.as_str().into())
}

fn list<T>(items: &[T], one: impl Fn(&T) -> Value) -> Option<Value> {
    (!items.is_empty()).then(|| items.iter().map(one).collect())
}

fn buttons(buttons: &[Button]) -> Option<Value> {
    list(buttons, |button| serde_json::to_value(ButtonBody::from(button)).unwrap_or_default())
}

/// `12`, not `12.0`.
fn amount(value: f64) -> Value {
    #[allow(clippy::cast_possible_truncation, reason = "whole and small enough, as tested")]
    if value.fract() == 0.0 && value.abs() < 9e15 { Value::from(value as i64) } else { Value::from(value) }
}

fn receipt_payload(receipt: &Receipt) -> Value {
    let summary = &receipt.summary;
    let summary = object([
        ("subtotal", summary.subtotal.map(amount)),
        ("shipping_cost", summary.shipping_cost.map(amount)),
        ("total_tax", summary.total_tax.map(amount)),
        ("total_cost", Some(amount(summary.total_cost))),
    ]);
    let address = receipt.address.as_ref().map(|address| {
        object([
            ("street_1", text(&address.street_1)),
            ("street_2", maybe(address.street_2.as_ref())),
            ("city", text(&address.city)),
            ("postal_code", text(&address.postal_code)),
            ("state", text(&address.state)),
            ("country", text(&address.country)),
        ])
    });
    object([
        ("template_type", text("receipt")),
        ("recipient_name", text(&receipt.recipient_name)),
        ("merchant_name", maybe(receipt.merchant_name.as_ref())),
        ("order_number", text(&receipt.order_number)),
        ("currency", text(&receipt.currency)),
        ("payment_method", text(&receipt.payment_method)),
        ("order_url", maybe(receipt.order_url.as_ref())),
        ("elements", list(&receipt.elements, |line| receipt_line(line, &receipt.currency))),
        ("address", address),
        ("summary", Some(summary)),
        ("adjustments", list(&receipt.adjustments, |one| json!({ "name": one.name, "amount": amount(one.amount) }))),
    ])
}

fn receipt_line(line: &ReceiptLine, currency: &str) -> Value {
    object([
        ("title", text(&line.title)),
        ("subtitle", maybe(line.subtitle.as_ref())),
        ("quantity", line.quantity.map(amount)),
        ("price", Some(amount(line.price))),
        ("currency", text(currency)),
        ("image_url", maybe(line.image_url.as_ref())),
    ])
}

fn coupon_payload(coupon: &Coupon) -> Value {
    object([
        ("template_type", text("coupon")),
        ("title", text(&coupon.title)),
        ("subtitle", maybe(coupon.subtitle.as_ref())),
        ("coupon_code", maybe(coupon.code.as_ref())),
        ("coupon_url", maybe(coupon.url.as_ref())),
        ("payload", maybe(coupon.payload.as_ref())),
    ])
}

fn grid_element(grid: &ImageGrid) -> Value {
    object([
        ("title", text(&grid.title)),
        ("subtitle", maybe(grid.subtitle.as_ref())),
        ("images", Some(grid.images.iter().map(grid_image).collect())),
        ("buttons", buttons(&grid.buttons)),
    ])
}

fn grid_image(image: &GridImage) -> Value {
    let action = image.action.as_ref().map(|action| match action {
        ImageAction::Url { url } => json!({ "type": "web_url", "url": url }),
        ImageAction::Postback { text, payload } => json!({ "type": "postback", "text": text, "payload": payload }),
    });
    object([("url", text(&image.url)), ("is_hero_image", image.hero.then_some(true.into())), ("action", action)])
}

fn media_element(media: &MediaCard) -> Value {
    let (key, value) = match &media.source {
        MediaSource::Url { url } => ("url", url),
        MediaSource::AttachmentId { id } => ("attachment_id", id),
    };
    let kind = if media.media == MediaKind::Video { "video" } else { "image" };
    object([("media_type", text(kind)), (key, text(value)), ("buttons", buttons(&media.buttons))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::template::{Address, Adjustment, Summary};

    #[test]
    fn a_receipt_is_written_as_the_send_api_wants_it() {
        let template = Template::Receipt(Box::new(Receipt {
            recipient_name: "Zoé".into(),
            order_number: "L-1".into(),
            currency: "EUR".into(),
            payment_method: "Visa 1234".into(),
            merchant_name: None,
            order_url: Some("https://x.test/L-1".into()),
            elements: vec![ReceiptLine { title: "Lampe".into(), subtitle: None, quantity: Some(2.0), price: 12.5, image_url: None }],
            address: Some(Address {
                street_1: "1 rue A".into(),
                street_2: None,
                city: "Lyon".into(),
                postal_code: "69001".into(),
                state: "ARA".into(),
                country: "FR".into(),
            }),
            summary: Summary { subtotal: None, shipping_cost: Some(0.0), total_tax: None, total_cost: 25.0 },
            adjustments: vec![Adjustment { name: "Code".into(), amount: 5.0 }],
        }));
        let expected = json!({ "template_type": "receipt", "recipient_name": "Zoé", "order_number": "L-1", "currency": "EUR",
                    "payment_method": "Visa 1234", "order_url": "https://x.test/L-1",
                    "elements": [{ "title": "Lampe", "quantity": 2, "price": 12.5, "currency": "EUR" }],
                    "address": { "street_1": "1 rue A", "city": "Lyon", "postal_code": "69001", "state": "ARA", "country": "FR" },
                    "summary": { "shipping_cost": 0, "total_cost": 25 }, "adjustments": [{ "name": "Code", "amount": 5 }] });
        assert_eq!(payload(&template), expected);
    }

    #[test]
    fn other_templates_are_written_as_the_send_api_wants_them() {
        let button = Button::Postback { title: "A".into(), payload: "p".into() };
        let cases = [
            (
                Template::Coupon(Coupon {
                    title: "-10 %".into(),
                    subtitle: None,
                    code: Some("TEN".into()),
                    url: None,
                    payload: Some("c".into()),
                }),
                json!({ "template_type": "coupon", "title": "-10 %", "coupon_code": "TEN", "payload": "c" }),
            ),
            (
                Template::ImageGrid(ImageGrid {
                    title: "New".into(),
                    subtitle: None,
                    images: vec![
                        GridImage { url: "https://x.test/1.png".into(), hero: true, action: None },
                        GridImage {
                            url: "https://x.test/2.png".into(),
                            hero: false,
                            action: Some(ImageAction::Postback { text: "Two".into(), payload: "2".into() }),
                        },
                    ],
                    buttons: vec![button.clone()],
                }),
                json!({ "template_type": "image_grid", "elements": [{ "title": "New", "images": [
                    { "url": "https://x.test/1.png", "is_hero_image": true },
                    { "url": "https://x.test/2.png", "action": { "type": "postback", "text": "Two", "payload": "2" } }],
                    "buttons": [{ "type": "postback", "title": "A", "payload": "p" }] }] }),
            ),
            (
                Template::Media(MediaCard {
                    media: MediaKind::Video,
                    source: MediaSource::Url { url: "https://www.facebook.com/x/videos/1".into() },
                    buttons: vec![button],
                }),
                json!({ "template_type": "media", "elements": [{ "media_type": "video", "url": "https://www.facebook.com/x/videos/1",
                    "buttons": [{ "type": "postback", "title": "A", "payload": "p" }] }] }),
            ),
        ];
        for (template, expected) in cases {
            assert_eq!(payload(&template), expected);
        }
    }
}
