//! What a set of rules must keep to before it is stored.

use super::{RuleSet, Target};
use crate::domain::ids::{TeamId, UserId};
use crate::domain::people::Roster;

/// What is wrong with one rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}")]
pub struct RuleProblem {
    /// Index into the rules.
    pub rule: usize,
    pub wrong: Wrong,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("a rule needs a name")]
    NoName,
    /// Only a user with a service seat may be given conversations.
    #[error("`{0}` has no service seat")]
    NoSeat(UserId),
    #[error("team `{0}` does not exist")]
    UnknownTeam(TeamId),
}

impl RuleProblem {
    /// Where, below the rule: a JSON pointer's tail.
    pub fn field(&self) -> &'static str {
        match self.wrong {
            Wrong::NoName => "name",
            Wrong::NoSeat(_) => "target/agent",
            Wrong::UnknownTeam(_) => "target/team",
        }
    }
}

impl RuleSet {
    /// Everything that is wrong at once. `roster` holds every user with a service seat and every team.
    pub fn problems(&self, roster: &Roster) -> Vec<RuleProblem> {
        let mut problems = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let mut say = |wrong| problems.push(RuleProblem { rule: index, wrong });
            if rule.name.trim().is_empty() {
                say(Wrong::NoName);
            }
            match rule.target {
                Target::Agent { agent } if !roster.agents.iter().any(|known| known.agent.user == agent) => say(Wrong::NoSeat(agent)),
                Target::Team { team } | Target::Queue { team: Some(team) } if !roster.teams.iter().any(|known| known.id == team) => {
                    say(Wrong::UnknownTeam(team));
                }
                _ => {}
            }
        }
        problems
    }

    /// The rules that name this user; they break when the user loses the seat.
    pub fn rules_naming_user(&self, user: UserId) -> Vec<usize> {
        self.rules_whose(|target| matches!(target, Target::Agent { agent } if *agent == user))
    }

    /// The rules that name this team; they break when the team goes.
    pub fn rules_naming_team(&self, team: TeamId) -> Vec<usize> {
        self.rules_whose(|target| match target {
            Target::Team { team: named } | Target::Queue { team: Some(named) } => *named == team,
            _ => false,
        })
    }

    fn rules_whose(&self, names: impl Fn(&Target) -> bool) -> Vec<usize> {
        self.rules.iter().enumerate().filter(|(_, rule)| names(&rule.target)).map(|(index, _)| index).collect()
    }
}
