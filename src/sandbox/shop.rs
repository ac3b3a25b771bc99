//! A small web shop for the demo's flows to call: orders to look up, requests to take. Answers come from the number alone.

use actix_web::HttpResponse;
use actix_web::web::{self, Json, Path};
use serde_json::{Value, json};

/// Mounts the shop at `/sandbox/shop`.
pub fn configure(config: &mut web::ServiceConfig) {
    let scope =
        web::scope("/sandbox/shop").route("/orders/{number}", web::get().to(order)).route("/appointments", web::post().to(appointment));
    config.service(scope);
}

/// `ML` and six digits; the last digit decides where the parcel is. Ends in 0: unknown; in 9: lost.
async fn order(number: Path<String>) -> HttpResponse {
    let number = number.to_uppercase();
    let digits = number.strip_prefix("ML").filter(|rest| rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(last) = digits.and_then(|rest| rest.bytes().last()).filter(|last| *last != b'0') else {
        return HttpResponse::NotFound().json(json!({ "error": "no such order" }));
    };
    let (state, days, carrier) = match last {
        b'9' => ("lost", 0, "Colissimo"),
        b'1' | b'2' => ("preparing", 5, "Chronopost"),
        b'3' | b'4' => ("delivered", 0, "Colissimo"),
        _ => ("shipped", 2, "Colissimo"),
    };
    let item = ["Aurore", "Plume", "Brume"][usize::from(last) % 3];
    HttpResponse::Ok().json(json!({ "number": number, "state": state, "days": days, "carrier": carrier, "item": item }))
}

/// Takes a request for an appointment and gives it a number.
async fn appointment(body: Json<Value>) -> HttpResponse {
    let length = body.to_string().len();
    HttpResponse::Created().json(json!({ "reference": format!("RDV-{:04}", 1000 + length % 9000) }))
}
