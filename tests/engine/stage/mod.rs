//! A world for one contact and one session, for tests of [`step`] alone: what routing, store and actors are otherwise. People
//! chat on `rehearsal::Stage`, which takes the server's own turns.
//!
//! The session goes through JSON between turns, so that nothing lives that a restart would lose.

pub mod transcript;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use causerie::domain::contact::Contact;
use causerie::domain::event::{CalloutResult, MessageIn};
use causerie::domain::ids::{CalloutId, ChatflowId, IdMaker, TimerId, UserId};
use causerie::domain::people::{Agent, OnDuty, Presence, Roster};
use causerie::domain::ticket::{Pipeline, Status};
use causerie::domain::transfer::RuleSet;
use causerie::flow::effect::{CalloutRequest, Effect};
use causerie::flow::session::{Entry, Session, Wait};
use causerie::flow::step::{Input, Library, Rules, World};
use causerie::flow::text::TextKey;
use causerie::flow::token::{Tap, TokenKey};
use causerie::flow::trace::TraceLine;
use causerie::flow::{Flow, OnComplete, StaleChoice, open, step};

/// What one turn did.
#[derive(Debug, Default, PartialEq)]
pub struct Turn {
    pub effects: Vec<Effect>,
    pub trace: Vec<TraceLine>,
    /// What the server's routing did instead of, or before, the flow: for people.
    pub notes: Vec<String>,
}

pub struct Stage {
    pub contact: Contact,
    pub session: Option<Session>,
    /// Whom transfers find.
    pub roster: Roster,
    pub rules: BTreeMap<String, RuleSet>,
    pub pipelines: Vec<Pipeline>,
    pub at: Timestamp,
    /// The session came back from JSON as it went, each time.
    pub lossless: bool,
    flows: Vec<(String, ChatflowId, Arc<Flow>)>,
    key: TokenKey,
    ids: IdMaker,
    /// Under way: pauses, the visitor's silence, bursts.
    timers: Vec<(TimerId, Timestamp)>,
    callouts: VecDeque<(CalloutId, CalloutRequest)>,
    offered: Vec<(String, String)>,
}

impl Stage {
    /// The flow is the first one; `seed` decides all that is by chance.
    pub fn new(name: &str, flow: Arc<Flow>, at: Timestamp, seed: u64) -> Self {
        let mut ids = IdMaker::new(at, seed);
        let pipelines = pipelines_of(&flow, &mut ids);
        let contact = Contact::new(ids.next(), "page".into(), "visitor".into(), at);
        Self {
            contact,
            session: None,
            roster: Roster::default(),
            rules: BTreeMap::new(),
            pipelines,
            at,
            lossless: true,
            flows: vec![(name.to_owned(), ids.next(), flow)],
            key: TokenKey::new(&[7; 32]),
            ids,
            timers: Vec::new(),
            callouts: VecDeque::new(),
            offered: Vec::new(),
        }
    }

    /// Another chatflow of the page, for `call`.
    pub fn add_flow(&mut self, name: &str, flow: Arc<Flow>) {
        self.pipelines.extend(pipelines_of(&flow, &mut self.ids));
        self.flows.push((name.to_owned(), self.ids.next(), flow));
    }

    /// Someone with a service seat who takes three conversations at once.
    pub fn add_agent(&mut self, name: &str, presence: Presence) -> UserId {
        let user: UserId = Uuid::from_u128(0x1000 + self.roster.agents.len() as u128).into();
        let languages = Vec::new();
        let (seen_at, last_assigned_at) = (None, None);
        let agent = Agent { user, name: name.to_owned(), presence, seen_at, capacity: 3, languages, last_assigned_at, revision: 1 };
        self.roster.agents.push(OnDuty { agent, load: 0 });
        user
    }

    fn flow(&self) -> &Arc<Flow> {
        &self.flows[0].2
    }

    /// Titles that can be tapped now.
    pub fn offered(&self) -> impl Iterator<Item = &str> {
        self.offered.iter().map(|(title, _)| title.as_str())
    }

    /// How many timers are under way.
    pub fn timers(&self) -> usize {
        self.timers.len()
    }

    /// The call that was made first of those under way that something waits for; else the first of all.
    pub fn waiting_callout(&self) -> Option<&CalloutRequest> {
        self.callouts.get(self.next_callout()).map(|(_, request)| request)
    }

    fn next_callout(&self) -> usize {
        let expected = |(id, _): &(CalloutId, CalloutRequest)| self.session.as_ref().is_some_and(|session| session.expects(*id));
        self.callouts.iter().position(expected).unwrap_or(0)
    }

    /// The visitor opens the conversation: Get Started, or a link.
    pub fn start(&mut self, entry: Entry) -> Turn {
        self.begin(entry);
        self.step(&Input::Started)
    }

    fn begin(&mut self, entry: Entry) {
        let (_, chatflow, flow) = &self.flows[0];
        let mut session = open(self.ids.next(), *chatflow, 1, flow, entry, &self.contact, self.at);
        let before = self.session.take();
        session.variables.extend(before.as_ref().map(|before| flow.kept(before)).unwrap_or_default());
        self.timers.clear();
        self.callouts.clear();
        self.session = Some(session);
    }

    pub fn say(&mut self, text: &str) -> Turn {
        self.message(&MessageIn { text: Some(text.to_owned()), ..MessageIn::default() })
    }

    pub fn message(&mut self, message: &MessageIn) -> Turn {
        match self.before(None, message.text.as_deref()) {
            Err(note) => note,
            Ok((note, true)) => noted(note, self.step(&Input::Started)),
            Ok((note, false)) => noted(note, self.step(&Input::Said(message))),
        }
    }

    pub fn postback(&mut self, payload: &str) -> Turn {
        match self.before(Some(payload), None) {
            Err(note) => note,
            Ok((note, _)) => noted(note, self.step(&Input::Postback { title: None, payload })),
        }
    }

    /// Reacts to a message of the bot: an emoji, or one of Meta's words; `None`: nothing takes it.
    pub fn react(&mut self, reaction: &str) -> Option<Turn> {
        let takes = self.flows.iter().any(|(_, _, flow)| flow.takes_reaction(reaction, reaction));
        let running = self.session.as_ref().is_some_and(|session| !session.finished && session.wait != Some(Wait::People));
        (takes && running).then(|| self.step(&Input::Reacted { reaction: Some(reaction), emoji: Some(reaction) }))
    }

    /// Taps what was offered under this title, now or before; `None`: nothing was.
    pub fn tap(&mut self, title: &str) -> Option<Turn> {
        let (title, payload) = self.offered.iter().rev().find(|(offered, _)| offered == title)?.clone();
        let tap = Tap::read(&payload, &self.key)?;
        if self.session.as_ref().is_some_and(|session| session.wait == Some(Wait::People)) {
            return self.before(None, None).err();
        }
        if self.has_lapsed() {
            return Some(noted(Some(LAPSED), self.start(Entry::default())));
        }
        let awaited = {
            let shelf = Shelf(&self.flows);
            self.session.as_ref().is_some_and(|session| session.awaits(&tap) || session.still_offers(&tap, &shelf))
        };
        Some(if awaited { self.step(&Input::Tapped { tap: &tap, title: Some(&title) }) } else { self.stale() })
    }

    /// Time passes until the pause is over; `None`: nothing waits for time.
    pub fn pass_time(&mut self) -> Option<Turn> {
        let next = self.timers.iter().enumerate().min_by_key(|(_, (_, at))| *at).map(|(index, _)| index)?;
        let (timer, at) = self.timers.remove(next);
        self.at = self.at.max(at);
        Some(self.step(&Input::TimerFired(timer)))
    }

    pub fn advance(&mut self, by: SignedDuration) {
        self.at = self.at.checked_add(by).unwrap_or(self.at);
    }

    /// The call of [`Stage::waiting_callout`] ends so; `None`: none is under way.
    pub fn callout_returns(&mut self, result: &CalloutResult) -> Option<Turn> {
        let (callout, _) = self.callouts.remove(self.next_callout())?;
        Some(self.step(&Input::CalloutReturned { callout, result }))
    }

    /// People give the conversation back.
    pub fn release(&mut self) -> Turn {
        self.step(&Input::Released)
    }

    /// As the server's routing: a finished or timed-out session, and one that people have. `Err`: the flow does not see
    /// what came. `Ok`: it does, perhaps as the first input of a new session; true where that only opens it.
    fn before(&mut self, payload: Option<&str>, text: Option<&str>) -> Result<(Option<&'static str>, bool), Turn> {
        let flow = self.flow().clone();
        let Some(session) = &self.session else {
            self.begin(Entry::default());
            return Ok((None, false));
        };
        if session.wait == Some(Wait::People) {
            return Err(note("people have the conversation: the bot is silent"));
        }
        if self.has_lapsed() {
            self.begin(Entry::default());
            return Ok((Some(LAPSED), false));
        }
        let again = session.finished && text.is_some_and(|text| flow.restarts_on(text));
        match (session.finished, &flow.on_complete) {
            (false, _) => return Ok((None, false)),
            (true, _) if again => self.begin(Entry::default()),
            (true, OnComplete::Inbox) if !payload.is_some_and(|payload| flow.takes_postback(payload)) => {
                return Err(note("the session is over: the message lands in the inbox"));
            }
            (true, OnComplete::Inbox | OnComplete::Restart) => self.begin(Entry::default()),
            (true, OnComplete::Goto(node)) => self.begin(Entry { node: Some(node.clone()), ..Entry::default() }),
        }
        Ok((None, again))
    }

    fn has_lapsed(&self) -> bool {
        let Some(session) = &self.session else { return false };
        let flow = self.flow();
        let timeout = if session.finished { flow.completed_timeout } else { flow.timeout };
        let idle = self.at.duration_since(session.idle_since());
        !session.is_busy() && timeout.is_some_and(|timeout| idle > timeout)
    }

    fn stale(&mut self) -> Turn {
        let flow = self.flow().clone();
        let mut turn = match (flow.stale_choice, &self.session) {
            (StaleChoice::Resume | StaleChoice::Explain, Some(session)) if !session.finished => self.step(&Input::Repeat),
            _ => self.start(Entry::default()),
        };
        turn.notes.insert(0, "the choice is one of an earlier question".into());
        if let (StaleChoice::Explain, Some(session)) = (flow.stale_choice, &self.session) {
            let scope = causerie::flow::expression::Scope::of(session, &self.contact, "Page", self.at);
            let text = flow.text(TextKey::StaleChoice, &scope, Some(&self.roster)).unwrap_or_default();
            let message = causerie::domain::message::MessageOut::text(text);
            turn.effects.insert(0, Effect::Send { message, pause_ms: 0 });
        }
        turn
    }

    fn step(&mut self, input: &Input<'_>) -> Turn {
        let Some(session) = self.session.take() else { return Turn::default() };
        let seed = self.ids.next_u64();
        let shelf = Shelf(&self.flows);
        let sets = Sets { rules: &self.rules, any: any_agent(&self.roster) };
        let world = World {
            at: self.at,
            seed,
            contact: &self.contact,
            page_name: "Page",
            flows: &shelf,
            roster: Some(&self.roster),
            last_agent: None,
            // Whatever the visitor did last opened it.
            window_opened_at: Some(session.last_at),
            rules: &sets,
            pipelines: &self.pipelines,
            token_key: &self.key,
            explain: true,
        };
        let outcome = step(&world, session, input);
        self.session = reloaded(&outcome.session);
        self.lossless &= self.session.as_ref() == Some(&outcome.session);
        if let Some(contact) = outcome.contact {
            self.contact = contact;
        }
        self.note(&outcome.effects);
        Turn { effects: outcome.effects, trace: outcome.trace, notes: Vec::new() }
    }

    fn note(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Send { message, .. } => self.offer(message),
                Effect::SetTimer { id, at } => self.timers.push((*id, *at)),
                Effect::CancelTimer { id } => self.timers.retain(|(timer, _)| timer != id),
                // As on the server: the next message begins anew.
                Effect::Close => self.session = None,
                Effect::Callout { id, request } => self.callouts.push_back((*id, request.clone())),
                _ => {}
            }
        }
    }

    fn offer(&mut self, message: &causerie::domain::message::MessageOut) {
        for (title, card, payload) in message.taps() {
            // Several cards may have a button of the same title: `Lamp: Buy` is the one of the card `Lamp`.
            if let Some(card) = card {
                self.offered.push((format!("{card}: {title}"), payload.to_owned()));
            }
            self.offered.push((title.to_owned(), payload.to_owned()));
        }
    }
}

const LAPSED: &str = "the session had timed out: a new one";

fn note(text: &str) -> Turn {
    Turn { notes: vec![text.to_owned()], ..Turn::default() }
}

fn noted(note: Option<&str>, mut turn: Turn) -> Turn {
    turn.notes.extend(note.map(str::to_owned));
    turn
}

/// As it would come back from the store.
fn reloaded(session: &Session) -> Option<Session> {
    let stored = serde_json::to_string(session).ok()?;
    serde_json::from_str(&stored).ok()
}

struct Shelf<'a>(&'a [(String, ChatflowId, Arc<Flow>)]);

impl Library for Shelf<'_> {
    fn flow(&self, chatflow: ChatflowId, _: Option<u32>) -> Option<(u32, Arc<Flow>)> {
        self.0.iter().find(|(_, id, _)| *id == chatflow).map(|(_, _, flow)| (1, flow.clone()))
    }

    fn by_name(&self, name: &str) -> Option<ChatflowId> {
        self.0.iter().find(|(known, _, _)| known == name).map(|(_, id, _)| *id)
    }

    fn name(&self, chatflow: ChatflowId) -> Option<&str> {
        self.0.iter().find(|(_, id, _)| *id == chatflow).map(|(name, _, _)| name.as_str())
    }
}

/// Rules by name; any other name means whoever is online, least busy first.
struct Sets<'a> {
    rules: &'a BTreeMap<String, RuleSet>,
    any: RuleSet,
}

impl Rules for Sets<'_> {
    fn rule_set(&self, name: &str) -> Option<&RuleSet> {
        Some(self.rules.get(name).unwrap_or(&self.any))
    }
}

fn any_agent(roster: &Roster) -> RuleSet {
    use causerie::domain::transfer::{Otherwise, Rule, Strategy, Target};
    let rule = |duty: &OnDuty| Rule {
        name: duty.agent.name.clone(),
        when: None,
        target: Target::Agent { agent: duty.agent.user },
        strategy: Strategy::LeastBusy,
        only_online: true,
        otherwise: Otherwise::NextRule,
    };
    let rules = roster.agents.iter().map(rule).collect();
    let created_at = Timestamp::UNIX_EPOCH;
    RuleSet { id: Uuid::nil().into(), name: "default".into(), page: None, rules, revision: 1, created_at }
}

/// Offline there are no pipelines: those that the flow names are made up.
fn pipelines_of(flow: &Flow, ids: &mut IdMaker) -> Vec<Pipeline> {
    let mut pipelines: Vec<Pipeline> = Vec::new();
    for (key, status) in flow.ticket_places() {
        let status = status.unwrap_or("new");
        let status = Status { key: status.into(), name: status.into(), closed: false, next: Vec::new() };
        match pipelines.iter_mut().find(|pipeline| pipeline.key == key) {
            Some(pipeline) => pipeline.statuses.push(status),
            None => {
                let (id, created_at) = (ids.next(), Timestamp::UNIX_EPOCH);
                pipelines.push(Pipeline { id, key: key.into(), name: key.into(), statuses: vec![status], revision: 1, created_at });
            }
        }
    }
    pipelines
}
