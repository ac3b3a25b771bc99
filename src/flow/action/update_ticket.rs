//! The action `update_ticket`.

use crate::flow::effect::{Effect, TicketEdit};
use crate::flow::issue::Code;
use crate::flow::read::{Reader, document};
use crate::flow::read_types::Ordered;
use crate::flow::run::{Next, Run};
use crate::flow::template::{Json, Template};

use super::Behaviour;
use super::create_ticket::{Urgency, check_place};

document! {
    /// Changes the conversation's open ticket: the newest one, also where this very turn opened it. What is left out
    /// stays. Where there is none, or the pipeline does not allow the move, operators see a line in the transcript and
    /// the flow goes on.
    ///
    /// ```json
    /// { "type": "update_ticket", "status": "solved" }
    /// ```
    ///
    /// ```json
    /// { "type": "update_ticket", "pipeline": "support", "priority": "urgent", "fields": { "rating": "{{ last_text }}" } }
    /// ```
    pub struct UpdateTicket {
        /// Only a ticket of this pipeline.
        pub pipeline: Option<String>,
        /// The key of the status to move to; the pipeline's matrix must allow the move.
        pub status: Option<String>,
        /// One line.
        pub subject: Option<Template>,
        /// More.
        pub description: Option<Template>,
        /// How urgent it is.
        pub priority: Option<Urgency>,
        /// Fields to set, by name; those not named stay, null removes one.
        pub fields: Ordered<Json> = Ordered(Vec::new()),
    }
}

impl Behaviour for UpdateTicket {
    fn settle(&mut self, r: &mut Reader<'_>) {
        check_place(r, self.pipeline.as_ref(), self.status.as_ref());
        let texts = self.subject.is_some() || self.description.is_some();
        if !texts && self.status.is_none() && self.priority.is_none() && self.fields.0.is_empty() {
            r.issue(Code::NoEffect, "nothing of the ticket changes", "give `status`, `priority`, `fields`, `subject` or `description`");
        }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        let mut text = |text: &Option<Template>| text.as_ref().and_then(|text| run.plain(text)).map(|text| text.trim().to_owned());
        // A ticket has a subject: an empty one changes nothing.
        let (subject, description) = (text(&self.subject).filter(|subject| !subject.is_empty()), text(&self.description));
        let fields = self.fields.0.iter().filter_map(|(name, value)| Some((name.clone(), run.json(value)?))).collect();
        let (pipeline, status) = (self.pipeline.clone(), self.status.clone());
        let priority = self.priority.map(Urgency::priority);
        let node = run.node_name().to_owned();
        run.effect(Effect::UpdateTicket(TicketEdit { pipeline, status, subject, description, priority, fields, node }));
        Next::On
    }
}
