//! The actions of the language: one file each, and one row in the table below.
//!
//! Adding one: write `<name>.rs` with a [`document!`](crate::flow::read) struct whose doc comment holds a JSON example,
//! and its [`Behaviour`]; list the module and add a row. Reading, schema, documentation, checks and simulator follow.
//! Then the tests ask for `tests/engine/actions/<name>.json`, and `UPDATE=1 cargo test` writes the schema anew.

mod ask;
mod branch;
mod buttons;
mod call;
mod close;
mod create_ticket;
mod delay;
mod emit_event;
mod end;
mod form;
mod goto;
mod http_request;
mod label_contact;
mod receipt;
mod reply;
mod send_buttons;
mod send_carousel;
mod send_media;
mod send_raw;
mod send_template;
mod send_text;
mod set;
mod set_attribute;
mod split;
mod templates;
mod transfer;
mod update_ticket;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use buttons::Waiting;

use super::issue::Code;
use super::read::{Read, Reader, shorten};
use super::run::{Arrived, Heard, Next, Run};
use crate::domain::event::MessageIn;

/// What an action does when it is its turn.
pub trait Behaviour: std::fmt::Debug + Send + Sync {
    /// Once read: what its fields mean together, and what is wrong with that.
    fn settle(&mut self, _: &mut Reader<'_>) {}

    /// For the checks that look at the whole.
    fn shape(&self) -> Shape {
        Shape::default()
    }

    fn run(&self, run: &mut Run<'_>) -> Next;

    /// What it waited for has come.
    fn resume(&self, _: &mut Run<'_>, _: Arrived<'_>) -> Next {
        Next::On
    }

    /// What it does with what comes, where it shows lasting buttons: the methods after this one go by it.
    fn waiting(&self) -> Option<Waiting<'_>> {
        None
    }

    /// How sure it is that a message is its answer: a keyword that is part of a sure answer does not interrupt.
    fn hears(&self, run: &Run<'_>, _: &MessageIn, normalised: &str) -> Heard {
        self.waiting().map_or(Heard::Unsure, |waiting| waiting.hears(run, normalised))
    }

    /// Whether a message that came before the question answers it all the same.
    fn fits(&self, run: &mut Run<'_>, message: &MessageIn) -> bool {
        self.waiting().is_some_and(|waiting| waiting.fits(run, message))
    }

    /// Its buttons count as long as the session runs, also while the flow waits elsewhere.
    fn lasts(&self) -> bool {
        self.waiting().is_some()
    }

    /// Whether a message that comes now is one it understands, be it an answer or something like "more choices".
    fn takes(&self, run: &mut Run<'_>, message: &MessageIn) -> bool {
        self.fits(run, message)
    }

    /// It deals itself with what it does not understand: the flow's fallback does not.
    fn minds_misses(&self) -> bool {
        self.waiting().is_none_or(|waiting| waiting.minds_misses())
    }

    /// Interrupts are taken while it waits.
    fn interruptible(&self) -> bool {
        true
    }

    /// The value that an option stands for, where it has one of its own.
    fn option_value(&self, _: usize) -> Option<&Value> {
        None
    }

    /// What a message does that comes while it waits for something else than an answer.
    fn on_input(&self) -> OnInput {
        OnInput::Queue
    }
}

/// What the checks need to know of an action.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The visitor (or a person) must do something before the next action.
    pub waits: bool,
    /// Time or a callout passes before the next action.
    pub pauses: bool,
    /// The next action may run.
    pub goes_on: bool,
    /// It may say something to the visitor.
    pub speaks: bool,
    /// It shows quick replies and does not wait: they vanish when more is said.
    pub offers: bool,
    /// So much time passes that Meta takes no message of a bot after it.
    pub outlasts_window: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self { waits: false, pauses: false, goes_on: true, speaks: false, offers: false, outlasts_window: false }
    }
}

pub use ask::pages;
pub use create_ticket::{ForTickets, TicketDefaults};
pub use delay::OnInput;
pub use form::state::FormState;

macro_rules! actions {
    ($($word:literal => $module:ident::$name:ident,)*) => {
        #[derive(Debug)]
        pub enum Action { $($name($module::$name)),* }

        impl Action {
            /// Every type, as documents name it.
            pub const TYPES: &'static [&'static str] = &[$($word),*];
            /// Every type with its documentation.
            pub const DOCS: &'static [(&'static str, &'static str)] = &[$(($word, $module::$name::DOC)),*];

            pub fn word(&self) -> &'static str { match self { $(Self::$name(_) => $word),* } }

            pub fn behaviour(&self) -> &dyn Behaviour { match self { $(Self::$name(action) => action),* } }

            fn read_as(word: &str, r: &mut Reader<'_>, value: &Value) -> Option<Self> {
                match word {
                    $($word => {
                        let mut action = $module::$name::read(r, value)?;
                        action.settle(r);
                        Some(Self::$name(action))
                    })*
                    other => {
                        let hint = match super::words::nearest(other, Self::TYPES.iter().copied()) {
                            Some(near) => format!("did you mean `{near}`?"),
                            None => format!("known are: {}", Self::TYPES.join(", ")),
                        };
                        r.at("type", |r| r.issue(Code::UnknownAction, format!("there is no action `{}`", shorten(other)), hint));
                        r.found.gap = true;
                        None
                    }
                }
            }

            fn schemas(generator: &mut SchemaGenerator) -> Vec<Value> {
                vec![$(tagged($word, &stringify!($name), $module::$name::json_schema(generator), generator)),*]
            }
        }
    };
}

actions! {
    "send_text" => send_text::SendText,
    "send_media" => send_media::SendMedia,
    "send_buttons" => send_buttons::SendButtons,
    "send_carousel" => send_carousel::SendCarousel,
    "send_template" => send_template::SendTemplate,
    "send_raw" => send_raw::SendRaw,
    "delay" => delay::Delay,
    "ask" => ask::Ask,
    "form" => form::Form,
    "set" => set::Set,
    "branch" => branch::Branch,
    "split" => split::Split,
    "goto" => goto::Goto,
    "call" => call::Call,
    "end" => end::End,
    "close" => close::Close,
    "http_request" => http_request::HttpRequest,
    "emit_event" => emit_event::EmitEvent,
    "transfer" => transfer::Transfer,
    "create_ticket" => create_ticket::CreateTicket,
    "update_ticket" => update_ticket::UpdateTicket,
    "label_contact" => label_contact::LabelContact,
    "set_attribute" => set_attribute::SetAttribute,
}

impl Read for Action {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let object = r.object(value)?;
        match object.get("type") {
            Some(Value::String(word)) => {
                r.tagged = true;
                let action = Self::read_as(word, r, value);
                r.tagged = false;
                action
            }
            Some(other) => {
                r.found.gap = true;
                r.at("type", |r| r.wrong_type("an action's type, as text", other))
            }
            None => {
                r.found.gap = true;
                r.issue(Code::MissingField, "`type` is missing", format!("it names the action: {}", Self::TYPES.join(", ")));
                None
            }
        }
    }
}

/// Puts the `type` into an action's schema, and the schema among the generator's definitions.
fn tagged(word: &str, name: &str, schema: Schema, generator: &mut SchemaGenerator) -> Value {
    let mut schema = schema.to_value();
    let mut properties = serde_json::Map::from_iter([("type".to_owned(), serde_json::json!({ "const": word }))]);
    if let Some(Value::Object(fields)) = schema.get_mut("properties").map(Value::take) {
        properties.extend(fields);
    }
    schema["properties"] = properties.into();
    let mut required = vec![Value::from("type")];
    if let Some(Value::Array(fields)) = schema.get_mut("required").map(Value::take) {
        required.extend(fields);
    }
    schema["required"] = required.into();
    generator.definitions_mut().insert(name.to_owned(), schema);
    serde_json::json!({ "$ref": format!("#/$defs/{name}") })
}

impl JsonSchema for Action {
    fn schema_name() -> Cow<'static, str> {
        "Action".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let schemas = Self::schemas(generator);
        json_schema!({ "description": "One thing to do.", "oneOf": schemas })
    }
}
