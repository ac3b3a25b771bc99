//! The action `delay`: a pause, by the sender where it is short, by a durable timer where it is not.

use jiff::SignedDuration;

use crate::domain::Timestamp;
use crate::domain::conversation::STANDARD_WINDOW;
use crate::flow::effect::Effect;
use crate::flow::issue::Code;
use crate::flow::limits;
use crate::flow::read::{Read, Reader, document, words};
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
    /// { "type": "delay", "for": "45s", "typing": "whole" }
    /// ```
    ///
    /// ```json
    /// { "type": "delay", "for": "2h", "on_input": "interrupt" }
    /// ```
    pub struct Delay {
        /// How long: up to 30 days.
        pub r#for: Span<1, { limits::LONGEST_DELAY_MS }>,
        /// `true`: typing is shown in the last seconds, at most 5. `"whole"`: all along, for pauses of at most 10 minutes.
        /// `false`: not at all.
        pub typing: Typing = Typing::End,
        /// What a message does that comes meanwhile. Interrupts are always taken.
        pub on_input: OnInput = OnInput::Queue,
    }
}

/// When typing is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    Never,
    End,
    Whole,
}

impl Read for Typing {
    fn read(r: &mut Reader<'_>, value: &serde_json::Value) -> Option<Self> {
        match value {
            serde_json::Value::Bool(shown) => Some(if *shown { Self::End } else { Self::Never }),
            serde_json::Value::String(word) if word == "whole" => Some(Self::Whole),
            serde_json::Value::String(_) => crate::flow::read::wrong_word(r, value, &["whole"]),
            other => r.wrong_type("true, false or `whole`", other),
        }
    }
}

impl schemars::JsonSchema for Typing {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Typing".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "enum": [true, false, "whole"], "default": true })
    }
}

impl Delay {
    /// Shows typing, which Messenger hides after about 20 seconds, and comes back before that, until the pause is over.
    fn type_on(run: &mut Run<'_>, until: Timestamp) -> Next {
        run.effect(Effect::Typing);
        let left = until.duration_since(run.world().at);
        Next::Wait(run.timer_towards(left.min(SignedDuration::from_millis(limits::TYPING_AGAIN_MS)), Some(until)))
    }

    /// The part of the pause during which typing is shown: it is passed before the next bubble, by the sender.
    fn typing_ms(&self) -> u32 {
        if self.typing != Typing::Never { self.r#for.millis().min(limits::TYPING_MS) } else { 0 }
    }
}

impl Behaviour for Delay {
    fn settle(&mut self, r: &mut Reader<'_>) {
        if self.typing == Typing::Whole && self.r#for.0 > limits::LONGEST_TYPING {
            let hint = "nobody types that long: leave `typing` out, and it is shown at the end";
            r.at("typing", |r| r.issue(Code::WrongValue, "typing is shown for at most 10 minutes", hint));
        }
    }

    fn shape(&self) -> Shape {
        Shape { pauses: true, outlasts_window: self.r#for.0 >= STANDARD_WINDOW, ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        let silent = self.r#for.0 - SignedDuration::from_millis(self.typing_ms().into());
        // A short pause needs no timer: the next bubble carries it. Where input matters during it, it does.
        if silent.is_zero() && self.on_input == OnInput::Queue && run.next_speaks() {
            run.pause(self.typing_ms());
            return Next::On;
        }
        let timed = if run.next_speaks() && !silent.is_zero() { silent } else { self.r#for.0 };
        match run.world().at.checked_add(timed) {
            Ok(until) if self.typing == Typing::Whole => Self::type_on(run, until),
            _ => Next::Wait(run.timer(timed)),
        }
    }

    fn resume(&self, run: &mut Run<'_>, arrived: Arrived<'_>) -> Next {
        // `Again`: something was said in between, and the pause goes on until it would have been over.
        let timed = matches!(arrived, Arrived::Timer | Arrived::Again);
        if let Some(until) = run.waited_until().filter(|until| timed && *until > run.world().at) {
            let left = until.duration_since(run.world().at);
            return if self.typing == Typing::Whole { Self::type_on(run, until) } else { Next::Wait(run.timer(left)) };
        }
        let timed_whole = self.r#for.millis() == self.typing_ms();
        if timed && run.next_speaks() && !timed_whole {
            run.pause(self.typing_ms());
        }
        Next::On
    }

    fn on_input(&self) -> OnInput {
        self.on_input
    }
}
