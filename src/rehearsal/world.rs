//! What surrounds the flow: a page, other chatflows, people, rules, pipelines. Made up, or as the server has it.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::ids::{ChatflowId, IdMaker, UserId};
use crate::domain::page::{Page, PageSettings, PageState};
use crate::domain::people::{Agent, OnDuty, Presence, Roster, Team};
use crate::domain::ticket::{Pipeline, Status};
use crate::domain::transfer::{Otherwise, Rule, RuleSet, Strategy, Target};
use crate::flow::Flow;
use crate::flow::script;
use crate::turn::PageWorld;
use crate::turn::situation::BoundFlow;

/// A world around one chatflow.
pub struct Surroundings {
    pub world: PageWorld,
    pub chatflow: ChatflowId,
    pub roster: Roster,
}

/// A chatflow as it is rehearsed, or called.
#[derive(Clone)]
pub struct Chatflow {
    /// What a server knows it by; `None`: made up.
    pub id: Option<ChatflowId>,
    pub name: String,
    pub flow: Arc<Flow>,
}

/// The version that the rehearsed document counts as.
const VERSION: u32 = 1;
/// Conversations that a made-up agent takes at once.
const CAPACITY: u32 = 3;

impl Surroundings {
    /// A made-up page with this chatflow as its primary one. `others` may be called. The pipelines are those that the flows
    /// name; every transfer rule finds the agents who are online, least busy first.
    pub fn made_up(own: &Chatflow, others: &[Chatflow]) -> Self {
        let mut ids = IdMaker::new(Timestamp::UNIX_EPOCH, 0x5eed);
        let mut pipelines = Vec::new();
        let mut chatflows = HashMap::new();
        let mut bind = |chatflow: &Chatflow| {
            add_pipelines(&mut pipelines, &chatflow.flow, &mut ids);
            let made_up: ChatflowId = ids.next();
            let id = chatflow.id.unwrap_or(made_up);
            chatflows.insert(id, BoundFlow::new(chatflow.name.clone(), true, VERSION, chatflow.flow.clone()));
            id
        };
        let chatflow = bind(own);
        for other in others {
            bind(other);
        }
        let page = Page {
            id: "page".into(),
            name: "Page".into(),
            username: None,
            state: PageState::Active,
            primary: Some(chatflow),
            rules: None,
            settings: PageSettings::default(),
            revision: 1,
            created_at: Timestamp::UNIX_EPOCH,
        };
        Self { world: PageWorld { page, chatflows, rules: HashMap::new(), pipelines }, chatflow, roster: Roster::default() }
    }

    /// The page as the server has it, with this flow in the place of the chatflow's published one, and answering first.
    pub fn of_page(mut world: PageWorld, chatflow: ChatflowId, bound: BoundFlow, roster: Roster) -> Self {
        world.page.primary = Some(chatflow);
        world.page.state = PageState::Active;
        // Other versions are for those whose sessions stand on them: here nobody's does.
        for other in world.chatflows.values_mut() {
            other.rollout = None;
        }
        world.chatflows.insert(chatflow, bound);
        Self { world, chatflow, roster }
    }

    /// Only these people are there, and whatever rules a transfer names find them in this order.
    pub fn with_people(&mut self, agents: &[(String, script::Presence)], if_nobody: script::IfNobody) {
        let roster = people(agents);
        let mut rules: Vec<Rule> = roster.agents.iter().map(rule_for).collect();
        rules.push(last_rule(if_nobody));
        let set = |name: &str| RuleSet {
            id: Uuid::nil().into(),
            name: name.to_owned(),
            page: None,
            rules: rules.clone(),
            revision: 1,
            created_at: Timestamp::UNIX_EPOCH,
        };
        let mut named: Vec<String> =
            self.world.chatflows.values().flat_map(|bound| bound.flow.rules_named().map(str::to_owned).collect::<Vec<_>>()).collect();
        named.extend(["default".to_owned()]);
        self.world.rules = named.into_iter().map(|name| (name.clone(), set(&name))).collect();
        self.world.page.rules = None;
        self.roster = roster;
    }

    /// Teams of those people, each with their names.
    pub fn with_teams(&mut self, teams: &[(String, Vec<String>)]) {
        let agents = &self.roster.agents;
        let teams = (0_u128..).zip(teams).map(|(n, (name, names))| Team {
            id: Uuid::from_u128(0x2000 + n).into(),
            name: name.clone(),
            members: agents.iter().filter(|duty| names.contains(&duty.agent.name)).map(|duty| duty.agent.user).collect(),
            revision: 1,
            created_at: Timestamp::UNIX_EPOCH,
        });
        self.roster.teams = teams.collect();
    }
}

fn people(agents: &[(String, script::Presence)]) -> Roster {
    let agents = (0_u128..).zip(agents).map(|(n, (name, presence))| {
        let presence = match presence {
            script::Presence::Online => Presence::Online,
            script::Presence::Away => Presence::Away,
            script::Presence::Offline => Presence::Offline,
        };
        on_duty(Uuid::from_u128(0x1000 + n).into(), name, presence)
    });
    Roster { agents: agents.collect(), teams: Vec::new() }
}

fn on_duty(user: UserId, name: &str, presence: Presence) -> OnDuty {
    let agent = Agent {
        user,
        name: name.to_owned(),
        presence,
        seen_at: None,
        capacity: CAPACITY,
        languages: Vec::new(),
        last_assigned_at: None,
        revision: 1,
    };
    OnDuty { agent, load: 0 }
}

fn rule_for(duty: &OnDuty) -> Rule {
    Rule {
        name: duty.agent.name.clone(),
        when: None,
        target: Target::Agent { agent: duty.agent.user },
        strategy: Strategy::LeastBusy,
        only_online: true,
        otherwise: Otherwise::NextRule,
    }
}

/// Where a conversation goes that nobody took.
fn last_rule(lands: script::IfNobody) -> Rule {
    let (target, otherwise) = match lands {
        script::IfNobody::Queue => (Target::Queue { team: None }, Otherwise::NextRule),
        script::IfNobody::Away => (Target::Nobody, Otherwise::NextRule),
        script::IfNobody::PageInbox => (Target::PageInbox, Otherwise::NextRule),
        // Of those that ask for a person, the one that names nobody yet.
        script::IfNobody::Ticket => (Target::LastAgent, Otherwise::Ticket),
    };
    Rule { name: "nobody".to_owned(), when: None, target, strategy: Strategy::LeastBusy, only_online: true, otherwise }
}

fn add_pipelines(pipelines: &mut Vec<Pipeline>, flow: &Flow, ids: &mut IdMaker) {
    for (key, status) in flow.ticket_places() {
        if !pipelines.iter().any(|pipeline| pipeline.key == key) {
            let (id, created_at) = (ids.next(), Timestamp::UNIX_EPOCH);
            pipelines.push(Pipeline { id, key: key.into(), name: key.into(), statuses: Vec::new(), revision: 1, created_at });
        }
        let named = pipelines.iter_mut().filter(|pipeline| pipeline.key == key);
        named.for_each(|pipeline| add_status(pipeline, status.unwrap_or("new")));
    }
    for status in flow.ticket_moves() {
        pipelines.iter_mut().for_each(|pipeline| add_status(pipeline, status));
    }
}

/// Whatever the real matrix allows: here every move is.
fn add_status(pipeline: &mut Pipeline, key: &str) {
    if pipeline.statuses.iter().any(|known| known.key == key) {
        return;
    }
    pipeline.statuses.push(Status { key: key.into(), name: key.into(), closed: false, next: Vec::new() });
    let keys: Vec<String> = pipeline.statuses.iter().map(|status| status.key.clone()).collect();
    for status in &mut pipeline.statuses {
        status.next = keys.iter().filter(|key| **key != status.key).cloned().collect();
    }
}
