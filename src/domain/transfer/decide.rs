//! The decision: the first rule that matches and can be served wins.

use std::cmp::Reverse;

use super::{Decision, Destination, Facts, Otherwise, Rule, RuleSet, Strategy, Target};
use crate::domain::ids::{TeamId, UserId};
use crate::domain::people::{OnDuty, Presence, Roster, Team};

/// Who gets the conversation, and why. Looks at the rules in order and says one line for each that was looked at.
/// Where no rule takes it, it waits in the open queue: a person who asked for a person is never dropped.
pub fn decide(set: &RuleSet, facts: &Facts<'_>) -> Decision {
    let mut because = Vec::new();
    for (index, rule) in set.rules.iter().enumerate() {
        let (line, destination) = look_at(rule, facts);
        because.push(format!("rule {} `{}`: {line}", index + 1, rule.name));
        if let Some(destination) = destination {
            return Decision { destination, rule: Some(index), because };
        }
    }
    because.push(format!("no rule of `{}` took it: the open queue", set.name));
    Decision { destination: Destination::Queue { team: None }, rule: None, because }
}

fn look_at(rule: &Rule, facts: &Facts<'_>) -> (String, Option<Destination>) {
    if let Some(when) = &rule.when {
        match (facts.holds)(when) {
            Ok(true) => {}
            Ok(false) => return (format!("`{when}` does not hold"), None),
            Err(error) => return (format!("`{when}` could not be evaluated and counts as false: {error}"), None),
        }
    }
    match &rule.target {
        Target::Queue { team } => (format!("the {}", queue_name(*team, facts.roster)), Some(Destination::Queue { team: *team })),
        Target::PageInbox => ("the Page inbox".to_owned(), Some(Destination::PageInbox)),
        Target::Nobody => ("nobody, the bot keeps it".to_owned(), Some(Destination::Away)),
        Target::Agent { .. } | Target::Team { .. } | Target::LastAgent => to_a_person(rule, facts),
    }
}

fn queue_name(team: Option<TeamId>, roster: &Roster) -> String {
    match team {
        None => "open queue".to_owned(),
        Some(team) => format!("queue of team {}", find_team(team, roster).map_or_else(|| format!("`{team}`"), |team| team.name.clone())),
    }
}

fn find_team(team: TeamId, roster: &Roster) -> Option<&Team> {
    roster.teams.iter().find(|known| known.id == team)
}

fn to_a_person(rule: &Rule, facts: &Facts<'_>) -> (String, Option<Destination>) {
    let asked = asked_for(&rule.target, facts);
    let (free, busy) = sort_out(&asked.people, rule.only_online, facts.roster);
    let Some(chosen) = choose(rule.strategy, &free, facts.seed) else {
        let why = asked.nobody.unwrap_or_else(|| if busy.is_empty() { "no member has a service seat".to_owned() } else { busy.join(", ") });
        return otherwise(rule, asked.team, &format!("{}nobody can take it ({why})", asked.intro), facts.roster);
    };
    let how = if asked.team.is_some() {
        format!("{} of {}{}: ", how(rule.strategy), free.len(), if rule.only_online { " online" } else { "" })
    } else {
        String::new()
    };
    let line = format!("{}{how}{} ({} of {})", asked.intro, chosen.agent.name, chosen.load, chosen.agent.capacity);
    (line, Some(Destination::Agent { agent: chosen.agent.user, capacity: chosen.agent.capacity }))
}

/// Whom a rule asks for, before anyone's presence is looked at.
struct Asked {
    people: Vec<UserId>,
    /// What the line starts with, e.g. "team Returns, ".
    intro: String,
    team: Option<TeamId>,
    /// Why there is nobody to ask at all.
    nobody: Option<String>,
}

fn asked_for(target: &Target, facts: &Facts<'_>) -> Asked {
    let person = |people: Vec<UserId>, intro: &str, nobody: Option<&str>| Asked {
        people,
        intro: intro.to_owned(),
        team: None,
        nobody: nobody.map(str::to_owned),
    };
    match target {
        Target::Agent { agent } => person(vec![*agent], "", None),
        Target::LastAgent => match facts.last_agent {
            Some(agent) => person(vec![agent], "last agent, ", None),
            None => person(Vec::new(), "last agent, ", Some("no agent had this conversation before")),
        },
        Target::Team { team } => match find_team(*team, facts.roster) {
            Some(found) => {
                Asked { people: found.members.clone(), intro: format!("team {}, ", found.name), team: Some(*team), nobody: None }
            }
            None => Asked { people: Vec::new(), intro: String::new(), team: None, nobody: Some(format!("team `{team}` does not exist")) },
        },
        Target::Queue { .. } | Target::PageInbox | Target::Nobody => person(Vec::new(), "", None),
    }
}

/// Who is free, in the order given, and why the others are not.
fn sort_out<'r>(people: &[UserId], only_online: bool, roster: &'r Roster) -> (Vec<&'r OnDuty>, Vec<String>) {
    let (mut free, mut busy) = (Vec::new(), Vec::new());
    for user in people {
        let Some(on_duty) = roster.agents.iter().find(|on_duty| on_duty.agent.user == *user) else {
            busy.push(format!("`{user}` has no service seat"));
            continue;
        };
        let agent = &on_duty.agent;
        if only_online && agent.presence != Presence::Online {
            busy.push(format!("{} is {}", agent.name, agent.presence.word()));
        } else if on_duty.load >= agent.capacity {
            busy.push(format!("{} is full, {} of {}", agent.name, on_duty.load, agent.capacity));
        } else {
            free.push(on_duty);
        }
    }
    (free, busy)
}

/// `free` is in the team's order, and the first of equals is taken: the same facts always give the same person.
fn choose<'r>(strategy: Strategy, free: &[&'r OnDuty], seed: u64) -> Option<&'r OnDuty> {
    // A person who never had one comes first: `None` sorts before any time.
    let waited = |on_duty: &&&OnDuty| on_duty.agent.last_assigned_at;
    match strategy {
        Strategy::LeastBusy => free.iter().min_by_key(|on_duty| (on_duty.load, waited(on_duty), Reverse(on_duty.agent.capacity))),
        Strategy::RoundRobin => free.iter().min_by_key(waited),
        Strategy::FirstAvailable => free.first(),
        Strategy::Random => {
            u64::try_from(free.len()).ok().and_then(|len| seed.checked_rem(len)).and_then(|at| free.get(usize::try_from(at).ok()?))
        }
    }
    .copied()
}

fn how(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::LeastBusy => "least busy",
        Strategy::RoundRobin => "longest without one",
        Strategy::FirstAvailable => "first",
        Strategy::Random => "one at random",
    }
}

fn otherwise(rule: &Rule, team: Option<TeamId>, line: &str, roster: &Roster) -> (String, Option<Destination>) {
    match rule.otherwise {
        Otherwise::NextRule => (format!("{line}: next rule"), None),
        Otherwise::Queue => (format!("{line}: the {}", queue_name(team, roster)), Some(Destination::Queue { team })),
        Otherwise::Away => (format!("{line}: the bot keeps it"), Some(Destination::Away)),
        Otherwise::Ticket => (format!("{line}: a ticket and the {}", queue_name(team, roster)), Some(Destination::TicketAndQueue { team })),
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
