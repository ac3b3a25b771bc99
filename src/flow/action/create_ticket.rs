//! The action `create_ticket`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::domain::ticket::Priority;
use crate::flow::effect::{Effect, TicketDraft};
use crate::flow::issue::Code;
use crate::flow::read::{Read, Reader, document, shorten, words};
use crate::flow::read_types::Ordered;
use crate::flow::run::{Next, Run};
use crate::flow::template::{Json, Template};
use crate::flow::words::nearest;

use super::Behaviour;

words! {
    /// How urgent a ticket is.
    pub enum Urgency {
        /// It can wait.
        Low = "low",
        /// As usual.
        Normal = "normal",
        /// Before others.
        High = "high",
        /// At once.
        Urgent = "urgent",
    }
}

document! {
    /// Opens a ticket for this conversation, unless one is open already.
    ///
    /// ```json
    /// { "type": "create_ticket", "pipeline": "support", "status": "new", "subject": "{{ last_text }}", "priority": "high",
    ///   "fields": { "page": "{{ page.name }}" } }
    /// ```
    ///
    /// With `ticket_defaults` in the document, the subject is enough.
    pub struct CreateTicket {
        /// The key of the pipeline; the one of `ticket_defaults` unless said otherwise.
        pub pipeline: Option<String>,
        /// The key of one of its statuses; the one of `ticket_defaults` in their pipeline, else its first.
        pub status: Option<String>,
        /// One line.
        pub subject: Template,
        /// More.
        pub description: Option<Template>,
        /// How urgent it is; as `ticket_defaults` say, else `normal`.
        pub priority: Option<Urgency>,
        /// What else is known, by name.
        pub fields: Ordered<Json> = Ordered(Vec::new()),
        /// Open one even where this conversation has an open ticket.
        pub another: bool = false,
    }
}

document! {
    /// What `create_ticket` takes where it does not say otherwise.
    ///
    /// ```json
    /// { "pipeline": "support", "status": "new", "priority": "normal" }
    /// ```
    pub struct TicketDefaults {
        /// The key of the pipeline.
        pub pipeline: String,
        /// The key of one of its statuses; its first unless said otherwise.
        pub status: Option<String>,
        /// How urgent a ticket is.
        pub priority: Urgency = Urgency::Normal,
    }
}

/// Goes to the reader, which the actions need.
#[derive(Debug)]
pub struct ForTickets;

impl Read for ForTickets {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let defaults = TicketDefaults::read(r, value)?;
        check_place(r, Some(&defaults.pipeline), defaults.status.as_ref());
        r.ticket_defaults = Some(defaults);
        Some(Self)
    }
}

impl JsonSchema for ForTickets {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ForTickets".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<TicketDefaults>()
    }
}

impl Urgency {
    pub(super) fn priority(self) -> Priority {
        match self {
            Self::Low => Priority::Low,
            Self::Normal => Priority::Normal,
            Self::High => Priority::High,
            Self::Urgent => Priority::Urgent,
        }
    }
}

/// A pipeline and a status of it that the surroundings know; without a pipeline, a status of any.
pub(super) fn check_place(r: &mut Reader<'_>, pipeline: Option<&String>, status: Option<&String>) {
    let Some(pipelines) = &r.env.pipelines else { return };
    if let Some(pipeline) = pipeline.filter(|pipeline| !pipelines.contains_key(*pipeline)) {
        let hint = match nearest(pipeline, pipelines.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are: {}", pipelines.keys().cloned().collect::<Vec<_>>().join(", ")),
        };
        let message = format!("there is no pipeline `{}`", shorten(pipeline));
        r.at("pipeline", |r| r.issue(Code::UnknownPipeline, message, hint));
        return;
    }
    let (whose, statuses): (String, Vec<String>) = match pipeline {
        Some(pipeline) => (format!("the pipeline `{pipeline}` has no"), pipelines.get(pipeline).cloned().unwrap_or_default()),
        None => ("no pipeline has a".into(), pipelines.values().flatten().cloned().collect()),
    };
    if let Some(status) = status.filter(|status| !statuses.contains(status)) {
        let message = format!("{whose} status `{}`", shorten(status));
        let hint = format!("known are: {}", statuses.join(", "));
        r.at("status", |r| r.issue(Code::UnknownStatus, message, hint));
    }
}

impl Behaviour for CreateTicket {
    fn settle(&mut self, r: &mut Reader<'_>) {
        if let Some(defaults) = &r.ticket_defaults {
            let pipeline = self.pipeline.get_or_insert_with(|| defaults.pipeline.clone());
            if *pipeline == defaults.pipeline && self.status.is_none() {
                self.status.clone_from(&defaults.status);
            }
            self.priority = self.priority.or(Some(defaults.priority));
        }
        if self.pipeline.is_none() {
            r.issue(Code::MissingField, "`pipeline` is missing", "or give the document `ticket_defaults`");
        } else {
            check_place(r, self.pipeline.as_ref(), self.status.as_ref());
        }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        let subject = run.plain(&self.subject).unwrap_or_default().trim().to_owned();
        let description = self.description.as_ref().and_then(|text| run.plain(text)).unwrap_or_default();
        let fields = self.fields.0.iter().filter_map(|(name, value)| Some((name.clone(), run.json(value)?))).collect();
        let Some((pipeline, status)) = self.place(run) else { return Next::On };
        let node = run.node_name().to_owned();
        let priority = self.priority.unwrap_or(Urgency::Normal).priority();
        run.effect(Effect::OpenTicket(TicketDraft {
            pipeline,
            status,
            subject,
            description,
            priority,
            fields,
            another: self.another,
            node,
        }));
        Next::On
    }
}

impl CreateTicket {
    /// A pipeline or status that was deleted since the publish: the ticket is opened where it can be, and that is reported.
    fn place(&self, run: &mut Run<'_>) -> Option<(String, Option<String>)> {
        let pipelines = run.world().pipelines;
        let wanted = self.pipeline.as_deref().unwrap_or_default();
        let Some(pipeline) = pipelines.iter().find(|pipeline| pipeline.key == wanted) else {
            let other = pipelines.first().map(|pipeline| pipeline.key.clone());
            let instead = other.as_ref().map_or("no ticket was opened".to_owned(), |key| format!("the ticket went to `{key}`"));
            run.report("unknown_pipeline", format!("there is no pipeline `{wanted}`: {instead}"));
            return Some((other?, None));
        };
        let status = self.status.clone().filter(|status| pipeline.statuses.iter().any(|known| known.key == *status));
        if let Some(gone) = self.status.as_ref().filter(|_| status.is_none()) {
            let text = format!("the pipeline `{wanted}` has no status `{gone}`: the ticket starts at its first");
            run.report("unknown_status", text);
        }
        Some((wanted.to_owned(), status))
    }
}
