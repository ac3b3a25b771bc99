//! What the page is told: everyone in short, one thread in full.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sandbox::handle::Sandbox;
use crate::sandbox::world::{FbPage, Item, Offers, Side, Thread, World};

#[derive(Deserialize)]
pub struct Asked {
    /// Whose thread to show in full.
    psid: Option<String>,
}

#[derive(Serialize)]
struct StateView {
    now: Timestamp,
    pages: Vec<PageView>,
    visitors: Vec<VisitorView>,
    offers: Offers,
    thread: Option<ThreadView>,
}

#[derive(Serialize)]
struct PageView {
    id: String,
    name: String,
    username: Option<String>,
    category: String,
    picture: String,
    get_started: bool,
    /// By locale, as the Messenger profile has them.
    greeting: Value,
    ice_breakers: Value,
    persistent_menu: Value,
}

#[derive(Serialize)]
struct VisitorView {
    psid: String,
    page: String,
    name: String,
    first_name: String,
    locale: String,
    picture: String,
    started: bool,
    /// The last line in words, with who said it.
    preview: Option<String>,
    preview_side: Option<Side>,
    last_at: Option<Timestamp>,
    /// Messages of the Page that were not looked at.
    unread: usize,
    typing: bool,
}

#[derive(Serialize)]
struct ThreadView {
    psid: String,
    page: String,
    started: bool,
    /// A link has opened this new thread; Get Started will carry its ref.
    pending_ref: Option<String>,
    typing: bool,
    /// The Page has seen everything until then.
    seen_at: Option<Timestamp>,
    window_opened_at: Option<Timestamp>,
    phone: Option<String>,
    email: Option<String>,
    items: Vec<Item>,
}

pub async fn state(sandbox: Data<Sandbox>, asked: Query<Asked>) -> HttpResponse {
    let now = sandbox.now();
    let view = sandbox.look(|world| StateView {
        now,
        pages: world.pages.values().map(page).collect(),
        visitors: world.threads.values().map(|thread| visitor(thread, now)).collect(),
        offers: world.offers.clone(),
        thread: asked.psid.as_ref().and_then(|psid| one_thread(world, psid, now)),
    });
    HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(view)
}

fn page(page: &FbPage) -> PageView {
    let property = |name: &str| page.profile.get(name).cloned().unwrap_or(Value::Null);
    PageView {
        id: page.id.clone(),
        name: page.name.clone(),
        username: page.username.clone(),
        category: page.category.clone(),
        picture: format!("/sandbox/pictures/page/{}.svg", page.id),
        get_started: page.get_started().is_some(),
        greeting: property("greeting"),
        ice_breakers: property("ice_breakers"),
        persistent_menu: property("persistent_menu"),
    }
}

fn visitor(thread: &Thread, now: Timestamp) -> VisitorView {
    let last = thread.items.last();
    VisitorView {
        psid: thread.psid.clone(),
        page: thread.page.clone(),
        name: thread.person.name(),
        first_name: thread.person.first_name.clone(),
        locale: thread.person.locale.clone(),
        picture: format!("/sandbox/pictures/person/{}.svg", thread.psid),
        started: thread.started,
        preview: last.map(|item| words(&item.message)),
        preview_side: last.map(|item| item.side),
        last_at: last.map(|item| item.at),
        unread: thread.items.iter().filter(|item| item.side == Side::Page && !item.read).count(),
        typing: thread.is_typing(now),
    }
}

fn one_thread(world: &World, psid: &str, now: Timestamp) -> Option<ThreadView> {
    let thread = world.threads.get(psid)?;
    Some(ThreadView {
        psid: thread.psid.clone(),
        page: thread.page.clone(),
        started: thread.started,
        pending_ref: thread.pending_ref.clone(),
        typing: thread.is_typing(now),
        seen_at: thread.seen_at,
        window_opened_at: thread.window_opened_at,
        phone: thread.person.phone.clone(),
        email: thread.person.email.clone(),
        items: thread.items.clone(),
    })
}

/// A message in a few words, for the list.
fn words(message: &Value) -> String {
    let payload = &message["attachment"]["payload"];
    let text =
        [&message["text"], &payload["text"], &payload["elements"][0]["title"], &payload["title"]].into_iter().find_map(Value::as_str);
    let kind = message["attachment"]["type"].as_str().or(message["attachments"][0]["type"].as_str()).unwrap_or("message");
    text.map_or_else(|| format!("[{kind}]"), |text| text.chars().take(120).collect())
}
