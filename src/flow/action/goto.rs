//! The action `goto`.

use crate::flow::read::document;
use crate::flow::read_types::SureTarget;
use crate::flow::run::{Next, Run};

use super::{Behaviour, Shape};

document! {
    /// Goes on at another node, and does not come back.
    ///
    /// ```json
    /// { "type": "goto", "node": "menu" }
    /// ```
    pub struct Goto {
        /// The node to go on at.
        pub node: SureTarget,
    }
}

impl Behaviour for Goto {
    fn shape(&self) -> Shape {
        Shape { goes_on: false, ..Shape::default() }
    }

    fn run(&self, _: &mut Run<'_>) -> Next {
        Next::Goto(self.node.0)
    }
}
