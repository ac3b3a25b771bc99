//! The action `close`.

use crate::flow::effect::Effect;
use crate::flow::read::document;
use crate::flow::run::{Next, Run};

use super::{Behaviour, Shape};

document! {
    /// Closes the conversation and ends the session, wherever it stands. The inbox lists the conversation as closed until
    /// the visitor writes again; that message begins a new session, whatever `session.on_complete` says.
    ///
    /// ```json
    /// { "type": "close" }
    /// ```
    pub struct Close {}
}

impl Behaviour for Close {
    fn shape(&self) -> Shape {
        Shape { goes_on: false, ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        run.effect(Effect::Close);
        Next::Finish
    }
}
