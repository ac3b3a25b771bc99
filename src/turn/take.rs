//! An event is taken: what is only recorded ends here, what may be answered goes on to [`super::route`].

use super::draft::{Draft, Turn};
use super::route;
use super::situation::Situation;
use crate::domain::Timestamp;
use crate::domain::contact::Contact;
use crate::domain::conversation::{Conversation, ConversationStatus, Owner, STANDARD_WINDOW};
use crate::domain::event::{Echo, Inbound, InboundEvent, MessageIn, SendRefusal};
use crate::domain::ids::{IdMaker, MessageId, Psid};
use crate::domain::message::{Author, MessageBody, MessageStatus};
use crate::flow::step::Input;

/// Computes the whole turn of one event. Pure: the same situation and event give the same turn, ids included.
pub fn take(cx: &Situation<'_>, event: &InboundEvent) -> Turn {
    let Some(psid) = &event.psid else { return Turn::Aside { reason: "no_visitor" } };
    if cx.loaded.is_none() && !opens_conversation(&event.what) {
        return Turn::Aside { reason: "unknown_visitor" };
    }
    let mut draft = match cx.loaded {
        Some(loaded) => Draft::of(loaded, cx.at, cx.seed),
        None => first_contact(cx, psid),
    };
    match &event.what {
        Inbound::Echo(echo) => echo_seen(cx, &mut draft, event.at, echo),
        Inbound::Delivery { watermark, .. } => {
            draft.facts.delivered_until = *watermark;
            draft.ignore("receipt");
        }
        Inbound::Read { watermark } => {
            draft.facts.read_until = Some(*watermark);
            draft.ignore("receipt");
        }
        _ if event.standby => standby(cx, &mut draft, event),
        Inbound::PassThread { new_app, .. } | Inbound::TakeThread { new_app, .. } => thread_moved(cx, &mut draft, new_app.as_deref()),
        Inbound::RequestThread { app, .. } => {
            draft.note_line("thread_requested", format!("app {} asks for the thread", app.as_deref().unwrap_or("unknown")));
            draft.ignore("thread_requested");
        }
        Inbound::Edit { text, .. } => {
            draft.note_line("edited", format!("the visitor changed a message to: {text}"));
            draft.ignore("edit");
        }
        Inbound::Reaction { reaction, emoji, added, .. } => {
            let body = MessageBody::Reaction { emoji: emoji.clone(), added: *added };
            draft.write(event.at, Author::Visitor, body, MessageStatus::Received, None);
            if *added {
                draft.open_window(event.at);
                return route::reacted(cx, draft, reaction.as_deref(), emoji.as_deref());
            }
            draft.ignore("reaction");
        }
        Inbound::Message(_) | Inbound::Postback { .. } | Inbound::Referral { .. } | Inbound::Optin { .. } => {
            return route::route(cx, draft, event);
        }
        Inbound::SendRefused { why } => send_refused(cx, &mut draft, *why),
        Inbound::TimerFired { timer } => return route::resume(cx, draft, &Input::TimerFired(*timer)),
        Inbound::CalloutReturned { callout, result } => {
            return route::resume(cx, draft, &Input::CalloutReturned { callout: *callout, result });
        }
        other => {
            draft.note_line(other.kind(), format!("received `{}`", other.kind()));
            draft.ignore(other.kind());
        }
    }
    Turn::Ready(Box::new(draft))
}

/// A receipt or a timer of somebody who was erased must not bring them back.
fn opens_conversation(what: &Inbound) -> bool {
    matches!(
        what,
        Inbound::Message(_)
            | Inbound::Echo(_)
            | Inbound::Postback { .. }
            | Inbound::Referral { .. }
            | Inbound::Optin { .. }
            | Inbound::Reaction { .. }
            | Inbound::Order { .. }
            | Inbound::CouponClick { .. }
    )
}

fn first_contact(cx: &Situation<'_>, psid: &Psid) -> Draft {
    let mut ids = IdMaker::new(cx.at, cx.seed);
    let page = cx.world.page.id.clone();
    let mut contact = Contact::new(ids.next(), page.clone(), psid.clone(), cx.at);
    contact.profile = cx.profile.cloned().unwrap_or_default();
    let conversation = Conversation {
        id: ids.next(),
        contact: contact.id,
        page,
        psid: psid.clone(),
        // A random start: a deleted and re-created conversation must not match a cache of the old one.
        version: i64::try_from(ids.next_u64() >> 16).unwrap_or(1),
        owner: Owner::Bot,
        status: ConversationStatus::Open,
        last_agent: None,
        window_opened_at: None,
        next_seq: 1,
        last_activity_at: cx.at,
        preview: String::new(),
        chatflow: None,
        link: None,
        created_at: cx.at,
    };
    Draft::start(None, conversation, contact, None, cx.at, ids)
}

/// Ours closes the loop of a send; anybody else's means that a person or another app answers (reference §2.3: the rule
/// is "not my app", since the inbox's own id is printed in two ways).
fn echo_seen(cx: &Situation<'_>, draft: &mut Draft, at: Timestamp, echo: &Echo) {
    let ours = echo.metadata.as_deref().and_then(|text| text.parse::<MessageId>().ok());
    let by_our_app = echo.app_id.is_some() && echo.app_id.as_deref() == cx.our_app;
    if let Some(message) = ours {
        draft.facts.echoed = Some((message, echo.mid.clone()));
        draft.ignore("echo");
    } else if by_our_app {
        draft.ignore("echo");
    } else {
        external_words(cx, draft, at, echo);
        draft.ignore("foreign_echo");
    }
}

fn external_words(cx: &Situation<'_>, draft: &mut Draft, at: Timestamp, echo: &Echo) {
    let message =
        MessageIn { mid: echo.mid.clone(), text: echo.text.clone(), attachments: echo.attachments.clone(), ..MessageIn::default() };
    draft.write(at, Author::External, MessageBody::In(message), MessageStatus::Sent, Some(echo.mid.clone()));
    // One of our agents keeps what is theirs; the bot and the queue give way.
    if !matches!(draft.conversation.owner, Owner::Agent { .. }) {
        give_to_external(cx, draft);
    }
}

fn give_to_external(cx: &Situation<'_>, draft: &mut Draft) {
    if !matches!(draft.conversation.owner, Owner::External { .. }) {
        draft.note_line("taken_externally", "the Page inbox or another app answers; the bot is mute");
    }
    let hours = i64::from(cx.world.page.settings.external_mute_hours);
    draft.give_to(Owner::External { until: cx.at + jiff::SignedDuration::from_hours(hours) });
    draft.cancel_queued = true;
}

/// Another app owns the thread: recorded, never answered.
fn standby(cx: &Situation<'_>, draft: &mut Draft, event: &InboundEvent) {
    if route::record(draft, event) && !matches!(draft.conversation.owner, Owner::Agent { .. }) {
        give_to_external(cx, draft);
    }
    draft.ignore("standby");
}

fn send_refused(cx: &Situation<'_>, draft: &mut Draft, why: SendRefusal) {
    match why {
        SendRefusal::WindowClosed => {
            // Whenever it opened, the 24 hours are over; an agent's seven days may not be.
            let over = cx.at - STANDARD_WINDOW;
            draft.conversation.window_opened_at = draft.conversation.window_opened_at.map(|opened| opened.min(over));
            draft
                .note_line("window_closed", "Messenger says that the 24 hours are over: only a person may answer until the visitor writes");
        }
        SendRefusal::HumanAgentWindowClosed => {
            draft.conversation.window_opened_at = None;
            draft.note_line("window_closed", "Messenger says that the window is closed: nothing can be sent until the visitor writes");
        }
        SendRefusal::NotThreadOwner => {
            if !matches!(draft.conversation.owner, Owner::Agent { .. }) {
                give_to_external(cx, draft);
            }
            draft.note_line("thread_lost", "Messenger says that another app has the thread");
        }
    }
    draft.ignore("send_refused");
}

fn thread_moved(cx: &Situation<'_>, draft: &mut Draft, new_app: Option<&str>) {
    if new_app.is_some() && new_app == cx.our_app {
        if matches!(draft.conversation.owner, Owner::External { .. }) {
            draft.give_to(Owner::Bot);
        }
        draft.note_line("thread_received", "the thread was passed to us");
    } else {
        give_to_external(cx, draft);
        draft.note_line("thread_lost", format!("app {} has the thread now", new_app.unwrap_or("unknown")));
    }
    draft.ignore("thread_moved");
}
