//! What a visitor does on the page, each the same verb of the handle that tests use.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde::Deserialize;
use serde_json::json;

use crate::domain::ids::IdMaker;
use crate::sandbox::handle::Sandbox;
use crate::sandbox::visitor::NoSuch;
use crate::sandbox::world::Person;

/// One thing that a visitor, or the Page's own inbox, does.
#[derive(Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum ActBody {
    Say {
        text: String,
    },
    /// `kind`: `image`, `video`, `audio`, `file`, `sticker`.
    Attach {
        kind: String,
        url: String,
    },
    QuickReply {
        title: String,
        payload: String,
    },
    Postback {
        title: String,
        payload: String,
    },
    GetStarted,
    /// Opens `https://m.me/{page}?ref=…`.
    Open {
        url: String,
    },
    React {
        mid: String,
        emoji: Option<String>,
    },
    /// The thread is being looked at.
    Read,
    /// A person answers in the Page's inbox at Meta.
    Inbox {
        text: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitorBody {
    first_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default)]
    locale: Option<String>,
}

const LONGEST: usize = 5000;

pub async fn act(sandbox: Data<Sandbox>, psid: Path<String>, body: Json<ActBody>) -> HttpResponse {
    let psid = psid.into_inner();
    if !sandbox.look(|world| world.threads.contains_key(&psid)) {
        return refused(&NoSuch::Visitor(psid));
    }
    match perform(&sandbox, &psid, body.into_inner()) {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(error) => refused(&error),
    }
}

fn perform(sandbox: &Sandbox, psid: &str, act: ActBody) -> Result<(), NoSuch> {
    match act {
        ActBody::Say { text } => {
            let text: String = text.trim().chars().take(LONGEST).collect();
            if text.is_empty() { Ok(()) } else { sandbox.visitor_says(psid, &text).map(drop) }
        }
        ActBody::Attach { kind, url } => sandbox.visitor_attaches(psid, &kind, &url).map(drop),
        ActBody::QuickReply { title, payload } => sandbox.tap_quick_reply(psid, &title, &payload).map(drop),
        ActBody::Postback { title, payload } => sandbox.postback(psid, &title, &payload).map(drop),
        ActBody::GetStarted => sandbox.get_started(psid).map(drop),
        ActBody::Open { url } => {
            let r#ref = reference(&url).ok_or(NoSuch::Link(url))?;
            sandbox.open_link(psid, &r#ref).map(drop)
        }
        ActBody::React { mid, emoji } => sandbox.react(psid, &mid, emoji.as_deref()),
        ActBody::Read => sandbox.visitor_reads(psid),
        ActBody::Inbox { text } => sandbox.inbox_says(psid, text.trim()).map(drop),
    }
}

/// The ref of an m.me URL, or the bare ref.
fn reference(url: &str) -> Option<String> {
    let url = url.trim();
    if let Ok(url) = url::Url::parse(url) {
        return url.query_pairs().find(|(key, _)| key == "ref").map(|(_, value)| value.into_owned());
    }
    let bare = !url.is_empty() && url.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_=".contains(letter));
    bare.then(|| url.to_owned())
}

pub async fn new_visitor(sandbox: Data<Sandbox>, body: Json<VisitorBody>) -> HttpResponse {
    let body = body.into_inner();
    let name = |text: &str| text.trim().chars().take(40).collect::<String>();
    let first = name(&body.first_name);
    let Some(page) = sandbox.look(|world| world.pages.keys().next().cloned()) else { return refused(&NoSuch::Page) };
    if first.is_empty() {
        return HttpResponse::BadRequest().json(json!({ "error": "a visitor needs a name" }));
    }
    let psid = sandbox.change(|world, now| {
        world.counter += 1;
        // Sixteen digits, as Meta's.
        let random = IdMaker::new(now, world.counter.wrapping_add((now.as_millisecond() as u64) << 20)).next_u64();
        format!("{}", 2_000_000_000_000_000 + random % 7_000_000_000_000_000)
    });
    let locale = body.locale.filter(|locale| ["fr_FR", "en_US"].contains(&locale.as_str())).unwrap_or_else(|| "en_US".to_owned());
    sandbox.introduce(&page, &psid, Person::new(&first, &name(&body.last_name), &locale));
    HttpResponse::Created().json(json!({ "psid": psid }))
}

fn refused(error: &NoSuch) -> HttpResponse {
    HttpResponse::UnprocessableEntity().json(json!({ "error": error.to_string() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_is_read_from_a_link_or_given_bare() {
        for (given, expected) in [
            ("https://m.me/maisonlumen?ref=flyer-7", Some("flyer-7")),
            (" https://m.me/1001?text=Hi&ref=a_b%3D ", Some("a_b=")),
            ("flyer-7", Some("flyer-7")),
            ("https://m.me/maisonlumen", None),
            ("<script>", None),
            ("", None),
        ] {
            assert_eq!(reference(given).as_deref(), expected, "{given}");
        }
    }
}
