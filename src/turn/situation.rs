//! What a turn may look at.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::Timestamp;
use crate::domain::contact::Profile;
use crate::domain::event::{Inbound, InboundEvent, Referral};
use crate::domain::ids::{ChatflowId, ContactId};
use crate::domain::link::Link;
use crate::domain::page::{Page, PageState};
use crate::domain::people::Roster;
use crate::domain::rollout::{Move, Moves, Rollout};
use crate::domain::ticket::{Pipeline, Ticket};
use crate::domain::transfer::RuleSet;
use crate::flow::Flow;
use crate::flow::step::{Library, Rules};
use crate::flow::token::TokenKey;
use crate::store::turns::Loaded;

/// One page with all that is bound to it, shared by its conversations until an admin changes something.
#[derive(Debug)]
pub struct PageWorld {
    pub page: Page,
    pub chatflows: HashMap<ChatflowId, BoundFlow>,
    /// The page's own sets and the shared ones, by name; the page's own come first.
    pub rules: HashMap<String, RuleSet>,
    pub pipelines: Vec<Pipeline>,
}

/// A chatflow of the page that has been published at least once.
#[derive(Debug, Clone)]
pub struct BoundFlow {
    pub name: String,
    pub active: bool,
    pub version: u32,
    pub flow: Arc<Flow>,
    /// A later version that only some contacts get.
    pub rollout: Option<BoundRollout>,
    /// What becomes of sessions on earlier versions.
    pub moves: Moves,
}

#[derive(Debug, Clone)]
pub struct BoundRollout {
    pub rollout: Rollout,
    pub flow: Arc<Flow>,
}

impl BoundFlow {
    /// For everyone, without a rollout.
    pub fn new(name: String, active: bool, version: u32, flow: Arc<Flow>) -> Self {
        Self { name, active, version, flow, rollout: None, moves: Moves::default() }
    }

    /// The version that new sessions of this contact start on.
    pub fn for_contact(&self, chatflow: ChatflowId, contact: ContactId) -> (u32, &Arc<Flow>) {
        match &self.rollout {
            Some(part) if part.rollout.includes(chatflow, contact) => (part.rollout.version, &part.flow),
            _ => (self.version, &self.flow),
        }
    }

    /// What becomes of this contact's session that runs on version `stands`.
    pub fn fate_of(&self, chatflow: ChatflowId, stands: u32, contact: ContactId) -> Move {
        self.moves.of(stands, self.for_contact(chatflow, contact).0)
    }

    fn at(&self, version: u32) -> Option<&Arc<Flow>> {
        let part = self.rollout.as_ref().filter(|part| part.rollout.version == version).map(|part| &part.flow);
        part.or_else(|| (self.version == version).then_some(&self.flow))
    }
}

impl PageWorld {
    /// The chatflow that answers when nothing else does; `None` when the inbox does.
    pub fn answering_primary(&self) -> Option<ChatflowId> {
        self.page.primary.filter(|id| self.active(*id).is_some())
    }

    pub fn active(&self, chatflow: ChatflowId) -> Option<&BoundFlow> {
        self.chatflows.get(&chatflow).filter(|bound| bound.active)
    }

    pub fn is_paused(&self) -> bool {
        self.page.state == PageState::Paused
    }
}

/// The page's flows and, beside them, the older versions that one session stands in.
pub struct Shelf<'a> {
    pub world: &'a PageWorld,
    pub older: &'a HashMap<(ChatflowId, u32), Arc<Flow>>,
    /// A rollout may give another version to this one.
    pub contact: ContactId,
}

impl Library for Shelf<'_> {
    fn flow(&self, chatflow: ChatflowId, version: Option<u32>) -> Option<(u32, Arc<Flow>)> {
        let bound = self.world.chatflows.get(&chatflow);
        let Some(version) = version else {
            let (version, flow) = bound?.for_contact(chatflow, self.contact);
            return Some((version, flow.clone()));
        };
        let flow = bound.and_then(|bound| bound.at(version)).or_else(|| self.older.get(&(chatflow, version)));
        flow.map(|flow| (version, flow.clone()))
    }

    fn by_name(&self, name: &str) -> Option<ChatflowId> {
        self.world.chatflows.iter().find(|(_, bound)| bound.name == name).map(|(id, _)| *id)
    }

    fn name(&self, chatflow: ChatflowId) -> Option<&str> {
        self.world.chatflows.get(&chatflow).map(|bound| bound.name.as_str())
    }
}

impl Rules for PageWorld {
    fn rule_set(&self, name: &str) -> Option<&RuleSet> {
        let own = || self.rules.values().find(|set| Some(set.id) == self.page.rules);
        if name == "default" { own().or_else(|| self.rules.get(name)) } else { self.rules.get(name) }
    }
}

/// What became of the event's `ref`.
#[derive(Debug, Clone, Default)]
pub enum LinkLookup {
    /// The event carries none.
    #[default]
    NoRef,
    /// Unknown to us; expired and revoked links are `Found` and judged by the turn.
    Unknown(String),
    Found(Box<Link>),
}

/// The newest open ticket of the conversation.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum TicketLookup {
    /// Nobody has looked yet.
    #[default]
    Unknown,
    None,
    Open(Box<Ticket>),
}

pub struct Situation<'a> {
    /// `None`: the first event of this visitor.
    pub loaded: Option<&'a Loaded>,
    pub world: &'a PageWorld,
    /// Versions that the running session stands in and that are not the published ones.
    pub older: &'a HashMap<(ChatflowId, u32), Arc<Flow>>,
    pub link: LinkLookup,
    /// What Meta tells of a visitor who was unknown until now.
    pub profile: Option<&'a Profile>,
    pub roster: Option<&'a Roster>,
    pub ticket: TicketLookup,
    /// Now, by our clock.
    pub at: Timestamp,
    pub seed: u64,
    pub token_key: &'a TokenKey,
    /// Whether the turn is to say what it considered.
    pub explain: bool,
    /// Our app's id at Meta: tells our echoes from others'. `None`: unknown, then only metadata tells.
    pub our_app: Option<&'a str>,
}

/// The `ref` that an event carries, from any of the places where Meta puts it.
pub fn referral_of(event: &InboundEvent) -> Option<Referral> {
    match &event.what {
        Inbound::Referral { referral, .. } => Some(referral.clone()),
        Inbound::Postback { referral, .. } => referral.clone(),
        Inbound::Message(message) => message.referral.clone(),
        Inbound::Optin { r#ref, .. } => r#ref.clone().map(|text| Referral { r#ref: Some(text), ..Referral::default() }),
        _ => None,
    }
}

/// The versions a loaded session needs beside the published ones: those it stands in, and those it may move to.
pub fn older_versions(loaded: Option<&Loaded>, world: &PageWorld) -> Vec<(ChatflowId, u32)> {
    let Some(session) = loaded.and_then(|loaded| loaded.session.as_ref()) else { return Vec::new() };
    let stands_in = session.frames.iter().map(|frame| (frame.chatflow, frame.version));
    let mut needed: Vec<_> = stands_in.chain([(session.chatflow, session.version)]).collect();
    let contact = loaded.map(|loaded| loaded.contact.id);
    let moves_to = |&(chatflow, version): &(ChatflowId, u32)| match world.chatflows.get(&chatflow)?.fate_of(chatflow, version, contact?) {
        Move::Migrate(to) => Some((chatflow, to)),
        Move::Stay | Move::Restart => None,
    };
    let targets: Vec<_> = needed.iter().filter_map(moves_to).collect();
    needed.extend(targets);
    needed.retain(|(chatflow, version)| world.chatflows.get(chatflow).is_none_or(|bound| bound.at(*version).is_none()));
    needed.sort_unstable();
    needed.dedup();
    needed
}
