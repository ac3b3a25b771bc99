//! The action `split`.

use sha2::{Digest, Sha256};

use crate::flow::issue::Code;
use crate::flow::limits;
use crate::flow::read::{Reader, document};
use crate::flow::read_types::{Name, Save, Target, Whole};
use crate::flow::run::{Next, Run};

use super::{Behaviour, Shape};

document! {
    /// Sends each visitor one of several ways, in shares. The same visitor always goes the same way here, in every session
    /// and after every restart, and nothing is stored for it. The first eight bytes of the SHA-256 hash of the contact's id
    /// (16 bytes) and the split's `name` are a fraction of 2^64; the way is the one whose share of the weights, laid end to
    /// end, holds that fraction. Without a name, the place counts instead: chatflow, node and action. Where weights change,
    /// only those visitors change their way over whom a border moves.
    ///
    /// ```json
    /// { "type": "split", "save": "greeting", "arms": [
    ///   { "weight": 80, "name": "short" }, { "weight": 20, "name": "long", "goto": "greet" } ] }
    /// ```
    pub struct Split {
        /// The ways.
        pub arms: Vec<Share>,
        /// Splits of one name choose alike, wherever they stand; it also keeps the choice when a node is renamed.
        pub name: Option<Name>,
        /// The variable that gets the arm's name, or its number from 1 where it has none.
        pub save: Option<Save>,
        /// The same visitor always goes the same way. `false`: by chance, every time anew.
        pub sticky: bool = true,
    }
}

document! {
    /// One way, and its share.
    pub struct Share {
        /// Its share of the sum of all weights; 0 closes it.
        pub weight: Whole<0, 1_000_000> = Whole(1),
        /// For `save` and for people.
        pub name: Option<Name>,
        /// The node to go on at; with the next action unless said otherwise.
        pub goto: Option<Target>,
    }
}

impl Behaviour for Split {
    fn settle(&mut self, r: &mut Reader<'_>) {
        r.at("arms", |r| match self.arms.len() {
            0 => r.issue(Code::MissingField, "the split has no arms", ""),
            count if count > limits::ARMS => r.issue(Code::TooLarge, format!("more than {} arms", limits::ARMS), ""),
            _ if self.total() == 0 => r.issue(Code::WrongValue, "every weight is 0: nobody could go any way", ""),
            1 => r.issue(Code::NoEffect, "a split with one arm sends everybody the same way", "add another arm, or use `goto`"),
            _ => {}
        });
    }

    fn shape(&self) -> Shape {
        Shape { goes_on: self.arms.iter().any(|arm| arm.goto.is_none()), ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        let total = self.total().max(1);
        let drawn = if self.sticky { share(self.hash(run), total) } else { u64::try_from(run.random()).unwrap_or(0) % total };
        let Some(index) = self.arm_at(drawn) else { return Next::On };
        let arm = &self.arms[index];
        let name = arm.name.as_ref().map(|name| name.0.as_str());
        run.trace(
            format!("arm {}", index + 1),
            true,
            &format!("{drawn} of {total}{}", if self.sticky { ", the visitor's own" } else { "" }),
        );
        if let Some(save) = &self.save {
            run.set(&save.0, name.map_or_else(|| (index + 1).into(), Into::into));
        }
        arm.goto.map_or(Next::On, |target| Next::Goto(target.0))
    }
}

impl Split {
    fn total(&self) -> u64 {
        self.arms.iter().map(|arm| u64::from(arm.weight.0)).sum()
    }

    /// The arm whose share holds `drawn`, which is less than the total.
    fn arm_at(&self, mut drawn: u64) -> Option<usize> {
        self.arms.iter().position(|arm| {
            let weight = u64::from(arm.weight.0);
            let here = drawn < weight;
            drawn = drawn.saturating_sub(weight);
            here
        })
    }

    /// Stable for ever: stored results of a test depend on it.
    fn hash(&self, run: &Run<'_>) -> u64 {
        let place = match &self.name {
            Some(name) => name.0.clone(),
            None => run.place_name(),
        };
        let mut hasher = Sha256::new();
        hasher.update(run.contact().id.uuid().as_bytes());
        hasher.update(place.as_bytes());
        let hash = hasher.finalize();
        hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// `fraction` of 2^64 of the total.
fn share(fraction: u64, total: u64) -> u64 {
    u64::try_from((u128::from(fraction) * u128::from(total)) >> 64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_less_than_the_whole() {
        assert_eq!([share(0, 10), share(u64::MAX / 2, 10), share(u64::MAX / 2 + 1, 10), share(u64::MAX, 10)], [0, 4, 5, 9]);
    }

    #[test]
    fn shares_are_cut_in_order_and_a_closed_arm_gets_nobody() {
        let arm = |weight| Share { weight: Whole(weight), name: None, goto: None };
        let split = Split { arms: vec![arm(2), arm(0), arm(3)], name: None, save: None, sticky: true };
        let ways: Vec<usize> = (0..split.total()).filter_map(|drawn| split.arm_at(drawn)).collect();
        assert_eq!(ways, [0, 0, 2, 2, 2]);
    }
}
