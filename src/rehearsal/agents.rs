//! What an agent does with the conversation on the stage.

use super::stage::{Happened, Refused, Stage};
use crate::domain::access::Role;
use crate::domain::command::{Command, Order};
use crate::domain::conversation::Owner;
use crate::domain::ids::UserId;
use crate::flow::script::AgentAct;
use crate::turn::{LinkLookup, obey};

impl Stage {
    /// The agent who has the conversation acts, else the first one there is.
    pub fn agent_acts(&mut self, act: AgentAct) -> Result<Happened, Refused> {
        let by: UserId = match self.owner() {
            Owner::Agent { user } => *user,
            _ => self.roster().agents.first().map_or_else(|| uuid::Uuid::from_u128(0x1000).into(), |duty| duty.agent.user),
        };
        let what = match act {
            AgentAct::Claim => Order::Claim,
            AgentAct::Release => Order::Release,
            AgentAct::Close => Order::Close,
        };
        // A lead may do all of this, whoever has it.
        let command = Command { by, by_name: self.agent_name(by), role: Role::Lead, what };
        let loaded = self.loaded.clone();
        let seed = self.ids.next_u64();
        let turn = self.in_situation(LinkLookup::NoRef, seed, |cx| obey(cx, &loaded, &command))?;
        turn.map(|turn| self.settle(turn)).map_err(|refused| Refused::Agent(refused.to_string()))
    }

    pub fn agent_name(&self, user: UserId) -> String {
        let duty = self.roster().agents.iter().find(|duty| duty.agent.user == user);
        duty.map_or_else(|| "an agent".to_owned(), |duty| duty.agent.name.clone())
    }
}
