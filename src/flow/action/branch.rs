//! The action `branch`: conditions.

use crate::flow::expression::Expression;
use crate::flow::issue::Code;
use crate::flow::read::{Reader, document};
use crate::flow::read_types::Target;
use crate::flow::run::{Next, Run};

use super::{Behaviour, Shape};

document! {
    /// Goes on where the first condition that holds says; else at `else`, or with the next action.
    ///
    /// ```json
    /// { "type": "branch", "arms": [ { "if": "state == 'lost'", "goto": "handoff" } ], "else": "menu" }
    /// ```
    pub struct Branch {
        /// Looked at in order.
        pub arms: Vec<Arm>,
        /// Where no condition holds.
        pub r#else: Option<Target>,
    }
}

document! {
    /// A condition, and where it leads.
    pub struct Arm {
        /// A comparison with something unset is false.
        pub r#if: Expression,
        /// The node to go on at.
        pub goto: Target,
    }
}

impl Behaviour for Branch {
    fn settle(&mut self, r: &mut Reader<'_>) {
        if self.arms.is_empty() {
            r.at("arms", |r| r.issue(Code::NoEffect, "the branch has no arms", "use `goto`"));
        }
    }

    fn shape(&self) -> Shape {
        Shape { goes_on: self.r#else.is_none(), ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        for (i, arm) in self.arms.iter().enumerate() {
            let holds = run.holds(&arm.r#if);
            run.looked_at(format!("arm {}", i + 1), &arm.r#if, holds);
            if holds {
                return Next::Goto(arm.goto.0);
            }
        }
        self.r#else.map_or(Next::On, |target| Next::Goto(target.0))
    }
}
