//! Profile pictures, drawn from a name: initials on a colour for people, a lamp for a Page.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use crate::sandbox::handle::Sandbox;

/// Pairs of a gradient; white letters are readable on all.
const COLOURS: [(&str, &str); 8] = [
    ("#c2410c", "#9a3412"),
    ("#0f766e", "#115e59"),
    ("#7c3aed", "#5b21b6"),
    ("#be185d", "#9d174d"),
    ("#1d4ed8", "#1e40af"),
    ("#4d7c0f", "#3f6212"),
    ("#b45309", "#92400e"),
    ("#0e7490", "#155e75"),
];

pub async fn person(sandbox: Data<Sandbox>, psid: Path<String>) -> HttpResponse {
    let name = sandbox.look(|world| world.threads.get(psid.as_str()).map(|thread| thread.person.name()));
    match name {
        Some(name) => svg(&disc(&initials(&name), &name)),
        None => HttpResponse::NotFound().finish(),
    }
}

pub async fn page(sandbox: Data<Sandbox>, id: Path<String>) -> HttpResponse {
    let known = sandbox.look(|world| world.pages.contains_key(id.as_str()));
    if known { svg(LAMP) } else { HttpResponse::NotFound().finish() }
}

fn svg(drawing: &str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("image/svg+xml")
        .insert_header(("Cache-Control", "max-age=3600"))
        .insert_header(("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"))
        .body(drawing.to_owned())
}

/// Letters only, so that nothing of a name can become markup.
fn initials(name: &str) -> String {
    let firsts = name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphabetic()));
    firsts.take(2).flat_map(char::to_uppercase).collect()
}

fn disc(letters: &str, name: &str) -> String {
    let sum = name.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    let (light, dark) = COLOURS[sum % COLOURS.len()];
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 80 80\"><defs><linearGradient id=\"g\" x2=\"0\" y2=\"1\">\
         <stop stop-color=\"{light}\"/><stop offset=\"1\" stop-color=\"{dark}\"/></linearGradient></defs>\
         <rect width=\"80\" height=\"80\" fill=\"url(#g)\"/><text x=\"40\" y=\"41\" fill=\"#fff\" font-family=\"system-ui,sans-serif\" \
         font-size=\"30\" font-weight=\"600\" text-anchor=\"middle\" dominant-baseline=\"central\">{letters}</text></svg>"
    )
}

const LAMP: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 80 80\"><defs><radialGradient id=\"g\" cx=\".5\" cy=\".72\" r=\".75\">\
     <stop stop-color=\"#fde68a\"/><stop offset=\".55\" stop-color=\"#b7791f\"/><stop offset=\"1\" stop-color=\"#3b2506\"/></radialGradient></defs>\
     <rect width=\"80\" height=\"80\" fill=\"url(#g)\"/><path d=\"M40 0v20\" stroke=\"#1c1203\" stroke-width=\"2.5\"/>\
     <path d=\"M22 44c0-13 7-24 18-24s18 11 18 24z\" fill=\"#1c1203\"/><path d=\"M22 44h36\" stroke=\"#f6e3b0\" stroke-width=\"2\"/>\
     <circle cx=\"40\" cy=\"46\" r=\"7\" fill=\"#fffbeb\"/></svg>";
