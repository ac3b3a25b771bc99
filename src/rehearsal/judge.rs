//! Whether what came of a step is what was expected, and if not: which line of the script, what it expected, what came.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::facts;
use super::play::{Seen, matches};
use super::stage::Stage;
use crate::domain::message::MessageOut;
use crate::flow::read_types::Ordered;
use crate::flow::script::{Expected, ExpectedCallout, ExpectedEvent, ExpectedTicket, ExpectedTransfer, MessageShape, TransferTo};
use crate::flow::variable::Plain;

/// One line of a script that did not come true.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Mismatch {
    /// JSON pointer to it.
    pub pointer: String,
    /// For people.
    pub message: String,
    /// Absent where the step could not happen at all.
    #[serde(skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Object)]
    pub expected: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Object)]
    pub got: Value,
}

/// Gathers what does not fit, under the pointer of the expectation.
struct Judge<'a> {
    at: &'a str,
    found: Vec<Mismatch>,
}

/// `at` is the pointer of the step's expectation; `listed` whether it is a list, short for its messages.
pub(super) fn judge(expected: &Expected, seen: &Seen, stage: &Stage, at: &str, listed: bool) -> Vec<Mismatch> {
    let mut judge = Judge { at, found: Vec::new() };
    if let Some(messages) = &expected.messages {
        let place = if listed { "" } else { "/messages" };
        let said = facts::messages(seen);
        let fit = |i: usize, said: &&MessageOut| messages.get(i).is_some_and(|expected| fits(&expected.0, said));
        judge.list(
            (place, "message"),
            messages.len(),
            &said,
            fit,
            |i| messages.get(i).map(|shape| shown(&shape.0)),
            |said| facts::message(said),
        );
    }
    judge.values("/variables", "variable", &expected.variables, |name| facts::variable(stage, name));
    let attribute = |name: &str| stage.contact().attributes.get(name).cloned().unwrap_or(Value::Null);
    judge.values("/attributes", "attribute", &expected.attributes, attribute);
    if let Some(labels) = &expected.labels {
        let mut wanted = labels.clone();
        wanted.sort();
        wanted.dedup();
        let has: Vec<&String> = stage.contact().labels.iter().collect();
        judge.same("/labels", "the contact's labels are", json!(wanted), json!(has));
    }
    judge.effects(expected, seen, stage);
    if let Some(node) = &expected.node {
        judge.same("/node", "the session stands at node", json!(node.0), json!(facts::node(stage)));
    }
    if let Some(waits) = expected.waits_for {
        judge.same("/waits_for", "the session waits for", json!(waits.word()), json!(facts::waits_for(stage).word()));
    }
    if let Some(finished) = expected.finished {
        judge.same("/finished", "whether the session is over is", json!(finished), json!(facts::finished(stage)));
    }
    judge.found
}

impl Judge<'_> {
    fn effects(&mut self, expected: &Expected, seen: &Seen, stage: &Stage) {
        if let Some(tickets) = &expected.tickets {
            let opened: Vec<Value> = seen.turns.iter().flat_map(|turn| &turn.opened).map(|ticket| facts::ticket(ticket, stage)).collect();
            let wanted: Vec<Value> = tickets.iter().map(ticket_shape).collect();
            self.shapes("/tickets", "ticket", &wanted, &opened);
        }
        if let Some(ticket) = &expected.ticket {
            let newest: Vec<Value> = stage.tickets.last().map(|ticket| facts::ticket(ticket, stage)).into_iter().collect();
            let (wanted, got) = (ticket_shape(ticket), newest.first().cloned().unwrap_or_default());
            if !holds(&got, &wanted) {
                self.same("/ticket", "the newest ticket is", wanted, got);
            }
        }
        if let Some(ExpectedTransfer(wanted)) = &expected.transfer {
            let got = seen.turns.iter().rev().find_map(|turn| facts::transfer_of(turn, stage));
            let mut shape = json!({ "to": got.as_ref().map_or(TransferTo::None, |got| got.to).word() });
            if let (Some(_), Some(agent)) = (&wanted.agent, got.and_then(|got| got.agent)) {
                shape["agent"] = agent.into();
            }
            let mut expected = json!({ "to": wanted.to.word() });
            if let Some(agent) = &wanted.agent {
                expected["agent"] = json!(agent);
            }
            self.same("/transfer", "the conversation went to", expected, shape);
        }
        if let Some(events) = &expected.events {
            let emitted = seen.turns.iter().flat_map(|turn| &turn.emitted);
            let emitted: Vec<Value> = emitted.map(|event| json!({ "name": event.name, "data": event.data })).collect();
            let wanted: Vec<Value> =
                events.iter().map(|ExpectedEvent { name, data }| json!({ "name": name, "data": object(data) })).collect();
            self.shapes("/events", "event", &wanted, &emitted);
        }
        if let Some(callouts) = &expected.callouts {
            let called: Vec<Value> = seen.turns.iter().flat_map(|turn| &turn.called).map(facts::callout).collect();
            let wanted: Vec<Value> = callouts.iter().map(callout_shape).collect();
            self.shapes("/callouts", "HTTP call", &wanted, &called);
        }
        if let Some(reports) = &expected.reports {
            self.same("/reports", "what was reported is", json!(reports), json!(facts::reports(seen)));
        }
    }

    fn same(&mut self, place: &str, what: &str, expected: Value, got: Value) {
        if expected != got {
            let message = format!("{what} {got}, not {expected}");
            self.found.push(Mismatch { pointer: format!("{}{place}", self.at), message, expected, got });
        }
    }

    fn values(&mut self, place: &str, what: &str, expected: &Ordered<Plain>, got: impl Fn(&str) -> Value) {
        for (name, Plain(value)) in &expected.0 {
            let key = name.replace('~', "~0").replace('/', "~1");
            self.same(&format!("{place}/{key}"), &format!("{what} `{name}` is"), value.clone(), got(name));
        }
    }

    /// Every object must hold what is wanted of it, in order.
    fn shapes(&mut self, place: &str, what: &str, wanted: &[Value], got: &[Value]) {
        let fit = |i: usize, got: &Value| wanted.get(i).is_some_and(|wanted| holds(got, wanted));
        self.list((place, what), wanted.len(), got, fit, |i| wanted.get(i).cloned(), Value::clone);
    }

    /// The first difference of two lists.
    fn list<T>(
        &mut self,
        (place, what): (&str, &str),
        wanted: usize,
        got: &[T],
        fits: impl Fn(usize, &T) -> bool,
        shown: impl Fn(usize) -> Option<Value>,
        show: impl Fn(&T) -> Value,
    ) {
        let fitting = got.iter().enumerate().take_while(|(i, item)| fits(*i, item)).count();
        if fitting == wanted && fitting == got.len() {
            return;
        }
        let (expected, came) = (shown(fitting), got.get(fitting).map(show));
        let message = match (&expected, &came) {
            (Some(expected), Some(came)) => format!("{what} {}: expected {expected}, got {came}", fitting + 1),
            (Some(expected), None) => format!("{what} {}: expected {expected}, got nothing more", fitting + 1),
            (None, came) => format!("{what} {}: expected nothing more, got {}", fitting + 1, came.clone().unwrap_or_default()),
        };
        let pointer = match expected {
            Some(_) => format!("{}{place}/{fitting}", self.at),
            None => format!("{}{place}", self.at),
        };
        self.found.push(Mismatch { pointer, message, expected: expected.unwrap_or_default(), got: came.unwrap_or_default() });
    }
}

/// `*` in a URL stands for anything; objects may have more than is wanted.
fn holds(got: &Value, wanted: &Value) -> bool {
    match (got, wanted) {
        (Value::Object(got), Value::Object(wanted)) => wanted.iter().all(|(key, wanted)| {
            let got = got.get(key).unwrap_or(&Value::Null);
            match (key.as_str(), got, wanted) {
                ("url", Value::String(got), Value::String(wanted)) => matches(wanted, got),
                _ => holds(got, wanted),
            }
        }),
        (got, wanted) => got == wanted,
    }
}

fn fits(shape: &MessageShape, message: &MessageOut) -> bool {
    let text = super::text::words(message);
    let got = facts::message(message);
    shape.text.as_ref().is_none_or(|wanted| *wanted == text)
        && shape.contains.as_ref().is_none_or(|part| text.contains(part.as_str()))
        && shape.pattern.as_ref().is_none_or(|pattern| pattern.matches(&text))
        && shape.options.as_ref().is_none_or(|options| *options == facts::options(message))
        && shape.media.as_ref().is_none_or(|url| got["media"] == json!(url))
        && shape.cards.as_ref().is_none_or(|cards| got["cards"] == json!(cards))
}

/// As it is written.
fn shown(shape: &MessageShape) -> Value {
    let MessageShape { text, contains, pattern, options, media, cards } = shape;
    let mut fields = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        fields.extend(value.map(|value| (key.to_owned(), value)));
    };
    put("text", text.as_ref().map(|text| json!(text)));
    put("contains", contains.as_ref().map(|part| json!(part)));
    put("pattern", pattern.as_ref().map(|pattern| json!(pattern.source())));
    put("options", options.as_ref().map(|options| json!(options)));
    put("media", media.as_ref().map(|url| json!(url)));
    put("cards", cards.as_ref().map(|cards| json!(cards)));
    match (fields.len(), text) {
        (1, Some(text)) => json!(text),
        _ => fields.into(),
    }
}

fn object(values: &Ordered<Plain>) -> Value {
    values.0.iter().map(|(name, value)| (name.clone(), value.0.clone())).collect()
}

fn ticket_shape(ticket: &ExpectedTicket) -> Value {
    let ExpectedTicket { pipeline, status, subject, description, priority, fields } = ticket;
    let mut shape = Map::new();
    let words = [("pipeline", pipeline), ("status", status), ("subject", subject), ("description", description), ("priority", priority)];
    for (key, word) in words {
        shape.extend(word.as_ref().map(|word| (key.to_owned(), json!(word))));
    }
    if !fields.0.is_empty() {
        shape.insert("fields".into(), object(fields));
    }
    shape.into()
}

fn callout_shape(callout: &ExpectedCallout) -> Value {
    let ExpectedCallout { method, url, headers, body } = callout;
    let mut shape = Map::new();
    shape.extend(method.as_ref().map(|method| ("method".to_owned(), json!(method))));
    shape.extend(url.as_ref().map(|url| ("url".to_owned(), json!(url))));
    if !headers.0.is_empty() {
        let headers: Map<String, Value> = headers.0.iter().map(|(name, value)| (name.to_lowercase(), json!(value))).collect();
        shape.insert("headers".into(), headers.into());
    }
    shape.extend(body.as_ref().map(|body| ("body".to_owned(), body.0.clone())));
    shape.into()
}
