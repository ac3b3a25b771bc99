//! Design §5: which chatflow answers. First match wins, and each look is a line of the trace.

use std::borrow::Cow;

use super::carry::carry;
use super::draft::{Draft, Turn};
use super::revise;
use super::situation::{LinkLookup, Shelf, Situation, referral_of};
use crate::domain::conversation::Owner;
use crate::domain::event::{Inbound, InboundEvent, MessageIn};
use crate::domain::ids::ChatflowId;
use crate::domain::link::Link;
use crate::domain::message::{Author, MessageBody, MessageOut, MessageStatus};
use crate::domain::page::GET_STARTED_PAYLOAD;
use crate::flow::expression::Scope;
use crate::flow::session::{Entry, Frame, Session, Wait};
use crate::flow::step::{Input, Library as _, World};
use crate::flow::text::TextKey;
use crate::flow::token::Tap;
use crate::flow::trace::TraceLine;
use crate::flow::{self, Flow, OnComplete, StaleChoice};

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
        return to_inbox(cx, draft, "the page is paused");
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
    if missed_link || payload == Some(GET_STARTED_PAYLOAD) {
        because(&mut draft, "get_started", true, "the thread is opened: a new session");
        return begin_primary(cx, draft, event);
    }
    match current_session(cx, &mut draft) {
        Current::Outdated(session) => begin_anew(cx, draft, *session, event),
        Current::Running(session) => match input_of(event) {
            Some(input) => {
                because(&mut draft, "session", true, runs_at(&session));
                run(cx, draft, *session, &input)
            }
            // An ad's referral without words, while a flow waits for an answer: nothing to say to it.
            None => Turn::Ready(Box::new(draft)),
        },
        Current::Finished(session, after) => completed(cx, draft, &session, after, event),
        Current::None => begin_primary(cx, draft, event),
    }
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
    let shelf = Shelf { world: cx.world, older: cx.older, contact: draft.contact.id };
    let takes = |session: &Session| {
        let stands_in = session.frames.iter().map(|frame| (frame.chatflow, frame.version));
        let mut flows = stands_in.filter_map(|(chatflow, version)| shelf.flow(chatflow, Some(version)));
        flows.any(|(_, flow)| flow.takes_reaction(reaction.unwrap_or_default(), emoji.unwrap_or_default()))
    };
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

fn live_link<'a>(cx: &'a Situation<'_>, draft: &mut Draft) -> Option<&'a Link> {
    let (link, miss) = match &cx.link {
        LinkLookup::NoRef => return None,
        LinkLookup::Unknown(text) => (None, format!("no link has the ref `{text}`")),
        LinkLookup::Found(link) if !link.is_live(cx.at) => (None, format!("link `{}` is revoked or expired", link.id)),
        LinkLookup::Found(link) if cx.world.active(link.chatflow).is_none() => {
            (None, format!("the chatflow of link `{}` is not active", link.id))
        }
        LinkLookup::Found(link) => (Some(&**link), String::new()),
    };
    match link {
        Some(link) => because(draft, "link", true, format!("link `{}` opens its chatflow", link.id)),
        None => {
            draft.note_line("link_missed", miss.clone());
            because(draft, "link", false, miss);
        }
    }
    link
}

fn entry_by_link(link: &Link, event: &InboundEvent) -> Entry {
    let referral = referral_of(event).unwrap_or_default();
    Entry {
        link: Some(link.id),
        r#ref: Some(link.r#ref.clone()),
        label: link.label.clone(),
        source: referral.source,
        ad_id: referral.ad_id,
        node: link.node.clone(),
        variables: link.variables.clone(),
        locale: link.locale.clone(),
    }
}

fn entry_without_link(event: &InboundEvent) -> Entry {
    let referral = referral_of(event).unwrap_or_default();
    Entry { r#ref: referral.r#ref, source: referral.source, ad_id: referral.ad_id, ..Entry::default() }
}

fn payload_of(event: &InboundEvent) -> Option<&str> {
    match &event.what {
        Inbound::Postback { payload, .. } => payload.as_deref(),
        Inbound::Message(message) => message.quick_reply.as_deref(),
        _ => None,
    }
}

fn input_of(event: &InboundEvent) -> Option<Input<'_>> {
    match &event.what {
        Inbound::Message(message) => Some(Input::Said(message)),
        Inbound::Postback { title, payload, .. } => {
            Some(Input::Postback { title: title.as_deref(), payload: payload.as_deref().unwrap_or_default() })
        }
        _ => None,
    }
}

enum Current {
    Running(Box<Session>),
    /// A version published since asks for a new one.
    Outdated(Box<Session>),
    Finished(Box<Session>, OnComplete),
    None,
}

/// The session that the event meets. One that was idle past its timeout has ended before the event is routed.
fn current_session(cx: &Situation<'_>, draft: &mut Draft) -> Current {
    let Some(session) = draft.session.clone() else { return Current::None };
    let Some(flow) = flow_of(cx, draft, &session) else {
        because(draft, "session", false, "its chatflow version is gone");
        return Current::None;
    };
    if has_lapsed(&flow, &session, cx) {
        because(draft, "session", false, format!("idle since {} for longer than its timeout", session.idle_since()));
        return Current::None;
    }
    match (&session.wait, session.finished) {
        (_, true) => Current::Finished(Box::new(session), flow.on_complete.clone()),
        // It was handed over and the people have left without giving it back.
        (Some(Wait::People), false) => Current::None,
        (_, false) => {
            if revise::begins_anew(cx, draft, &session) {
                return Current::Outdated(Box::new(session));
            }
            Current::Running(Box::new(revise::moved(cx, draft, session)))
        }
    }
}

/// As the session before began: the same link, its variables and its locale.
fn begin_anew(cx: &Situation<'_>, draft: Draft, session: Session, event: &InboundEvent) -> Turn {
    begin(cx, draft, session.chatflow, session.entry, &first_input(event))
}

fn flow_of(cx: &Situation<'_>, draft: &Draft, session: &Session) -> Option<std::sync::Arc<Flow>> {
    let shelf = Shelf { world: cx.world, older: cx.older, contact: draft.contact.id };
    shelf.flow(session.chatflow, Some(session.version)).map(|(_, flow)| flow)
}

/// A pause or a call under way is the flow's own doing and always goes on.
fn has_lapsed(flow: &Flow, session: &Session, cx: &Situation<'_>) -> bool {
    let timeout = if session.finished { flow.completed_timeout } else { flow.timeout };
    !session.is_busy() && timeout.is_some_and(|timeout| cx.at.duration_since(session.idle_since()) > timeout)
}

/// An option of some question was tapped: of the waiting one, or a stale one.
fn tapped(cx: &Situation<'_>, mut draft: Draft, tap: &Tap, event: &InboundEvent) -> Turn {
    let title = match &event.what {
        Inbound::Postback { title, .. } => title.as_deref(),
        Inbound::Message(message) => message.text.as_deref(),
        _ => None,
    };
    let running = match current_session(cx, &mut draft) {
        Current::Outdated(session) => return begin(cx, draft, session.chatflow, session.entry, &Input::Started),
        Current::Running(session) => Some(session),
        Current::Finished(..) | Current::None => None,
    };
    if let Some(session) = running.as_ref().filter(|session| waits_for(cx, &draft, session, tap)) {
        because(&mut draft, "tap", true, "an option that the running session offers");
        return run(cx, draft, (**session).clone(), &Input::Tapped { tap, title });
    }
    if let Some(session) = running.as_ref().filter(|session| asked_before_it_moved(session, tap)) {
        let said = MessageIn { text: title.map(str::to_owned), ..MessageIn::default() };
        return run(cx, draft, (**session).clone(), &Input::Said(&said));
    }
    let stands_in = running.as_ref().and_then(|session| flow_of(cx, &draft, session));
    let judged_by = stands_in.or_else(|| cx.world.chatflows.get(&tap.chatflow).map(|bound| bound.flow.clone()));
    let policy = judged_by.as_ref().map_or(StaleChoice::Resume, |flow| flow.stale_choice);
    because(&mut draft, "stale_choice", true, format!("option of node `{}` is not waited for any more: {policy:?}", tap.node));
    if policy == StaleChoice::Explain
        && let Some(flow) = judged_by
    {
        let (page, contact) = (cx.world.page.name.as_str(), &draft.contact);
        let scope = match &draft.session {
            Some(session) => Scope::of(session, contact, page, cx.at),
            None => Scope::bare(contact, contact.locale.as_deref().unwrap_or_default(), page, cx.at),
        };
        let text = flow.text(TextKey::StaleChoice, &scope);
        draft.send(Author::Bot, MessageOut::text(text), 0);
    }
    match (policy, running) {
        (StaleChoice::Resume | StaleChoice::Explain, Some(session)) => run(cx, draft, *session, &Input::Repeat),
        _ => begin(cx, draft, tap.chatflow, Entry::default(), &Input::Started),
    }
}

/// An option of the waiting question, or a lasting button shown before it.
fn waits_for(cx: &Situation<'_>, draft: &Draft, session: &Session, tap: &Tap) -> bool {
    let shelf = Shelf { world: cx.world, older: cx.older, contact: draft.contact.id };
    session.awaits(tap) || session.still_offers(tap, &shelf)
}

/// The session has moved to another version since: the option is found by what stood on it.
fn asked_before_it_moved(session: &Session, tap: &Tap) -> bool {
    let asks = matches!(session.wait, Some(Wait::Answer { .. })) && tap.session == session.id;
    let same = |frame: &Frame| frame.chatflow == tap.chatflow && frame.node == tap.node && frame.version != tap.version;
    asks && session.frames.last().is_some_and(same)
}

fn runs_at(session: &Session) -> String {
    let node = session.frames.last().map_or("", |frame| &frame.node);
    format!("a session runs at `{node}`, on version {}", session.version)
}

/// The session has finished and the visitor writes on.
fn completed(cx: &Situation<'_>, mut draft: Draft, session: &Session, after: OnComplete, event: &InboundEvent) -> Turn {
    let menu = matches!(event.what, Inbound::Postback { .. }).then(|| payload_of(event)).flatten();
    let bound = cx.world.active(session.chatflow);
    let contact = draft.contact.id;
    let takes = |payload: &str| bound.is_some_and(|bound| bound.for_contact(session.chatflow, contact).1.takes_postback(payload));
    let taken = menu.is_some_and(takes);
    because(&mut draft, "finished", true, "the session is over: its `on_complete` decides");
    match after {
        // The menu is there to be used, whatever has ended.
        OnComplete::Inbox if taken => begin(cx, draft, session.chatflow, entry_without_link(event), &first_input(event)),
        OnComplete::Inbox => to_inbox(cx, draft, "the chatflow has finished"),
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
        None => to_inbox(cx, draft, "the page has no active chatflow"),
    }
}

/// A first message may already ask for something: the flow's interrupts see it, else it only opens the session.
fn first_input(event: &InboundEvent) -> Input<'_> {
    match payload_of(event) {
        Some(GET_STARTED_PAYLOAD) => Input::Started,
        _ => input_of(event).unwrap_or(Input::Started),
    }
}

/// Opens a session and runs it from its entry. An inactive chatflow falls back to the primary, then to the inbox.
fn begin(cx: &Situation<'_>, mut draft: Draft, chatflow: ChatflowId, entry: Entry, input: &Input<'_>) -> Turn {
    let chosen = cx.world.active(chatflow).map(|bound| (chatflow, bound));
    let fallback = || cx.world.answering_primary().and_then(|id| cx.world.active(id).map(|bound| (id, bound)));
    let Some((chatflow, bound)) = chosen.or_else(fallback) else {
        return to_inbox(cx, draft, "the page has no active chatflow");
    };
    let (version, flow) = bound.for_contact(chatflow, draft.contact.id);
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

/// The message lands with the people; the page's away message says so, once.
fn to_inbox(cx: &Situation<'_>, mut draft: Draft, reason: &str) -> Turn {
    because(&mut draft, "inbox", true, reason.to_owned());
    draft.note_line("to_inbox", reason);
    draft.give_to(Owner::Queue { team: None });
    if let Some(text) = &cx.world.page.settings.away_message {
        draft.send(Author::System, MessageOut::text(text.clone()), 0);
    }
    Turn::Ready(Box::new(draft))
}

fn because(draft: &mut Draft, what: &'static str, taken: bool, because: impl Into<Cow<'static, str>>) {
    draft.trace.push(TraceLine::routing(what, taken, because));
}
