//! The action `delay`: a pause, by the sender where it is short, by a durable timer where it is not.

use jiff::SignedDuration;

use crate::flow::limits;
use crate::flow::read::{document, words};
use crate::flow::read_types::Span;
use crate::flow::run::{Arrived, Next, Run};

use super::{Behaviour, Shape};

words! {
    /// What a message does that comes during a pause.
    pub enum OnInput {
        /// It ends the pause; the flow goes on at once and takes it at the next question.
        Interrupt = "interrupt",
        /// It is kept, and taken at the next question.
        Queue = "queue",
        /// It stays in the transcript, and the flow does not take it.
        Ignore = "ignore",
    }
}

document! {
    /// Pauses, however long; always goes on by itself. Typing is shown before the next bubble.
    ///
    /// ```json
    /// { "type": "delay", "for": "3s" }
    /// ```
    ///
    /// ```json
    /// { "type": "delay", "for": "2h", "on_input": "interrupt" }
    /// ```
    pub struct Delay {
        /// How long: up to 30 days.
        pub r#for: Span<1, { limits::LONGEST_DELAY_MS }>,
        /// Show typing in the last seconds (at most 5).
        pub typing: bool = true,
        /// What a message does that comes meanwhile. Interrupts are always taken.
        pub on_input: OnInput = OnInput::Queue,
    }
}

impl Delay {
    /// The part of the pause during which typing is shown: it is passed before the next bubble, by the sender.
    fn typing_ms(&self) -> u32 {
        if self.typing { self.r#for.millis().min(limits::TYPING_MS) } else { 0 }
    }
}

impl Behaviour for Delay {
    fn shape(&self) -> Shape {
        Shape { pauses: true, ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        let silent = self.r#for.0 - SignedDuration::from_millis(self.typing_ms().into());
        // A short pause needs no timer: the next bubble carries it. Where input matters during it, it does.
        if silent.is_zero() && self.on_input == OnInput::Queue && run.next_speaks() {
            run.pause(self.typing_ms());
            return Next::On;
        }
        let timed = if run.next_speaks() && !silent.is_zero() { silent } else { self.r#for.0 };
        Next::Wait(run.timer(timed))
    }

    fn resume(&self, run: &mut Run<'_>, arrived: Arrived<'_>) -> Next {
        let timed_whole = self.r#for.millis() == self.typing_ms();
        if matches!(arrived, Arrived::Timer) && run.next_speaks() && !timed_whole {
            run.pause(self.typing_ms());
        }
        Next::On
    }

    fn on_input(&self) -> OnInput {
        self.on_input
    }
}
