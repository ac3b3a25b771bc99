//! What flows show beside texts, through the whole server: it passes Meta's limits at the stand-in, the visitor taps it,
//! the inbox shows it.

use causerie::domain::access::Role;
use causerie::sandbox::Person as Visitor;
use serde_json::{Value, json};

use crate::support::app::{ANA, PAGE, TestApp};

fn document() -> Value {
    json!({
        "spec_version": "1.0", "languages": ["en"], "start": "shop",
        "session": { "on_complete": "restart" },
        "variables": {
            "lamp": { "type": "text" },
            "lamps": { "type": "list", "default": [{ "id": "b", "name": "Brume", "price": 89 }, { "id": "a", "name": "Aurore", "price": 149.5 }] }
        },
        "nodes": {
            "shop": [
                { "type": "send_buttons", "text": "Welcome", "wait": false, "buttons": [
                    { "title": "Start over", "goto": "shop" },
                    { "title": "Site", "url": "https://shop.example", "height": "tall" },
                    { "title": "Call", "phone": "+33123456789" } ] },
                { "type": "send_carousel", "each": "lamps", "save": "lamp", "options": [{ "title": "None", "value": "none" }],
                  "card": { "title": "{{ item.name }}", "subtitle": "{{ item.price }} €", "image": "https://shop.example/{{ item.id }}.jpg",
                    "url": "https://shop.example/{{ item.id }}", "buttons": [{ "title": "Order {{ number }}", "value": "{{ item.id }}", "goto": "order" }] } }
            ],
            "order": [
                { "type": "send_template", "receipt": { "recipient_name": "Ana", "order_number": "L-1", "currency": "EUR", "payment_method": "Visa",
                    "elements": [{ "title": "{{ lamp }}", "price": 149.5 }], "summary": { "total_cost": 149.5 } } },
                { "type": "send_template", "coupon": { "title": "-10 %", "code": "LUMEN10" } },
                { "type": "send_template", "image_grid": { "title": "More", "images": [
                    { "url": "https://shop.example/1.jpg", "hero": true }, { "url": "https://shop.example/2.jpg", "text": "Two", "goto": "two" }] } }
            ],
            "two": [
                { "type": "send_raw", "message": { "attachment": { "type": "template", "payload": { "template_type": "media", "elements": [
                    { "media_type": "image", "url": "https://www.facebook.com/lumen/photos/1" }] } } } },
                { "type": "form", "fields": [
                    { "save": "size", "text": "Which size?", "options": [{ "title": "Small" }, { "title": "Large" }] },
                    { "save": "count", "text": "How many?", "answer": "number" }], "controls": ["cancel"], "confirm": "{{ count }} × {{ size }}?" },
                { "type": "send_text", "text": "Noted." }
            ]
        }
    })
}

/// What the stand-in took, without what was only text.
fn templates(app: &TestApp) -> Vec<String> {
    let sent = app.sandbox.sent_to(ANA);
    let kinds = sent.iter().filter_map(|sent| sent.body["message"]["attachment"]["payload"]["template_type"].as_str());
    kinds.map(str::to_owned).collect()
}

#[actix_web::test]
async fn buttons_cards_templates_and_forms_go_out_are_tapped_and_stand_in_the_inbox() {
    let app = TestApp::with(|_| {}).await;
    app.person(Role::Agent).await;
    app.connect_page().await;
    let body = json!({ "page": PAGE, "name": "shop", "kind": "bot", "document": document() });
    let id = app.post("/v1/chatflows", body).send().await.expect(201)["id"].as_str().unwrap().to_owned();
    app.post(&format!("/v1/chatflows/{id}/publish"), json!({})).send().await.expect(201);
    app.post(&format!("/v1/chatflows/{id}/activate"), json!({})).send().await.expect(200);
    app.put(&format!("/v1/pages/{PAGE}/primary-chatflow"), json!({ "chatflow": id })).send().await.expect(200);
    app.sandbox.introduce(PAGE, ANA, Visitor::new("Ana", "Silva", "en_US"));
    app.sandbox.get_started(ANA).unwrap();
    app.settle_pauses().await;
    assert_eq!(templates(&app), ["button", "generic"]);

    app.sandbox.tap(ANA, "Order 2").unwrap();
    app.settle_pauses().await;
    assert_eq!(templates(&app)[2..], ["receipt", "coupon", "image_grid"]);
    let shown = app.conversation(ANA).await;
    assert_eq!(shown["session"]["variables"]["lamp"], "a");

    // A button from the beginning still counts, and shows everything anew.
    app.sandbox.tap(ANA, "Start over").unwrap();
    app.settle_pauses().await;
    assert_eq!(templates(&app)[5..], ["button", "generic"]);
    app.sandbox.tap(ANA, "Order 1").unwrap();
    app.settle_pauses().await;

    let grid = app.sandbox.sent_to(ANA).last().unwrap().body.clone();
    let action = &grid["message"]["attachment"]["payload"]["elements"][0]["images"][1]["action"];
    app.sandbox.postback(ANA, action["text"].as_str().unwrap(), action["payload"].as_str().unwrap()).unwrap();
    app.settle_pauses().await;
    assert_eq!(templates(&app).last().unwrap(), "media");
    app.sandbox.visitor_says(ANA, "3 large ones").unwrap();
    app.settle_pauses().await;
    assert_eq!(app.told(ANA).last().unwrap(), "3 × Large?");
    app.sandbox.tap(ANA, "Yes").unwrap();
    app.settle_pauses().await;
    assert_eq!(app.told(ANA).last().unwrap(), "Noted.");

    let path = format!("/v1/conversations/{}/messages?order=asc&limit=100", shown["id"].as_str().unwrap());
    let lines = app.get(&path).send().await.expect(200)["items"].as_array().unwrap().clone();
    assert!(lines.iter().all(|line| line["status"] != "failed" && line["event"] != "report"), "{lines:#?}");
    let kind = |kind: &str| lines.iter().find(|line| line["kind"] == kind).unwrap_or_else(|| panic!("no {kind} in {lines:#?}")).clone();
    assert_eq!(kind("cards")["cards"][1]["title"], "Aurore");
    assert_eq!(kind("cards")["cards"][1]["url"], "https://shop.example/a");
    assert_eq!(kind("buttons")["choices"], json!(["Start over", "Site", "Call"]));
    assert_eq!(kind("template")["text"], "L-1 · 149.5 EUR");
}
