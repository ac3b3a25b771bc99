//! The action `end`.

use crate::flow::read::document;
use crate::flow::run::{Next, Run};

use super::{Behaviour, Shape};

document! {
    /// Ends the session. In a chatflow that another one called, it goes back to the caller.
    ///
    /// ```json
    /// { "type": "end" }
    /// ```
    pub struct End {}
}

impl Behaviour for End {
    fn shape(&self) -> Shape {
        Shape { goes_on: false, ..Shape::default() }
    }

    fn run(&self, _: &mut Run<'_>) -> Next {
        Next::End
    }
}
