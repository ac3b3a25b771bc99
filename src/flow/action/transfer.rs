//! The action `transfer`: the rules decide who gets the conversation.

use std::cell::RefCell;

use crate::domain::people::{Presence, Roster};
use crate::domain::transfer::{Decision, Destination, Facts, RuleSet, decide};
use crate::flow::effect::Effect;
use crate::flow::expression::Expression;
use crate::flow::issue::Code;
use crate::flow::read::{Reader, document, shorten};
use crate::flow::read_types::Target;
use crate::flow::run::{Arrived, Next, Run};
use crate::flow::session::Wait;
use crate::flow::text::Text;
use crate::flow::trace::Look;

use super::{Behaviour, Shape};

document! {
    /// Hands the conversation to people, as the transfer rules decide. The bot says nothing more in this turn than the
    /// transfer's own text, and is silent until people give the conversation back; then the next action runs.
    ///
    /// ```json
    /// { "type": "transfer", "rules": "default",
    ///   "available": { "fr": "Un conseiller arrive.", "en": "Someone is coming." },
    ///   "unavailable": { "fr": "Nous répondons dès 9 h.", "en": "We answer from 9 am." } }
    /// ```
    pub struct Transfer {
        /// The name of the rules; `default` are the page's own.
        pub rules: String = "default".to_owned(),
        /// Said when someone is there to take it.
        pub available: Option<Text>,
        /// Said when nobody is.
        pub unavailable: Option<Text>,
        /// Where the bot goes on when the rules leave the conversation with it; the session ends unless said otherwise.
        pub nobody: Option<Target>,
    }
}

impl Behaviour for Transfer {
    fn settle(&mut self, r: &mut Reader<'_>) {
        let unknown = r.env.rule_sets.as_ref().is_some_and(|known| self.rules != "default" && !known.contains(&self.rules));
        if unknown {
            r.at("rules", |r| r.issue(Code::UnknownRules, format!("there are no transfer rules `{}`", shorten(&self.rules)), ""));
        }
        if r.env.seated_agents == Some(false) {
            let message = "nobody has a service seat: every transferred conversation waits in the queue";
            r.issue(Code::NobodySeated, message, "give a user a service seat");
        }
    }

    fn shape(&self) -> Shape {
        Shape { waits: true, speaks: true, ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        let Some(roster) = run.world().roster else { return Next::NeedsRoster };
        let decision = match run.world().rules.rule_set(&self.rules) {
            Some(rules) => decided(run, rules, roster),
            None => {
                run.report("unknown_rules", format!("there are no transfer rules `{}`: the conversation went to the queue", self.rules));
                let because = vec![format!("there are no transfer rules `{}`: the queue", self.rules)];
                Decision { destination: Destination::Queue { team: None }, rule: None, because }
            }
        };
        run.look(Look::Rules { rules: self.rules.clone(), lines: decision.because.clone() }, true, "");
        let available = is_someone_there(&decision.destination, roster);
        let kept = decision.destination == Destination::Away;
        run.effect(Effect::Transfer { rules: self.rules.clone(), decision });
        if let Some(text) = if available { &self.available } else { &self.unavailable } {
            run.say_text(text);
        }
        match (kept, self.nobody) {
            (true, Some(target)) => Next::Goto(target.0),
            (true, None) => Next::Finish,
            (false, _) => Next::Wait(Wait::People),
        }
    }

    fn resume(&self, run: &mut Run<'_>, _: Arrived<'_>) -> Next {
        run.trace("released", true, "people gave the conversation back");
        Next::On
    }
}

/// Rules whose conditions have a line of their own in an explanation; all have one in the decision's.
const CONDITIONS_SHOWN: usize = 20;

fn decided(run: &mut Run<'_>, rules: &RuleSet, roster: &Roster) -> Decision {
    let looked: RefCell<Vec<Option<(Expression, bool)>>> = RefCell::default();
    let decision = {
        let looks = |condition: &str| {
            let condition = Expression::compile(condition)?;
            let holds = condition.holds(&run.scope())?;
            Ok((condition, holds))
        };
        let holds = |condition: &str| {
            let look: Result<(Expression, bool), String> = looks(condition);
            let holds = look.as_ref().map(|(_, holds)| *holds).map_err(Clone::clone);
            looked.borrow_mut().push(look.ok());
            holds
        };
        decide(rules, &Facts { roster, last_agent: run.world().last_agent, holds: &holds, seed: run.world().seed })
    };
    // The rules are looked at in their order, each condition once.
    let conditional = rules.rules.iter().enumerate().filter(|(_, rule)| rule.when.is_some());
    for ((index, rule), look) in conditional.zip(looked.into_inner()).take(CONDITIONS_SHOWN) {
        if let Some((condition, holds)) = look {
            run.looked_at(format!("rule {} `{}` when", index + 1, rule.name), &condition, holds);
        }
    }
    decision
}

/// Whether the visitor may expect an answer now.
fn is_someone_there(destination: &Destination, roster: &Roster) -> bool {
    let online = |team: Option<_>| {
        let members = team.and_then(|id| roster.teams.iter().find(|known| known.id == id)).map(|team| &team.members);
        let belongs = |user| members.is_none_or(|members| members.contains(user));
        roster.agents.iter().any(|duty| duty.agent.presence == Presence::Online && belongs(&duty.agent.user))
    };
    match destination {
        Destination::Agent { agent, .. } => {
            roster.agents.iter().any(|duty| duty.agent.user == *agent && duty.agent.presence == Presence::Online)
        }
        Destination::Queue { team } | Destination::TicketAndQueue { team } => online(*team),
        Destination::PageInbox => true,
        Destination::Away => false,
    }
}
