//! What people do on Messenger, and the webhooks that follow. The Page inbox and other apps act here too.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::events::{self, Hook};
use super::world::{INBOX_APP, Item, Person, Side, Thread, World};

/// The act is not possible: there is no such button, no such person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSuch {
    #[error("there is no page to talk to")]
    Page,
    #[error("there is no visitor `{0}`")]
    Visitor(String),
    #[error("`{0}` is no m.me link with a ref")]
    Link(String),
    #[error("there is no message `{0}`")]
    Message(String),
    #[error("nothing with the title `{wanted}` can be tapped, only {offered:?}")]
    Choice { wanted: String, offered: Vec<String> },
    #[error("the page has no Get Started button")]
    GetStarted,
}

/// What opening a link did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// A new thread: the welcome screen waits for Get Started, which will carry the ref.
    Welcome,
    /// An existing thread: the referral went out at once.
    Referral,
}

/// Something that can be tapped.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    QuickReply { title: String, payload: String },
    Phone,
    Email,
    Button { title: String, payload: String },
}

impl Choice {
    fn title(&self) -> &str {
        match self {
            Self::QuickReply { title, .. } | Self::Button { title, .. } => title,
            Self::Phone => "phone",
            Self::Email => "email",
        }
    }
}

/// The mid of what was said, and the webhooks it causes.
pub type Done = Result<(String, Vec<Hook>), NoSuch>;

impl World {
    /// The thread of a person; unknown ones are made on the first Page, so that a test need not introduce anybody.
    pub fn thread_of(&mut self, psid: &str) -> Result<&mut Thread, NoSuch> {
        if !self.threads.contains_key(psid) {
            let page = self.pages.keys().next().cloned().ok_or(NoSuch::Page)?;
            self.threads.insert(psid.to_owned(), Thread::new(psid, &page, Person::new("Visitor", psid, "en_US")));
        }
        self.threads.get_mut(psid).ok_or_else(|| NoSuch::Visitor(psid.to_owned()))
    }

    /// A message as the visitor sends it: `{"text":…}`, `{"attachments":[…]}`, with `quick_reply` or `reply_to`.
    pub fn visitor_message(&mut self, psid: &str, message: Value, now: Timestamp) -> Done {
        let mid = self.next_mid(now);
        let thread = self.thread_of(psid)?;
        thread.act(now);
        let mut wire = json!({ "mid": mid });
        if let (Some(wire), Some(message)) = (wire.as_object_mut(), message.as_object()) {
            wire.extend(message.clone());
        }
        thread.push(Side::Visitor, &mid, message, None, now);
        let hook = events::from_visitor(thread, "messages", json!({ "message": wire }), now);
        Ok((mid, vec![hook]))
    }

    /// A postback from a button, a menu entry or an ice breaker.
    pub fn visitor_postback(&mut self, psid: &str, title: &str, payload: &str, now: Timestamp) -> Done {
        let mid = self.next_mid(now);
        let thread = self.thread_of(psid)?;
        thread.act(now);
        let postback = json!({ "mid": mid, "title": title, "payload": payload });
        thread.push(Side::Visitor, &mid, json!({ "text": title, "postback": true }), None, now);
        Ok((mid, vec![events::from_visitor(thread, "messaging_postbacks", json!({ "postback": postback }), now)]))
    }

    /// The Get Started button of a new thread; carries the ref of the link that opened it.
    pub fn visitor_starts(&mut self, psid: &str, now: Timestamp) -> Done {
        let page = self.thread_of(psid)?.page.clone();
        let payload = self.pages.get(&page).and_then(|page| page.get_started()).ok_or(NoSuch::GetStarted)?.to_owned();
        let mid = self.next_mid(now);
        let thread = self.thread_of(psid)?;
        thread.act(now);
        // The button speaks the person's language.
        let title = if thread.person.locale.starts_with("fr") { "Démarrer" } else { "Get Started" };
        let mut postback = json!({ "mid": mid, "title": title, "payload": payload });
        if let Some(pending) = thread.pending_ref.take() {
            postback["referral"] = referral(&pending);
        }
        thread.push(Side::Visitor, &mid, json!({ "text": title, "postback": true }), None, now);
        Ok((mid, vec![events::from_visitor(thread, "messaging_postbacks", json!({ "postback": postback }), now)]))
    }

    /// `m.me/{page}?ref=…`. Without a Get Started button a new thread's ref is lost, as on Messenger.
    pub fn visitor_opens(&mut self, psid: &str, r#ref: &str, now: Timestamp) -> Result<(Opened, Vec<Hook>), NoSuch> {
        let thread = self.thread_of(psid)?;
        if thread.started {
            thread.window_opened_at = Some(now);
            let hook = events::from_visitor(thread, "messaging_referrals", json!({ "referral": referral(r#ref) }), now);
            return Ok((Opened::Referral, vec![hook]));
        }
        let page = thread.page.clone();
        let keeps = self.pages.get(&page).is_some_and(|page| page.get_started().is_some());
        self.thread_of(psid)?.pending_ref = keeps.then(|| r#ref.to_owned());
        Ok((Opened::Welcome, Vec::new()))
    }

    /// Taps what has this title: a quick reply under the last message, else the newest button in the thread.
    pub fn visitor_taps(&mut self, psid: &str, title: &str, now: Timestamp) -> Done {
        let thread = self.thread_of(psid)?;
        let choices = thread.choices();
        let Some(choice) = choices.iter().find(|choice| choice.title() == title) else {
            let offered = choices.iter().map(|choice| choice.title().to_owned()).collect();
            return Err(NoSuch::Choice { wanted: title.to_owned(), offered });
        };
        let own = |value: &Option<String>| value.clone().unwrap_or_default();
        let (phone, email) = (own(&thread.person.phone), own(&thread.person.email));
        match choice.clone() {
            Choice::Button { title, payload } => self.visitor_postback(psid, &title, &payload, now),
            Choice::QuickReply { title, payload } => self.visitor_replies(psid, &title, &payload, now),
            Choice::Phone => self.visitor_replies(psid, &phone, &phone, now),
            Choice::Email => self.visitor_replies(psid, &email, &email, now),
        }
    }

    /// A tapped quick reply: its title as text, its payload beside it.
    pub fn visitor_replies(&mut self, psid: &str, title: &str, payload: &str, now: Timestamp) -> Done {
        self.visitor_message(psid, json!({ "text": title, "quick_reply": { "payload": payload } }), now)
    }

    /// A reaction to one of the Page's messages; `None` takes it back. Opens the window.
    pub fn visitor_reacts(&mut self, psid: &str, mid: &str, emoji: Option<&str>, now: Timestamp) -> Result<Vec<Hook>, NoSuch> {
        let thread = self.thread_of(psid)?;
        let item = thread.items.iter_mut().find(|item| item.mid == mid).ok_or_else(|| NoSuch::Message(mid.to_owned()))?;
        let before = item.reaction.take();
        item.reaction = emoji.map(str::to_owned);
        thread.window_opened_at = Some(now);
        let shown = emoji.or(before.as_deref()).unwrap_or("❤");
        let action = if emoji.is_some() { "react" } else { "unreact" };
        let reaction = json!({ "reaction": word(shown), "emoji": shown, "action": action, "mid": mid });
        Ok(vec![events::from_visitor(thread, "message_reactions", json!({ "reaction": reaction }), now)])
    }

    /// The visitor looks at the thread: a delivery receipt where one is owed, then a read receipt.
    pub fn visitor_reads(&mut self, psid: &str, now: Timestamp) -> Result<Vec<Hook>, NoSuch> {
        let thread = self.thread_of(psid)?;
        let unread = thread.items.iter().any(|item| item.side == Side::Page && !item.read);
        if !unread {
            return Ok(Vec::new());
        }
        let mids = thread.undelivered();
        thread.items.iter_mut().filter(|item| item.side == Side::Page).for_each(|item| item.read = true);
        let mut hooks = Vec::new();
        if !mids.is_empty() {
            hooks.push(events::delivery(thread, &mids, now));
        }
        hooks.push(events::read(thread, now));
        Ok(hooks)
    }

    /// An edit of an own message.
    pub fn visitor_edits(&mut self, psid: &str, mid: &str, text: &str, now: Timestamp) -> Result<Vec<Hook>, NoSuch> {
        let thread = self.thread_of(psid)?;
        let item = thread.items.iter_mut().find(|item| item.mid == mid).ok_or_else(|| NoSuch::Message(mid.to_owned()))?;
        item.message["text"] = json!(text);
        let edit = json!({ "mid": mid, "text": text, "num_edit": 1 });
        Ok(vec![events::from_visitor(thread, "message_edits", json!({ "message_edit": edit }), now)])
    }

    /// Another app, or a person in the Page inbox, writes to the visitor. With routing on, it takes the thread.
    pub fn app_says(&mut self, psid: &str, app: &str, text: &str, now: Timestamp) -> Done {
        let mid = self.next_mid(now);
        let own = self.app.id.clone();
        let page = self.thread_of(psid)?.page.clone();
        let routing = self.pages.get(&page).is_some_and(|page| page.routing);
        let thread = self.thread_of(psid)?;
        let mut hooks = Vec::new();
        if routing && app == INBOX_APP && thread.owner_app.as_deref() != Some(app) {
            let previous = thread.owner_app.replace(app.to_owned()).unwrap_or(own);
            let body = json!({ "previous_owner_app_id": previous, "new_owner_app_id": app, "metadata": "" });
            hooks.push(events::handover(thread, "take_thread_control", body, now));
        }
        let item = thread.push(Side::Page, &mid, json!({ "text": text }), Some(app.to_owned()), now);
        hooks.push(events::echo(thread, &item, now));
        Ok((mid, hooks))
    }

    /// The inbox gives the thread back to our app.
    pub fn inbox_passes(&mut self, psid: &str, now: Timestamp) -> Result<Vec<Hook>, NoSuch> {
        let own = self.app.id.clone();
        let thread = self.thread_of(psid)?;
        let previous = thread.owner_app.replace(own.clone());
        let body = json!({ "previous_owner_app_id": previous, "new_owner_app_id": own, "metadata": "" });
        Ok(vec![events::handover(thread, "pass_thread_control", body, now)])
    }
}

impl Thread {
    /// The person has done something that opens the 24 hours.
    fn act(&mut self, now: Timestamp) {
        self.started = true;
        self.window_opened_at = Some(now);
        // Quick replies vanish after the next message: see `choices`.
        self.typing_since = None;
    }

    fn push(&mut self, side: Side, mid: &str, message: Value, app_id: Option<String>, now: Timestamp) -> Item {
        let item = Item { mid: mid.to_owned(), at: now, side, app_id, message, delivered: false, read: false, reaction: None };
        self.items.push(item.clone());
        item
    }

    /// Everything that can be tapped now: quick replies of the last message first, then buttons, newest first.
    pub fn choices(&self) -> Vec<Choice> {
        let last = self.items.last().filter(|item| item.side == Side::Page);
        let replies = last.and_then(|item| item.message["quick_replies"].as_array()).into_iter().flatten();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let replies = replies.map(|reply| match reply["content_type"].as_str() {
            Some("user_phone_number") => Choice::Phone,
            Some("user_email") => Choice::Email,
            _ => Choice::QuickReply { title: word(&reply["title"]), payload: word(&reply["payload"]) },
        });
        let pages = self.items.iter().rev().filter(|item| item.side == Side::Page);
        let buttons = pages.flat_map(|item| buttons(&item.message)).filter(|button| button["type"] == "postback");
        let buttons = buttons.map(|button| Choice::Button { title: word(&button["title"]), payload: word(&button["payload"]) });
        replies.chain(buttons).collect()
    }
}

/// The buttons of a template message, card by card.
fn buttons(message: &Value) -> Vec<&Value> {
    let payload = &message["attachment"]["payload"];
    let cards = payload["elements"].as_array().into_iter().flatten().filter_map(|card| card["buttons"].as_array());
    payload["buttons"].as_array().into_iter().chain(cards).flatten().collect()
}

fn referral(r#ref: &str) -> Value {
    json!({ "ref": r#ref, "source": "SHORTLINK", "type": "OPEN_THREAD" })
}

/// Meta's word for an emoji.
fn word(emoji: &str) -> &'static str {
    match emoji {
        "❤" | "❤️" => "love",
        "😆" => "smile",
        "😮" => "wow",
        "😢" => "sad",
        "😠" => "angry",
        "👍" => "like",
        "👎" => "dislike",
        _ => "other",
    }
}
