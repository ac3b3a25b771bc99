use serde_json::{Value, json};

use super::*;

fn places(message: &Value, strings: Strings) -> Vec<String> {
    problems(message, strings).into_iter().map(|problem| problem.at).collect()
}

fn template(payload: &Value) -> Value {
    json!({ "attachment": { "type": "template", "payload": payload } })
}

#[test]
fn what_the_send_api_takes_has_no_problem() {
    let button = json!({ "type": "postback", "title": "Oui", "payload": "Y" });
    for message in [
        json!({ "text": "a", "quick_replies": [{ "content_type": "text", "title": "A", "payload": "A" }, { "content_type": "user_email" }] }),
        json!({ "sticker_id": 369_239_263_222_822_u64 }),
        json!({ "attachments": [{ "type": "image", "payload": { "url": "https://x.test/a.png" } }] }),
        template(&json!({ "template_type": "button", "text": "a", "buttons": [button] })),
        template(&json!({ "template_type": "generic", "elements": [
            { "title": "A", "default_action": { "type": "web_url", "url": "https://x.test" }, "buttons": [button] }] })),
        template(&json!({ "template_type": "media", "elements": [{ "media_type": "image", "attachment_id": "1" }] })),
        template(&json!({ "template_type": "product", "elements": [{ "id": "1" }] })),
        template(&json!({ "template_type": "receipt", "recipient_name": "A", "order_number": "1", "currency": "EUR",
            "payment_method": "Visa", "summary": { "total_cost": 1 }, "elements": [{ "title": "A", "price": 1 }] })),
    ] {
        assert_eq!(problems(&message, Strings::Final), [], "{message}");
    }
}

#[test]
fn each_rule_is_told_with_its_place() {
    let long = "x".repeat(81);
    let cases = [
        (json!(1), vec![""]),
        (json!({}), vec![""]),
        (json!({ "text": "a", "sticker_id": "1", "colour": 1 }), vec!["/colour", ""]),
        (json!({ "text": "a", "metadata": "m" }), vec!["/metadata"]),
        (json!({ "text": "x".repeat(1_991) }), vec!["/text"]),
        (json!({ "text": "a", "quick_replies": [{ "content_type": "location" }] }), vec!["/quick_replies/0/content_type"]),
        (json!({ "attachment": { "type": "image", "payload": { "url": "a.png" } } }), vec!["/attachment/payload/url"]),
        (json!({ "attachment": { "type": "video", "payload": {} } }), vec!["/attachment/payload"]),
        (template(&json!({ "template_type": "list" })), vec!["/attachment/payload/template_type"]),
        (
            template(&json!({ "template_type": "generic", "elements": [{ "title": long }] })),
            vec!["/attachment/payload/elements/0/title", "/attachment/payload/elements/0"],
        ),
        (
            template(
                &json!({ "template_type": "button", "text": "a", "buttons": [{ "type": "phone_number", "title": "a", "payload": "06" }] }),
            ),
            vec!["/attachment/payload/buttons/0/payload"],
        ),
        (
            template(&json!({ "template_type": "media", "elements": [{ "media_type": "image", "url": "https://x.test/facebook.com" }] })),
            vec!["/attachment/payload/elements/0/url"],
        ),
        (template(&json!({ "template_type": "coupon", "title": "a", "coupon_code": "A B" })), vec!["/attachment/payload/coupon_code"]),
        (
            template(
                &json!({ "template_type": "image_grid", "elements": [{ "title": "a", "images": [{ "url": "https://x.test/a.png" }] }] }),
            ),
            vec!["/attachment/payload/elements/0/images"],
        ),
        (
            template(&json!({ "template_type": "customer_information", "expires_in_days": 8 })),
            vec!["/attachment/payload/business_privacy/url", "/attachment/payload/expires_in_days"],
        ),
    ];
    for (message, expected) in cases {
        assert_eq!(places(&message, Strings::Final), expected, "{message}");
    }
}

#[test]
fn a_template_is_judged_only_once_it_is_rendered() {
    let message = template(&json!({ "template_type": "generic", "elements": [
        { "title": "{{ title }}", "image_url": "{{ picture }}", "buttons": "{{ buttons }}" }] }));
    assert_eq!(problems(&message, Strings::Templates), []);
    assert!(!problems(&message, Strings::Final).is_empty());
}
