//! Design §5: which chatflow answers. First match wins, and each look is a line of the trace.

use std::borrow::Cow;
use std::sync::Arc;

use super::carry::carry;
use super::draft::{Draft, Turn};
use super::entry::{bound_to_payload, bound_to_words, entry_by_link, entry_without_link, first_input, input_of, live_link, payload_of};
use super::met::{Current, current_session, runs_at, stands_in};
use super::revise;
use super::situation::{LinkLookup, Shelf, Situation};
use super::tap::tapped;
use crate::domain::conversation::Owner;
use crate::domain::event::{Inbound, InboundEvent};
use crate::domain::ids::ChatflowId;
use crate::domain::message::{Author, MessageBody, MessageOut, MessageStatus};
use crate::domain::page::GET_STARTED_PAYLOAD;
use crate::flow::session::{Entry, Session, Wait};
use crate::flow::step::{Input, World};
use crate::flow::token::Tap;
use crate::flow::trace::TraceLine;
use crate::flow::{self, Flow, OnComplete};

/// A visitor did something that may be answered.
pub(super) fn route(cx: &Situation<'_>, mut draft: Draft, event: &InboundEvent) -> Turn {
    because(&mut draft, "event", true, event.what.kind());
    record(&mut draft, event);
    lapse(cx, &mut draft);
    let link = live_link(cx, &mut draft);
    if draft.conversation.owner != Owner::Bot {
        if link.is_none() || !cx.world.page.settings.link_overrides_agent {
            let owner = draft.conversation.owner.word();
            because(&mut draft, "owner", true, format!("the conversation is with `{owner}`: the bot stays silent"));
            return Turn::Ready(Box::new(draft));
        }
        draft.give_to(Owner::Bot);
    }
    if cx.world.is_paused() {
        return to_inbox(cx, draft, Unanswered::Paused);
    }
    if let Some(link) = link {
        let entry = entry_by_link(link, event);
        return begin(cx, draft, link.chatflow, entry, &Input::Started);
    }
    let payload = payload_of(event);
    if let Some(tap) = payload.and_then(|payload| Tap::read(payload, cx.token_key)) {
        return tapped(cx, draft, &tap, event);
    }
    let missed_link = matches!(cx.link, LinkLookup::Unknown(_) | LinkLookup::Found(_));
    if missed_link {
        because(&mut draft, "get_started", true, "the link leads nowhere: a new session");
        return begin_primary(cx, draft, event);
    }
    if payload == Some(GET_STARTED_PAYLOAD) {
        because(&mut draft, "get_started", true, "the thread is opened: a new session");
        return match bound_to_payload(cx, &mut draft, event, GET_STARTED_PAYLOAD) {
            Some((chatflow, entry)) => begin(cx, draft, chatflow, entry, &Input::Started),
            None => begin_primary(cx, draft, event),
        };
    }
    let current = current_session(cx, &mut draft);
    current.tell_end(&mut draft);
    // What a menu entry is bound to says more than the words on it, which are all that an open question could take.
    if let Some(payload) = payload.filter(|payload| !takes_payload(cx, &draft, &current, payload))
        && let Some((chatflow, entry)) = bound_to_payload(cx, &mut draft, event, payload)
    {
        return begin(cx, draft, chatflow, entry, &Input::Started);
    }
    match current {
        Current::Outdated(session) => begin_anew(cx, draft, *session, event),
        Current::Running(session) => match input_of(event) {
            Some(input) => {
                let session = revise::calls_anew(cx, &mut draft, *session);
                because(&mut draft, "session", true, runs_at(&session));
                run(cx, draft, session, &input)
            }
            // An ad's referral without words, while a flow waits for an answer: nothing to say to it.
            None => Turn::Ready(Box::new(draft)),
        },
        Current::Finished(session, after) => completed(cx, draft, &session, after, event),
        Current::Lapsed(_) | Current::None => match bound_to_words(cx, &mut draft, event) {
            Some((chatflow, entry)) => begin(cx, draft, chatflow, entry, &Input::Started),
            None => begin_primary(cx, draft, event),
        },
    }
}

/// Whether an interrupt of the session takes this payload: of the running one, or of one that begins anew.
fn takes_payload(cx: &Situation<'_>, draft: &Draft, current: &Current, payload: &str) -> bool {
    match current {
        Current::Running(session) => stands_in(cx, draft, session).iter().any(|flow| flow.takes_postback(payload)),
        Current::Outdated(session) | Current::Finished(session, _) => {
            anew(cx, draft, session).is_some_and(|flow| flow.takes_postback(payload))
        }
        Current::Lapsed(_) | Current::None => false,
    }
}

/// The session's chatflow as a new session of it would be, where it is active.
fn anew<'a>(cx: &'a Situation<'_>, draft: &Draft, session: &Session) -> Option<&'a Arc<Flow>> {
    cx.world.active(session.chatflow).map(|bound| bound.for_contact(session.chatflow, draft.contact.id).1)
}

/// A timer or a callout of the session: goes on where it waits, unless people have the conversation by now.
pub(super) fn resume(cx: &Situation<'_>, mut draft: Draft, input: &Input<'_>) -> Turn {
    let waited_for = |session: &Session| match input {
        Input::TimerFired(fired) => session.waits_for(*fired),
        Input::CalloutReturned { callout, .. } => session.expects(*callout),
        _ => false,
    };
    let session = draft.session.clone().filter(waited_for);
    match session {
        Some(session) if draft.conversation.owner == Owner::Bot => {
            because(&mut draft, "session", true, "what it waited for has come");
            let session = revise::moved(cx, &mut draft, session);
            run(cx, draft, session, input)
        }
        Some(session) => {
            missed(&mut draft, session, input);
            draft.ignore("bot_is_mute");
            Turn::Ready(Box::new(draft))
        }
        None => {
            draft.ignore("not_waited_for");
            Turn::Ready(Box::new(draft))
        }
    }
}

/// What a session waited for has come while the bot is mute, and comes no second time: from now on it waits for the people
/// who have the conversation, and goes on when they give it back. A question that is open stays open.
fn missed(draft: &mut Draft, mut session: Session, input: &Input<'_>) {
    match (input, &session.wait) {
        (Input::TimerFired(fired), Some(Wait::Timer { timer, .. })) if fired == timer => hand_over(draft, &mut session),
        (Input::TimerFired(fired), _) if session.aside.idle.is_some_and(|idle| idle.timer == *fired) => session.aside.idle = None,
        // Its messages are in the transcript: people have seen them.
        (Input::TimerFired(_), _) => session.aside.burst = None,
        (Input::CalloutReturned { callout, result }, wait) => {
            if *wait == Some(Wait::Callout { callout: *callout }) {
                hand_over(draft, &mut session);
            }
            session.keep_result(*callout, result);
        }
        _ => return,
    }
    draft.set_session(Some(session));
}

fn hand_over(draft: &mut Draft, session: &mut Session) {
    draft.cancel_timers.extend(session.timers());
    session.hand_to_people();
}

/// A reaction: an interrupt of the running session may take it; else it is recorded and nothing more.
pub(super) fn reacted(cx: &Situation<'_>, mut draft: Draft, reaction: Option<&str>, emoji: Option<&str>) -> Turn {
    lapse(cx, &mut draft);
    let silent = draft.conversation.owner != Owner::Bot || cx.world.is_paused();
    let running = match current_session(cx, &mut draft) {
        Current::Running(session) if !silent => Some(session),
        _ => None,
    };
    let (word, emoji_sent) = (reaction.unwrap_or_default(), emoji.unwrap_or_default());
    let takes = |session: &Session| stands_in(cx, &draft, session).iter().any(|flow| flow.takes_reaction(word, emoji_sent));
    match running.filter(|session| takes(session)) {
        Some(session) => run(cx, draft, *session, &Input::Reacted { reaction, emoji }),
        None => {
            draft.ignore("reaction");
            Turn::Ready(Box::new(draft))
        }
    }
}

/// Writes what the visitor did into the transcript and opens the window. False for what leaves no line.
pub(super) fn record(draft: &mut Draft, event: &InboundEvent) -> bool {
    let (body, mid) = match &event.what {
        Inbound::Message(message) => (MessageBody::In(message.clone()), Some(message.mid.clone())),
        Inbound::Postback { mid, title, payload, .. } => {
            let payload = payload.clone().filter(|payload| !payload.starts_with(flow::token::MARK));
            (MessageBody::Tap { title: title.clone(), payload }, mid.clone())
        }
        Inbound::Referral { referral, .. } => (MessageBody::Entry { r#ref: referral.r#ref.clone(), source: referral.source.clone() }, None),
        Inbound::Optin { r#ref, .. } => (MessageBody::Entry { r#ref: r#ref.clone(), source: Some("OPTIN".to_owned()) }, None),
        _ => return false,
    };
    draft.open_window(event.at);
    draft.write(event.at, Author::Visitor, body, MessageStatus::Received, mid);
    true
}

/// Another app was silent for long enough: the bot may speak again.
fn lapse(cx: &Situation<'_>, draft: &mut Draft) {
    if matches!(draft.conversation.owner, Owner::External { until } if until <= cx.at) {
        draft.give_to(Owner::Bot);
        draft.note_line("released", "the Page inbox was silent for long enough: the bot answers again");
    }
}

/// As the session before began: the same link, its variables and its locale.
fn begin_anew(cx: &Situation<'_>, draft: Draft, session: Session, event: &InboundEvent) -> Turn {
    begin(cx, draft, session.chatflow, session.entry, &first_input(event))
}

/// The session has finished and the visitor writes on.
fn completed(cx: &Situation<'_>, mut draft: Draft, session: &Session, after: OnComplete, event: &InboundEvent) -> Turn {
    let (mut menu, mut again) = (false, false);
    if let Some(flow) = anew(cx, &draft, session) {
        match &event.what {
            Inbound::Postback { payload: Some(payload), .. } => menu = flow.takes_postback(payload),
            Inbound::Message(message) => again = message.text.as_deref().is_some_and(|text| flow.restarts_on(text)),
            _ => {}
        }
    }
    if again {
        because(&mut draft, "finished", true, "the session is over, and the visitor's word begins the chatflow anew");
        return begin(cx, draft, session.chatflow, entry_without_link(event), &Input::Started);
    }
    because(&mut draft, "finished", true, "the session is over: its `on_complete` decides");
    match after {
        // The menu is there to be used, whatever has ended.
        OnComplete::Inbox if menu => begin(cx, draft, session.chatflow, entry_without_link(event), &first_input(event)),
        OnComplete::Inbox => to_inbox(cx, draft, Unanswered::Finished),
        OnComplete::Restart => begin(cx, draft, session.chatflow, entry_without_link(event), &first_input(event)),
        OnComplete::Goto(node) => {
            let entry = Entry { node: Some(node), ..entry_without_link(event) };
            begin(cx, draft, session.chatflow, entry, &first_input(event))
        }
    }
}

fn begin_primary(cx: &Situation<'_>, mut draft: Draft, event: &InboundEvent) -> Turn {
    match cx.world.answering_primary() {
        Some(primary) => {
            because(&mut draft, "primary", true, "the page's primary chatflow answers");
            begin(cx, draft, primary, entry_without_link(event), &first_input(event))
        }
        None => to_inbox(cx, draft, Unanswered::NoChatflow),
    }
}

/// Opens a session and runs it from its entry. An inactive chatflow falls back to the primary, then to the inbox.
pub(super) fn begin(cx: &Situation<'_>, mut draft: Draft, chatflow: ChatflowId, entry: Entry, input: &Input<'_>) -> Turn {
    let chosen = cx.world.active(chatflow).map(|bound| (chatflow, bound));
    let fallback = || cx.world.answering_primary().and_then(|id| cx.world.active(id).map(|bound| (id, bound)));
    let Some((chatflow, bound)) = chosen.or_else(fallback) else {
        return to_inbox(cx, draft, Unanswered::NoChatflow);
    };
    let (version, flow) = bound.for_contact(chatflow, draft.contact.id);
    if draft.session.as_ref().is_some_and(|before| !before.finished && !before.queued.is_empty()) {
        draft.note_line("report", "unanswered_input: a new session began before the flow took what the visitor wrote meanwhile");
    }
    let before = draft.session.as_ref();
    draft.cancel_timers.extend(before.into_iter().flat_map(Session::timers));
    let kept = before.filter(|before| before.chatflow == chatflow).map(|before| flow.kept(before)).unwrap_or_default();
    draft.conversation.chatflow = Some(chatflow);
    draft.conversation.link = entry.link;
    if bound.rollout.is_some() {
        because(&mut draft, "version", true, format!("version {version}: a rollout is under way"));
    }
    let mut session = flow::open(draft.ids.next(), chatflow, version, flow, entry, &draft.contact, cx.at);
    session.variables.extend(kept);
    run(cx, draft, session, input)
}

/// One step of the flow, its outcome carried into the draft.
pub(super) fn run(cx: &Situation<'_>, mut draft: Draft, session: Session, input: &Input<'_>) -> Turn {
    let shelf = Shelf { world: cx.world, older: cx.older, contact: draft.contact.id };
    let seed = draft.ids.next_u64();
    let world = World {
        at: cx.at,
        seed,
        contact: &draft.contact,
        page_name: &cx.world.page.name,
        flows: &shelf,
        roster: cx.roster,
        last_agent: draft.conversation.last_agent,
        window_opened_at: draft.conversation.window_opened_at,
        rules: cx.world,
        pipelines: &cx.world.pipelines,
        token_key: cx.token_key,
        explain: cx.explain,
    };
    let outcome = flow::step(&world, session, input);
    carry(cx, draft, outcome)
}

/// Why no chatflow answers.
#[derive(Clone, Copy, PartialEq)]
enum Unanswered {
    Paused,
    NoChatflow,
    Finished,
}

/// The message lands with the people; where nothing of the page's could have answered, its away message says so, once.
fn to_inbox(cx: &Situation<'_>, mut draft: Draft, why: Unanswered) -> Turn {
    let reason = match why {
        Unanswered::Paused => "the page is paused",
        Unanswered::NoChatflow => "the page has no active chatflow",
        Unanswered::Finished => "the chatflow has finished",
    };
    because(&mut draft, "inbox", true, reason);
    draft.note_line("to_inbox", reason);
    draft.give_to(Owner::Queue { team: None });
    if let Some(text) = cx.world.page.settings.away_message.as_ref().filter(|_| why != Unanswered::Finished) {
        draft.send(Author::System, MessageOut::text(text.clone()), 0);
    }
    Turn::Ready(Box::new(draft))
}

pub(super) fn because(draft: &mut Draft, what: &'static str, taken: bool, because: impl Into<Cow<'static, str>>) {
    draft.trace.push(TraceLine::routing(what, taken, because));
}
