//! What people do, as verbs of the handle: every one causes the webhooks that Messenger would send.

use serde_json::{Value, json};

use super::handle::Sandbox;
use super::visitor::{NoSuch, Opened};
use super::world::{INBOX_APP, Person, Thread};

impl Sandbox {
    /// Introduces a person to a Page; others are made up when they first act.
    pub fn introduce(&self, page: &str, psid: &str, person: Person) {
        self.change(|world, _| {
            let entry = world.threads.entry(psid.to_owned());
            entry.or_insert_with(|| Thread::new(psid, page, person));
        });
    }

    pub fn visitor_says(&self, psid: &str, text: &str) -> Result<String, NoSuch> {
        self.visitor_sends(psid, json!({ "text": text }))
    }

    /// Any message object: attachments, replies, stickers.
    pub fn visitor_sends(&self, psid: &str, message: Value) -> Result<String, NoSuch> {
        self.act(|world, now| world.visitor_message(psid, message, now))
    }

    /// `kind` is `image`, `video`, `audio`, `file` or `sticker`.
    pub fn visitor_attaches(&self, psid: &str, kind: &str, url: &str) -> Result<String, NoSuch> {
        let payload = if kind == "sticker" {
            // The thumb beside the composer.
            json!({ "url": url, "sticker_id": 369_239_263_222_822_u64 })
        } else {
            json!({ "url": url })
        };
        self.visitor_sends(psid, json!({ "attachments": [{ "type": kind, "payload": payload }] }))
    }

    /// Taps the quick reply or button with this title.
    pub fn tap(&self, psid: &str, title: &str) -> Result<String, NoSuch> {
        self.act(|world, now| world.visitor_taps(psid, title, now))
    }

    /// A quick reply by its payload, also one that is no longer shown.
    pub fn tap_quick_reply(&self, psid: &str, title: &str, payload: &str) -> Result<String, NoSuch> {
        self.act(|world, now| world.visitor_replies(psid, title, payload, now))
    }

    /// A button, a menu entry or an ice breaker by its payload.
    pub fn postback(&self, psid: &str, title: &str, payload: &str) -> Result<String, NoSuch> {
        self.act(|world, now| world.visitor_postback(psid, title, payload, now))
    }

    pub fn get_started(&self, psid: &str) -> Result<String, NoSuch> {
        self.act(|world, now| world.visitor_starts(psid, now))
    }

    /// Opens `m.me/{page}?ref=…`.
    pub fn open_link(&self, psid: &str, r#ref: &str) -> Result<Opened, NoSuch> {
        self.act(|world, now| world.visitor_opens(psid, r#ref, now))
    }

    /// Opens the link and, on a new thread, taps Get Started.
    pub fn start_by_link(&self, psid: &str, r#ref: &str) -> Result<(), NoSuch> {
        match self.open_link(psid, r#ref)? {
            Opened::Welcome => self.get_started(psid).map(drop),
            Opened::Referral => Ok(()),
        }
    }

    pub fn react(&self, psid: &str, mid: &str, emoji: Option<&str>) -> Result<(), NoSuch> {
        self.act(|world, now| world.visitor_reacts(psid, mid, emoji, now).map(|hooks| ((), hooks)))
    }

    pub fn visitor_reads(&self, psid: &str) -> Result<(), NoSuch> {
        self.act(|world, now| world.visitor_reads(psid, now).map(|hooks| ((), hooks)))
    }

    pub fn visitor_edits(&self, psid: &str, mid: &str, text: &str) -> Result<(), NoSuch> {
        self.act(|world, now| world.visitor_edits(psid, mid, text, now).map(|hooks| ((), hooks)))
    }

    /// A person answers in the Page inbox: a foreign echo, and with routing on a takeover.
    pub fn inbox_says(&self, psid: &str, text: &str) -> Result<String, NoSuch> {
        self.app_says(psid, INBOX_APP, text)
    }

    /// Another app writes to the visitor.
    pub fn app_says(&self, psid: &str, app: &str, text: &str) -> Result<String, NoSuch> {
        self.act(|world, now| world.app_says(psid, app, text, now))
    }

    /// The inbox passes the thread back to our app.
    pub fn inbox_passes(&self, psid: &str) -> Result<(), NoSuch> {
        self.act(|world, now| world.inbox_passes(psid, now).map(|hooks| ((), hooks)))
    }

    /// Delivers any body as it is, signed: `{"object":"page","entry":[…]}`.
    pub fn post_body(&self, page: &str, psid: &str, body: Value) {
        self.change(|world, now| {
            let delivery = world.deliver(page.to_owned(), psid.to_owned(), body, now);
            delivery.into_iter().for_each(|delivery| self.hand_over(delivery));
        });
    }

    /// Delivers a webhook that was delivered before once more, as Meta does when it missed the 200.
    pub fn redeliver(&self, number: u64) {
        let record = self.look(|world| world.webhooks.iter().find(|record| record.number == number).cloned());
        if let Some(record) = record {
            self.post_body(&record.page, &record.psid, record.body);
        }
    }
}
